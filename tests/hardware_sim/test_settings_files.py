"""The files that a simulated company is set up with: TOML that says what was meant."""

import tomllib
from dataclasses import replace

from hardware_sim import settings_files
from hardware_sim.processes import Ports
from hardware_sim.settings_files import Scannable, Shop
from hardware_sim.wallets.alipay import is_signed, sign
from hardware_sim.wallets.contracts import Contracts

PORTS = Ports.in_a_row(8100)


def test_toml_of_nested_tables() -> None:
    table = {"a": 1, "b": {"c": '마루 "x"', "d": {"e": True}}, "f": [1, 2]}
    text = settings_files.toml(table)
    assert text == 'a = 1\nf = [1, 2]\n\n[b]\nc = "마루 \\"x\\""\n\n[b.d]\ne = true\n'
    assert tomllib.loads(text) == table


def test_the_box_reaches_broker_and_hub_through_the_line() -> None:
    edge = tomllib.loads(settings_files.edge(Shop(), PORTS, "", "/data/scanner.tty"))
    assert edge["broker_url"] == "mqtt://127.0.0.1:8105"
    assert edge["hub_url"] == "http://127.0.0.1:8106"
    assert {name: it["url"] for name, it in edge["peripherals"].items()} == {
        "scanner": "/data/scanner.tty",
        "printer": "tcp://127.0.0.1:8108",
        "drawer": "via:printer",
        "payment_terminal": "tcp://127.0.0.1:8109",
    }


def test_the_hub_reaches_the_broker_itself() -> None:
    hub = tomllib.loads(settings_files.hub(Shop(), PORTS, "", {}))
    assert hub["broker_url"] == "mqtt://127.0.0.1:8104"
    assert "database_url" not in hub


def test_the_hub_on_postgresql() -> None:
    shop = replace(Shop(), database_url="postgresql+psycopg://maru@127.0.0.1/maru")
    hub = tomllib.loads(settings_files.hub(shop, PORTS, "", {}))
    assert hub["database_url"] == "postgresql+psycopg://maru@127.0.0.1/maru"


def test_the_counter_has_the_line_to_pull_and_something_to_scan() -> None:
    shop = replace(Shop(), on_the_bench=[Scannable({"en": "Rye loaf"}, "2000010000067")])
    counter = tomllib.loads(settings_files.counter(shop, PORTS, "/data/scanner.tty"))
    assert counter["line_control_url"] == "http://127.0.0.1:8107"
    assert counter["products"] == [{"name": {"en": "Rye loaf"}, "data": "2000010000067"}]
    assert counter["scanner"] == {"link": "/data/scanner.tty"}


def test_hub_and_providers_agree_on_the_keys_and_each_has_only_its_own() -> None:
    contracts = Contracts()
    shop = replace(Shop(), takes_wallets=True)
    company = contracts.of_company("http://127.0.0.1:8110")
    hub = tomllib.loads(settings_files.hub(shop, PORTS, "", company))["wallets"]
    providers = tomllib.loads(settings_files.wallets(shop, PORTS, contracts.of_providers()))
    assert hub["wechat_pay"]["url"] == "http://127.0.0.1:8110/wechat"
    assert hub["wechat_pay"]["key"] == providers["wechat_pay"]["key"]
    signed = sign("a=1", hub["alipay"]["private_key"])
    assert is_signed("a=1", signed, providers["alipay"]["merchant_key"])
    answered = sign("b=2", providers["alipay"]["private_key"])
    assert is_signed("b=2", answered, hub["alipay"]["provider_key"])
    assert providers["port"] == 8110
    assert Contracts().key != contracts.key
    assert contracts.key not in repr(contracts)


def test_mosquitto_keeps_to_this_machine_and_writes_nothing() -> None:
    assert settings_files.mosquitto(8104, user="root") == (
        "listener 8104 127.0.0.1\n"
        "allow_anonymous true\n"
        "persistence false\n"
        "set_tcp_nodelay true\n"
        "user root\n"
    )
    assert "user" not in settings_files.mosquitto(8104, user=None)

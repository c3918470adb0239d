from pathlib import Path

import pytest

from edge.settings import SettingsError, load

GOOD = """
edge_id = "maru-1"
location_id = "maru"
location_name = { ko = "마루", en = "Maru" }
company_name = "Maru"
data_dir = "data/box"
broker_url = "mqtt://127.0.0.1:1883"
hub_url = "http://127.0.0.1:8100/"
[peripherals.printer]
kind = "receipt_printer"
driver = "escpos"
profile = "epson-tm-t88v"
url = "tcp://127.0.0.1:9100"
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "edge.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_paths_are_relative_to_the_file(write, tmp_path):
    settings = load(write(GOOD))
    assert settings.database_path == tmp_path / "data/box/box.sqlite3"
    assert settings.key_path == tmp_path / "data/box/box.key"
    assert settings.snapshots_dir == tmp_path / "data/box/snapshots"
    assert load(write(GOOD.replace("data/box", "/srv/box"))).data_dir == Path("/srv/box")


def test_what_the_file_says_and_what_it_leaves_out(write):
    settings = load(write(GOOD))
    assert settings.hub_url == "http://127.0.0.1:8100"
    assert (settings.port, settings.currency, settings.cash_rounding_minor) == (8101, "KRW", 0)
    assert settings.peripherals["printer"].url == "tcp://127.0.0.1:9100"
    assert settings.location_name_in("ko") == "마루"
    assert settings.location_name_in("zh") == "마루"


def test_the_environment_goes_before_the_file(write, monkeypatch):
    monkeypatch.setenv("TWINSTORE_EDGE_PORT", "8500")
    monkeypatch.setenv("TWINSTORE_EDGE_PERIPHERALS__PRINTER__URL", "tcp://10.0.0.5:9100")
    settings = load(write(GOOD))
    assert settings.port == 8500
    assert settings.peripherals["printer"].url == "tcp://10.0.0.5:9100"
    assert settings.peripherals["printer"].driver == "escpos"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('edge_id = "maru-1"', 'edge_id = "a/b"', "edge_id: String should match pattern"),
        ('company_name = "Maru"', "", "company_name: Field required"),
        ("mqtt://127", "http://127", "broker_url: Value error, expected mqtt://HOST:PORT"),
        ("http://127", "file:///127", "hub_url: Value error, expected http://HOST:PORT"),
        ('url = "tcp', 'link = "tcp', "peripherals.printer.url: Field required"),
        ('kind = "receipt_printer"', 'kind = "toaster"', "peripherals.printer.kind: Input should"),
        ('edge_id = "maru-1"', 'edge_id = "m"\ntimezone = "Mars"', "timezone: Value error"),
        (
            'edge_id = "maru-1"',
            'edge_id = "m"\ncurrency = "ISK"',
            "currency: Value error, expected",
        ),
        ('edge_id = "maru-1"', 'edge_id = "m"\nclock_url = "x"', "clock_url: Value error"),
        (
            'edge_id = "maru-1"',
            'edge_id = "m"\naccent = "red; }"',
            "accent: Value error, Expected an",
        ),
        ('edge_id = "maru-1"', 'edge_id = "m"\ncolour = "red"', "colour: Extra inputs"),
        ('edge_id = "maru-1"', 'edge_id = "m"\nreceipt_keys = ["ab"]', "receipt_keys.0: String"),
    ],
)
def test_says_what_to_put_right_and_where(write, old, new, line):
    path = write(GOOD.replace(old, new, 1))
    with pytest.raises(SettingsError) as refused:
        load(path)
    first, *rest = str(refused.value).splitlines()
    assert first == f"The settings {path} cannot be used:"
    assert any(found.startswith(f"  {line}") for found in rest), rest


def test_the_brokers_words_are_read_and_its_files_are_beside_the_settings(write, tmp_path):
    words = (
        'broker_username = "till"\nbroker_password = "sesame"\nbroker_ca = "/etc/ca.pem"\n'
        'broker_certificate = "till.pem"\nbroker_key = "till.key"\n[peripherals.printer]'
    )
    text = GOOD.replace("mqtt://127.0.0.1:1883", "mqtts://broker")
    settings = load(write(text.replace("[peripherals.printer]", words)))
    broker = settings.broker
    assert (broker.host, broker.port, broker.is_encrypted) == ("broker", 8883, True)
    assert (broker.username, broker.password.get_secret_value()) == ("till", "sesame")
    assert (broker.ca, broker.certificate, broker.key) == (
        Path("/etc/ca.pem"),
        tmp_path / "till.pem",
        tmp_path / "till.key",
    )
    assert "sesame" not in repr(settings)


def test_no_file_and_no_toml(write, tmp_path):
    with pytest.raises(SettingsError) as missing:
        load(tmp_path / "none.toml")
    assert str(missing.value) == (
        f"Cannot read the settings {tmp_path}/none.toml: No such file or directory. "
        "Name an existing file with --settings."
    )
    path = write("edge_id = ")
    with pytest.raises(SettingsError) as broken:
        load(path)
    assert str(broken.value).startswith(f"The settings {path} are not TOML: ")


def test_a_second_payment_terminal_is_refused(write):
    entry = (
        '[peripherals.{}]\nkind = "payment_terminal"\ndriver = "nexo"\nurl = "tcp://127.0.0.1:1"\n'
    )
    with pytest.raises(SettingsError) as caught:
        load(write(GOOD + entry.format("left") + entry.format("right")))
    assert "expected one payment terminal at most, got left, right" in str(caught.value)

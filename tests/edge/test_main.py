"""The box put together, without its threads; and the verbs that start and examine it."""

import asyncio
import gc
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.testclient import TestClient

from edge import main, verbs
from edge.db.tables import Payment
from edge.main import Box, FirstPage, examine, memory_bytes, notify, read_code
from edge.services import payments, selling, shifts
from edge.settings import load

TOML = """
edge_id = "maru-1"
location_id = "maru"
location_name = { en = "Maru" }
company_name = "Maru"
data_dir = "box"
port = 0
broker_url = "mqtt://127.0.0.1:1"
hub_url = "http://127.0.0.1:1"
language = "en"
clock_url = "file:OFFSET"
[peripherals.scanner]
kind = "scanner"
driver = "serial_line"
url = "/dev/no-such-scanner"
[peripherals.toaster]
kind = "scanner"
driver = "no_such_driver"
url = "/dev/null"
"""


@pytest.fixture
def path(tmp_path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(TOML.replace("OFFSET", str(tmp_path / "offset")))
    return path


@pytest.fixture
def box(path) -> Iterator[Box]:
    box = Box(load(path))
    yield box
    box.stop()


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8101", 200), ("till1.maru.example", 200), ("elsewhere.example:8101", 421)],
)
def test_a_name_that_is_not_the_boxs_gets_nothing(path, host, status):
    """DNS rebinding: a stranger's page, whose name he points at the till, must not press its keys."""
    path.write_text('host_names = ["till1.maru.example"]' + path.read_text())
    box = Box(load(path))
    answer = TestClient(box.app()).get("/health", headers={"Host": host})
    box.stop()
    assert answer.status_code == status


NOWHERE = {
    "en": (
        "Nothing is here",
        "There is nothing at /nowhere of this box. Nothing was changed.",
        "Check the address: the counter is at /, and /openapi.json lists what there is beside it.",
        "Back to the counter",
    ),
    "ko": (
        "찾을 수 없는 주소",
        "이 박스의 /nowhere 주소에는 아무것도 없습니다. 바뀐 것은 없습니다.",
        "주소를 확인하세요. 계산대 화면은 / 에 있고, 나머지 주소는 /openapi.json 에 있습니다.",
        "계산대 화면으로",
    ),
    "zh": (
        "此处没有内容",
        "本收银机没有 /nowhere 这个地址。没有任何更改。",
        "请核对地址：收银界面在 /，其余地址见 /openapi.json。",
        "返回收银界面",
    ),
}


@pytest.mark.parametrize(("language", "told"), NOWHERE.items())
def test_a_person_at_an_unknown_address_gets_a_page_with_the_way_back(box, language, told):
    client = TestClient(box.app(), cookies={"look": f"language={language}"})
    page = client.get("/nowhere", headers={"accept": "text/html"})
    title, message, what_now, back = told
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert f"<title>{title}</title>" in page.text
    assert f'<p class="first">{message}</p><p>{what_now}</p>' in page.text
    assert f'<a class="button main" href="/">{back}</a>' in page.text


@pytest.mark.parametrize(
    ("method", "address", "headers", "status", "kind"),
    [
        ("GET", "/counter/press", {"accept": "text/html"}, 405, "text/html; charset=utf-8"),
        ("POST", "/counter/press", {"accept": "text/html"}, 422, "text/html; charset=utf-8"),
        ("POST", "/counter/press", {"accept": "text/html", "hx-request": "true"}, 422, "application/json"),
        ("GET", "/nowhere", {"accept": "*/*"}, 404, "application/json"),
        ("GET", "/api/nowhere", {"accept": "text/html"}, 404, "application/json"),
        ("GET", "/api/sales/nope", {"accept": "text/html"}, 404, "application/json"),
    ],
)  # fmt: skip
def test_a_person_gets_a_page_and_a_program_json(box, method, address, headers, status, kind):
    answer = TestClient(box.app()).request(method, address, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    if kind == "application/json":
        assert answer.json().keys() == {"key", "message", "what_now", "fields"}
    else:
        assert "<title>That was not done</title>" in answer.text


def test_a_second_box_on_the_same_data_changes_nothing(box, path):
    """It would take what the first one has under way for what a crash left behind."""
    said = CliRunner().invoke(verbs.edge, ["run", "--settings", str(path)])
    assert said.exit_code == 1
    assert (
        f"A box runs already with the data in {path.parent / 'box'}; this one was not started and nothing was changed. "
        "Stop the other one first, or name another data_dir in the settings." in said.output
    )


def test_a_taken_port_is_told_in_words_and_nothing_is_made(path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        path.write_text(path.read_text().replace("port = 0", f"port = {port}"))
        said = CliRunner().invoke(verbs.edge, ["run", "--settings", str(path)])
        gc.enable()
    assert said.exit_code == 1
    assert said.output.splitlines()[-1] == (
        f"Error: Port {port} on 127.0.0.1 is taken by another program, or by this one started twice. "
        "Nothing was started, and nothing was changed. "
        "Stop the other one, or name another port in the settings."
    )
    assert not (path.parent / "box").exists()


def test_health_says_what_is_wrong_by_its_keys(box):
    health = box.health()
    assert (health.boot, health.shift_open, health.waiting_facts) == (box.boot, False, 0)
    assert [it.state for it in health.peripherals] == ["absent", "absent"]
    assert health.problems == ("checks.catalogue.empty", "checks.scanner.not_ready")
    assert health.memory_bytes > 1_000_000


def test_a_clock_set_back_a_year_is_said_and_the_shop_sells_on(box, tmp_path):
    shifts.open_shift(box.shop, "Kim", 0)
    (tmp_path / "offset").write_text(str(-365 * 86_400))
    shifts.move_cash(box.shop, "in", 100, "change")
    assert [it.key for it in box.problems()][:2] == [
        "checks.catalogue.empty",
        "checks.clock_skew.back",
    ]
    assert box.seen().waiting_facts == 2


def test_what_waits_for_the_hub_has_an_age(box, tmp_path):
    shifts.open_shift(box.shop, "Kim", 0)
    (tmp_path / "offset").write_text(str(7200))
    assert 7199 <= box.seen().oldest_waiting_s <= 7260
    assert "checks.waiting_facts.old" in [it.key for it in box.problems()]


def test_a_peripheral_that_is_set_up_wrongly_does_not_stop_the_others(box, caplog):
    box.start()
    states = {it.name: (it.state, it.detail) for it in box.peripherals.conditions()}
    assert states["toaster"][0] == "faulted"
    assert states["toaster"][1].startswith("Expected one of the drivers ")
    assert states["scanner"][0] != "faulted"


def test_a_restart_in_the_middle_of_a_payment_leaves_it_unknown(path):
    box = Box(load(path))
    shifts.open_shift(box.shop, "Kim", 0)
    with box.shop.write() as work:
        row = {
            "payment_id": work.new_id(),
            "reference": "R1",
            "basket_id": "b",
            "shift_id": work.shift().shift_id,
            "state": "SENT",
            "amount_minor": 5,
            "currency": "KRW",
            "created_at": work.stamp,
            "updated_at": work.stamp,
        }
        work.unit.insert(Payment, [row])
    box.stop()
    again = Box(load(path))
    (payment,) = payments.in_state(again.shop, "UNKNOWN")
    assert (payment.reference, payment.was_unknown) == ("R1", True)
    assert "checks.payments.unknown" in [it.key for it in again.problems()]
    again.stop()


def test_a_box_stopped_before_its_background_began_starts_nothing(path):
    box = Box(load(path))
    box.stop()
    box.start()
    assert {it.detail for it in box.peripherals.conditions()} == {"starting"}


def test_the_same_box_after_a_restart_with_another_boot(path):
    first = Box(load(path))
    epoch, key = first.uplink.truth.epoch, first.shop.key.public
    first.stop()
    second = Box(load(path))
    assert (second.uplink.truth.epoch, second.shop.key.public) == (epoch, key)
    assert second.boot != first.boot
    second.stop()


def test_doctor_says_what_to_do_and_counts_as_failure(path):
    done = CliRunner().invoke(verbs.edge, ["doctor", "--settings", str(path)])
    assert done.exit_code == 1
    assert (
        "BAD   No products have come from the hub yet.\n"
        "      Connect the box to the hub once; from then on it sells without it.\n"
    ) in done.output


def test_doctor_of_a_well_box(path, mocker):
    mocker.patch.object(main, "examine", return_value=[])
    done = CliRunner().invoke(verbs.edge, ["doctor", "--settings", str(path)])
    assert (done.exit_code, done.output) == (0, "All is well.\n")


def test_examine_leaves_the_box_as_it_was(box, path):
    shifts.open_shift(box.shop, "Kim", 0)
    assert next(it.key for it in examine(load(path))) == "checks.catalogue.empty"
    assert shifts.current(box.shop) is not None


@pytest.mark.parametrize("verb", ["run", "doctor"])
def test_bad_settings_are_told_in_words(path, verb):
    path.write_text(TOML.replace("company_name", "company"))
    done = CliRunner().invoke(verbs.edge, [verb, "--settings", str(path)])
    gc.enable()
    assert done.exit_code == 1
    assert f"Error: The settings {path} cannot be used:\n" in done.output
    assert "  company_name: Field required\n" in done.output


def test_a_key_that_others_can_read_is_told_in_words(path):
    Box(load(path)).stop()
    key = load(path).key_path
    key.chmod(0o644)
    done = CliRunner().invoke(verbs.edge, ["run", "--settings", str(path)])
    gc.enable()
    assert done.exit_code == 1
    assert f"Error: The key {key} can be read by others; run: chmod 600 {key}\n" in done.output


def test_a_code_is_read_as_the_scanners_own_path_reads_it():
    assert read_code("9501101530003", "]E0").code.lstrip("0") == "9501101530003"


def test_systemd_is_told_over_its_socket(tmp_path):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        notify(address, "READY=1")
        assert systemd.recv(64) == b"READY=1"
    notify(address, "nobody listens any more")


async def test_the_watchdog_lives_in_the_loop_that_serves(tmp_path, monkeypatch):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        monkeypatch.setenv("WATCHDOG_USEC", "20000")
        living = main.supervise()
        loop = asyncio.get_running_loop()
        heard = [await loop.sock_recv(systemd, 64) for _ in range(3)]
        assert living is not None
        living.cancel()
    assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]


async def test_the_first_page_is_noticed_also_when_it_fails():
    page = FirstPage(FastAPI(), lambda _: None)
    assert not page.served.is_set()
    sent = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": "/none", "headers": [], "query_string": b""}
    await page(scope, receive, send)
    assert page.served.is_set()
    assert sent[0]["status"] == 404


def test_the_counter_is_there_before_the_api_and_the_api_for_whoever_asks_first(box):
    added = []

    def add_api(app: FastAPI) -> None:
        added.append("api")
        box.add_api(app)

    page = FirstPage(box.pages(), add_api)
    client = TestClient(page)
    assert (client.get("/").status_code, added) == (200, [])
    assert (client.get("/api/state").status_code, added) == (200, ["api"])
    page.complete()
    assert (client.get("/health").status_code, added) == (200, ["api"])


def test_memory_is_this_process_share():
    assert memory_bytes() > 1_000_000


def test_selling_goes_on_with_no_hub_and_no_broker(box):
    assert box.uplink.truth.is_online is False
    assert selling.current(box.shop) is None

"""The control API: each press shows in the state, and what cannot be done says why."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from hardware_sim.counter import Counter

PRESSES = [
    ("printer/paper", {"state": "low"}, "printer", "paper", "low"),
    ("printer/paper", {"state": "out"}, "printer", "paper", "out"),
    ("printer/cover", {"state": "open"}, "printer", "cover", "open"),
    ("printer/cutter", {"state": "jam"}, "printer", "cutter", "will_jam"),
    ("printer/power", {"state": "off"}, "printer", "power", "off"),
    ("printer/head", {"state": "hot"}, "printer", "head", "hot"),
    ("drawer/jam", {"state": "jam"}, "drawer", "is_jammed", True),
    ("scanner/plug", {"state": "out"}, "scanner", "is_plugged", False),
    (
        "scanner/fault",
        {"name": "split", "at": 3},
        "scanner",
        "faults",
        [{"name": "split", "at": 3}],
    ),
    ("payment_terminal/plug", {"state": "out"}, "payment_terminal", "is_plugged", False),
    ("payment_terminal/fault", {"name": "leak"}, "payment_terminal", "faults", ["leak"]),
    (
        "payment_terminal/script",
        {"next": ["decline", "approve"]},
        "payment_terminal",
        "script",
        ["decline", "approve"],
    ),
]


def test_a_strangers_name_for_our_address_presses_nothing(client: TestClient) -> None:
    cut = client.post("/api/printer/cover", json={"state": "open"}, headers={"Host": "x.example"})
    assert (cut.status_code, client.get("/api/printer").json()["cover"]) == (421, "closed")


@pytest.mark.parametrize(("path", "body", "place", "name", "value"), PRESSES)
def test_a_press_shows_in_the_state(
    client: TestClient, path: str, body: dict[str, Any], place: str, name: str, value: Any
) -> None:
    before = client.get("/api/shop").json()[place][name]
    assert before != value
    answer = client.post(f"/api/{path}", json=body)
    assert answer.status_code == 200
    assert answer.json()[name] == value
    assert client.get("/api/shop").json()[place][name] == value


def test_everything_can_be_put_right_again(client: TestClient) -> None:
    before = client.get("/api/shop").json()
    for path, wrong, right in (
        ("printer/paper", "out", "ok"),
        ("printer/cover", "open", "closed"),
        ("printer/cutter", "jam", "ok"),
        ("printer/power", "off", "on"),
        ("printer/head", "hot", "ok"),
        ("drawer/jam", "jam", "ok"),
        ("scanner/plug", "out", "in"),
        ("payment_terminal/plug", "out", "in"),
    ):
        for state in (wrong, right):
            assert client.post(f"/api/{path}", json={"state": state}).status_code == 200
    assert client.get("/api/shop").json() == before


def test_a_scan_says_its_bytes(client: TestClient) -> None:
    answer = client.post("/api/scanner/scan", json={"data": "96385074"})
    assert bytes.fromhex(answer.json()["bytes"]) == b"]E496385074\r\n"


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (
            "payment_terminal/press",
            {"button": "approve"},
            "Expected a payment at the terminal, got none.",
        ),
        (
            "payment_terminal/press",
            {"button": "maybe"},
            "Expected approve, decline or cancel, got maybe.",
        ),
        (
            "scanner/fault",
            {"name": "coffee"},
            "Expected one of drop_suffix, gaps, noise, nuls, split, unplug, got coffee.",
        ),
        ("line", {"state": "cut"}, "Expected a line_control_url in shop.toml, got none."),
    ],
)
def test_what_cannot_be_done_says_why(
    client: TestClient, path: str, body: dict[str, Any], message: str
) -> None:
    answer = client.post(f"/api/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json() == {"key": "bench.refused", "message": message}


def test_the_paper_can_be_read_and_torn(client: TestClient, counter: Counter) -> None:
    with counter.printer.host.changing():
        counter.printer.simulator.take(b"\x1b@TOTAL 100\nnext\n\x1dV\x42\x00")
        for _ in range(50):
            counter.printer.simulator.step(0.02)
    assert client.get("/api/printer/paper.txt").text == "TOTAL 100\nnext"
    (receipt, *_) = client.get("/api/printer/receipts").json()
    assert (receipt["number"], receipt["text"], receipt["is_cut"]) == (0, "TOTAL 100\nnext", True)
    for path in ("paper.png", "paper.png?receipt=0", "paper.png?receipt=-1"):
        assert client.get(f"/api/printer/{path}").content.startswith(b"\x89PNG")
    assert client.get("/api/printer/bytes").content.startswith(b"\x1b@TOTAL 100")
    assert client.get("/api/printer/bytes?last=4").content == b"\x1dV\x42\x00"
    answer = client.get("/api/printer/paper.png?receipt=9")
    assert answer.json()["message"].endswith(", got 9.")
    assert client.post("/api/printer/tear").json()["receipts"] == 0
    assert client.get("/api/printer/paper.txt").text == ""


def test_the_drawer_is_pushed_shut(client: TestClient, counter: Counter) -> None:
    counter.printer.drawer.is_open = True
    assert client.get("/api/drawer").json()["is_open"] is True
    assert client.post("/api/drawer/close").json()["is_open"] is False


def test_the_ledger_is_open_to_everybody(client: TestClient) -> None:
    assert client.get("/api/payment_terminal/ledger").json() == {
        "entries": [], "moved_minor": 0, "times_charged": {},
    }  # fmt: skip


def test_no_line_is_none(client: TestClient) -> None:
    assert client.get("/api/line").json() is None
    assert client.get("/api/shop").json()["line"] is None

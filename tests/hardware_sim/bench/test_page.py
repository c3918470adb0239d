"""The page: every hand it offers exists, every state has its words in three languages, every part is drawn."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

import hardware_sim.bench
from hardware_sim.bench.hands import HANDS, Reach
from hardware_sim.bench.line_control import LineControl
from hardware_sim.bench.page import PARTS, Bench, changes
from hardware_sim.bench.wallet_control import WalletControl
from hardware_sim.counter import Counter
from hardware_sim.line import STATES
from hardware_sim.payment_terminals.nexo import FAULTS as TERMINAL_FAULTS
from hardware_sim.payment_terminals.nexo import STEPS
from hardware_sim.scanners.serial_line import FAULTS as SCANNER_FAULTS
from hardware_sim.wallets.provider import FAULTS as WALLET_FAULTS
from hardware_sim.wallets.provider import STEPS as WALLET_STEPS
from ui.catalogues import keys
from ui.pages import Look

FOLDER = Path(hardware_sim.bench.__file__).parent


def look(client: TestClient, **choice: str) -> None:
    client.cookies.set("look", "&".join(f"{k}={v}" for k, v in choice.items()))


def test_the_page_has_every_part_and_every_product(client: TestClient) -> None:
    look(client, language="en")
    page = client.get("/").text
    for part in PARTS:
        assert f'id="{part}"' in page
    assert page.count('class="goods"') == 8
    assert "Milk bread loaf" in page


def test_every_button_has_a_hand(client: TestClient) -> None:
    page = client.get("/").text
    wanted = set(re.findall(r'action="/hands/([a-z-]+)"', page))
    assert wanted <= set(HANDS)
    assert {"scan", "tear", "press", "customer", "scanner-fault", "terminal-fault"} <= wanted


def test_nothing_is_inline(client: TestClient) -> None:
    """The page's policy allows neither, so either would silently not work."""
    page = client.get("/").text
    assert not re.search(r"<[^>]+\sstyle=", page)
    assert "<script>" not in page
    assert not re.search(r"\son[a-z]+=", page)


@pytest.mark.parametrize("language", ["ko", "en", "zh"])
def test_the_page_speaks(client: TestClient, language: str) -> None:
    look(client, language=language)
    answer = client.get("/")
    assert answer.status_code == 200
    assert {"ko": "벤치", "en": "Bench", "zh": "模拟台"}[language] in answer.text


def test_every_language_has_every_sentence() -> None:
    by_language = {it: keys(FOLDER / "locale" / f"{it}.po", it) for it in ("ko", "en", "zh")}
    assert by_language["ko"] == by_language["en"] == by_language["zh"]
    wanted = {
        *(f"bench.told.{it}" for it in HANDS),
        *(f"bench.fault.scanner.{it}" for it in SCANNER_FAULTS),
        *(f"bench.fault.terminal.{it}" for it in TERMINAL_FAULTS),
        *(f"bench.step.{it}" for it in STEPS),
        *(f"bench.paying.{it}" for it in (*STEPS, "abort")),
        *(f"bench.line.state.{it}" for it in STATES),
        *(f"bench.wallet.step.{it}" for it in WALLET_STEPS),
        *(f"bench.fault.wallet.{it}" for it in WALLET_FAULTS),
    }
    assert wanted <= by_language["en"]


PRESSES = [
    ("scan", "96385074", lambda it: it["scanner"]["scans"] == 1),
    ("paper", "out", lambda it: it["printer"]["paper"] == "out"),
    ("cover", "open", lambda it: it["printer"]["cover"] == "open"),
    ("power", "off", lambda it: it["printer"]["power"] == "off"),
    ("cutter", "jam", lambda it: it["printer"]["cutter"] == "will_jam"),
    ("head", "hot", lambda it: it["printer"]["head"] == "hot"),
    ("drawer-jam", "jam", lambda it: it["drawer"]["is_jammed"]),
    ("scanner-plug", "out", lambda it: not it["scanner"]["is_plugged"]),
    ("terminal-plug", "out", lambda it: not it["payment_terminal"]["is_plugged"]),
    ("scanner-fault", "nuls", lambda it: it["scanner"]["faults"] == [{"name": "nuls"}]),
    ("terminal-fault", "leak", lambda it: it["payment_terminal"]["faults"] == ["leak"]),
    ("customer", "wait", lambda it: it["payment_terminal"]["script"] == ["wait"]),
]


@pytest.mark.parametrize(("name", "value", "is_so"), PRESSES)
def test_a_hand_does_it_and_the_page_still_draws(
    client: TestClient, name: str, value: str, is_so: Any
) -> None:
    answer = client.post(f"/hands/{name}", data={"value": value}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert is_so(client.get("/api/shop").json())
    assert client.get("/").status_code == 200


def test_without_scripts_a_press_comes_back_to_the_page(client: TestClient) -> None:
    answer = client.post("/hands/tear", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_what_was_not_done_is_said(client: TestClient) -> None:
    look(client, language="en")
    client.post("/hands/press", data={"value": "approve"})
    assert "Nobody is paying by card." in client.get("/").text
    client.post("/hands/scan", data={"value": "  "})
    assert "Type a code first." in client.get("/").text
    assert client.post("/hands/juggle").status_code == 404


def test_a_scanned_script_stays_text(client: TestClient) -> None:
    client.post("/hands/scan", data={"value": "<script>alert(1)</script>"})
    page = client.get("/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_the_stream_brings_only_what_changed(counter: Counter) -> None:
    bench = await asyncio.to_thread(Bench, Reach(counter, LineControl(""), WalletControl("")))
    stream = changes(bench, Look("en"))
    first = (await anext(stream)).decode()
    assert all(f'hx-target="#{it}"' in first for it in PARTS)
    await asyncio.to_thread(bench.use, "cover", "open")
    second = (await anext(stream)).decode()
    assert re.findall(r'hx-target="#([a-z]+)"', second) == ["told", "printer"]
    await stream.aclose()

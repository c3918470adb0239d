from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from hardware_sim.proof.judgement import Judgement, Receipt
from hardware_sim.proof.processes import Seller, Trouble, layer_of, pack_of


class FakeParty:
    def __init__(self, name: str, done: list[str]) -> None:
        self.name, self.done = name, done

    def kill(self) -> None:
        self.done.append(f"kill {self.name}")

    def start(self) -> None:
        self.done.append(f"start {self.name}")

    def wait_until_ready(self) -> None:
        pass


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []

    def post(url: str, json: dict[str, Any], trust_env: bool) -> httpx.Response:
        done.append(f"{url} {json['state']}")
        return httpx.Response(200, request=httpx.Request("POST", url))

    monkeypatch.setattr("hardware_sim.proof.processes.time.sleep", lambda _: None)
    monkeypatch.setattr("hardware_sim.proof.processes.httpx.post", post)
    return done


def trouble_of(done: list[str]) -> Trouble:
    """In two shops, tower and hill, of one hub and broker."""

    def shop(name: str) -> Any:
        parties = {it: FakeParty(it, done) for it in ("hub", "broker")}
        parties |= {"box": FakeParty(f"{name}'s box", done)}
        return SimpleNamespace(line_control_url=name, party=parties.__getitem__)

    return Trouble([shop("tower"), shop("hill")], seed=3)


def test_one_pack_has_every_fault_for_every_shop(done: list[str]) -> None:
    trouble = trouble_of(done)
    for _ in pack_of(2):
        trouble.strike()
    kills = Counter(word for word in done if word.startswith("kill"))
    states = Counter(word for word in done if word.startswith(("tower", "hill")))
    assert kills == {"kill tower's box": 2, "kill hill's box": 2, "kill hub": 2, "kill broker": 1}
    line = ("cut", "hole", "hole_up", "hole_down", "slow", "up")
    assert states == {f"{shop} {state}": 1 for shop in ("tower", "hill") for state in line}
    assert sum(trouble.counts.values()) == len(pack_of(2)) - 2  # "up" is no fault
    assert (trouble.counts["hub_kills"], trouble.counts["line_faults"]) == (2, 10)


def test_the_same_seed_is_the_same_trouble(done: list[str]) -> None:
    for _ in range(2):
        trouble = trouble_of(done)
        for _ in range(30):
            trouble.strike()
    half = len(done) // 2
    assert done[:half] == done[half:]


CLEAN = Judgement(0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("receipts", "found", "heal_s", "ok"),
    [
        ((3, 2), (CLEAN, CLEAN), 1.0, True),
        ((3, 2), (CLEAN, replace(CLEAN, lost=1)), 1.0, False),
        ((3, 2), (CLEAN, CLEAN), None, False),
        ((3, 0), (CLEAN, CLEAN), 1.0, False),
    ],
    ids=["clean", "the second box lost one", "never drained", "the second box sold nothing"],
)
def test_the_verdict_is_over_every_box(
    receipts: tuple[int, int], found: tuple[Judgement, ...], heal_s: float | None, ok: bool
) -> None:
    trouble = trouble_of([])
    trouble.counts["box_kills"] = 4
    layer = layer_of(receipts, trouble.counts, found, heal_s)
    assert (layer.ok, layer.figures["boxes"], layer.figures["receipts"]) == (ok, 2, sum(receipts))
    assert layer.lines[0].startswith(
        f"{receipts[0]} + {receipts[1]} receipts of 2 boxes over 4 box"
    )


def test_a_receipt_is_written_down_only_when_the_box_has_answered(tmp_path: Path) -> None:
    """A dead box, a refusal, a sale: one receipt."""
    journal = tmp_path / "receipts.jsonl"
    seller = Seller("http://box", journal, seed=1)
    sale = {
        "sale_id": "s1",
        "total_minor": 5,
        "lines": [{"sku": "A", "quantity": 1, "amount_minor": 5}],
    }
    answers: list[httpx.Response | Exception] = [
        httpx.ConnectError("killed"),
        httpx.Response(409, json={"key": "shift.none", "message": "No shift."}),
        httpx.Response(201, json=sale),
    ]

    def answer(_: httpx.Request) -> httpx.Response:
        given = answers.pop(0)
        if not answers:
            seller._is_closing.set()
        if isinstance(given, Exception):
            raise given
        return given

    seller._till.client.close()
    seller._till.client = httpx.Client(base_url="http://box", transport=httpx.MockTransport(answer))
    seller.start()
    seller._thread.join()
    seller.stop()
    assert seller.receipts == [Receipt("s1", 5, (("A", 1, 5),))]
    assert [json.loads(line) for line in journal.read_text().splitlines()] == [
        ["s1", 5, [["A", 1, 5]]]
    ]

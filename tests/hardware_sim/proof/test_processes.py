from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from hardware_sim.proof.judgement import Receipt
from hardware_sim.proof.processes import KILLED, PACK, Seller, Trouble


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

    def post(_: str, json: dict[str, Any], trust_env: bool) -> httpx.Response:
        done.append(f"line {json['state']}")
        return httpx.Response(200, request=httpx.Request("POST", "http://line"))

    monkeypatch.setattr("hardware_sim.proof.processes.time.sleep", lambda _: None)
    monkeypatch.setattr("hardware_sim.proof.processes.httpx.post", post)
    return done


def company(done: list[str]) -> Any:
    return SimpleNamespace(line_control_url="http://line", party=lambda name: FakeParty(name, done))


def test_one_pack_has_every_fault(done: list[str]) -> None:
    trouble = Trouble(company(done), seed=3)
    for _ in PACK:
        trouble.strike()
    kills = Counter(word.removeprefix("kill ") for word in done if word.startswith("kill"))
    states = Counter(word.removeprefix("line ") for word in done if word.startswith("line"))
    assert kills == Counter(name for name in PACK if name in KILLED)
    assert states == Counter(name for name in PACK if name not in KILLED)
    assert trouble.counts == {"box_kills": 2, "hub_kills": 2, "broker_kills": 1, "line_faults": 6}


def test_the_same_seed_is_the_same_trouble(done: list[str]) -> None:
    for _ in range(2):
        trouble = Trouble(company(done), seed=3)
        for _ in range(20):
            trouble.strike()
    half = len(done) // 2
    assert done[:half] == done[half:]


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

"""The teller's own honesty: steps in order, the mishap before one of them, the first untrue thing ends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

import httpx
import pytest

from hardware_sim import stories
from hardware_sim.processes import Party
from hardware_sim.proof.judgement import Receipt
from hardware_sim.proof.untrue import Untrue
from hardware_sim.stories import Tale
from hardware_sim.stories.ledger import Day, Ledger
from hardware_sim.stories.stage import MOST_REQUESTS, Mishap, Stage, Step, check, wait
from hardware_sim.stories.two_shops import HILLSIDE_CLOCK, TwoShops


class Told(Stage):
    """A stage on which mishaps are only noted, before a box that answers everything with nothing."""

    def __init__(self, folder: Path, mishap: Mishap) -> None:
        super().__init__(folder, mishap)
        self.done: list[str] = []
        hooks = self.till.client.event_hooks
        self.till.client.close()
        nothing = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
        self.till.client = httpx.Client(base_url="http://box", transport=nothing, event_hooks=hooks)

    def _kill(self, party: Party, moment: str) -> None:
        self.done.append(f"{party.name} killed {moment}")

    def _cut(self, name: str, moment: str) -> None:
        self.done.append(f"{name} cut {moment}")

    def steps(self, count: int, *, is_lit: bool = False, requests: int = 0) -> list[Step]:
        return [
            Step(f"Step {number}.", partial(self.step, number, requests), is_lit)
            for number in range(count)
        ]

    def step(self, number: int, requests: int) -> str:
        self.done.append(f"step {number}")
        for _ in range(requests):
            self.till.state()
        return f"checked {number}"


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "story", Mishap(seed=3))


def test_every_step_is_told_with_what_was_checked(
    told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = told.steps(2)
    last = Step("The end.", lambda: "one\ntwo", chapter="Afterwards")
    assert told.play([first, second], [last]) == 3
    lines = [
        "  1/3  Step 0.", "        checked 0",
        "  2/3  Step 1.", "        checked 1",
        "", "        Afterwards", "  3/3  The end.", "        one", "        two",
    ]  # fmt: skip
    assert capsys.readouterr().out.splitlines() == lines
    assert "\n".join(told.told).splitlines() == lines


def test_without_a_mishap_nothing_is_struck(told: Told) -> None:
    told.play(told.steps(3, requests=20), [])
    assert told.done == ["step 0", "step 1", "step 2"]


def test_the_mishap_strikes_once_and_only_while_the_shop_lives(tmp_path: Path) -> None:
    places = set()
    for seed in range(12):
        told = Told(tmp_path / str(seed), Mishap(kill="hub", seed=seed))
        told.play(told.steps(4), [Step("Judged.", lambda: "true")])
        (struck,) = [n for n, words in enumerate(told.done) if words.startswith("hub")]
        assert told.done[struck] == "hub killed after its last request"
        places.add(struck)
    assert places == {2, 3, 4}  # in the second step at the earliest


def test_only_a_line_that_is_up_is_cut(tmp_path: Path) -> None:
    for seed in range(8):
        told = Told(tmp_path / str(seed), Mishap(cut="box", seed=seed))
        dark, lit = told.steps(3), told.steps(1, is_lit=True)
        told.play([*dark, *lit, *dark], [])
        assert told.done[3:5] == ["step 0", "box cut after its last request"]


@pytest.mark.parametrize(("since", "then"), [("cut", "cut"), ("up", "up"), ("", "up")])
def test_a_cable_is_put_back_as_the_story_has_its_line_by_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, since: str, then: str
) -> None:
    """Else a box would be online in the middle of its dark days."""
    stage = Stage(tmp_path / "story", Mishap(cut="box"))
    switched: list[str] = []
    mends: list[Callable[[], None]] = []
    monkeypatch.setattr(stage, "_switch", lambda _, state: switched.append(state))
    monkeypatch.setattr(stage, "_mend_later", mends.append)
    stage._strike("before GET /api/state")
    if since:
        stage.set_line(since)
    mends[0]()
    assert switched == ["cut", *([since] if since else []), then]


def test_it_strikes_in_the_middle_of_a_step(tmp_path: Path) -> None:
    moments = set()
    for seed in range(12):
        told = Told(tmp_path / str(seed), Mishap(kill="box", seed=seed))
        told.play(told.steps(2, requests=MOST_REQUESTS), [])
        moments.update(word for word in told.done if word.startswith("box"))
    assert moments == {"box killed before GET /api/state"}


def test_a_killed_line_comes_back_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the box would be online for a moment in the middle of its dark days."""
    stage = Stage(tmp_path / "story", Mishap(kill="line"))
    line = stage.company.line
    started: list[list[str]] = []
    monkeypatch.setattr(stage, "_line_state", lambda: "cut")
    monkeypatch.setattr(line, "kill", lambda: None)
    monkeypatch.setattr(line, "start", lambda: started.append(line.command[-2:]))
    monkeypatch.setattr(line, "wait_until_ready", lambda: None)
    stage._step = 9
    stage._strike("before GET /api/state")
    assert started == [["--state", "cut"]]
    assert capsys.readouterr().out == (
        "        -- line killed (SIGKILL) in step 9, before GET /api/state; answers again after 0.0 s --\n"
    )


def test_the_folder_of_the_last_time_is_emptied(told: Told) -> None:
    (told.folder / "old.txt").write_text("from the last time")
    assert not (Told(told.folder, Mishap()).folder / "old.txt").exists()


def test_the_clock_of_the_box_is_moved(told: Told) -> None:
    told.jump(86_400)
    told.jump(-31_536_000)
    assert (told.folder / "clock").read_text() == "-31536000\n"
    assert (
        f'clock_url = "file:{told.folder}/clock"' in (told.folder / "company/edge.toml").read_text()
    )


def test_an_untrue_thing_is_said_in_words() -> None:
    check(True, "never said")
    with pytest.raises(Untrue, match="expected 3, got 4"):
        check(False, "expected 3, got 4")
    with pytest.raises(Untrue, match=r"expected the paper \(waited 0 s\)"):
        wait(lambda: False, 0, "expected the paper")


# -- playing -----------------------------------------------------------------------------------


class Bare(Told):
    """Nothing is started."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def stage_without_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(stories, "FOLDER", tmp_path)


def untrue(stage: Stage, days: int) -> dict[str, object]:
    raise Untrue("expected 3, got 4")


@pytest.mark.parametrize(
    ("story", "status", "figures"),
    [
        (lambda stage, days: {"receipts": 9}, 0, {"receipts": 9}),
        (untrue, 1, {"untrue": "expected 3, got 4"}),
    ],
    ids=["true", "untrue"],
)
@pytest.mark.usefixtures("stage_without_processes")
def test_the_last_line_and_the_status(
    story, status: int, figures: dict[str, object],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path,
) -> None:  # fmt: skip
    tale = Tale(Bare, lambda stage: story(stage, 2), ("hub",), {"days": 2})
    monkeypatch.setattr(stories, "tales", lambda days, variant: {"tale": tale})
    mishap = Mishap(kill="hub", seed=5)
    played = stories.play("tale", mishap, days=2, variant="pickup", as_json=True)
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (played, told["name"], told["ok"]) == (status, "tale", status == 0)
    assert told["figures"] == {"days": 2, "seed": 5, "cut": "", "kill": "hub"} | figures
    index = (tmp_path / "tale" / "index.html").read_text()
    verdict = (
        f"Not true: {figures['untrue']}" if "untrue" in figures else "Nothing of it was untrue."
    )
    assert f"<strong>{verdict}</strong>" in index


def test_an_unknown_story_is_answered_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert stories.play("sneaker", Mishap(), days=1, variant="pickup", as_json=False) == 2
    assert capsys.readouterr().err == "Expected a story of blackout, cake, got 'sneaker'.\n"


def test_a_party_of_another_story_is_answered_with_those_of_this_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, mishap, parties in (
        ("blackout", Mishap(cut="office"), "box, hub, broker, line, hillside, got 'office'"),
        ("cake", Mishap(kill="box"), "hub, broker, office, hillside, line, got 'box'"),
    ):
        assert stories.play(name, mishap, days=1, variant="pickup", as_json=False) == 2
        assert capsys.readouterr().err == f"Expected a party of {parties}.\n"


def test_of_two_shops_each_loses_its_own_line(tmp_path: Path) -> None:
    stage = TwoShops(tmp_path / "story", Mishap())
    office, hillside = stage.company, stage.hillside
    assert list(stage.parties) == ["hub", "broker", "line", "box", "office", "hillside"]
    assert (stage.parties["office"], stage.parties["hillside"]) == (office.box, hillside.box)
    assert stage.lines == {
        "box": office.line_control_url,
        "office": office.line_control_url,
        "line": office.line_control_url,
        "hillside": hillside.line_control_url,
    }
    assert (hillside.hub, hillside.broker) == (office.hub, office.broker)
    assert hillside.line_control_url != office.line_control_url
    stage.jump(5, HILLSIDE_CLOCK)
    assert (stage.folder / "hillside-clock").read_text() == "5\n"
    assert not (stage.folder / "clock").exists()


# -- the ledger --------------------------------------------------------------------------------

SALE = {
    "sale_id": "s1",
    "total_minor": 3_000,
    "lines": [
        {"sku": "A", "quantity": 2, "amount_minor": 2_000},
        {"sku": "B", "quantity": 1, "amount_minor": 1_000},
    ],
    "tenders": [{"kind": "cash", "amount_minor": 1_000}, {"kind": "card", "amount_minor": 2_000}],
}
GIVEN = {
    "return_id": "r1",
    "total_minor": 1_000,
    "lines": [{"sku": "A", "quantity": 1, "is_restocked": True}, {"sku": "B", "quantity": 1, "is_restocked": False}],
    "tenders": [{"kind": "cash", "amount_minor": 1_000}],
}  # fmt: skip


def test_the_ledger_of_a_day() -> None:
    ledger = Ledger(day=Day(100_000))
    ledger.received("A", 10)
    ledger.sold(SALE)
    ledger.took_back(GIVEN)
    ledger.moved_cash(-30_000)
    assert ledger.receipts == [Receipt("s1", 3_000, (("A", 2, 2_000), ("B", 1, 1_000)))]
    assert (ledger.pieces, ledger.returns) == ({"A": 9, "B": -1}, ["r1"])
    assert ledger.day == Day(100_000, 1, 1, 3_000, 1_000, 0, -30_000)
    assert ledger.card_minor == 2_000
    assert json.loads(json.dumps(ledger.told())) == {
        "receipts": [
            {"sale_id": "s1", "total_minor": 3_000, "lines": [["A", 2, 2_000], ["B", 1, 1_000]]}
        ],
        "returns": ["r1"],
        "pieces": {"A": 9, "B": -1},
        "card_minor": 2_000,
        "wallet_minor": {},
        "z": [],
    }
    assert ledger.day.expected_cash_minor == 70_000


def test_a_report_that_differs_from_the_day() -> None:
    report = {
        "sale_count": 1,
        "return_count": 0,
        "gross_minor": 3_000,
        "refund_minor": 0,
        "expected_cash_minor": 99,
    }
    assert Day(100, 1, 0, 2_000).differences(report) == [
        "gross_minor: the report says 3000, the day had 2000",
        "expected_cash_minor: the report says 99, the day had 100",
    ]

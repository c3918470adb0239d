"""Hand-over codes: read, and judged with the line down."""

from datetime import UTC, datetime, timedelta

import pytest

from contract import handover
from contract.handover import PAPER, STEP_S, STEPS_OF_SKEW, Verdict

SECRET = "00112233445566778899aabbccddeeff"
NOON = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
NOW = handover.step_at(NOON)


def judged(text: str, at: datetime = NOON, location_id: str = "hillside") -> Verdict:
    shown = handover.parse(text)
    assert shown is not None
    return handover.verdict(shown, SECRET, location_id, at)


def test_a_code_is_what_its_parts_say() -> None:
    text = handover.code(SECRET, "K7-2041", "hillside", 59_481_000)
    assert text == "TWH1.K7-2041.hillside.59481000.YT75HRRDNCQV"
    assert handover.parse(f" {text}\n") == ("K7-2041", "hillside", 59_481_000, "YT75HRRDNCQV")


@pytest.mark.parametrize("step", [NOW - STEPS_OF_SKEW, NOW, NOW + STEPS_OF_SKEW, PAPER])
def test_a_fresh_code_and_a_printed_one_are_good(step: int) -> None:
    assert judged(handover.code(SECRET, "K7-2041", "hillside", step)) is Verdict.GOOD


def test_yesterdays_code_is_old() -> None:
    text = handover.code(SECRET, "K7-2041", "hillside", NOW)
    assert judged(text, NOON + timedelta(days=1)) is Verdict.OLD
    assert judged(text, NOON + timedelta(seconds=STEP_S * (STEPS_OF_SKEW + 1))) is Verdict.OLD


def test_a_code_of_another_shop_is_told_from_a_forged_one() -> None:
    text = handover.code(SECRET, "K7-2041", "office", NOW)
    assert judged(text) is Verdict.OTHER_SHOP
    assert judged(text.replace("office", "hillside")) is Verdict.FORGED
    assert judged(handover.code("ff" * 16, "K7-2041", "hillside", NOW)) is Verdict.FORGED


@pytest.mark.parametrize(
    "text", ["", "8801234500012", "TWH1.K7.hill.x.AAAAAAAAAAAA", "TWH1.K7-2041.hill.1.AAA"]
)
def test_what_is_no_code_is_none(text: str) -> None:
    assert handover.parse(text) is None

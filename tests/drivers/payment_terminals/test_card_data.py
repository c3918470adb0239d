"""Card data never gets in: not into an event, an error's text, its context, or a log."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import UnknownOutcome
from drivers.payment_terminals.card_data import is_card_data, masked, read_clean
from hardware_sim.payment_terminals.nexo import LEAKED_PAN

At = Callable[..., Any]


def test_a_terminal_that_says_too_much_is_not_listened_to(
    at_till: At, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    till = at_till()
    till.unit.arm("leak")
    outcome = till.driver.pay("P1", 12_900, "KRW", 30.0)
    assert outcome.result == "approved"
    assert outcome.masked_pan == ""
    assert till.counters() == {"CardDataDroppedCount": 7}
    for place in (repr(outcome), caplog.text, repr(till.driver.health())):
        assert LEAKED_PAN not in place
        assert LEAKED_PAN.encode().hex(" ") not in place
        assert "cvv" not in place


def test_a_garbled_answer_leaves_no_trace_in_the_error(
    at_till: At, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even in its context, which a crash report would print."""
    caplog.set_level(logging.DEBUG)
    till = at_till()
    answer = b'{"SaleToPOIResponse": {"PAN": "' + LEAKED_PAN.encode() + b'"'
    till.terminal.take = lambda data: (
        till.terminal._push(len(answer).to_bytes(4, "big") + answer) or len(data)
    )
    with pytest.raises(UnknownOutcome) as caught:
        till.driver.pay("P1", 12_900, "KRW", 30.0)
    report = "".join(traceback.format_exception(caught.value))
    assert "Expected a JSON message, got 48 other bytes" in report
    seen = set()
    error: BaseException | None = caught.value
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        assert LEAKED_PAN not in repr(vars(error)) + repr(error.args)
        error = error.__cause__ or error.__context__
    assert LEAKED_PAN not in report + caplog.text


@given(st.text("0123456789", min_size=12, max_size=19), st.sampled_from([1, 4]))
def test_no_card_number_passes_in_any_grouping(digits: str, group: int) -> None:
    grouped = " ".join(digits[at : at + group] for at in range(0, len(digits), group))
    for text in (digits, grouped, grouped.replace(" ", "-"), f"pan={digits}&cvv=1"):
        assert is_card_data("Anything", text)
    assert masked(digits) == ""


@given(st.text("0123456789*xX ", max_size=24))
def test_a_mask_shows_six_and_four_at_most(pan: str) -> None:
    shown = masked(pan)
    head, _, tail = shown.partition("******")
    assert len(head) <= 6
    assert len(tail) <= 4


@pytest.mark.parametrize(
    ("pan", "shown"),
    [
        ("541333 **** 9999", "541333******9999"),
        ("************9999", "******9999"),
        ("541333xxxxxx9999", "541333******9999"),
        ("5413331234569999", ""),
        ("54133312******9999", ""),
        ("541333**12**9999", ""),
        ("", ""),
    ],
)
def test_masks(pan: str, shown: str) -> None:
    assert masked(pan) == shown


def test_numbers_of_the_exchange_are_kept() -> None:
    clean = read_clean(
        b'{"TransactionID": "4111111111111111", "Amount": 10.5, "n": 4111111111111111}'
    )
    assert clean is not None
    assert list(clean.content) == ["TransactionID", "Amount"]
    assert clean.dropped == 1


@pytest.mark.parametrize("message", [b"", b"x", b'{"a"', b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_nothing(message: bytes) -> None:
    assert read_clean(message) is None

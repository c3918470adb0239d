"""Each health question: silent where all is well, and in words where it is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.health import PeripheralHealth
from edge import checks
from edge.checks import Problem, Seen

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WELL: dict[str, Any] = {
    "now": NOW,
    "disk_free_bytes": 10**11,
    "catalogue_version": 1,
    "prices_version": 1,
    "last_fact_at": NOW,
}


def seen(**more: Any) -> Seen:
    return Seen(**(WELL | more))


def peripheral(kind, state, *reasons):
    return PeripheralHealth(name="till's", kind=kind, state=state, reasons=reasons)


def test_nothing_is_said_of_a_box_that_is_well():
    ready = tuple(
        peripheral(kind, "ready") for kind in ("scanner", "receipt_printer", "payment_terminal")
    )
    assert checks.problems(seen(peripherals=ready)) == []


def test_every_file_is_found():
    names = [name for name, _ in checks.checks()]
    assert {"disk_space", "clock_skew", "printer", "payments", "catalogue"} <= set(names)
    assert names == sorted(names)


CASES = [
    ("checks.disk_space.full", "bad", {"disk_free_bytes": 99_000_000}),
    ("checks.disk_space.full", "bad", {"is_reserve_released": True}),
    ("checks.disk_space.low", "warn", {"disk_free_bytes": 499_000_000}),
    ("checks.autonomy.short", "warn", {"is_line_up": False, "outbox_bytes_a_day": 10**10}),
    ("checks.waiting_facts.old", "warn", {"waiting_facts": 3, "oldest_waiting_s": 3600}),
    ("checks.clock_skew.back", "bad", {"last_fact_at": NOW + timedelta(days=365)}),
    ("checks.line_alarm.taken_over", "bad", {"line_alarm": "taken_over"}),
    ("checks.line_alarm.new_kind", "bad", {"line_alarm": "new_kind"}),
    ("checks.line_alarm.fork", "bad", {"forks": 1}),
    ("checks.catalogue.empty", "bad", {"prices_version": 0}),
    ("checks.catalogue.prices", "warn", {"feed_troubles": {"prices": "The prices are damaged."}}),
    ("checks.payments.unknown", "bad", {"unknown_payments": 2}),
    ("checks.payments.reversal_pending", "bad", {"pending_reversals": 1}),
    ("checks.print_jobs.unknown", "warn", {"unknown_print_jobs": 1}),
    ("checks.print_jobs.held", "warn", {"held_print_jobs": 2}),
    (
        "checks.printer.not_ready",
        "warn",
        {"peripherals": (peripheral("receipt_printer", "not_ready", "paper_out"),)},
    ),
    ("checks.scanner.not_ready", "warn", {"peripherals": (peripheral("scanner", "absent"),)}),
    (
        "checks.payment_terminal.not_ready",
        "warn",
        {"peripherals": (peripheral("payment_terminal", "absent"),)},
    ),
]


@pytest.mark.parametrize(("key", "severity", "situation"), CASES)
def test_each_problem_is_said_alone_with_what_to_do(key, severity, situation):
    (problem,) = checks.problems(seen(**situation))
    assert (problem.key, problem.severity) == (key, severity)
    assert problem.what.endswith(".")
    assert problem.what_now.endswith(".")


def test_a_clock_set_back_a_year_in_words():
    (problem,) = checks.problems(seen(last_fact_at=NOW + timedelta(days=365)))
    assert problem == Problem(
        "checks.clock_skew.back",
        "bad",
        "The clock says 2026-11-23 09:00 UTC, but the last sale was at 2027-11-23 09:00.",
        "Sell on, nothing is lost; set the box's clock right, or its receipts carry a wrong time.",
    )


@pytest.mark.parametrize(
    ("oldest_waiting_s", "age"), [(2 * 3600, "2 hours"), (3 * 86_400, "3 days")]
)
def test_waiting_facts_in_words(oldest_waiting_s, age):
    (problem,) = checks.problems(seen(waiting_facts=12, oldest_waiting_s=oldest_waiting_s))
    assert problem.what == f"12 facts wait for the hub, the oldest for {age}."


def test_the_worst_comes_first():
    found = checks.problems(seen(held_print_jobs=1, unknown_payments=1, disk_free_bytes=1))
    assert [problem.severity for problem in found] == ["bad", "bad", "warn"]

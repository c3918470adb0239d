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


FREE = "Free space on the box now; sales go on only from what is kept in reserve."
TELL = "Sell on, nothing is lost; tell head office."
CARD = "Switch the payment terminal on and leave it on: it is asked until it says. Do not charge again."
REVERSAL = "Switch the payment terminal on and leave it on; it is tried until it is proved."
PAPER = "Look at the printer; the counter's screen asks about each, and prints a copy where the paper is missing."
HELD = "Do what the printer asks for; whatever waits prints by itself."
LINE = "Sell on; check the shop's internet line. Everything is sent once it stands."

CASES = [
    ({"disk_free_bytes": 99_000_000},
     Problem("checks.disk_space.full", "bad", "The disk is full: 99 MB are left.", FREE)),
    ({"is_reserve_released": True},
     Problem("checks.disk_space.full", "bad", "The disk is full: 100000 MB are left.", FREE)),
    ({"disk_free_bytes": 499_000_000},
     Problem("checks.disk_space.low", "warn", "The disk is nearly full: 499 MB are left.",
             "Free space on the box this week.")),
    ({"is_line_up": False, "outbox_bytes_a_day": 10**10},
     Problem("checks.autonomy.short", "warn", "The hub is not reached, and the disk holds 10 more days of sales.",
             "Have the line repaired; nothing is lost until then.")),
    ({"is_line_up": False, "outbox_bytes_a_day": 10**11},
     Problem("checks.autonomy.short", "warn", "The hub is not reached, and the disk holds 1 more day of sales.",
             "Have the line repaired; nothing is lost until then.")),
    ({"waiting_facts": 3, "oldest_waiting_s": 2 * 3600},
     Problem("checks.waiting_facts.old", "warn", "3 facts wait for the hub, the oldest for 2 hours.", LINE)),
    ({"waiting_facts": 1, "oldest_waiting_s": 3600},
     Problem("checks.waiting_facts.old", "warn", "1 fact waits for the hub, the oldest for 1 hour.", LINE)),
    ({"waiting_facts": 12, "oldest_waiting_s": 3 * 86_400},
     Problem("checks.waiting_facts.old", "warn", "12 facts wait for the hub, the oldest for 3 days.", LINE)),
    ({"last_fact_at": NOW + timedelta(days=365)},
     Problem("checks.clock_skew.back", "bad",
             "The clock says 2026-11-23 09:00 UTC, but the last sale was at 2027-11-23 09:00.",
             "Sell on, nothing is lost; set the box's clock right, or its receipts carry a wrong time.")),
    ({"line_alarm": "taken_over"},
     Problem("checks.line_alarm.taken_over", "bad",
             "Another box uses this box's name: both throw each other off the line.", TELL)),
    ({"line_alarm": "new_kind"},
     Problem("checks.line_alarm.new_kind", "bad", "Something is wrong with the line to the hub.", TELL)),
    ({"forks": 1},
     Problem("checks.line_alarm.fork", "bad",
             "The hub knows more of this box than the box itself: its disk was restored, or a copy of it sells.",
             "Sell on, everything is sent again. Tell head office: a copied box must be switched off.")),
    ({"prices_version": 0},
     Problem("checks.catalogue.empty", "bad", "No prices have come from the hub yet.",
             "Connect the box to the hub once; from then on it sells without it.")),
    ({"feed_troubles": {"prices": "The prices are damaged."}},
     Problem("checks.catalogue.prices", "warn", "The prices are damaged.",
             "Sell on with the goods and prices that are here; it is tried again by itself.")),
    ({"unknown_payments": 2},
     Problem("checks.payments.unknown", "bad", "It is not known whether 2 card payments were charged.", CARD)),
    ({"unknown_payments": 1},
     Problem("checks.payments.unknown", "bad", "It is not known whether 1 card payment was charged.", CARD)),
    ({"pending_reversals": 1},
     Problem("checks.payments.reversal_pending", "bad", "1 card payment is to be given back and not yet.", REVERSAL)),
    ({"unknown_print_jobs": 1},
     Problem("checks.print_jobs.unknown", "warn", "It is not known whether 1 receipt was printed.", PAPER)),
    ({"unknown_print_jobs": 2},
     Problem("checks.print_jobs.unknown", "warn", "It is not known whether 2 receipts were printed.", PAPER)),
    ({"held_print_jobs": 1},
     Problem("checks.print_jobs.held", "warn", "1 receipt waits for the printer.", HELD)),
    ({"peripherals": (peripheral("receipt_printer", "not_ready", "paper_out"),)},
     Problem("checks.printer.not_ready", "warn", "The receipt printer cannot print: paper out.",
             "Look at the counter's screen, it says what to do. Receipts wait and print by themselves.")),
    ({"peripherals": (peripheral("scanner", "absent"),)},
     Problem("checks.scanner.not_ready", "warn", "The scanner till's is absent.",
             "Push its cable in; until then type the number under the bars.")),
    ({"peripherals": (peripheral("payment_terminal", "not_ready"),)},
     Problem("checks.payment_terminal.not_ready", "warn", "The payment terminal till's is not ready.",
             "Check that it is on and its cable is in. Take cash until it is back.")),
]  # fmt: skip


@pytest.mark.parametrize(("situation", "problem"), CASES)
def test_each_problem_is_said_alone_with_what_to_do(situation, problem):
    assert checks.problems(seen(**situation)) == [problem]


def test_the_worst_comes_first():
    found = checks.problems(seen(held_print_jobs=1, unknown_payments=1, disk_free_bytes=1))
    assert [problem.severity for problem in found] == ["bad", "bad", "warn"]

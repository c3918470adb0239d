"""Every Z report is derived once more from the shift's own facts; a planted difference is found."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from cloud.db import Database
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.ingest.tables import Alarm
from cloud.money import repository as money
from cloud.money.derivation import Difference, ShiftFacts, TaxSum, derive, net_tax
from cloud.projection import FactProjector
from contract.sales import ShiftClosed
from contract.topics import SHARDS

ALL = frozenset(range(SHARDS))
STANDARD = {"tax_group": "standard", "rate_bp": 1_000}


@pytest.fixture
def compare(database: Database, box, clock) -> Callable[..., list[Difference]]:
    """Sends facts, projects them, and gives the differences of the one shift."""

    def compare(*facts: dict[str, Any]) -> list[Difference]:
        first = box.high + 1
        for body in facts:
            box.log(body)
        inbox, projector = Inbox(database, clock), FactProjector(database, clock)
        inbox.commit([Admitted(box.edge_id, box.batch(first))], Allowance(8, 0))
        while projector.step(ALL):
            pass
        with database.read() as session:
            [(_, _, comparison)] = money.shifts(session, 10)
        assert comparison is not None
        return [Difference(**row) for row in json.loads(comparison.differences)]

    return compare


def alarms(database: Database) -> list[tuple[str, str, int]]:
    with database.read() as session:
        return [(a.key, a.detail, a.count) for a in session.exec(select(Alarm)).all()]


def test_a_true_report_has_no_differences(database, bodies, compare) -> None:
    assert compare(*bodies.whole_shift()) == []
    assert alarms(database) == []


@pytest.mark.parametrize(
    ("planted", "difference"),
    [
        ({"gross_minor": 12_000}, Difference("gross_minor", 12_000, 11_000)),
        ({"expected_cash_minor": 75_000}, Difference("expected_cash_minor", 75_000, 75_500)),
        ({"sale_count": 2}, Difference("sale_count", 2, 1)),
        ({"tenders": []}, Difference("tenders.cash.amount_minor", 0, 11_000)),
        ({"tax": []}, Difference("tax.standard.1000.gross_minor", 0, 5_500)),
        ({"last_receipt_number": 3}, Difference("last_receipt_number", 3, 2)),
    ],
)
def test_a_planted_difference_is_found(bodies, compare, planted, difference) -> None:
    assert difference in compare(*bodies.whole_shift(**planted))


def test_a_group_at_two_rates_comes_back_at_the_rate_of_each_line(bodies, compare) -> None:
    """Its rate changed while the basket was open: each line of the return counts once, at its own rate."""
    line = bodies.sale()["lines"][0] | {
        "quantity": 1,
        "unit_price_minor": 5_600,
        "amount_minor": 5_600,
    }
    dearer = line | {"line": 2, "rate_bp": 1_200, "tax_minor": 600}
    rates = [
        STANDARD | {"gross_minor": 11_000, "tax_minor": 1_000},
        STANDARD | {"rate_bp": 1_200, "gross_minor": 5_600, "tax_minor": 600},
    ]
    sale = bodies.sale()
    sale |= {"lines": [*sale["lines"], dearer], "tax": rates, "total_minor": 16_600}
    left = [rates[0] | {"gross_minor": 5_500, "tax_minor": 500}, rates[1]]
    paid = bodies.sale()["tenders"][0] | {"amount_minor": 16_600, "change_minor": 3_400}
    money = {"gross_minor": 16_600, "expected_cash_minor": 81_100, "counted_cash_minor": 81_100}
    totals = [{"kind": "cash", "count": 1, "amount_minor": 16_600}]
    closed = bodies.closed(**money, variance_minor=0, tax=left, tenders=totals)
    between = bodies.returned(), bodies.cash()
    assert compare(bodies.opened(), sale | {"tenders": [paid]}, *between, closed) == []


def test_a_return_of_a_sale_that_is_not_here_yet_counts_at_its_own_rate(bodies, compare) -> None:
    """Its sister shop is cut off; the shift in which the sale was made is not this one."""
    returned = {"tax": [STANDARD | {"gross_minor": -5_500, "tax_minor": -500}]}
    found = compare(bodies.opened(), bodies.returned(), bodies.closed(**returned))
    assert [it for it in found if it.field.startswith("tax")] == []


def test_a_difference_raises_one_alarm_that_names_the_figure(database, bodies, compare) -> None:
    compare(*bodies.whole_shift(refund_minor=1))
    compare(bodies.cash("in", 0 + 1) | {"movement_id": bodies.shift_id})
    words = "Expected shift 7's Z report to follow from its facts, got other figures in "
    assert alarms(database) == [
        (
            "money.z_differs",
            f"{words}cash_in_minor, expected_cash_minor, refund_minor, variance_minor.",
            2,
        )
    ]


def test_the_report_itself_is_never_edited(database, bodies, compare) -> None:
    compare(*bodies.whole_shift(gross_minor=99))
    with database.read() as session:
        _, closing, _ = money.shift(session, bodies.shift_id)
    assert closing is not None
    assert ShiftClosed.model_validate_json(closing.reported).gross_minor == 99


def test_a_sale_that_comes_late_shows_in_the_comparison(bodies, compare) -> None:
    assert compare(*bodies.whole_shift()) == []
    found = compare(bodies.sale(3))
    assert Difference("sale_count", 1, 2) in found
    assert Difference("last_receipt_number", 2, 3) in found


def test_an_empty_shift_counts_its_float() -> None:
    report = derive(ShiftFacts(float_minor=100, counted_cash_minor=90))
    assert (report["expected_cash_minor"], report["variance_minor"]) == (100, -10)
    assert (report["first_receipt_number"], report["last_receipt_number"]) == (0, 0)


def test_tax_is_the_sales_less_the_returns() -> None:
    sold = [TaxSum("standard", 1_000, 11_000, 1_000), TaxSum("zero", 0, 500, 0)]
    returned = [TaxSum("standard", 1_000, 5_500, 500)]
    assert net_tax(sold, returned) == [
        TaxSum("standard", 1_000, 5_500, 500),
        TaxSum("zero", 0, 500, 0),
    ]

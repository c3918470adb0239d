"""A count of the shelf: what was counted holds, the difference from the ledger becomes the move, and it is said.

What is set aside for orders lies on the pick-up shelf: it is neither counted nor expected here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from contract import lots as rule
from contract.lots import Lot
from contract.stock import CountedLine, StockCounted, StockMove
from edge.db import tables
from edge.domain.errors import CountDisagrees, Malformed
from edge.services import catalogue, lots, stock
from edge.services.shop import Shop, Work


class Counted(NamedTuple):
    """A whole product, or one lot of it where a lot or a date is named."""

    sku: str
    counted: int
    lot: str = ""
    expiry: str = ""


class Result(NamedTuple):
    """`disagreements` in words, one for each line that differs."""

    fact: StockCounted
    disagreements: tuple[CountDisagrees, ...]


def count(shop: Shop, lines: Sequence[Counted]) -> Result:
    """Raises UnknownCode for goods nobody sells; nothing was changed then."""
    if not lines or any(line.counted < 0 for line in lines):
        raise Malformed(expected="at least one line, each with zero pieces or more", got=len(lines))

    def use_case(work: Work) -> Result:
        count_id = work.new_id()
        found = tuple(_compared(work, count_id, line) for line in lines)
        fact = StockCounted(
            **work.header(work.business_date()),
            count_id=count_id,
            cashier=stock.cashier(work),
            lines=found,
        )
        work.log(fact)
        return Result(fact, tuple(_in_words(work, it) for it in found if it.lots))

    return shop.run(use_case)


def differences(known: Sequence[Lot], counted: Counted) -> list[Lot]:
    """The moves that make the ledger what was counted, by lot.

    Missing pieces are taken out of the lots that go first, since those were handled most; what is left over has no
    lot that anybody knows. Lots below zero are made good first.
    """
    if counted.lot or counted.expiry:
        key = (counted.lot, counted.expiry)
        expected = sum(lot.quantity for lot in known if lot[:2] == key)
        return _moves([Lot(*key, counted.counted - expected)])
    made_good = [lot._replace(quantity=-lot.quantity) for lot in known if lot.quantity < 0]
    more = counted.counted - sum(lot.quantity for lot in (*known, *made_good))
    # Also out of expired lots: they are on the shelf until somebody takes them off.
    gone = rule.allocate(known, max(0, -more), "")
    taken = [lot._replace(quantity=-lot.quantity) for lot in gone]
    return _moves([*made_good, *taken, Lot("", "", max(0, more))])


def _moves(lots: Sequence[Lot]) -> list[Lot]:
    return [lot for lot in lots if lot.quantity]


def _compared(work: Work, count_id: str, line: Counted) -> CountedLine:
    stock.check_known(work, line.sku)
    known = lots.lots(work.unit, line.sku)
    moves = differences(known, line)
    cause = {"cause": "counted", "cause_id": count_id}
    work.unit.insert(tables.StockMove, [{"sku": line.sku} | lot._asdict() | cause for lot in moves])
    return CountedLine(
        sku=line.sku,
        expected=line.counted - sum(lot.quantity for lot in moves),
        counted=line.counted,
        lots=tuple(StockMove(sku=line.sku, **lot._asdict()) for lot in moves),
    )


def _in_words(work: Work, line: CountedLine) -> CountDisagrees:
    name = catalogue.name_of(work.unit, line.sku, work.shop.settings.language)
    return CountDisagrees(name=name, counted=line.counted, expected=line.expected)

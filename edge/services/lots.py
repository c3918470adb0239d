"""The shop's goods by lot and use-by date: sums of the ledger, less what is set aside.

Goods of which nobody knows a lot are lot "" without a date. A sale takes out of the lots that expire first; one that
has expired is never among them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from contract import lots as rule
from contract.lots import Lot
from contract.sales import LineLot, SaleLine
from edge.db.unit_of_work import Reader
from edge.services.shop import Work

# The condition on the lot is that of the index `stock_move_lot`: goods without lots cost one look into it.
_LOTS: Final = """
SELECT sku, lot, expiry, sum(quantity) FROM (
    SELECT sku, lot, expiry, quantity FROM stock_move
    WHERE (expiry <> '' OR lot <> '') AND sku IN (SELECT value FROM json_each(:skus))
    UNION ALL
    SELECT sku, lot, expiry, -quantity FROM set_aside
    WHERE (expiry <> '' OR lot <> '') AND sku IN (SELECT value FROM json_each(:skus)))
GROUP BY sku, lot, expiry HAVING sum(quantity) <> 0
"""
_LOOSE: Final = """
SELECT coalesce((SELECT sum(quantity) FROM stock_move WHERE sku = :sku AND expiry = '' AND lot = ''), 0)
     - coalesce((SELECT sum(quantity) FROM set_aside WHERE sku = :sku AND expiry = '' AND lot = ''), 0)
"""
_SOLD: Final = """
SELECT * FROM (
    SELECT line, lot, expiry, quantity FROM sale_lot WHERE sale_id = :sale_id
    UNION ALL
    SELECT line, lot, expiry, quantity FROM sale_line WHERE sale_id = :sale_id AND (expiry <> '' OR lot <> ''))
ORDER BY line, expiry = '', expiry, lot
"""


# A till without lots must not be slowed by them: 2 µs a product instead of 14.
_HAVE_LOTS: Final = """
SELECT value FROM json_each(?)
WHERE EXISTS (SELECT 1 FROM stock_move WHERE (expiry <> '' OR lot <> '') AND sku = value)
"""


def known(reader: Reader, skus: Iterable[str]) -> dict[str, list[Lot]]:
    """Free pieces by lot of those products of which any lot is known, the first to expire first."""
    found: dict[str, list[Lot]] = defaultdict(list)
    for sku, *lot in reader.sql(_LOTS, {"skus": json.dumps(list(skus))}):
        found[sku].append(Lot(*lot))
    return {sku: rule.first_out(lots) for sku, lots in found.items()}


def lots(reader: Reader, sku: str) -> list[Lot]:
    """Every free piece of a product by lot, those of no known lot among them."""
    loose = int(reader.sql(_LOOSE, {"sku": sku}).fetchone()[0])
    undated = [Lot("", "", loose)] if loose else []
    return [*known(reader, [sku]).get(sku, []), *undated]


def good(found: Sequence[Lot], until: str) -> int:
    """How many pieces keep until that day. Lots below zero take from the others."""
    return max(0, min(rule.keeping(found, until), sum(lot.quantity for lot in found)))


def take(reader: Reader, lines: Sequence[SaleLine], day: str) -> tuple[SaleLine, ...]:
    """The lines with the lots that their pieces go out of, where nobody scanned one and any is known."""
    skus = _with_known(reader, [line.sku for line in lines if _is_open(line)])
    free = known(reader, skus) if skus else {}
    return tuple(_with_lots(line, free, day) for line in lines) if free else tuple(lines)


def keep(work: Work, sale_id: str, lines: Iterable[SaleLine]) -> None:
    """For a return: which lots the pieces of a sale went out of."""
    rows = [
        {"sale_id": sale_id, "line": line.line} | lot.model_dump()
        for line in lines
        for lot in line.lots
    ]
    if rows:
        from edge.db.goods_tables import SaleLot  # most tills know no lots

        work.unit.insert(SaleLot, rows)


def sold_of(reader: Reader, sale_id: str) -> Mapping[int, tuple[LineLot, ...]]:
    """By line of a sale of this box: the lots that its pieces went out of, those that were scanned among them."""
    found: dict[int, tuple[LineLot, ...]] = defaultdict(tuple)
    for line, lot, expiry, quantity in reader.sql(_SOLD, {"sale_id": sale_id}):
        found[line] += (LineLot(lot=lot, expiry=expiry, quantity=quantity),)
    return found


def back_into(origin: Sequence[LineLot], before: int, quantity: int) -> tuple[LineLot, ...]:
    """The lots of the next `quantity` pieces of a line of which `before` have come back: the first out first."""
    found: list[LineLot] = []
    for lot in origin:
        skipped = min(before, lot.quantity)
        pieces = min(quantity, lot.quantity - skipped)
        before, quantity = before - skipped, quantity - pieces
        if pieces:
            found.append(lot.model_copy(update={"quantity": pieces}))
    return tuple(found)


def of_line(line: SaleLine) -> list[Lot]:
    """The lots that a line's pieces went out of, the one that was scanned where one was."""
    taken = [Lot(lot.lot, lot.expiry, lot.quantity) for lot in line.lots]
    return taken or [Lot(line.lot, line.expiry, line.quantity)]


def _with_known(reader: Reader, skus: Sequence[str]) -> set[str]:
    return {row[0] for row in reader.sql(_HAVE_LOTS, (json.dumps(skus),))}


def _is_open(line: SaleLine) -> bool:
    return not (line.lot or line.expiry or line.order_id)


def _with_lots(line: SaleLine, free: dict[str, list[Lot]], day: str) -> SaleLine:
    if not _is_open(line) or line.sku not in free:
        return line
    taken = rule.allocate(free[line.sku], line.quantity, day)
    if not taken:
        return line
    free[line.sku] = rule.without(free[line.sku], taken)
    rest = line.quantity - sum(lot.quantity for lot in taken)
    loose = (Lot("", "", rest),) if rest else ()
    named = tuple(LineLot(**lot._asdict()) for lot in (*taken, *loose))
    return line.model_copy(update={"lots": named})

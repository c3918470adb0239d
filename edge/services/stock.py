"""The shop's stock as a ledger of signed moves. A level is their sum, never a number that somebody sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from sqlalchemy import bindparam
from sqlmodel import col, func, select

from contract.stock import StockMove, StockMoved
from edge.db import tables
from edge.domain.errors import Malformed, UnknownCode
from edge.services.shop import OPEN_SHIFT, Shop, Work

Reason = Literal["opening", "received", "counted", "damaged"]

_LEVEL = select(func.coalesce(func.sum(col(tables.StockMove.quantity)), 0)).where(
    col(tables.StockMove.sku) == bindparam("sku")
)
_PRODUCTS = select(func.count()).where(col(tables.Product.sku) == bindparam("sku"))


class Move(NamedTuple):
    """`quantity` is signed: positive into the shop, negative out of it."""

    sku: str
    quantity: int
    lot: str = ""
    expiry: str = ""


def move(shop: Shop, reason: Reason, moves: Sequence[Move]) -> StockMoved:
    """Logs moves other than those of sales and returns. Raises UnknownCode for goods nobody sells."""
    if not moves or any(each.quantity == 0 for each in moves):
        raise Malformed(
            expected="at least one move, each with a quantity other than zero", got=len(moves)
        )

    def use_case(work: Work) -> StockMoved:
        for each in moves:
            check_known(work, each.sku)
        fact = StockMoved(
            **work.header(work.business_date()),
            movement_id=work.new_id(),
            reason=reason,
            cashier=cashier(work),
            moves=tuple(StockMove(**each._asdict()) for each in moves),
        )
        cause = {"cause": reason, "cause_id": fact.movement_id}
        work.unit.insert(tables.StockMove, [each._asdict() | cause for each in moves])
        work.log(fact)
        return fact

    return shop.run(use_case)


def level(shop: Shop, sku: str) -> int:
    """How many there should be; below zero where more was sold than anybody had counted in."""
    with shop.read() as reader:
        return int(reader.scalar(_LEVEL, sku=sku))


def check_known(work: Work, sku: str) -> None:
    if not work.unit.scalar(_PRODUCTS, sku=sku):
        raise UnknownCode(code=sku)


def cashier(work: Work) -> str:
    """Goods may come in before anybody has opened a shift."""
    shift = work.unit.first(tables.Shift, OPEN_SHIFT)
    return shift.cashier if shift else ""

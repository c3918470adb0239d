"""An order made at this counter, from the hub's hold to its money in this drawer.

The order's goods may lie anywhere in the chain; who pays here pays this shop's till, and the sale's fact places it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contract.sales import SaleCompleted
from edge.db.unit_of_work import Reader
from edge.domain import basket as baskets
from edge.domain.basket import Basket
from edge.domain.errors import Malformed
from edge.domain.money import spelled, to_step
from edge.domain.order_errors import HoldLapsed, NoSuchOrder, OrderNotInBasket
from edge.services import selling
from edge.services.shop import Shop, Work

State = Literal["held", "paid", "lapsed", "given_up"]
_HOLD = "SELECT number, hold_until FROM counter_order WHERE order_id = ?"
_ONE = """
SELECT number, basket_id, hold_until, body, coalesce((SELECT state FROM basket WHERE basket_id = made.basket_id), ''),
       coalesce((SELECT sale_id FROM sale_line WHERE order_id = made.order_id LIMIT 1), '')
FROM counter_order AS made WHERE order_id = ?
"""


@dataclass(frozen=True, slots=True)
class Made:
    """An order of this counter. `paper_code` is "" until it is paid, and where nothing is collected; times are ISO."""

    order_id: str
    number: str
    state: State
    kind: str
    place: str
    until: str
    hold_until: str
    basket_id: str
    sale_id: str
    paper_code: str


def look(shop: Shop, order_id: str) -> Made:
    """Raises NoSuchOrder."""
    with shop.read() as reader:
        return _made(reader, order_id, shop.clock.now())


def check_held(work: Work, basket: Basket) -> None:
    """Asked before the first money is taken. Raises HoldLapsed where the hub holds the goods no longer.

    Where money was under way when the hold lapsed, the sale stands, and the hub promises its goods anew.
    """
    for order_id in {line.order_id for line in basket.live_lines} - {""}:
        row = work.unit.sql(_HOLD, (order_id,)).fetchone()
        if row is not None and is_lapsed(row[1], work.now):
            until = datetime.fromisoformat(row[1]).astimezone(work.shop.settings.zone)
            raise HoldLapsed(number=row[0], until=f"{until:%H:%M}")


def is_lapsed(hold_until: str, now: datetime) -> bool:
    """A hold that came without an end lasts until its basket is voided."""
    return bool(hold_until) and now >= datetime.fromisoformat(hold_until)


def place(shop: Shop, order_id: str, tendered_minor: int | None = None) -> Made:
    """Takes cash for the basket with the order, all that is due; exact money where no amount is named.

    Safe to repeat: what is paid stays paid once. Raises OrderNotInBasket, HoldLapsed, Malformed where it is not
    enough.
    """

    def use_case(work: Work) -> Made:
        made = _made(work.unit, order_id, work.now)
        if made.state == "paid":
            return made
        basket = selling.find_open(work.unit)
        if basket is None or basket.basket_id != made.basket_id:
            raise OrderNotInBasket(number=made.number)
        step_minor = shop.settings.cash_rounding_minor
        due_minor = to_step(baskets.due(basket), step_minor)
        given_minor = due_minor if tendered_minor is None else tendered_minor
        if given_minor < due_minor:
            due, given = (spelled(it, basket.currency) for it in (due_minor, given_minor))
            raise Malformed(expected=f"at least {due} in cash", got=given)
        done = selling.take_cash(work, basket, given_minor)
        assert isinstance(done, SaleCompleted), "all that is due was given"
        return _made(work.unit, order_id, work.now)

    return shop.run(use_case)


def _made(reader: Reader, order_id: str, now: datetime) -> Made:
    row = reader.sql(_ONE, (order_id,)).fetchone()
    if row is None:
        raise NoSuchOrder(number=order_id)
    number, basket_id, hold_until, body, basket_state, sale_id = row
    said = json.loads(body)
    state: State = "paid" if sale_id else "given_up" if _is_over(basket_state) else "held"
    if state == "held" and is_lapsed(hold_until, now):
        state = "lapsed"
    code = said["paper_code"] if sale_id else ""
    where = (said["kind"], said["place"], said["until"], hold_until)
    return Made(order_id, number, state, *where, basket_id, sale_id, code)


def _is_over(basket_state: str) -> bool:
    """A basket that is not there any more was forgotten, long after it was voided."""
    return basket_state not in ("open", "suspended")

"""The cash drawer: asked to open in the transaction that needs it, reported once its sensor has spoken."""

from __future__ import annotations

from typing import Literal

from contract.sales import DrawerOpened
from edge.db.tables import DrawerOpening
from edge.db.unit_of_work import Reader
from edge.domain.errors import NotFound
from edge.services.shop import Shop, Work

Cause = Literal["sale", "return", "no_sale", "cash_in", "cash_out"]

# Past SQLAlchemy: all this happens while the receipt of the same sale is on its way to the printer.
_REQUESTED = "SELECT opening_id FROM drawer_opening ORDER BY opening_id"
_OPENING = """
SELECT shift_id, cashier, business_date, cause FROM drawer_opening JOIN shift USING (shift_id) WHERE opening_id = ?
"""
_FORGET = "DELETE FROM drawer_opening WHERE opening_id = ?"


def request(work: Work, shift_id: str, cause: Cause) -> None:
    work.unit.insert(
        DrawerOpening,
        [{"shift_id": shift_id, "cause": cause, "requested_at": work.stamp}],
    )


def open_without_sale(shop: Shop) -> None:
    """A person asks for the drawer: allowed in a shift only, and it is on record."""
    with shop.write() as work:
        request(work, work.shift().shift_id, "no_sale")


def requested(shop: Shop) -> list[int]:
    """The ids of the openings that nobody has carried out yet, oldest first."""
    with shop.read() as reader:
        return _requested(reader)


def report(shop: Shop, opening_id: int, *, is_proved: bool) -> None:
    """The drawer was kicked; `is_proved` where its sensor saw it open. Logged for the hub."""
    with shop.write() as work:
        opening = work.unit.sql(_OPENING, (opening_id,)).fetchone()
        if opening is None:
            raise NotFound(what="drawer opening", name=opening_id)
        shift_id, cashier, business_date, cause = opening
        work.unit.sql(_FORGET, (opening_id,))
        work.log(
            DrawerOpened(
                **work.header(business_date),
                shift_id=shift_id,
                cashier=cashier,
                cause=cause,
                is_proved=is_proved,
            )
        )


def recover(shop: Shop) -> int:
    """After a start: an opening asked for before it must not happen now, with nobody at the drawer."""
    with shop.write() as work:
        stale = _requested(work.unit)
        for opening_id in stale:
            work.unit.sql(_FORGET, (opening_id,))
        return len(stale)


def _requested(reader: Reader) -> list[int]:
    return [opening_id for (opening_id,) in reader.sql(_REQUESTED)]

"""The cash drawer: asked to open in the transaction that needs it, reported once its sensor has spoken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import bindparam
from sqlmodel import col, delete

from contract.sales import DrawerOpened
from edge.db.tables import DrawerOpening, Shift, rows_of
from edge.domain.errors import NotFound
from edge.services.shop import Shop, Work

Cause = Literal["sale", "return", "no_sale", "cash_in", "cash_out"]

_REQUESTED = rows_of(DrawerOpening).order_by(col(DrawerOpening.opening_id))
_OPENING = rows_of(DrawerOpening).where(col(DrawerOpening.opening_id) == bindparam("opening_id"))
_SHIFT = rows_of(Shift).where(col(Shift.shift_id) == bindparam("shift_id"))


def request(work: Work, shift_id: str, cause: Cause) -> None:
    work.unit.insert(
        DrawerOpening,
        [{"shift_id": shift_id, "cause": cause, "requested_at": work.stamp}],
    )


def open_without_sale(shop: Shop) -> None:
    """A person asks for the drawer: allowed in a shift only, and it is on record."""
    with shop.write() as work:
        request(work, work.shift().shift_id, "no_sale")


def requested(shop: Shop) -> Sequence[DrawerOpening]:
    """Openings that nobody has carried out yet, oldest first."""
    with shop.read() as reader:
        return reader.all(DrawerOpening, _REQUESTED)


def report(shop: Shop, opening_id: int, *, is_proved: bool) -> None:
    """The drawer was kicked; `is_proved` where its sensor saw it open. Logged for the hub."""
    with shop.write() as work:
        opening = work.unit.first(DrawerOpening, _OPENING, opening_id=opening_id)
        if opening is None:
            raise NotFound(what="drawer opening", name=opening_id)
        shift = work.unit.first(Shift, _SHIFT, shift_id=opening.shift_id)
        assert shift is not None  # a foreign key
        _forget(work, opening_id)
        work.log(
            DrawerOpened(
                **work.header(shift.business_date),
                shift_id=shift.shift_id,
                cashier=shift.cashier,
                cause=opening.cause,
                is_proved=is_proved,
            )
        )


def recover(shop: Shop) -> int:
    """After a start: an opening asked for before it must not happen now, with nobody at the drawer."""
    with shop.write() as work:
        stale = work.unit.all(DrawerOpening, _REQUESTED)
        for opening in stale:
            _forget(work, opening.opening_id or 0)
        return len(stale)


def _forget(work: Work, opening_id: int) -> None:
    work.unit.execute(delete(DrawerOpening).where(col(DrawerOpening.opening_id) == opening_id))

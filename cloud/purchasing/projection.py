"""An order to a supplier ends by itself once all of it has come, or the shop says that the rest will not."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from cloud.projection import Origin, Projection, Row
from cloud.purchasing import repository, service
from contract.stock import GoodsReceived


def no_rows(origin: Origin, came: GoodsReceived) -> list[Row]:
    """What came is in the ledger of stock; see `cloud.stock.projection`."""
    del origin, came
    return []


def close_complete(session: Session, arrived: Sequence[GoodsReceived]) -> None:
    """Goods for an order that this hub does not know, or that has ended, change nothing."""
    session.flush()
    bought = [it for it in arrived if it.source == "purchase_order"]
    lost = {it.source_id for it in bought if it.rest == "lost"}
    for purchase_id in {it.source_id for it in bought}:
        made = repository.order(session, purchase_id)
        is_open = made is not None and made.state == "sent"
        if is_open and (purchase_id in lost or is_complete(session, purchase_id)):
            service.end(session, purchase_id, "closed")


def is_complete(session: Session, purchase_id: str) -> bool:
    came = repository.received(session, [purchase_id])
    ordered = repository.ordered(session, purchase_id)
    return all(came[purchase_id, sku] >= quantity for sku, quantity in ordered.items())


# The ledger's own rows are written by then: `after` runs behind the rows of every projection.
PROJECTIONS = (Projection(GoodsReceived, (), no_rows, close_complete),)

"""What a shop should buy, and the orders that are sent to suppliers: each is told to the shop that will receive it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field
from sqlmodel import Session

from cloud.errors import NotFoundError, PurchaseError
from cloud.feeds import repository as feeds
from cloud.purchasing import repository
from cloud.purchasing.reordering import Terms, need
from cloud.purchasing.tables import PurchaseLine, PurchaseOrder, SupplierTerm
from cloud.stock import repository as stock
from contract.feeds import canonical, shop_feed


class Wanted(BaseModel):
    sku: str = Field(min_length=1)
    quantity: int = Field(ge=1, le=100_000)


class Purchase(BaseModel):
    """`purchase_id` makes it safe to send twice: the second time gives the first order back."""

    purchase_id: uuid.UUID
    location_id: str = Field(min_length=1)
    supplier: str = Field(min_length=1)
    lines: list[Wanted] = Field(min_length=1, max_length=500)


def purchase_of(form: Mapping[str, str]) -> Purchase:
    """A form's fields, with a quantity under each SKU behind "quantity:". Raises pydantic's ValidationError."""
    quantities = {
        name.partition(":")[2]: value
        for name, value in form.items()
        if name.startswith("quantity:") and value not in ("", "0")
    }
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]
    return Purchase.model_validate({**form, "lines": lines})


class Place(NamedTuple):
    """When and where something is bought, and in which money."""

    now: datetime
    zone: ZoneInfo
    currency: str

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


class Suggestion(NamedTuple):
    """`position` is what is there and on its way less what is set aside; `is_capped` by how long it keeps."""

    sku: str
    supplier: str
    quantity: int
    cost_minor: int
    position: int
    level: int
    mean_a_day_hundredths: int
    is_capped: bool


def suggest(session: Session, place: Place, location_id: str) -> list[Suggestion]:
    """What to order now, the dearest first."""
    terms = repository.terms(session)
    demand = repository.demand(session, location_id, place.now, place.zone)
    position = repository.still_to_come(session, location_id)
    for held in stock.promisable(session, list(terms), [location_id]):
        position[held.sku] += held.free
    found = _suggestions(terms, demand, position)
    return sorted(found, key=lambda it: (-it.cost_minor, it.sku))


def _suggestions(
    terms: dict[str, SupplierTerm], demand: dict[str, list[int]], position: dict[str, int]
) -> Iterator[Suggestion]:
    for sku, daily in demand.items():
        term = terms.get(sku)
        if term is None:
            continue
        wanted = need(daily, position[sku], Terms(term.pack_size, term.lead_days, term.shelf_days))
        if wanted.quantity:
            cost = wanted.quantity * term.unit_cost_minor
            yield Suggestion(
                sku,
                term.supplier,
                wanted.quantity,
                cost,
                position[sku],
                wanted.level,
                wanted.mean_a_day_hundredths,
                wanted.is_capped,
            )


def order(session: Session, place: Place, purchase: Purchase) -> PurchaseOrder:
    """Raises PurchaseError where the supplier does not have it; nothing was ordered then."""
    known = repository.order(session, str(purchase.purchase_id))
    if known is not None:
        return known
    lines = _lines(repository.terms(session), purchase)
    lead_days = max(term.lead_days for term, _ in lines)
    made = PurchaseOrder(
        purchase_id=str(purchase.purchase_id),
        number=f"PO-{repository.order_count(session) + 1:06}",
        location_id=purchase.location_id,
        supplier=purchase.supplier,
        state="sent",
        ordered_at=place.now,
        due=(place.today + timedelta(days=lead_days)).isoformat(),
        currency=place.currency,
    )
    session.add(made)
    session.add_all(line for _, line in lines)
    _announce(session, made, [line for _, line in lines])
    return made


def end(session: Session, purchase_id: str, state: str) -> PurchaseOrder:
    """Closed: no more will come. Cancelled: nothing was to come. The shop does not wait for it any longer."""
    made = repository.order(session, purchase_id)
    if made is None:
        raise NotFoundError(what="purchase order", name=purchase_id)
    if made.state != "sent":
        raise PurchaseError(detail=f"{made.number} is {made.state} already")
    made.state = state
    session.add(made)
    feed = shop_feed("arrivals", made.location_id)
    feeds.write_operations(session, feed, {purchase_id: None})
    return made


def _lines(
    terms: dict[str, SupplierTerm], purchase: Purchase
) -> list[tuple[SupplierTerm, PurchaseLine]]:
    found = []
    for number, wanted in enumerate(purchase.lines, 1):
        term = terms.get(wanted.sku)
        if term is None or term.supplier != purchase.supplier:
            raise PurchaseError(detail=f"{purchase.supplier} has no terms for {wanted.sku}")
        if wanted.quantity % term.pack_size:
            raise PurchaseError(
                detail=f"{wanted.sku} comes in packs of {term.pack_size}, got {wanted.quantity}"
            )
        line = PurchaseLine(
            purchase_id=str(purchase.purchase_id),
            line=number,
            sku=wanted.sku,
            quantity=wanted.quantity,
            unit_cost_minor=term.unit_cost_minor,
        )
        found.append((term, line))
    return found


def _announce(session: Session, made: PurchaseOrder, lines: Sequence[PurchaseLine]) -> None:
    value = {
        "arrival_id": made.purchase_id,
        "source": "purchase_order",
        "source_id": made.purchase_id,
        "number": made.number,
        "from": made.supplier,
        "due": made.due,
        "lines": [
            {"sku": line.sku, "lot": "", "expiry": "", "quantity": line.quantity} for line in lines
        ],
    }
    feed = shop_feed("arrivals", made.location_id)
    feeds.write_operations(session, feed, {made.purchase_id: canonical(value)})

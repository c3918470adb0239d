"""What the picking list shows, from what the shop has to pick."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from edge.domain.errors import Malformed
from edge.screens.order_compose import TONES, rows
from edge.screens.order_parts import OrderRow
from edge.screens.order_readings import OrdersSeen
from edge.screens.parts import Names, Tone
from edge.services import catalogue, jobs, lots
from edge.services.job_rows import Kept
from edge.services.jobs import Picked, Proposal
from edge.services.shop import Shop

_TAKEN: TypeAdapter[tuple[str, str, str]] = TypeAdapter(tuple[str, str, str])


@dataclass(frozen=True, slots=True)
class Take:
    """A lot to take: `value` is what the form sends. `pieces` is how many of it lie on the shelf for anybody."""

    value: str
    names: Names
    lot: str
    expiry: str
    pieces: int
    is_substitute: bool = False


@dataclass(frozen=True, slots=True)
class PickLine:
    """`takes` in the order of the use-by dates; `left` is how many are still to be found."""

    line: int
    names: Names
    sku: str
    ordered: int
    found: int
    left: int
    takes: tuple[Take, ...]


@dataclass(frozen=True, slots=True)
class PickOrder:
    job_id: str
    number: str
    kind: str
    state: str
    tone: Tone
    customer: str
    note: str
    due_at: str
    place: str
    lines: tuple[PickLine, ...]

    @property
    def may_pick(self) -> bool:
        return self.state in ("accepted", "picked")

    @property
    def may_be_ready(self) -> bool:
        return self.state in ("picked", "ready")


def listed(shop: Shop) -> tuple[tuple[str, OrderRow], ...]:
    """What is to be picked or packed, the earliest window first, each with its address."""
    waiting = tuple(kept for kept in jobs.open_jobs(shop) if kept.job.state != "ready")
    shown = rows(OrdersSeen(shop.clock.now(), waiting=waiting))
    return tuple((kept.wish.job_id, row) for kept, row in zip(waiting, shown, strict=True))


def one(shop: Shop, job_id: str) -> PickOrder:
    """Raises NotFound."""
    kept = jobs.get(shop, job_id)
    found = {it.line: it for it in jobs.proposals(shop, job_id)}
    wish = kept.wish
    return PickOrder(
        job_id=job_id,
        number=wish.number,
        kind=wish.kind,
        state=kept.job.state,
        tone=TONES[kept.job.state],
        customer=wish.customer,
        note=wish.note,
        due_at=wish.window.end.isoformat(),
        place=kept.place,
        lines=tuple(_line(shop, kept, line.line, found[line.line]) for line in wish.lines),
    )


def picked(line: int, quantity: int, take: str) -> Picked:
    """What a form has sent: with no lot, the one that expires first."""
    if not take:
        return Picked(line, quantity)
    try:
        return Picked(line, quantity, *_TAKEN.validate_json(take))
    except ValidationError as error:
        raise Malformed(expected="a lot of the list", got="something else") from error


def _value(sku: str, lot: str = "", expiry: str = "") -> str:
    return _TAKEN.dump_json((sku, lot, expiry)).decode()


def _line(shop: Shop, kept: Kept, number: int, proposal: Proposal) -> PickLine:
    line = kept.line(number)
    goods = (*kept.job.aside, *kept.job.handed)
    found = sum(one.quantity for one in goods if one.line == number)
    names = tuple(line.names.items()) or (("", line.sku),)
    own = tuple(
        Take(_value(it.sku, it.lot, it.expiry), names, it.lot, it.expiry, it.quantity)
        for it in proposal.take
    )
    others = tuple(it for sku in line.substitutes for it in _substitutes(shop, kept, number, sku))
    return PickLine(
        line=number,
        names=names,
        sku=line.sku,
        ordered=line.quantity,
        found=found,
        left=line.quantity - found,
        takes=(*own, *others),
    )


def _substitutes(shop: Shop, kept: Kept, number: int, sku: str) -> list[Take]:
    """What the customer takes instead, as far as it is on the shelf and keeps long enough."""
    line = kept.line(number)
    today = shop.clock.now().astimezone(shop.settings.zone).date().isoformat()
    with shop.read() as reader:
        pieces = lots.good(lots.lots(reader, sku), max(line.keeps_until, today))
        name = catalogue.name_of(reader, sku, shop.settings.language)
    return [Take(_value(sku), (("", name),), "", "", pieces, is_substitute=True)] if pieces else []

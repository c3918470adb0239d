"""A shop's part of an order, from the shop's side: what may become of it, in whatever order the news comes.

    accepted -> picked -> ready -> handed over       accepted -> declined       any of the first three -> cancelled

Nothing is handed over twice, what is set aside is what was picked less what was handed over or put back, and a
cancellation that comes after the hand-over changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from contract import lots
from contract.lots import Lot, allocate
from edge.domain.errors import ShopError
from edge.domain.order_errors import (
    JobNotOpen,
    KeepsTooShort,
    NoSuchJobLine,
    NothingPicked,
    NothingSetAside,
    NotOrdered,
    NotReadyYet,
    OrderCancelled,
    OrderDeclined,
    OrderHandedOver,
    PickedTooMany,
)

State = Literal["accepted", "declined", "picked", "ready", "handed_over", "cancelled"]
News = Literal["nothing", "changed", "accepted", "declined", "cancelled", "too_late_to_change"]
OPEN: Final[tuple[State, ...]] = ("accepted", "picked", "ready")


class Wanted(NamedTuple):
    """A line as it was ordered. `keeps_until` is an ISO date, "" for any."""

    line: int
    sku: str
    quantity: int
    keeps_until: str = ""
    substitutes: tuple[str, ...] = ()


class Goods(NamedTuple):
    """Pieces of one lot for one line."""

    line: int
    sku: str
    quantity: int
    lot: str = ""
    expiry: str = ""

    @property
    def lot_key(self) -> tuple[int, str, str, str]:
        return self.line, self.sku, self.lot, self.expiry


class Wish(NamedTuple):
    """What head office wants of the shop now."""

    revision: int
    is_cancelled: bool
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """`number` is what people say. `aside` is set aside now, `handed` has left the shop.

    `kept` has come for this job from another shop and waits to be picked: it is nobody else's meanwhile.
    """

    number: str
    state: State
    revision: int
    wanted: tuple[Wanted, ...]
    aside: tuple[Goods, ...] = ()
    handed: tuple[Goods, ...] = ()
    kept: tuple[Goods, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


def hear(job: Job | None, number: str, wish: Wish, *, can_cover: bool) -> tuple[Job, News]:
    """The job after a wish of head office, and what the shop says to it. What is old or repeated says nothing.

    Lines that change after the goods were picked stay as they were picked.
    """
    if job is None:
        return _begun(number, wish, can_cover=can_cover)
    if wish.revision <= job.revision or job.state == "handed_over":
        return job, "nothing"
    if wish.is_cancelled:
        return _cancelled(job, wish.revision)
    is_changed = wish.wanted != job.wanted
    if not job.is_open or (is_changed and job.state == "accepted"):
        return _begun(number, wish, can_cover=can_cover)
    return replace(job, revision=wish.revision), "too_late_to_change" if is_changed else "changed"


def _begun(number: str, wish: Wish, *, can_cover: bool) -> tuple[Job, News]:
    state: Literal["accepted", "declined", "cancelled"] = (
        "cancelled" if wish.is_cancelled else "accepted" if can_cover else "declined"
    )
    return Job(number, state, wish.revision, wish.wanted), state


def _cancelled(job: Job, revision: int) -> tuple[Job, News]:
    """What was set aside or kept is back on the shelf; what has left already stays with the customer."""
    if job.state == "cancelled":
        return replace(job, revision=revision), "nothing"
    return replace(job, state="cancelled", revision=revision, aside=(), kept=()), "cancelled"


def keep(job: Job, came: Iterable[Lot], sku: str) -> Job:
    """Keeps what came for the job, as far as its lines still miss it; what is too much is anybody's."""
    left = list(came)
    kept = list(job.kept)
    for line in job.wanted if job.state in ("accepted", "picked") else ():
        if line.sku == sku:
            missing = line.quantity - _pieces((*job.aside, *job.handed, *kept), line.line)
            taken = allocate(left, missing, line.keeps_until)
            left = lots.without(left, taken)
            kept += [Goods(line.line, sku, it.quantity, it.lot, it.expiry) for it in taken]
    return replace(job, kept=merged(kept))


def pick(job: Job, goods: Sequence[Goods], today: str) -> Job:
    """Sets goods aside. What was short may be picked later; expired or too old goods may not be picked."""
    if job.state not in ("accepted", "picked"):
        raise closed(job) or JobNotOpen(number=job.number, state=job.state)
    if not goods:
        raise NothingPicked(number=job.number)
    for one in goods:
        _check_picked(wanted_line(job, one.line), one, today)
    after = replace(
        job,
        state="picked",
        aside=merged((*job.aside, *goods)),
        kept=tuple(it for it in without(job.kept, goods) if it.quantity > 0),
    )
    for line in job.wanted:
        found = _pieces(after.aside, line.line) + _pieces(after.handed, line.line)
        if found > line.quantity:
            raise PickedTooMany(line=line.line, picked=found, ordered=line.quantity)
    return after


def _check_picked(line: Wanted, goods: Goods, today: str) -> None:
    if goods.quantity < 1:
        raise PickedTooMany(line=line.line, picked=goods.quantity, ordered=line.quantity)
    if goods.sku not in (line.sku, *line.substitutes):
        raise NotOrdered(sku=goods.sku, line=line.line)
    if goods.expiry and goods.expiry < max(line.keeps_until, today):
        raise KeepsTooShort(sku=goods.sku, expiry=goods.expiry, until=max(line.keeps_until, today))


def wanted_line(job: Job, line: int) -> Wanted:
    for wanted in job.wanted:
        if wanted.line == line:
            return wanted
    raise NoSuchJobLine(line=line)


def is_short(job: Job) -> bool:
    """Whether fewer goods are set aside or handed over than were ordered."""
    found = sum(one.quantity for one in (*job.aside, *job.handed))
    return found < sum(line.quantity for line in job.wanted)


def ready(job: Job) -> Job:
    """Said again, the goods lie elsewhere. What was kept and not picked is anybody's again."""
    if job.state not in ("picked", "ready"):
        raise closed(job) or NotReadyYet(number=job.number, state=job.state)
    return replace(job, state="ready", kept=())


def decline(job: Job) -> Job:
    """Only before anything is set aside: what is in the customer's bag is not taken out again by the shop."""
    if job.state != "accepted":
        raise closed(job) or JobNotOpen(number=job.number, state=job.state)
    return replace(job, state="declined", kept=())


def hand_over(job: Job, pieces: dict[int, int] | None = None) -> tuple[Job, tuple[Goods, ...]]:
    """All that is set aside, or so many pieces of each line; the rest stays aside. Gives what left."""
    check_ready(job)
    taken = job.aside if pieces is None else tuple(_taken(job, pieces))
    if not taken:
        raise NothingSetAside(number=job.number)
    rest = without(job.aside, taken)
    after = replace(
        job,
        state="ready" if rest else "handed_over",
        aside=rest,
        handed=merged((*job.handed, *taken)),
    )
    return after, taken


def check_ready(job: Job) -> None:
    """Raises why nothing can be handed over now."""
    if job.state != "ready":
        raise closed(job) or NotReadyYet(number=job.number, state=job.state)


def closed(job: Job) -> ShopError | None:
    """Why nothing more comes of the job; None while something may."""
    told: dict[str, type[ShopError]] = {
        "handed_over": OrderHandedOver,
        "cancelled": OrderCancelled,
        "declined": OrderDeclined,
    }
    found = told.get(job.state)
    return found(number=job.number) if found else None


def _taken(job: Job, pieces: dict[int, int]) -> Iterable[Goods]:
    for line, wanted in pieces.items():
        left = wanted
        for one in (it for it in job.aside if it.line == line):
            taken = min(left, one.quantity)
            if taken > 0:
                yield one._replace(quantity=taken)
                left -= taken
        if left or wanted < 0:
            raise PickedTooMany(line=line, picked=wanted, ordered=wanted - left)


def propose(
    line: Wanted,
    shelf: Iterable[Lot],
    today: str,
    found: Iterable[Goods] = (),
    kept: Iterable[Goods] = (),
) -> tuple[Goods, ...]:
    """The lots for what is still missing of a line: what is kept for it, then first expired, first out.

    Fewer where there are fewer.
    """
    until = max(line.keeps_until, today)
    left = line.quantity - _pieces(found, line.line)
    own = [it for it in kept if (it.line, it.sku) == (line.line, line.sku)]
    first = allocate((Lot(it.lot, it.expiry, it.quantity) for it in own), left, until)
    then = allocate(shelf, left - sum(lot.quantity for lot in first), until)
    pieces = Counter[tuple[str, str]]()
    for lot in (*first, *then):
        pieces[lot.lot, lot.expiry] += lot.quantity
    return tuple(Goods(line.line, line.sku, count, *lot) for lot, count in pieces.items())


def merged(goods: Iterable[Goods]) -> tuple[Goods, ...]:
    """One entry a lot of a line."""
    pieces: dict[tuple[int, str, str, str], int] = {}
    for one in goods:
        pieces[one.lot_key] = pieces.get(one.lot_key, 0) + one.quantity
    return tuple(
        Goods(line, sku, quantity, lot, expiry)
        for (line, sku, lot, expiry), quantity in sorted(pieces.items())
        if quantity
    )


def without(goods: Iterable[Goods], taken: Iterable[Goods]) -> tuple[Goods, ...]:
    return merged((*goods, *(one._replace(quantity=-one.quantity) for one in taken)))


def _pieces(goods: Iterable[Goods], line: int) -> int:
    return sum(one.quantity for one in goods if one.line == line)

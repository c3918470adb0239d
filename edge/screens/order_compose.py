"""From orders as they were read to what the counter shows of them: pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from edge.screens.order_parts import Comparison, JobLineShown, OrderRow, PickUp, WayShown
from edge.screens.parts import Names, Tone, Words

if TYPE_CHECKING:
    from edge.domain.order import Goods
    from edge.screens.order_readings import OrdersSeen
    from edge.screens.state import DeskState, OrderDraft
    from edge.services.job_rows import Kept
    from edge.services.ordering import Offer
    from edge.services.waiting_orders import WaitingOrders

TONES: Final[dict[str, Tone]] = {
    "accepted": "busy",
    "picked": "busy",
    "ready": "good",
    "handed_over": "off",
    "cancelled": "bad",
    "declined": "bad",
}
FEW_SAMPLES: Final = 20
OLD_S: Final = 900


def strip_word(waiting: WaitingOrders) -> Words | None:
    """How many orders wait for a hand; None where none does."""
    if not any(waiting):
        return None
    key = "counter.orders.late" if waiting.late else "counter.orders.waiting"
    fields = (
        ("to_pick", waiting.to_pick),
        ("picked", waiting.picked),
        ("ready", waiting.ready),
        ("late", waiting.late),
    )
    return Words(key, fields)


def rows(seen: OrdersSeen | None) -> tuple[OrderRow, ...]:
    if seen is None:
        return ()
    return tuple(_row(number, kept, seen.now) for number, kept in enumerate(seen.waiting, 1))


def _row(number: int, kept: Kept, now: datetime) -> OrderRow:
    wish = kept.wish
    is_late = _is_late(kept, now)
    return OrderRow(
        row=number,
        number=wish.number,
        kind=wish.kind,
        state=kept.job.state,
        tone="warn" if is_late else TONES[kept.job.state],
        customer=wish.customer or wish.to_location_id,
        goods=_names(wish.lines[0].names, wish.lines[0].sku),
        others=len(wish.lines) - 1,
        heard_at=kept.heard_at,
        due_at=wish.window.end.isoformat(),
        age=_age(kept.heard_at, now),
        place=kept.place,
        is_late=is_late,
    )


def _age(heard_at: str, now: datetime) -> Words:
    minutes = max(0, int((now - datetime.fromisoformat(heard_at)).total_seconds()) // 60)
    if minutes < 60:
        return Words("counter.orders.minutes", (("n", minutes),))
    return Words("counter.orders.hours", (("n", minutes // 60),))


def _is_late(kept: Kept, now: datetime) -> bool:
    return kept.job.state in ("accepted", "picked") and now > kept.wish.window.end


def pick_up(seen: OrdersSeen | None, state: DeskState) -> PickUp | None:
    if seen is None or seen.at_desk is None:
        return None
    kept = seen.at_desk
    wish = kept.wish
    return PickUp(
        number=wish.number,
        kind=wish.kind,
        state=kept.job.state,
        tone="warn" if _is_late(kept, seen.now) else TONES[kept.job.state],
        customer=wish.customer,
        note=wish.note,
        to_location_id=wish.to_location_id,
        place=kept.place,
        packages=kept.packages,
        due_at=wish.window.end.isoformat(),
        changed_at=kept.updated_at,
        due_minor=kept.due_minor if kept.job.is_open else 0,
        is_shown=bool(state.code),
        is_late=_is_late(kept, seen.now),
        lines=tuple(_line(seen, kept, line.line, state) for line in wish.lines),
    )


def _line(seen: OrdersSeen, kept: Kept, number: int, state: DeskState) -> JobLineShown:
    line = kept.line(number)
    aside = [one for one in kept.job.aside if one.line == number]
    handed = [one for one in kept.job.handed if one.line == number]
    proposal = next((one for one in seen.proposals if one.line == number), None)
    shown = aside or handed or list(proposal.take if proposal else ())
    pieces = _pieces(aside) + _pieces(handed)
    return JobLineShown(
        line=number,
        names=_goods_names(seen, kept, shown[0].sku if shown else line.sku, number),
        sku=shown[0].sku if shown else line.sku,
        ordered=line.quantity,
        aside=_pieces(aside),
        handed=_pieces(handed),
        missing=line.quantity - pieces if aside or handed else proposal.missing if proposal else 0,
        lots=tuple((one.lot, one.expiry, one.quantity) for one in shown if one.lot or one.expiry),
        is_chosen=number in state.chosen,
    )


def _pieces(goods: list[Goods]) -> int:
    return sum(one.quantity for one in goods)


def _goods_names(seen: OrdersSeen, kept: Kept, sku: str, number: int) -> Names:
    """A substitute stands under the name that the shop's catalogue has for it."""
    line = kept.line(number)
    if sku != line.sku:
        return (("", dict(seen.names).get(sku, sku)),)
    return _names(line.names, sku)


def _names(names: dict[str, str], sku: str) -> Names:
    return tuple(names.items()) or (("", sku),)


def comparison(draft: OrderDraft | None) -> Comparison | None:
    if draft is None:
        return None
    ways = tuple(_way(number, offer) for number, offer in enumerate(draft.offers, 1))
    return Comparison(ways, draft.customer, draft.note, draft.near)


def _way(number: int, offer: Offer) -> WayShown:
    return WayShown(
        press=str(number),
        kind=offer.kind,
        place=offer.location_name,
        starts_at=offer.window.start.isoformat(),
        ends_at=offer.window.end.isoformat(),
        cutoff_at=offer.cutoff.isoformat() if offer.cutoff else "",
        fee_minor=offer.fee_minor,
        sure_bp=offer.confidence_bp,
        sure=_sure(offer.samples),
        fresh=_fresh(offer.data_age_s),
        plan_b=_plan_b(offer),
        best=offer.best,
    )


def _sure(samples: int) -> Words:
    if not samples:
        return Words("counter.way.unmeasured")
    key = "counter.way.few" if samples < FEW_SAMPLES else "counter.way.measured"
    return Words(key, (("n", samples),))


def _fresh(age_s: int) -> Words:
    if age_s < 60:
        return Words("counter.way.fresh")
    key = "counter.way.old" if age_s >= OLD_S else "counter.way.age"
    return Words(key, (("n", age_s // 60),))


def _plan_b(offer: Offer) -> Words:
    plan = offer.plan_b
    key = plan.kind if plan.kind in PLANS else "other"
    return Words(f"counter.plan_b.{key}", (("place", plan.location_name),))


PLANS: Final = frozenset(
    {"pickup", "transfer_pickup", "delivery", "transfer_delivery", "shipping", "refund"}
)

"""What becomes of an order: from what its shops said and from the time, never silently.

    quoted -> accepted -> at_risk -> re_promised -> KEPT | BROKEN (compensated)

Everything is derived anew from all facts of the order's jobs, so it may run as often as it likes, after a restart or a
new projection too. A hand-over wins over whatever else was decided meanwhile.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from cloud.clock import Clock
from cloud.db import Database
from cloud.orders import (
    jobs,
    measuring,
    offers,
    owing,
    quoting,
    repository,
    returning,
    use_by,
)
from cloud.orders.owing import Desk
from cloud.orders.quoting import Ledger, Line, Way
from cloud.orders.stands import Picked, Stand, stands
from cloud.orders.tables import CustomerOrder, OrderJob, OrderLine

log = logging.getLogger(__name__)
HANDED = frozenset({"completed", "partly_returned", "returned"})
OVER = HANDED | {"cancelled", "broken"}
RETRY_AFTER = timedelta(minutes=5)
BROKEN_AFTER = timedelta(hours=1)  # of the window's end, where no shop has even said yes
BROKEN_AFTER_ACCEPTED = timedelta(hours=24)  # a shop may be cut off, and may have handed it over
ORDERS_A_STEP = 20
FAILED = frozenset({"declined", "cancelled"})
"""States of a job of which nothing more comes."""
LACKS_GOODS = frozenset({"out_of_stock", "damaged", "expired"})
"""Why a shop declined that can still hand over what another sends it."""


class OrderKeeper:
    """Follows the orders that there is news of. `step` is called by the ingest between other work."""

    def __init__(self, database: Database, clock: Clock, on_change: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._on_change = on_change
        self._not_before: dict[str, datetime] = {}

    def step(self) -> bool:
        """False where nothing was to be done."""
        now = self._clock.now()
        with self._database.read() as session:
            known = repository.waiting(session, now, ORDERS_A_STEP + len(self._not_before))
        waiting = [it for it in known if now >= self._not_before.get(it, now)]
        for order_id in waiting:
            self._follow(order_id, now)
        if waiting:
            self._on_change()
        return bool(waiting)

    def _follow(self, order_id: str, now: datetime) -> None:
        try:
            with self._database.write() as session:
                follow(session, now, order_id)
            self._not_before.pop(order_id, None)
        except OperationalError:
            raise
        except Exception:
            # One order must not keep the others, nor the ingest, from their work: it is tried again later.
            log.exception("Order %s could not be followed: again in five minutes.", order_id)
            self._not_before[order_id] = now + RETRY_AFTER


@dataclass
class Case:
    """One order on the desk."""

    session: Session
    now: datetime
    order: CustomerOrder
    lines: Sequence[OrderLine]
    jobs: list[OrderJob]
    stands: Mapping[str, Stand]

    @property
    def live(self) -> list[OrderJob]:
        """The jobs of the promise that stands now."""
        return [job for job in self.jobs if job.wanted == "placed"]

    @property
    def last(self) -> list[OrderJob]:
        """Those by which the customer gets it, whatever is wanted of them now."""
        return [job for job in self.jobs if job.kind != "transfer"]

    @property
    def desk(self) -> Desk:
        return Desk(self.session, self.now, self.order)

    def says(self, what: str, **fields: object) -> None:
        repository.add_event(self.session, self.order.order_id, self.now, what, fields)


def follow(session: Session, now: datetime, order_id: str) -> None:
    """Brings one order up to what is known."""
    order = repository.locked(session, order_id)
    repository.untouch(session, order_id)
    if order is None:
        log.warning("A fact speaks of order %s, which this hub does not know.", order_id)
        return
    if order.placed_at is None:
        _follow_hold(session, now, order)
        return
    case = _case(session, now, order)
    _note_payment(case)
    _hear(case)
    if _is_paid_back(case):
        _ask_to_stop(case, "paid_back")
    _decide(case)
    if case.order.completed_at is not None:
        returning.note(case.desk, case.lines, case.says)
    owing.take_off_repaid(case.desk)


def _note_payment(case: Case) -> None:
    """What was due at hand-over is paid at a till like anything else. The shops hear that nothing is due any more."""
    order = case.order
    paid = repository.paid_sale(case.session, order.order_id)
    if paid is None or paid[0] == order.payment or not jobs.due_minor(order):
        return
    order.paid_minor, order.payment = order.paid_minor + paid[1], paid[0]
    case.says("paid", paid_minor=paid[1])


def _case(session: Session, now: datetime, order: CustomerOrder) -> Case:
    told = repository.events(session, order.order_id)
    own = list(repository.jobs(session, order.order_id))
    lines = repository.lines(session, order.order_id)
    return Case(session, now, order, lines, own, stands(told))


# -- holds -------------------------------------------------------------------------------------


def _follow_hold(session: Session, now: datetime, order: CustomerOrder) -> None:
    paid = repository.paid_sale(session, order.order_id)
    if paid is not None and order.state == "cancelled":
        paid_in_vain(session, now, order, paid[1], paid[0])
    elif paid is not None:
        place(session, now, order, paid[1], paid[0])
    elif order.state == "held" and now >= order.hold_until:
        order.state, order.due_at = "lapsed", None
        jobs.free_open(session, order.order_id)
        repository.add_event(session, order.order_id, now, "lapsed", {})


def give_up(session: Session, now: datetime, order: CustomerOrder) -> None:
    order.state, order.promise, order.due_at = "cancelled", "void", None
    jobs.free_open(session, order.order_id)
    repository.add_event(session, order.order_id, now, "released", {})


def paid_in_vain(
    session: Session, now: datetime, order: CustomerOrder, paid_minor: int, payment: str
) -> None:
    """Money has come for an order that was given up: it is owed back, once."""
    if order.payment:
        return
    order.paid_minor, order.payment = paid_minor, payment
    owing.owe(Desk(session, now, order), "refund", paid_minor, "given_up")


def place(
    session: Session, now: datetime, order: CustomerOrder, paid_minor: int, payment: str
) -> None:
    """From now on the order stands, and the shops are told in this very transaction."""
    had_lapsed = order.state == "lapsed" or now >= order.hold_until
    order.placed_at, order.state, order.promise = now, "placed", "accepted"
    order.paid_minor, order.payment = paid_minor, payment
    repository.add_event(session, order.order_id, now, "placed", {"paid_minor": paid_minor})
    case = _case(session, now, order)
    way = _same_way(case, had_lapsed=had_lapsed)
    if way is None:
        _instead(case, frozenset(), "goods_gone")
    else:
        _carry_out(case, way)
    _look_again(case)


def _same_way(case: Case, *, had_lapsed: bool) -> Way | None:
    """The way that was held, None where its goods are gone since the hold lapsed."""
    order, places = case.order, {case.order.location_id, case.order.source_id}
    repository.lock_shops(case.session, places)
    basket = _basket(case.lines)
    facts = repository.facts(case.session, case.now, [it.sku for it in basket], places)
    source, shop = facts.shops[order.source_id], facts.shops[order.location_id]
    way = Way(
        kind=order.kind,
        shop=shop,
        source=source,
        start=order.window_start,
        end=order.window_end,
        cutoff=case.now,
        fee_minor=order.fee_minor,
        distance_m=0.0,
    )
    is_free = not had_lapsed or Ledger(facts).has(order.source_id, basket, way.keeps_until)
    return way if is_free and case.now < order.window_end else None


def _basket(lines: Sequence[OrderLine]) -> list[Line]:
    return [Line(line.sku, line.quantity) for line in lines]


def _carry_out(case: Case, way: Way) -> None:
    order, session = case.order, case.session
    order.kind, order.window_start, order.window_end = way.kind, way.start, way.end
    order.location_id, order.source_id = way.shop.location_id, way.source.location_id
    fresh = jobs.plan(order, way.source, way.shop, case.now, len(case.jobs) + 1)
    session.add_all(fresh)
    case.jobs += fresh
    jobs.free_open(session, order.order_id)
    jobs.reserve(session, order, fresh[0], _basket(case.lines))
    jobs.tell(session, order, case.lines, fresh)
    order.plan_b = json.dumps(_plan_b(case), ensure_ascii=False)


# -- what the shops said -----------------------------------------------------------------------


def _hear(case: Case) -> None:
    for job in case.jobs:
        stand = case.stands.get(job.job_id)
        if stand is not None and stand.told > job.told:
            _note(case, job, stand)


def _note(case: Case, job: OrderJob, stand: Stand) -> None:
    is_step = (job.state, job.handed_at) != (stand.state, stand.handed_at)
    job.told = stand.told
    job.state, job.place, job.reason = stand.state, stand.place, stand.reason
    job.accepted_at, job.ready_at, job.handed_at = (
        stand.accepted_at,
        stand.ready_at,
        stand.handed_at,
    )
    if is_step:
        case.says("job", job=job.number, location_id=job.location_id, state=stand.state)
    _move_goods(case, job, stand)
    if stand.lots and job.to_location_id and job.wanted == "placed":
        jobs.announce(case.session, case.order, case.lines, job, stand)
    if stand.ready_at or stand.is_over:
        measuring.measure(case.session, job.location_id, case.now)


def _move_goods(case: Case, job: OrderJob, stand: Stand) -> None:
    """What is laid aside counts as that; what has left the shop, or is free again, no more."""
    order, session = case.order, case.session
    if stand.is_over:
        jobs.free(session, order.order_id, job.job_id)
        following = _following(case, job)
        if following is not None and stand.state == "handed_over":
            goods = [(sku, quantity) for _, sku, quantity in stand.handed]
            jobs.reserve(session, order, following, goods)
    elif stand.state in {"picked", "ready", "partly_handed"}:
        jobs.reserve(session, order, job, _left_over(stand), is_set_aside=True)


def _following(case: Case, sent: OrderJob) -> OrderJob | None:
    """The next shop's part. It may have handed it over before the hub hears that the first shop had sent it."""
    own = (it for it in case.live if it.from_job_id == sent.job_id and it.state in jobs.LIVE)
    return next(own, None)


def _left_over(stand: Stand) -> list[tuple[str, int]]:
    sums: dict[str, int] = {}
    for _, sku, quantity in stand.picked:
        sums[sku] = sums.get(sku, 0) + quantity
    for _, sku, quantity in stand.handed:
        sums[sku] = sums.get(sku, 0) - quantity
    return [(sku, quantity) for sku, quantity in sums.items() if quantity > 0]


# -- what follows ------------------------------------------------------------------------------


def _decide(case: Case) -> None:
    handed = next((job for job in case.last if job.state == "handed_over"), None)
    if handed is not None:
        _complete(case, handed)
    elif case.order.state == "cancelling":
        _finish_cancelling(case)
    elif case.order.state not in OVER:
        _keep_promise(case)
    _look_again(case)


def _complete(case: Case, handed: OrderJob) -> None:
    order = case.order
    if order.state in HANDED:
        return
    missing_minor = _note_handed(case, handed)
    order.state, order.completed_at = "completed", handed.handed_at
    order.location_id = handed.location_id
    is_in_time = _is_in_time(order, handed)
    if is_in_time and not missing_minor:
        order.promise = "kept"
    elif order.promise != "broken":
        order.promise = "broken"
        of_minor = missing_minor if is_in_time else order.goods_minor
        owing.compensate(case.desk, of_minor, "short" if is_in_time else "late")
    owing.withdraw(case.desk)
    _stop_jobs(case, [job for job in case.live if job is not handed])
    jobs.expect_nothing(case.session, case.jobs)
    jobs.free_open(case.session, order.order_id)
    case.says("completed", location_id=handed.location_id, promise=order.promise)


def _is_in_time(order: CustomerOrder, handed: OrderJob) -> bool:
    """Who comes for it decides alone when: then the promise is that it lay ready."""
    at = handed.ready_at if handed.kind == "pickup" and handed.ready_at else handed.handed_at
    return at is not None and at <= order.window_end


def _note_handed(case: Case, handed: OrderJob) -> int:
    """What was handed over, line by line; gives what is missing, in money, and owes it where it was paid."""
    goods = case.stands[handed.job_id].handed
    missing_minor = owing.note_handed(case.lines, goods)
    if case.order.paid_minor:
        owing.owe(case.desk, "refund", missing_minor, "missing")
    _owe_cheaper(case, goods)
    return missing_minor


def _owe_cheaper(case: Case, goods: Sequence[Picked]) -> None:
    """What was handed over in the place of something dearer."""
    prices = {line.line: json.loads(line.substitutes) for line in case.lines}
    for place, sku, quantity in goods:
        if sku in prices.get(place, {}):
            case.says("substituted", line=place, sku=sku, quantity=quantity)
    if case.order.paid_minor:
        cheaper_minor = owing.cheaper_minor(case.lines, goods, prices)
        owing.owe(case.desk, "refund", cheaper_minor, "substituted")


def _is_paid_back(case: Case) -> bool:
    """A till has taken the sale back before anything was handed over: the order is not wanted any more."""
    if case.order.state in OVER or case.order.state == "cancelling" or not case.order.paid_minor:
        return False
    back = repository.brought_back(case.session, case.order.order_id)
    return all(back.get(line.sku, 0) >= line.quantity for line in case.lines)


def _end_with_a_part(case: Case, reason: str) -> None:
    """Nothing more will be handed over: a part that has been is all that is sold, and all else is owed back."""
    kept = [goods for job in case.last for goods in _stand(case, job).handed]
    if kept:
        case.order.completed_at = case.now
    owing.refund_rest(case.desk, case.lines, kept, reason)
    _owe_cheaper(case, kept)


def _finish_cancelling(case: Case) -> None:
    """When every shop has said that it stopped, or when none can be expected to say so any more."""
    order = case.order
    asked = [job for job in case.jobs if job.state in jobs.LIVE]
    if asked and case.now < order.window_end + BROKEN_AFTER_ACCEPTED:
        return
    order.state, order.promise = "cancelled", "void"
    jobs.free_open(case.session, order.order_id)
    _end_with_a_part(case, "cancelled")
    case.says("cancelled")


def stop(session: Session, now: datetime, order: CustomerOrder, reason: str) -> None:
    """The customer does not want it any more. The shops have the last word."""
    case = _case(session, now, order)
    _hear(case)
    if any(job.state == "handed_over" for job in case.last):
        _decide(case)
        return
    _ask_to_stop(case, reason)
    _decide(case)


def _ask_to_stop(case: Case, reason: str) -> None:
    case.order.state = "cancelling"
    case.says("cancel_asked", reason=reason)
    _stop_jobs(case, case.live)


def _stop_jobs(case: Case, stopped: Sequence[OrderJob]) -> None:
    """A shop that said no hears nothing more of it, and its no is not the next one's."""
    for job in stopped:
        if job.state in FAILED:
            job.wanted = "cancelled"
    told = [job for job in stopped if job.state in jobs.LIVE]
    for job in told:
        jobs.revise(job, "cancelled")
    jobs.tell(case.session, case.order, case.lines, told)


def _keep_promise(case: Case) -> None:
    failed = [job for job in case.live if job.state in FAILED]
    if failed or not case.live:
        reason = failed[0].reason or failed[0].state if failed else "goods_gone"
        closed = [job for job in failed if job.reason not in LACKS_GOODS]
        _instead(case, frozenset(job.location_id for job in closed), reason)
    elif _is_unheard(case):
        late = [job for job in case.live if job.state == "offered"]
        _instead(case, frozenset(job.location_id for job in late), "not_accepted")
    elif _is_short(case):
        _instead(case, frozenset(), "short")
    elif _is_late(case):
        _come_late(case)
    elif case.order.promise == "at_risk":
        _recover(case)
    if case.order.state not in OVER:
        case.order.state = _state(case)


def _is_unheard(case: Case) -> bool:
    return any(job.state == "offered" and case.now >= job.accept_by for job in case.live)


def _is_short(case: Case) -> bool:
    """A shop has laid ready less than was ordered, and nobody has taken it yet. While it picks it may find more."""
    return any(_stand(case, job).is_short and job.state == "ready" for job in case.live)


def _is_late(case: Case) -> bool:
    is_ready = all(_is_done(job) for job in case.live if job in case.last)
    said = any(_stand(case, job).is_at_risk for job in case.live)
    return not is_ready and (said or case.now >= case.order.window_end)


def _is_done(job: OrderJob) -> bool:
    """What is brought is not there while it lies ready in the shop."""
    return (job.ready_at if job.kind == "pickup" else job.handed_at) is not None


def _stand(case: Case, job: OrderJob) -> Stand:
    return case.stands.get(job.job_id) or Stand()


def _come_late(case: Case) -> None:
    """The same shop, later, if it says when and the goods keep; at risk until then, broken when nothing comes of it."""
    order = case.order
    expected = max((at for job in case.live if (at := _stand(case, job).expected_at)), default=None)
    if expected is not None and expected > order.window_end:
        if _would_spoil(case, expected):
            _instead(case, frozenset(), "expired")
        else:
            _postpone(case, expected)
    elif case.now >= order.window_end + BROKEN_AFTER_ACCEPTED:
        _break(case)
    elif case.now >= order.window_end or expected is None:
        _at_risk(case, "late")


def _would_spoil(case: Case, end: datetime) -> bool:
    skus = [line.sku for line in case.lines]
    picked = [_stand(case, job) for job in case.live]
    return use_by.would_spoil(case.session, case.now, case.order, skus, picked, end)


def _postpone(case: Case, end: datetime) -> None:
    order = case.order
    later, order.window_end = end - order.window_end, end
    order.promise = "re_promised"
    order.promises_made += 1
    case.says("re_promised", window_end=end, location_id=order.location_id)
    date = repository.shops(case.session, {order.location_id})[order.location_id].date(end)
    for job in case.live:
        job.window_end += later
        jobs.revise(job, "placed")
    use_by.keep_until(case.live, date)
    jobs.tell(case.session, order, case.lines, case.live)


def _recover(case: Case) -> None:
    """A shop that was late to say yes has said it, and there is time enough."""
    case.order.promise = "re_promised" if case.order.promises_made > 1 else "accepted"
    case.says("on_time_again")


def _at_risk(case: Case, reason: str) -> None:
    if case.order.promise != "at_risk":
        case.order.promise = "at_risk"
        case.says("at_risk", reason=reason)


def _instead(case: Case, without: frozenset[str], reason: str) -> None:
    """Plan B: the next way; while there is none the promise is at risk, and after a while it is broken."""
    order = case.order
    way = _next_way(case, without)
    if way is not None:
        _stop_jobs(case, case.live)
        _carry_out(case, way)
        order.promise = "re_promised"
        order.promises_made += 1
        place = {"location_id": order.location_id, "source_id": order.source_id}
        case.says("re_promised", reason=reason, window_end=order.window_end, **place)
    elif _is_hopeless(case):
        _break(case)
    else:
        _at_risk(case, reason)


def _is_hopeless(case: Case) -> bool:
    """No shop works on it and none is left to ask; one that is only silent may still say yes.

    What lies ready, be it less than was ordered, may still be fetched.
    """
    if any(job.state == "ready" for job in case.live):
        return False
    silent = any(job.state in jobs.LIVE for job in case.live)
    return not silent or case.now >= case.order.window_end + BROKEN_AFTER


def _next_way(case: Case, without: frozenset[str]) -> Way | None:
    """To the same shop if possible, then soonest; never from a shop that has had this order before."""
    order, session, basket = case.order, case.session, _basket(case.lines)
    had = without | {job.location_id for job in case.jobs if not job.from_job_id}
    facts = repository.facts(session, case.now, [it.sku for it in basket], None)
    comes = order.kind in offers.COMES
    near = order.location_id if comes else order.near
    found = [
        way
        for way in quoting.ways(facts, basket, near, case.now)
        if (way.kind in offers.COMES) == comes
        and way.source.location_id not in had
        and way.shop.location_id not in without
    ]
    return min(found, key=lambda it: (it.shop.location_id != near, it.end), default=None)


def _plan_b(case: Case) -> dict[str, object]:
    """What would be done if this promise broke; nothing is held for it."""
    way = _next_way(case, frozenset({case.order.source_id}))
    if way is None:
        return {"kind": "refund"}
    end = offers.whole(way.end).isoformat()
    return {"kind": way.kind, "location_id": way.shop.location_id, "window_end": end}


def _break(case: Case) -> None:
    order = case.order
    order.state, order.promise = "broken", "broken"
    _stop_jobs(case, case.live)
    jobs.free_open(case.session, order.order_id)
    _end_with_a_part(case, "broken")
    owing.compensate(case.desk, order.goods_minor, "broken")
    case.says("broken")


# -- state and time ----------------------------------------------------------------------------


def _state(case: Case) -> str:
    """Of an open order, from its jobs. "Ready" is not the end: only a hand-over is."""
    states = {job.state for job in case.live}
    last = {job.state for job in case.live if job in case.last}
    if "partly_handed" in last:
        return "partly_handed"
    if last == {"ready"}:
        return "ready"
    if case.order.promise == "at_risk":
        return "at_risk"
    if states & {"picked", "ready", "handed_over"}:
        return "in_progress"
    return "accepted" if states == {"accepted"} else "placed"


def _look_again(case: Case) -> None:
    order, now = case.order, case.now
    if order.state in OVER:
        order.due_at = None
        return
    moments = [order.window_end, order.window_end + BROKEN_AFTER]
    moments += [order.window_end + BROKEN_AFTER_ACCEPTED]
    moments += [job.accept_by for job in case.live if job.state == "offered"]
    if order.promise == "at_risk" and now < order.window_end + BROKEN_AFTER_ACCEPTED:
        moments.append(now + RETRY_AFTER)
    order.due_at = min((at for at in moments if at > now), default=now + BROKEN_AFTER_ACCEPTED)

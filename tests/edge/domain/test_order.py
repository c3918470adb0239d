"""The shop's side of an order: whatever comes in whatever order, the goods add up."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contract.lots import Lot
from edge.domain import order
from edge.domain.errors import ShopError
from edge.domain.order import Goods, Job, Wanted, Wish
from edge.domain.order_errors import (
    KeepsTooShort,
    NotOrdered,
    NotReadyYet,
    OrderCancelled,
    OrderHandedOver,
    PickedTooMany,
)

TODAY = "2026-11-23"
TWO_CAKES = Wanted(1, "CAKE", 2, keeps_until="2026-11-24", substitutes=("TART",))
BREAD = Wanted(2, "BREAD", 1)
LINES = (TWO_CAKES, BREAD)
FRESH, STALE = "2026-11-25", "2026-11-23"
NEVER = "9999-12-31"


def placed(revision: int = 1, wanted: tuple[Wanted, ...] = LINES) -> Wish:
    return Wish(revision, is_cancelled=False, wanted=wanted)


def cancelled(revision: int = 2) -> Wish:
    return Wish(revision, is_cancelled=True, wanted=LINES)


def accepted() -> Job:
    return order.hear(None, "A1", placed(), can_cover=True)[0]


def ready() -> Job:
    goods = (Goods(1, "CAKE", 2, "L1", FRESH), Goods(2, "BREAD", 1))
    return order.ready(order.pick(accepted(), goods, TODAY))


def test_what_the_shelf_covers_is_accepted_and_the_rest_declined() -> None:
    assert order.hear(None, "A1", placed(), can_cover=True) == (
        Job("A1", "accepted", 1, LINES),
        "accepted",
    )
    assert order.hear(None, "A1", placed(), can_cover=False) == (
        Job("A1", "declined", 1, LINES),
        "declined",
    )


def test_what_is_heard_again_or_late_says_nothing() -> None:
    job = ready()
    assert order.hear(job, "A1", placed(), can_cover=False) == (job, "nothing")


def test_a_declined_job_that_is_asked_for_anew_is_looked_at_anew() -> None:
    declined, _ = order.hear(None, "A1", placed(), can_cover=False)
    again, news = order.hear(declined, "A1", placed(2), can_cover=True)
    assert (again.state, again.revision, news) == ("accepted", 2, "accepted")


def test_a_cancellation_before_the_hand_over_puts_the_goods_back() -> None:
    after, news = order.hear(ready(), "A1", cancelled(), can_cover=True)
    assert (after.state, after.aside, after.handed, news) == ("cancelled", (), (), "cancelled")
    with pytest.raises(OrderCancelled):
        order.hand_over(after)


def test_a_cancellation_after_the_hand_over_changes_nothing() -> None:
    done, _ = order.hand_over(ready())
    assert order.hear(done, "A1", cancelled(), can_cover=True) == (done, "nothing")


def test_lines_that_change_after_picking_stay_as_they_were_picked() -> None:
    job = ready()
    after, news = order.hear(job, "A1", placed(2, (BREAD,)), can_cover=True)
    assert (after.wanted, after.aside, news) == (LINES, job.aside, "too_late_to_change")


def test_only_what_is_ready_is_handed_over_and_only_once() -> None:
    with pytest.raises(NotReadyYet):
        order.hand_over(accepted())
    done, taken = order.hand_over(ready())
    assert (done.state, done.aside, done.handed) == ("handed_over", (), taken)
    with pytest.raises(OrderHandedOver):
        order.hand_over(done)


def test_a_partial_hand_over_leaves_the_rest_ready() -> None:
    partly, taken = order.hand_over(ready(), {1: 1})
    assert taken == (Goods(1, "CAKE", 1, "L1", FRESH),)
    assert (partly.state, partly.handed) == ("ready", taken)
    rest, more = order.hand_over(partly)
    assert (rest.state, sum(one.quantity for one in more)) == ("handed_over", 2)


def test_more_than_is_set_aside_is_not_handed_over() -> None:
    with pytest.raises(PickedTooMany, match="Line 1: expected 1 to 2 pieces, got 3"):
        order.hand_over(ready(), {1: 3})


def test_goods_that_do_not_keep_until_the_customer_has_them_are_not_picked() -> None:
    with pytest.raises(KeepsTooShort, match=r"CAKE keeps until 2026-11-23; .* until 2026-11-24"):
        order.pick(accepted(), [Goods(1, "CAKE", 1, "L0", STALE)], TODAY)


def test_expired_goods_are_not_picked_whatever_the_line_wants() -> None:
    with pytest.raises(KeepsTooShort):
        order.pick(accepted(), [Goods(2, "BREAD", 1, "L0", "2026-11-22")], TODAY)


def test_only_substitutes_that_the_customer_takes_are_picked() -> None:
    after = order.pick(accepted(), [Goods(1, "TART", 1)], TODAY)
    assert after.aside == (Goods(1, "TART", 1),)
    with pytest.raises(NotOrdered):
        order.pick(accepted(), [Goods(2, "TART", 1)], TODAY)


def test_what_was_short_may_be_picked_later_but_never_more_than_ordered() -> None:
    once = order.pick(accepted(), [Goods(1, "CAKE", 1, "L1", FRESH)], TODAY)
    assert order.is_short(once)
    twice = order.pick(once, [Goods(1, "CAKE", 1, "L1", FRESH), Goods(2, "BREAD", 1)], TODAY)
    assert not order.is_short(twice)
    with pytest.raises(PickedTooMany):
        order.pick(twice, [Goods(1, "CAKE", 1, "L1", FRESH)], TODAY)


LOTS = st.lists(
    st.builds(
        Lot,
        st.sampled_from(("L1", "L2", "L3")),
        st.sampled_from(("", "2026-11-20", STALE, "2026-11-24", FRESH)),
        st.integers(-3, 6),
    ),
    max_size=6,
)


@given(lots=LOTS, quantity=st.integers(1, 9), keeps_until=st.sampled_from(("", FRESH, STALE)))
def test_the_first_to_expire_goes_first_and_nothing_too_old_goes(
    lots: list[Lot], quantity: int, keeps_until: str
) -> None:
    limit = max(keeps_until, TODAY)
    taken = order.propose(Wanted(1, "CAKE", quantity, keeps_until), lots, TODAY)
    good = [lot for lot in lots if lot.quantity > 0 and (not lot.expiry or lot.expiry >= limit)]
    assert sum(one.quantity for one in taken) == min(quantity, sum(it.quantity for it in good))
    dates = [one.expiry or NEVER for one in taken]
    assert dates == sorted(dates)
    assert all(not one.expiry or one.expiry >= limit for one in taken)
    left = Counter((it.lot, it.expiry) for it in good for _ in range(it.quantity))
    left.subtract({(one.lot, one.expiry): 0 for one in taken})
    if taken:
        newest = max(dates)
        for lot in good:
            if (lot.expiry or NEVER) < newest:
                used = sum(o.quantity for o in taken if (o.lot, o.expiry) == (lot.lot, lot.expiry))
                assert used >= lot.quantity


class AnyOrder(RuleBasedStateMachine):
    """Wishes of head office, late, repeated and crossing with what people in the shop do."""

    def __init__(self) -> None:
        super().__init__()
        self.job: Job | None = None
        self.revision = 0
        self.picked: Counter[int] = Counter()
        self.released: Counter[int] = Counter()
        self.handed: Counter[int] = Counter()
        self.closings = 0

    @rule(is_new=st.booleans(), is_cancelled=st.booleans(), can_cover=st.booleans())
    def hear(self, is_new: bool, is_cancelled: bool, can_cover: bool) -> None:
        self.revision += is_new
        before = self.job
        self.job, news = order.hear(
            before, "A1", Wish(max(1, self.revision), is_cancelled, LINES), can_cover=can_cover
        )
        if news == "cancelled" and before is not None:
            self.released.update(_pieces(before.aside))
        if before is not None and before.state == "handed_over":
            assert self.job == before

    @precondition(lambda self: self.job is not None)
    @rule(line=st.sampled_from((1, 2)), quantity=st.integers(0, 3))
    def pick(self, line: int, quantity: int) -> None:
        assert self.job is not None
        sku = LINES[line - 1].sku
        try:
            self.job = order.pick(self.job, [Goods(line, sku, quantity, "L1", FRESH)], TODAY)
        except ShopError:
            return
        self.picked[line] += quantity

    @precondition(lambda self: self.job is not None)
    @rule()
    def ready(self) -> None:
        assert self.job is not None
        try:
            self.job = order.ready(self.job)
        except ShopError:
            return

    @precondition(lambda self: self.job is not None)
    @rule(pieces=st.none() | st.dictionaries(st.sampled_from((1, 2)), st.integers(0, 3)))
    def hand_over(self, pieces: dict[int, int] | None) -> None:
        assert self.job is not None
        try:
            self.job, taken = order.hand_over(self.job, pieces)
        except ShopError:
            return
        self.handed.update(_pieces(taken))
        self.closings += self.job.state == "handed_over"

    @invariant()
    def the_goods_add_up(self) -> None:
        if self.job is None:
            return
        assert _pieces(self.job.aside) == self.picked - self.handed - self.released
        assert _pieces(self.job.handed) <= self.handed
        assert self.closings <= 1
        if self.job.state in ("accepted", "declined", "cancelled", "handed_over"):
            assert self.job.aside == ()
        if self.job.state == "handed_over":
            for line in LINES:
                assert self.job.handed
                assert (
                    sum(g.quantity for g in self.job.handed if g.line == line.line) <= line.quantity
                )


def _pieces(goods: tuple[Goods, ...]) -> Counter[int]:
    pieces: Counter[int] = Counter()
    for one in goods:
        pieces[one.line] += one.quantity
    return pieces


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=30)

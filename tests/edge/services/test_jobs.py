"""What the shop does with the orders that come down to it, from hearing of one to ready."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contract.feeds import Operation, Ops
from contract.lots import Lot
from contract.orders import JobLine, ShopJob, Window
from edge.domain.errors import Malformed, NotFound
from edge.domain.order import Goods
from edge.domain.order_errors import JobNotOpen, KeepsTooShort, OrderCancelled
from edge.services import documents, feeds, handover, jobs, lots, printing, stock
from edge.services.feed_stores import stores_of
from edge.services.jobs import Picked, Proposal
from edge.services.retention import KEEP
from edge.services.shop import Shop
from edge.services.stock import Move
from edge.services.waiting_orders import WaitingOrders, count
from tests.edge.conftest import NOON

FEED = "orders@maru-office-tower"
ORDER, JOB = "01890000-0000-7000-8000-0000000000aa", "01890000-0000-7000-8000-000000000001"
OTHER = "01890000-0000-7000-8000-000000000002"
NAMES = {"ko": "딸기 케이크", "en": "Strawberry cake"}
CAKE = JobLine(line=1, sku="CAKE", names=NAMES, quantity=2, keeps_until="2026-11-23")
SECRET = "5e" * 32
FRESH, TODAY, OLD = "2026-11-25", "2026-11-23", "2026-11-22"

JOB_OF = ShopJob(
    job_id=JOB,
    order_id=ORDER,
    number="H7K2",
    revision=1,
    state="placed",
    kind="pickup",
    placed_at=NOON,
    accept_by=NOON + timedelta(minutes=10),
    window=Window(start=NOON + timedelta(hours=5), end=NOON + timedelta(hours=8)),
    lines=(CAKE,),
    customer="Jiyoon",
    secret=SECRET,
    currency="KRW",
)


def told(shop: Shop, *wishes: ShopJob) -> None:
    """As the feed brings it."""
    store = stores_of("maru-office-tower")[FEED]
    with shop.write() as work:
        after = feeds.cursor(work.unit, FEED)
        operations = tuple(
            Operation(key=it.job_id, version=after + 1, value=it.model_dump(mode="json"))
            for it in wishes
        )
        ops = Ops(feed=FEED, after=after, through=after + 1, operations=operations)
        store.taken(work, feeds.apply(work.unit, store, ops))


def changed(**values: Any) -> ShopJob:
    return JOB_OF.model_copy(update=values)


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    """Three fresh cakes, two of today, one of yesterday."""
    moves = [Move("CAKE", 3, "L3", FRESH), Move("CAKE", 2, "L2", TODAY), Move("CAKE", 1, "L1", OLD)]
    stock.move(shop, "opening", moves)
    return shop


@pytest.fixture
def said(facts: Callable[[Shop], list[dict[str, Any]]]) -> Callable[[Shop], list[dict[str, Any]]]:
    """The facts about jobs, without what every fact carries."""
    common = {"occurred_at", "hlc", "business_date", "location_id", "workstation_id", "version",
              "job_id", "order_id", "cashier"}  # fmt: skip

    def read(shop: Shop) -> list[dict[str, Any]]:
        jobs_only = [fact for fact in facts(shop) if fact["type"].startswith("job.")]
        return [{k: v for k, v in fact.items() if k not in common} for fact in jobs_only]

    return read


Said = Callable[[Shop], list[dict[str, Any]]]
PICKED = {"type": "job.picked", "revision": 1, "is_short": False}


def test_a_job_that_the_shelf_covers_is_accepted_in_the_transaction_that_brings_it(
    stocked: Shop, said: Said
) -> None:
    told(stocked, JOB_OF)
    assert said(stocked) == [{"type": "job.accepted", "revision": 1, "is_late": False}]
    assert [kept.job.state for kept in jobs.open_jobs(stocked)] == ["accepted"]
    assert count(stocked) == WaitingOrders(to_pick=1)


def test_a_customer_who_was_erased_is_named_by_no_job_any_more(stocked: Shop, said: Said) -> None:
    told(stocked, changed(note="Quince Lane 7"))
    told(stocked, changed(customer="", note=""))
    [kept] = jobs.open_jobs(stocked)
    assert (kept.wish.customer, kept.wish.note) == ("", "")
    assert kept.wish.secret == SECRET
    assert len(said(stocked)) == 1


def test_where_the_transaction_fails_neither_job_nor_fact_nor_cursor_stays(
    stocked: Shop, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(jobs, "_say", fail)
    with pytest.raises(OSError):
        told(stocked, JOB_OF)
    assert (said(stocked), jobs.open_jobs(stocked)) == ([], [])
    with stocked.read() as reader:
        assert feeds.cursor(reader, FEED) == 0


def test_a_job_that_comes_late_is_accepted_late(stocked: Shop, said: Said, clock: Any) -> None:
    clock.pass_s(601)
    told(stocked, JOB_OF)
    assert said(stocked) == [{"type": "job.accepted", "revision": 1, "is_late": True}]


def test_a_job_that_the_shelf_cannot_cover_is_declined(stocked: Shop, said: Said) -> None:
    told(stocked, changed(lines=(CAKE.model_copy(update={"quantity": 6}),)))
    assert said(stocked) == [
        {"type": "job.declined", "revision": 1, "reason": "out_of_stock", "detail": ""}
    ]
    assert jobs.open_jobs(stocked) == []


def test_goods_that_do_not_keep_long_enough_cover_nothing(stocked: Shop, said: Said) -> None:
    line = CAKE.model_copy(update={"quantity": 4, "keeps_until": FRESH})
    told(stocked, changed(lines=(line,)))
    assert said(stocked)[0]["type"] == "job.declined"


def test_two_jobs_never_count_on_the_same_piece(stocked: Shop, said: Said) -> None:
    first = changed(lines=(CAKE.model_copy(update={"quantity": 4}),))
    told(stocked, first, changed(job_id=OTHER, number="H7K3"))
    assert [fact["type"] for fact in said(stocked)] == ["job.accepted", "job.declined"]


def test_what_is_set_aside_is_not_there_for_the_next_job(stocked: Shop, said: Said) -> None:
    told(stocked, changed(lines=(CAKE.model_copy(update={"quantity": 4}),)))
    jobs.pick(stocked, JOB, [Picked(1, 4)])
    told(stocked, changed(job_id=OTHER, number="H7K3"))
    assert said(stocked)[-1]["type"] == "job.declined"


def test_goods_that_a_transfer_brings_need_not_be_here_yet(shop: Shop, said: Said) -> None:
    told(shop, changed(from_job_id=OTHER))
    assert said(shop)[0]["type"] == "job.accepted"


def test_what_comes_along_for_another_job_takes_nothing_off_this_shelf(
    stocked: Shop, said: Said
) -> None:
    """The other job waits for five cakes of another shop; the five here are free."""
    waiting = CAKE.model_copy(update={"quantity": 5})
    told(stocked, changed(job_id=OTHER, number="H7K3", from_job_id=JOB, lines=(waiting,)))
    told(stocked, changed(lines=(waiting,)))
    assert [fact["type"] for fact in said(stocked)] == ["job.accepted"] * 2


def test_two_lines_of_one_job_never_count_on_the_same_piece(stocked: Shop, said: Said) -> None:
    lines = tuple(CAKE.model_copy(update={"line": line, "quantity": 3}) for line in (1, 2))
    told(stocked, changed(lines=lines))
    assert [fact["type"] for fact in said(stocked)] == ["job.declined"]


def test_what_is_past_its_day_covers_nothing_also_where_any_day_will_do(
    stocked: Shop, said: Said
) -> None:
    line = CAKE.model_copy(update={"quantity": 6, "keeps_until": ""})
    told(stocked, changed(lines=(line,)))
    assert [fact["type"] for fact in said(stocked)] == ["job.declined"]


def test_a_job_that_was_over_long_ago_is_not_begun(stocked: Shop, said: Said) -> None:
    """A box whose card was restored hears of all there ever were."""
    end = NOON - KEEP - timedelta(minutes=1)
    told(stocked, changed(window=Window(start=end - timedelta(hours=1), end=end)))
    assert (said(stocked), jobs.open_jobs(stocked)) == ([], [])


def test_a_job_that_is_heard_again_keeps_the_name_it_has(stocked: Shop) -> None:
    for _ in range(2):
        told(stocked, JOB_OF)
    assert jobs.get(stocked, JOB).wish.customer == "Jiyoon"


def test_a_substitute_that_the_customer_takes_covers_a_line(stocked: Shop, said: Said) -> None:
    line = JobLine(line=1, sku="MILK", names={}, quantity=1, substitutes=("CAKE",))
    told(stocked, changed(lines=(line,)))
    assert said(stocked)[0]["type"] == "job.accepted"
    jobs.pick(stocked, JOB, [Picked(1, 1, "CAKE")])
    assert jobs.get(stocked, JOB).job.aside == (Goods(1, "CAKE", 1, "L2", TODAY),)


def test_a_job_that_nobody_can_read_does_not_hold_up_the_others(stocked: Shop, said: Said) -> None:
    store = stores_of("maru-office-tower")[FEED]
    values = {"bad": {"job_id": "?"}, JOB: JOB_OF.model_dump(mode="json")}
    operations = tuple(Operation(key=k, version=1, value=v) for k, v in values.items())
    with stocked.write() as work:
        ops = Ops(feed=FEED, after=0, through=1, operations=operations)
        store.taken(work, feeds.apply(work.unit, store, ops))
    assert [fact["type"] for fact in said(stocked)] == ["job.accepted"]


def test_a_repeat_says_nothing_twice(stocked: Shop, said: Said) -> None:
    told(stocked, JOB_OF)
    told(stocked, JOB_OF)
    assert len(said(stocked)) == 1


def test_the_picking_list_names_the_lots_that_expire_first(stocked: Shop) -> None:
    told(stocked, changed(lines=(CAKE.model_copy(update={"quantity": 3}),)))
    take = (Goods(1, "CAKE", 2, "L2", TODAY), Goods(1, "CAKE", 1, "L3", FRESH))
    assert jobs.proposals(stocked, JOB) == [Proposal(1, take, 0)]


def test_picking_sets_aside_and_says_so(stocked: Shop, said: Said) -> None:
    told(stocked, JOB_OF)
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    line = {"line": 1, "sku": "CAKE", "quantity": 2, "lot": "L2", "expiry": TODAY}
    assert said(stocked)[-1] == PICKED | {"picked": [line]}
    with stocked.read() as reader:
        assert lots.lots(reader, "CAKE") == [
            Lot("L1", OLD, 1), Lot("L3", FRESH, 3)
        ]  # fmt: skip
    assert stock.level(stocked, "CAKE") == 6


def test_a_short_pick_says_so_and_the_rest_may_follow(stocked: Shop, said: Said) -> None:
    told(stocked, JOB_OF)
    jobs.pick(stocked, JOB, [Picked(1, 1, lot="L3", expiry=FRESH)])
    assert said(stocked)[-1]["is_short"]
    jobs.pick(stocked, JOB, [Picked(1, 1)])
    assert not said(stocked)[-1]["is_short"]


def test_more_than_the_ledger_knows_may_be_in_a_hand_but_not_of_an_old_lot(shop: Shop) -> None:
    stock.move(shop, "opening", [Move("CAKE", 2, "L2", TODAY)])
    told(shop, JOB_OF)
    stock.move(shop, "damaged", [Move("CAKE", -1, "L2", TODAY), Move("CAKE", 1, "L1", OLD)])
    with pytest.raises(KeepsTooShort):
        jobs.pick(shop, JOB, [Picked(1, 2)])
    stock.move(shop, "damaged", [Move("CAKE", -1, "L1", OLD)])
    jobs.pick(shop, JOB, [Picked(1, 2)])
    assert jobs.get(shop, JOB).job.aside == (
        Goods(1, "CAKE", 1),
        Goods(1, "CAKE", 1, "L2", TODAY),
    )


def test_ready_prints_a_label_for_each_package(stocked: Shop, said: Said) -> None:
    told(stocked, JOB_OF)
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    jobs.ready(stocked, JOB, " Fridge 2 ", 2)
    assert said(stocked)[-1] == {
        "type": "job.ready", "revision": 1, "place": "Fridge 2", "packages": 2,
    }  # fmt: skip
    job = printing.newest_of(stocked, JOB)
    assert job is not None
    assert job.kind == "label"
    lines = [
        (element.left, element.right)
        for element in documents.from_text(job.document).elements
        if hasattr(element, "left")
    ]
    package = [
        ("픽업 주문", ""),
        ("H7K2", ""),
        ("보관 위치", "Fridge 2"),
        ("고객", "Jiyoon"),
        ("약속 시각", "2026-11-23 20:00"),
        ("포장", "1/2"),
        ("딸기 케이크", "× 2"),
        ("  L2 2026-11-23", ""),
    ]
    assert lines == [*package, *(it if it[0] != "포장" else ("포장", "2/2") for it in package)]


def test_a_label_carries_neither_secret_nor_code(stocked: Shop) -> None:
    told(stocked, JOB_OF)
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    jobs.ready(stocked, JOB, "Fridge", 1)
    job = printing.newest_of(stocked, JOB)
    assert job is not None
    assert SECRET not in job.document


@pytest.mark.parametrize("packages", [0, 100])
def test_a_number_of_packages_that_cannot_be_is_refused(stocked: Shop, packages: int) -> None:
    told(stocked, JOB_OF)
    with pytest.raises(Malformed):
        jobs.ready(stocked, JOB, "Fridge", packages)


def test_a_cancellation_before_the_hand_over_puts_the_goods_back_on_the_shelf(
    stocked: Shop, said: Said
) -> None:
    told(stocked, JOB_OF)
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    told(stocked, changed(revision=2, state="cancelled"))
    line = {"line": 1, "sku": "CAKE", "quantity": 2, "lot": "L2", "expiry": TODAY}
    assert said(stocked)[-1] == {"type": "job.cancelled", "revision": 2, "released": [line]}
    with stocked.read() as reader:
        assert sum(lot.quantity for lot in lots.lots(reader, "CAKE")) == 6
    with pytest.raises(OrderCancelled):
        jobs.ready(stocked, JOB, "Fridge")


def test_a_cancellation_after_the_hand_over_changes_nothing(stocked: Shop, said: Said) -> None:
    told(stocked, JOB_OF)
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    jobs.ready(stocked, JOB, "Fridge")
    handover.hand_over(stocked, handover.ByPerson(JOB))
    before = said(stocked)
    told(stocked, changed(revision=2, state="cancelled"))
    assert said(stocked) == before
    assert jobs.get(stocked, JOB).job.state == "handed_over"


def test_the_shop_may_decline_what_it_cannot_find_until_goods_are_set_aside(
    stocked: Shop, said: Said
) -> None:
    told(stocked, JOB_OF, changed(job_id=OTHER, number="H7K3"))
    jobs.decline(stocked, JOB, "damaged", "dropped")
    assert said(stocked)[-1] == {
        "type": "job.declined", "revision": 1, "reason": "damaged", "detail": "dropped",
    }  # fmt: skip
    jobs.pick(stocked, OTHER, [Picked(1, 1)])
    with pytest.raises(JobNotOpen):
        jobs.decline(stocked, OTHER, "damaged")


def test_a_shop_that_will_be_late_says_so_until_it_is_ready(stocked: Shop, said: Said) -> None:
    told(stocked, JOB_OF)
    jobs.at_risk(stocked, JOB, "oven broken", NOON + timedelta(hours=9))
    assert said(stocked)[-1] == {
        "type": "job.at_risk", "revision": 1, "reason": "oven broken",
        "expected_at": "2026-11-23T12:00:00Z",
    }  # fmt: skip
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    jobs.ready(stocked, JOB, "Fridge")
    assert jobs.at_risk(stocked, JOB, "late") is None


def test_lines_that_change_after_picking_stay_and_head_office_hears_of_it(
    stocked: Shop, said: Said
) -> None:
    told(stocked, JOB_OF)
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    told(stocked, changed(revision=2, lines=(CAKE.model_copy(update={"quantity": 1}),)))
    assert said(stocked)[-1]["reason"] == "changed_after_picking"
    kept = jobs.get(stocked, JOB)
    assert (kept.wish.lines, kept.wish.revision) == ((CAKE,), 2)


def test_a_job_that_is_not_here_is_refused_in_words(shop: Shop) -> None:
    with pytest.raises(NotFound, match=f"There is no job {JOB} here."):
        jobs.get(shop, JOB)


def test_waiting_orders_are_counted_by_what_is_to_be_done(stocked: Shop, clock: Any) -> None:
    told(stocked, JOB_OF, changed(job_id=OTHER, number="H7K3"))
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    assert count(stocked) == WaitingOrders(to_pick=1, picked=1)
    jobs.ready(stocked, JOB, "Fridge")
    clock.pass_s(9 * 3600)
    assert count(stocked) == WaitingOrders(to_pick=1, ready=1, late=1)


def test_what_the_feed_keeps_is_the_job_as_head_office_wants_it(stocked: Shop, rows: Any) -> None:
    told(stocked, JOB_OF)
    ((body,),) = rows(stocked, "SELECT body FROM feed_row")
    assert ShopJob.model_validate(json.loads(body)) == JOB_OF


def test_kept_values_are_whole(stocked: Shop) -> None:
    told(stocked, JOB_OF)
    kept = jobs.get(stocked, JOB)
    assert replace(kept, job=kept.job) == kept
    assert (kept.wish, kept.due_minor, kept.heard_at) == (JOB_OF, 0, NOON.isoformat())

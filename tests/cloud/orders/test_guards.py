"""What stands in the way of a wrong step with an order: each of these was seen to fail with its guard taken out."""

from datetime import timedelta

import pytest
from sqlmodel import select

from cloud.errors import OrderStateError
from cloud.orders import following, service
from cloud.orders.tables import CustomerOrder, OrderTouched, PromisedGoods

OFFICE, HILLSIDE, HARBOUR, CAKE = "office", "hillside", "harbour", "CAKE"


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def refunds(chain, order_id: str) -> list[tuple[int, str]]:
    owed = chain.view(order_id)["credits"]
    return [(it["amount_minor"], it["reason"]) for it in owed if it["kind"] == "refund"]


def test_the_window_that_was_offered_is_the_one_that_is_promised(chain, clock) -> None:
    """Also where it is taken up minutes later."""
    offer = chain.quote()[0]
    clock.jump(240)
    chain.hear()
    held = chain.hold(offer)
    assert chain.view(held.order_id)["window"]["end"] == offer.window.end.isoformat()


def test_money_is_asked_for_only_while_the_goods_are_held(chain) -> None:
    order_id = chain.ordered()
    with chain.database.read() as session, pytest.raises(OrderStateError) as refused:
        service.payable(session, chain.clock.now(), order_id)
    number = chain.view(order_id)["number"]
    assert refused.value.message == (
        f"Order {number} is placed: it cannot be paid. Nothing was changed."
    )


def test_a_hold_that_was_given_up_is_not_placed_without_money(chain) -> None:
    order_id = chain.hold(chain.quote()[0]).order_id
    chain.cancel(order_id)
    with pytest.raises(OrderStateError):
        chain.place(order_id, 0)
    assert (chain.view(order_id)["state"], chain.jobs_at(OFFICE)) == ("cancelled", [])


def test_money_for_a_hold_that_was_given_up_is_owed_back_once(chain, jobs) -> None:
    order_id = chain.hold(chain.quote()[0]).order_id
    chain.cancel(order_id)
    for _ in range(2):
        chain.place(order_id, 30_000)
    assert refunds(chain, order_id) == [(30_000, "given_up")]


def test_a_till_that_takes_money_for_a_hold_that_was_given_up_owes_it_back(chain, jobs) -> None:
    order_id = chain.hold(chain.quote()[0]).order_id
    chain.cancel(order_id)
    chain.tell(OFFICE, jobs.sale(order_id))
    assert (chain.view(order_id)["state"], refunds(chain, order_id)) == (
        "cancelled",
        [(30_000, "given_up")],
    )


def test_money_after_a_cancellation_of_what_was_placed_changes_nothing(chain, jobs) -> None:
    order_id = chain.ordered()
    chain.cancel(order_id)
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "cancelled"))
    before = chain.view(order_id)
    assert chain.place(order_id, 30_000) == before


def test_what_was_paid_online_is_not_paid_again_by_a_till(chain, jobs) -> None:
    order_id = chain.ordered()
    chain.tell(OFFICE, jobs.sale(order_id))
    view = chain.view(order_id)
    assert (view["paid_minor"], view["payment"]) == (30_000, "pay-1")


def test_a_till_that_took_only_a_part_has_taken_it_once(chain, jobs) -> None:
    """The fee is still due, and the order is looked at again."""
    offer = next(it for it in chain.quote(HARBOUR) if it.fee_minor)
    order_id = chain.hold(offer).order_id
    chain.place(order_id, 0)
    chain.tell(OFFICE, jobs.sale(order_id))
    chain.later(minutes=1)
    (job,) = chain.jobs_at(HARBOUR)
    chain.tell(HARBOUR, jobs.of(job, "accepted"))
    view = chain.view(order_id)
    assert (view["paid_minor"], view["due_minor"]) == (30_000, offer.fee_minor)


def test_a_hold_does_not_end_before_its_time_and_leaves_nothing_behind(chain) -> None:
    order_id = chain.hold(chain.quote()[0]).order_id
    with chain.database.write() as session:
        following.follow(session, chain.clock.now(), order_id)
    assert chain.view(order_id)["state"] == "held"
    chain.later(minutes=15)
    with chain.database.read() as session:
        assert session.exec(select(PromisedGoods)).all() == []


def test_a_parcel_has_no_code_for_anybodys_hands(chain) -> None:
    offer = next(it for it in chain.quote(HARBOUR) if it.kind == "shipping")
    held = chain.hold(offer)
    with chain.database.read() as session:
        shown = service.rotating_code(session, chain.clock.now(), held.order_id)
    assert (held.paper_code, shown["code"]) == ("", "")


def test_an_order_that_cannot_be_followed_keeps_no_other_from_it(chain, jobs) -> None:
    """It is tried again after five minutes, not at every step."""
    broken, good = chain.ordered(), chain.ordered()
    by_order = {job.order_id: job for job in chain.jobs_at(OFFICE)}
    with chain.database.write() as session:
        session.get(CustomerOrder, broken).location_id = "nowhere"
    risk = {"reason": "oven", "expected_at": chain.clock.now() + timedelta(hours=2)}
    risk["expected_at"] = risk["expected_at"].isoformat()
    facts = [jobs.of(by_order[broken], "at_risk", **risk), jobs.of(by_order[good], "accepted")]
    chain.tell(OFFICE, *facts)
    assert chain.view(good)["state"] == "accepted"
    assert (chain.keeper.step(), touched(chain)) == (False, [broken])
    with chain.database.write() as session:
        session.get(CustomerOrder, broken).location_id = OFFICE
    assert not chain.keeper.step()
    chain.later(minutes=5)
    assert (chain.view(broken)["promise"], touched(chain)) == ("re_promised", [])


def touched(chain) -> list[str]:
    with chain.database.read() as session:
        return list(session.exec(select(OrderTouched.order_id)).all())


def test_a_word_about_an_order_that_nobody_knows_is_put_away(chain, jobs) -> None:
    chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "accepted") | {"order_id": jobs.uid(77)})
    assert touched(chain) == []


def test_what_left_of_a_part_is_not_set_aside_any_more(chain, jobs) -> None:
    order_id = chain.ordered(CAKE=2)
    (job,) = chain.jobs_at(OFFICE)
    one = [{"line": 1, "sku": CAKE, "quantity": 1}]
    part = jobs.of(job, "handed_over", handed=one, proof={"kind": "code"}, is_partial=True)
    chain.tell(OFFICE, jobs.of(job, "accepted"), jobs.picked(job), jobs.of(job, "ready"), part)
    assert chain.view(order_id)["state"] == "partly_handed"
    assert chain.standing() == [(OFFICE, CAKE, True, 1)]

"""From the promise to the hand-over: what the customer is told is what the shops are told, and what is kept."""

from datetime import timedelta

import pytest

from cloud.errors import (
    DoubledKeyError,
    GoodsGoneError,
    HoldLapsedError,
    NotFoundError,
    OfferExpiredError,
    OrderStateError,
)
from contract import handover

OFFICE, HILLSIDE, HARBOUR, CAKE = "office", "hillside", "harbour", "CAKE"


def ways(offers) -> list[tuple[str, str, str]]:
    return [(it.kind, it.location_id, it.source_id) for it in offers]


def test_every_way_is_on_one_list(chain) -> None:
    assert ways(chain.quote(near=HILLSIDE)) == [
        ("pickup", OFFICE, OFFICE),
        ("pickup", HARBOUR, HARBOUR),
        ("delivery", HARBOUR, HARBOUR),
        ("transfer_pickup", HILLSIDE, OFFICE),
        ("transfer_delivery", HARBOUR, OFFICE),
        ("shipping", HARBOUR, HARBOUR),
    ]


def test_an_offer_says_when_where_how_much_how_sure_and_what_else(chain, clock) -> None:
    chain.clock.jump(60)
    offer = chain.quote(near=HILLSIDE)[0]
    now = clock.now()
    assert offer.model_dump(exclude={"offer_id", "distance_m"}) == {
        "kind": "pickup",
        "location_id": OFFICE,
        "location_name": "Office",
        "source_id": OFFICE,
        "source_name": "Office",
        "window": {"start": now + timedelta(minutes=15), "end": now + timedelta(minutes=30)},
        "cutoff": now + timedelta(minutes=10),
        "goods_minor": 30_000,
        "fee_minor": 0,
        "total_minor": 30_000,
        "currency": "KRW",
        "confidence_bp": 8_100,
        "samples": 0,
        "data_age_s": 60,
        "plan_b": {
            "kind": "pickup",
            "location_id": HARBOUR,
            "location_name": "Harbour",
            "window_end": (now + timedelta(minutes=30)).isoformat(),
        },
        "expires_at": now + timedelta(minutes=10),
    }


def test_goods_that_are_in_no_catalogue_are_refused_by_name(chain) -> None:
    with pytest.raises(NotFoundError) as refused:
        chain.quote(PIE=1)
    assert refused.value.message == "There is no product with a price 'PIE' here."


def test_no_more_is_promised_than_the_shop_may_promise(chain) -> None:
    """Five are there, two may be promised."""
    offer = chain.quote()[0]
    held = [chain.hold(offer), chain.hold(offer)]
    with pytest.raises(GoodsGoneError) as refused:
        chain.hold(offer)
    assert refused.value.message == ("office can no longer promise 1 of CAKE: it has 0 to promise.")
    assert OFFICE not in {it.source_id for it in chain.quote()}
    assert chain.standing() == [(OFFICE, CAKE, False, 1)] * 2
    assert len({it.number for it in held}) == 2


def test_a_shop_that_is_not_heard_promises_nothing(chain, clock) -> None:
    clock.jump(115)
    chain.hear(HARBOUR)
    assert {it.source_id for it in chain.quote(near=HILLSIDE)} == {HARBOUR}


def test_the_same_request_again_gives_the_first_answer(chain) -> None:
    offer = chain.quote()[0]
    first = chain.hold(offer, key="ask-1")
    assert chain.hold(offer, key="ask-1") == first
    assert chain.standing() == [(OFFICE, CAKE, False, 1)]
    with pytest.raises(DoubledKeyError) as refused:
        chain.hold(offer, key="ask-1", CAKE=2)
    assert refused.value.message == (
        f"Under this key another order was asked for before ({first.number}). Nothing was changed."
    )


def test_an_offer_holds_for_ten_minutes(chain, clock) -> None:
    offer = chain.quote()[0]
    clock.jump(601)
    with pytest.raises(OfferExpiredError):
        chain.hold(offer)
    assert chain.standing() == []


def test_an_unpaid_hold_lapses_and_is_refused_in_words(chain) -> None:
    held = chain.hold(chain.quote()[0])
    chain.later(minutes=16)
    assert (chain.view(held.order_id)["state"], chain.standing()) == ("lapsed", [])
    with pytest.raises(HoldLapsedError) as refused:
        chain.place(held.order_id, paid_minor=0)
    assert refused.value.message == (
        f"The goods of order {held.number} were held until {held.hold_until.isoformat()}, "
        "and are free again."
    )


def test_a_paid_order_reaches_the_shop_and_is_kept_by_the_hand_over_alone(chain, jobs) -> None:
    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    assert (job.state, job.kind, job.customer, job.due_minor) == ("placed", "pickup", "Mina", 0)
    assert [(it.sku, it.quantity, it.keeps_until) for it in job.lines] == [(CAKE, 1, "2026-11-23")]
    states = []
    for fact in jobs.whole_way(job):
        chain.tell(OFFICE, fact)
        states.append(chain.view(order_id)["state"])
    assert states == ["accepted", "in_progress", "ready", "completed"]
    view = chain.view(order_id)
    assert (view["promise"], view["lines"][0]["handed"], view["credits"]) == ("kept", 1, [])
    assert chain.standing() == []


def test_what_is_set_aside_is_not_promised_again(chain, jobs) -> None:
    chain.allow(OFFICE, cap=5)
    chain.ordered(CAKE=3)
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "accepted"), jobs.picked(job))
    assert chain.standing() == [(OFFICE, CAKE, True, 3)]
    with pytest.raises(StopIteration):
        next(it for it in chain.quote(CAKE=3) if it.source_id == OFFICE)
    assert chain.quote(CAKE=2)[0].source_id == OFFICE


def test_the_receipts_code_is_good_at_the_shop_and_the_phones_turns(chain, clock) -> None:
    held = chain.hold(chain.quote()[0])
    chain.place(held.order_id)
    (job,) = chain.jobs_at(OFFICE)
    shown = handover.parse(held.paper_code)
    assert shown is not None
    assert handover.verdict(shown, job.secret, OFFICE, clock.now()) is handover.Verdict.GOOD
    assert shown.number == held.number


def test_a_sale_at_a_till_places_the_order_once(chain, jobs) -> None:
    held = chain.hold(chain.quote()[0])
    chain.tell(OFFICE, jobs.sale(held.order_id))
    view = chain.view(held.order_id)
    assert (view["state"], view["paid_minor"]) == ("placed", 30_000)
    chain.tell(OFFICE, jobs.sale(held.order_id, number=2))
    assert len(chain.jobs_at(OFFICE)) == 1


def test_what_is_paid_is_placed_though_its_hold_has_lapsed(chain, jobs) -> None:
    held = chain.hold(chain.quote()[0])
    chain.later(minutes=20)
    chain.tell(OFFICE, jobs.sale(held.order_id))
    assert chain.view(held.order_id)["state"] == "placed"


def test_a_lapsed_hold_whose_goods_are_gone_is_promised_anew(chain, jobs) -> None:
    held = chain.hold(chain.quote()[0])
    chain.later(minutes=16)
    chain.ordered()
    chain.ordered()
    chain.tell(OFFICE, jobs.sale(held.order_id))
    view = chain.view(held.order_id)
    assert (view["promise"], view["source_id"]) == ("re_promised", HARBOUR)
    assert chain.jobs_at(HARBOUR)[0].order_id == held.order_id


def test_a_shop_that_declines_makes_way_for_plan_b(chain, jobs) -> None:
    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "declined", reason="damaged"))
    view = chain.view(order_id)
    assert (view["state"], view["promise"]) == ("placed", "re_promised")
    assert (view["location_id"], view["source_id"]) == (OFFICE, HARBOUR)
    assert [it["what"] for it in view["story"]] == ["held", "placed", "job", "re_promised"]
    assert [(it.kind, it.to_location_id) for it in chain.jobs_at(HARBOUR)] == [("transfer", OFFICE)]


def test_a_no_that_was_made_good_is_not_held_against_the_next_shop(chain, jobs) -> None:
    """The order stays with the shop that said yes, however often it is looked at again."""
    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "declined", reason="damaged"))
    (sent,) = chain.jobs_at(HARBOUR)
    chain.tell(HARBOUR, jobs.of(sent, "accepted"))
    view = chain.view(order_id)
    assert (view["promise"], view["promises_made"]) == ("re_promised", 2)
    assert [it["what"] for it in view["story"]].count("at_risk") == 0


def test_where_no_shop_is_left_the_promise_is_broken_and_made_good(chain, jobs) -> None:
    chain.allow(HARBOUR, cap=0)
    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "declined", reason="damaged"))
    view = chain.view(order_id)
    assert (view["state"], view["promise"]) == ("broken", "broken")
    owed = [(it["kind"], it["amount_minor"], it["reason"]) for it in view["credits"]]
    assert owed == [("refund", 30_000, "broken"), ("compensation", 1_500, "broken")]


def test_a_shop_that_says_nothing_is_passed_over_and_told_so(chain) -> None:
    order_id = chain.ordered()
    chain.later(minutes=5)
    assert chain.view(order_id)["promise"] == "re_promised"
    assert [
        it.state for it in chain.jobs_at(OFFICE) if it.kind == "pickup" and not it.from_job_id
    ] == ["cancelled"]


def test_a_shop_that_was_cut_off_and_handed_it_over_wins(chain, jobs) -> None:
    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.later(minutes=5)
    chain.tell(OFFICE, *jobs.whole_way(job))
    view = chain.view(order_id)
    assert (view["state"], view["promise"]) == ("completed", "kept")
    assert {it.state for it in chain.jobs_at(HARBOUR)} == {"cancelled"}
    assert chain.standing() == []


@pytest.mark.parametrize(
    ("ready_after", "promise", "owed"),
    [
        (timedelta(minutes=5), "kept", []),
        (timedelta(hours=20), "broken", [("compensation", 1_500, "broken")]),
    ],
    ids=["in time", "late"],
)
def test_what_was_thought_broken_and_was_handed_over_unheard(
    chain, jobs, ready_after, promise, owed
) -> None:
    """The shop was cut off: its customer had the goods while the hub gave the promise up."""
    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "accepted"))
    then = (chain.clock.now() + ready_after).isoformat()
    chain.later(hours=26)
    assert chain.view(order_id)["state"] == "broken"
    unheard = [fact | {"occurred_at": then} for fact in jobs.whole_way(job)[1:]]
    chain.tell(OFFICE, *unheard)
    view = chain.view(order_id)
    assert (view["state"], view["promise"]) == ("completed", promise)
    assert [(it["kind"], it["amount_minor"], it["reason"]) for it in view["credits"]] == owed


def test_cancelling_waits_for_the_shops_word_and_then_pays_back(chain, jobs) -> None:
    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "accepted"), jobs.picked(job))
    assert chain.cancel(order_id)["state"] == "cancelling"
    (told,) = chain.jobs_at(OFFICE)
    assert (told.state, told.revision) == ("cancelled", 2)
    chain.tell(OFFICE, jobs.of(told, "cancelled"))
    view = chain.view(order_id)
    assert (view["state"], chain.standing()) == ("cancelled", [])
    assert [(it["kind"], it["amount_minor"]) for it in view["credits"]] == [("refund", 30_000)]


def test_where_cancelling_and_hand_over_cross_the_hand_over_wins(chain, jobs) -> None:
    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.cancel(order_id)
    chain.tell(OFFICE, *jobs.whole_way(job))
    view = chain.view(order_id)
    assert (view["state"], view["promise"], view["credits"]) == ("completed", "kept", [])
    with pytest.raises(OrderStateError):
        chain.cancel(order_id)


def test_a_transfer_then_a_pick_up_is_two_jobs_of_one_order(chain, jobs) -> None:
    order_id = chain.ordered(near=HILLSIDE, kind="transfer_pickup")
    (sent,) = chain.jobs_at(OFFICE)
    (met,) = chain.jobs_at(HILLSIDE)
    assert (sent.kind, sent.to_location_id, sent.secret) == ("transfer", HILLSIDE, "")
    assert (met.kind, met.from_job_id) == ("pickup", sent.job_id)
    ((arrival),) = chain.arrivals_at(HILLSIDE)
    assert arrival == {
        "v": 1,
        "arrival_id": sent.job_id,
        "source": "transfer",
        "source_id": sent.job_id,
        "from": OFFICE,
        "number": sent.number,
        "due": sent.window.end.isoformat(),
        "lines": [{"sku": CAKE, "quantity": 1}],
    }
    chain.tell(HILLSIDE, jobs.of(met, "accepted"))
    chain.tell(OFFICE, jobs.of(sent, "accepted"), jobs.picked(sent), jobs.handed(sent, "transfer"))
    assert chain.view(order_id)["state"] == "in_progress"
    assert chain.standing() == [(HILLSIDE, CAKE, False, 1)]
    chain.tell(HILLSIDE, jobs.picked(met), jobs.of(met, "ready"), jobs.handed(met))
    assert (chain.view(order_id)["state"], chain.arrivals_at(HILLSIDE)) == ("completed", [])


def test_a_new_projection_of_all_facts_changes_no_order(chain, jobs, database) -> None:
    from cloud.projection import forget

    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, *jobs.whole_way(job))
    before = chain.view(order_id)
    forget(database)
    chain.settle()
    assert chain.view(order_id) == before


def test_who_is_measured_to_be_late_promises_less_surely(chain, jobs) -> None:
    sure = chain.quote()[0].confidence_bp
    chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "accepted"))
    chain.later(minutes=45)
    chain.tell(OFFICE, jobs.picked(job), jobs.of(job, "ready"), jobs.handed(job))
    offer = next(it for it in chain.quote() if it.source_id == OFFICE)
    assert (offer.samples, offer.confidence_bp) == (1, 8_182)
    assert offer.confidence_bp < sure


def test_what_is_paid_at_hand_over_is_due_until_a_till_has_taken_it(chain, jobs) -> None:
    held = chain.hold(chain.quote()[0])
    assert chain.place(held.order_id, paid_minor=0)["due_minor"] == 30_000
    (job,) = chain.jobs_at(OFFICE)
    assert job.due_minor == 30_000
    chain.tell(OFFICE, jobs.sale(held.order_id), *jobs.whole_way(job))
    view = chain.view(held.order_id)
    assert (view["state"], view["paid_minor"], view["due_minor"]) == ("completed", 30_000, 0)

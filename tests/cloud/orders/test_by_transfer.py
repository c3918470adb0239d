"""The near-home shop brings it, and the goods come from another shop first: offered, placed, followed, delivered."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from cloud.orders import service
from contract import handover

OFFICE, HILLSIDE, HARBOUR, CAKE = "office", "hillside", "harbour", "CAKE"
KIND = "transfer_delivery"
BRINGS = {"delivery_radius_m": 3_000, "delivery_min": 40, "delivery_fee_minor": 3_500}
HILL, HARBOURSIDE = (37.5796, 126.9770), (37.60, 126.98)


@pytest.fixture
def bringing(chain):
    """Hillside has no cake and delivers; the office has five. The harbour is farther, and promises none."""
    chain.open_shop_again(HILLSIDE, latitude=HILL[0], longitude=HILL[1], **BRINGS)
    chain.open_shop_again(
        OFFICE, latitude=37.5665, longitude=126.9780, accept_min=5, travel_min={HILLSIDE: 30}
    )
    harbour = {"latitude": HARBOURSIDE[0], "longitude": HARBOURSIDE[1]}
    chain.open_shop_again(HARBOUR, travel_min={HILLSIDE: 45}, **harbour)
    chain.allow(HARBOUR, cap=0)
    return chain


def offered(chain, near: str = HILLSIDE, **goods: int):
    return next((it for it in chain.quote(near, **goods) if it.kind == KIND), None)


def test_the_offer_has_window_cut_off_price_confidence_and_plan_b(bringing, clock) -> None:
    """Picked in 15 minutes, 30 under way, 10 to take it in, 40 to bring it; twice the slack at the other end."""
    bringing.allow(HARBOUR, cap=1)
    clock.jump(60)
    offer, now = offered(bringing), clock.now()
    assert offer.model_dump(exclude={"offer_id"}) == {
        "kind": KIND,
        "location_id": HILLSIDE,
        "location_name": "Hillside",
        "source_id": OFFICE,
        "source_name": "Office",
        "window": {"start": now + timedelta(minutes=95), "end": now + timedelta(minutes=120)},
        "cutoff": now + timedelta(minutes=10),
        "goods_minor": 30_000,
        "fee_minor": 3_500,
        "total_minor": 33_500,
        "currency": "KRW",
        "confidence_bp": 6_561,
        "samples": 0,
        "data_age_s": 60,
        "distance_m": 0,
        "plan_b": {
            "kind": KIND,
            "location_id": HILLSIDE,
            "location_name": "Hillside",
            "window_end": (now + timedelta(minutes=135)).isoformat(),
        },
        "expires_at": now + timedelta(minutes=10),
    }


def test_it_is_offered_to_a_place_on_the_map_too(bringing) -> None:
    """The nearest shop that delivers there is taken, never the one whose goods it takes."""
    offer = offered(bringing, near="37.5800,126.9771")
    assert (offer.location_id, offer.source_id) == (HILLSIDE, OFFICE)
    assert offered(bringing, near="37.9,126.9771") is None


@pytest.mark.parametrize(
    "off",
    [{"delivery_radius_m": 0}, {"delivery_min": 0}, {"latitude": None, "longitude": None}],
    ids=["no radius", "no time", "no place on the map"],
)
def test_a_shop_that_does_not_deliver_brings_nothing(bringing, off) -> None:
    place = {"latitude": HILL[0], "longitude": HILL[1]}
    bringing.open_shop_again(HILLSIDE, **{**place, **BRINGS, **off})
    assert offered(bringing) is None


def test_a_shop_that_is_not_heard_brings_nothing(bringing, clock) -> None:
    clock.jump(115)
    bringing.hear(OFFICE)
    assert offered(bringing) is None


def test_who_orders_too_late_for_this_evening_has_it_tomorrow(bringing, clock) -> None:
    """It is noon; Hillside closes at 13:20. 12:15 picked, 12:45 there, at the latest ready at 13:20 with all slack."""
    hours = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "09:00-13:21")
    bringing.open_shop_again(
        HILLSIDE, latitude=HILL[0], longitude=HILL[1], opens=hours, accept_min=1, **BRINGS
    )
    offer, noon = offered(bringing), clock.now()
    assert offer.window.end == noon + timedelta(minutes=120)
    assert offer.cutoff == noon + timedelta(minutes=1)
    clock.jump(61)
    bringing.hear()
    late = offered(bringing)
    assert late.window.end.date() > offer.window.end.date()


def test_it_is_kept_by_two_shops_and_ends_at_her_door(bringing, jobs) -> None:
    held = bringing.hold(offered(bringing))
    assert held.fee_minor == 3_500
    assert handover.parse(held.paper_code).location_id == HILLSIDE
    bringing.place(held.order_id, paid_minor=33_500)
    (sent,) = bringing.jobs_at(OFFICE)
    (brought,) = bringing.jobs_at(HILLSIDE)
    assert (sent.kind, sent.to_location_id, sent.due_minor) == ("transfer", HILLSIDE, 0)
    assert (brought.kind, brought.from_job_id) == ("delivery", sent.job_id)
    now = bringing.clock.now()
    with bringing.database.read() as session:
        shown = handover.parse(service.rotating_code(session, now, held.order_id)["code"])
    assert shown is not None
    assert handover.verdict(shown, brought.secret, HILLSIDE, now) is handover.Verdict.GOOD
    assert sent.secret == ""
    early = brought.window.end - sent.window.end
    assert early == timedelta(minutes=30 + 20 + 40)
    ((arrival),) = bringing.arrivals_at(HILLSIDE)
    assert (arrival["arrival_id"], arrival["due"]) == (sent.job_id, sent.window.end.isoformat())

    bringing.tell(HILLSIDE, jobs.of(brought, "accepted"))
    bringing.tell(OFFICE, jobs.of(sent, "accepted"), jobs.picked(sent), jobs.of(sent, "ready"))
    assert bringing.view(held.order_id)["state"] == "in_progress"
    bringing.tell(OFFICE, jobs.handed(sent, "transfer"))
    assert bringing.standing() == [(HILLSIDE, CAKE, False, 1)]
    bringing.tell(HILLSIDE, jobs.picked(brought), jobs.of(brought, "ready"))
    assert bringing.view(held.order_id)["state"] == "ready"
    bringing.tell(HILLSIDE, jobs.handed(brought, "courier"))
    view = bringing.view(held.order_id)
    assert (view["state"], view["promise"], view["credits"]) == ("completed", "kept", [])
    assert (bringing.standing(), bringing.arrivals_at(HILLSIDE)) == ([], [])


def test_what_lies_ready_to_be_brought_is_late_when_nobody_brings_it(bringing, jobs) -> None:
    held = bringing.hold(offered(bringing))
    bringing.place(held.order_id, paid_minor=33_500)
    (sent,) = bringing.jobs_at(OFFICE)
    (brought,) = bringing.jobs_at(HILLSIDE)
    bringing.tell(HILLSIDE, jobs.of(brought, "accepted"))
    bringing.tell(OFFICE, jobs.of(sent, "accepted"), jobs.picked(sent), jobs.handed(sent))
    bringing.tell(HILLSIDE, jobs.picked(brought), jobs.of(brought, "ready"))
    bringing.later(minutes=121)
    assert bringing.view(held.order_id)["promise"] == "at_risk"
    expected = bringing.clock.now() + timedelta(minutes=20)
    risk = jobs.of(brought, "at_risk", reason="traffic", expected_at=expected.isoformat())
    bringing.tell(HILLSIDE, risk)
    view = bringing.view(held.order_id)
    assert view["promise"] == "re_promised"
    assert datetime.fromisoformat(view["window"]["end"]) == expected
    bringing.tell(HILLSIDE, jobs.handed(brought, "courier"))
    assert bringing.view(held.order_id)["promise"] == "kept"


def test_a_source_that_declines_makes_way_for_another_to_the_same_shop(bringing, jobs) -> None:
    bringing.allow(HARBOUR, cap=2)
    held = bringing.hold(offered(bringing))
    assert bringing.place(held.order_id, paid_minor=33_500)["source_id"] == OFFICE
    (sent,) = bringing.jobs_at(OFFICE)
    bringing.tell(OFFICE, jobs.of(sent, "declined", reason="damaged"))
    view = bringing.view(held.order_id)
    assert (view["kind"], view["location_id"], view["source_id"]) == (KIND, HILLSIDE, HARBOUR)
    assert [it.kind for it in bringing.jobs_at(HARBOUR)] == ["transfer"]
    live = [it for it in bringing.jobs_at(HILLSIDE) if it.state == "placed"]
    assert [it.kind for it in live] == ["delivery"]


def test_a_shop_that_will_not_bring_it_is_passed_over(bringing, jobs) -> None:
    """The harbour has cakes and delivers as well: it brings its own."""
    held = bringing.hold(offered(bringing))
    bringing.place(held.order_id, paid_minor=33_500)
    place = {"latitude": HARBOURSIDE[0], "longitude": HARBOURSIDE[1]}
    far = {**BRINGS, "delivery_radius_m": 9_000}
    bringing.open_shop_again(HARBOUR, travel_min={HILLSIDE: 45}, **place, **far)
    bringing.allow(HARBOUR, cap=2)
    (brought,) = bringing.jobs_at(HILLSIDE)
    bringing.tell(HILLSIDE, jobs.of(brought, "declined", reason="closed"))
    view = bringing.view(held.order_id)
    assert (view["kind"], view["location_id"], view["promise"]) == (
        "delivery",
        HARBOUR,
        "re_promised",
    )
    assert [it.state for it in bringing.jobs_at(OFFICE)] == ["cancelled"]


def test_the_next_shop_hears_what_was_really_sent(bringing, jobs) -> None:
    """Two ordered: one leaves first, of one lot; of the other there is no word until it leaves, or does not."""
    bringing.ordered(HILLSIDE, "transfer_pickup", **{CAKE: 2})
    (job,) = bringing.jobs_at(OFFICE)
    lots = [{"line": 1, "sku": CAKE, "quantity": 1, "lot": "L7", "expiry": "2026-11-25"}]
    own = {"handed": lots, "proof": {"kind": "transfer"}}
    sent = {"sku": CAKE, "quantity": 1, "lot": "L7", "expiry": "2026-11-25"}

    def announced() -> list[dict[str, Any]]:
        ((arrival),) = bringing.arrivals_at(HILLSIDE)
        lines: list[dict[str, Any]] = arrival["lines"]
        return lines

    assert announced() == [{"sku": CAKE, "quantity": 2}]
    bringing.tell(OFFICE, jobs.picked(job), jobs.of(job, "handed_over", **own, is_partial=True))
    assert announced() == [sent, {"sku": CAKE, "quantity": 1}]
    other = [{**lots[0], "lot": "L8"}]
    bringing.tell(OFFICE, jobs.of(job, "handed_over", **(own | {"handed": other})))
    assert announced() == [sent, {**sent, "lot": "L8"}]


def test_what_was_not_sent_is_not_announced(bringing, jobs) -> None:
    bringing.ordered(HILLSIDE, "transfer_pickup", **{CAKE: 2})
    (job,) = bringing.jobs_at(OFFICE)
    short = [{"line": 1, "sku": CAKE, "quantity": 1}]
    own = {"handed": short, "proof": {"kind": "transfer"}}
    bringing.tell(OFFICE, jobs.picked(job), jobs.of(job, "handed_over", **own))
    ((arrival),) = bringing.arrivals_at(HILLSIDE)
    assert arrival["lines"] == [{"sku": CAKE, "quantity": 1}]


def test_goods_that_were_heard_to_be_sent_after_she_had_them_are_kept_for_nobody(
    bringing, jobs
) -> None:
    """The first shop was cut off while the driver and the second shop did their part."""
    order_id = bringing.ordered(HILLSIDE, kind=KIND)
    (sent,), (brought,) = bringing.jobs_at(OFFICE), bringing.jobs_at(HILLSIDE)
    bringing.tell(HILLSIDE, *jobs.whole_way(brought))
    bringing.tell(OFFICE, *jobs.whole_way(sent)[:3], jobs.handed(sent, "transfer"))
    assert bringing.view(order_id)["state"] == "completed"
    assert (bringing.standing(), bringing.arrivals_at(HILLSIDE)) == ([], [])

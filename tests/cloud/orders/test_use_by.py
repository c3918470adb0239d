"""No promise hands goods over past their use-by date: when offered, held, paid late, promised anew, and picked."""

from datetime import timedelta
from typing import Any

import pytest

from cloud.errors import GoodsGoneError
from cloud.orders import service
from cloud.orders.shops import promisable

OFFICE, HARBOUR, CAKE = "office", "harbour", "CAKE"


def stock(chain, location_id: str, expiry: str, quantity: int, number: int) -> None:
    moved = {"movement_id": chain.uid(number), "reason": "opening", "cashier": "Kim"}
    move = {"sku": CAKE, "quantity": quantity, "lot": f"L{number}", "expiry": expiry}
    chain.tell(location_id, {"type": "stock.moved", **moved, "moves": [move]})


@pytest.fixture
def dated(empty_chain):
    """It is noon of the 23rd. Two cakes that are good today, one that is good tomorrow; parcels take a day."""
    chain = empty_chain
    chain.open_shop(OFFICE, latitude=37.5, longitude=127.0, ship_days=1, ship_fee_minor=2_500)
    chain.allow(OFFICE, cap=5)
    stock(chain, OFFICE, "2026-11-23", 2, 9_000_001)
    stock(chain, OFFICE, "2026-11-24", 1, 9_000_002)
    return chain


def kinds(chain, quantity: int) -> set[str]:
    return {it.kind for it in chain.quote(CAKE=quantity)}


def test_only_what_is_still_good_at_the_windows_end_is_offered(dated) -> None:
    assert kinds(dated, 1) == {"pickup", "shipping"}
    assert kinds(dated, 2) == {"pickup"}
    assert kinds(dated, 4) == set()


def test_each_day_less_is_left_to_promise(dated) -> None:
    left = []
    for _ in range(3):
        with dated.database.read() as session:
            (account,) = promisable(session, dated.clock.now(), OFFICE, [CAKE])
        left.append(account["may_promise"])
        dated.later(hours=24)
    assert left == [3, 1, 0]


def test_an_offer_whose_goods_spoil_before_its_end_holds_nothing(dated) -> None:
    """Someone takes the last cake that keeps: the offer that was still open is refused."""
    offer = next(it for it in dated.quote() if it.kind == "shipping")
    dated.hold(offer)
    with pytest.raises(GoodsGoneError):
        dated.hold(offer)
    assert dated.standing() == [(OFFICE, CAKE, False, 1)]


def test_the_shop_may_pick_only_what_keeps_until_the_customer_has_it(dated) -> None:
    offer = next(it for it in dated.quote() if it.kind == "shipping")
    dated.place(dated.hold(offer).order_id)
    (job,) = dated.jobs_at(OFFICE)
    assert [it.keeps_until for it in job.lines] == ["2026-11-24"]


def test_a_broken_promise_is_not_made_anew_with_stale_goods(dated, jobs) -> None:
    """The harbour has cakes of yesterday and today; tomorrow none of them is good for anybody."""
    dated.open_shop(HARBOUR, latitude=37.5, longitude=127.0, ship_days=1, ship_fee_minor=2_500)
    dated.allow(HARBOUR, cap=5)
    stock(dated, HARBOUR, "2026-11-23", 3, 9_000_003)
    offer = next(it for it in dated.quote() if it.kind == "shipping")
    order_id = dated.hold(offer).order_id
    dated.place(order_id)
    (job,) = dated.jobs_at(OFFICE)
    dated.tell(OFFICE, jobs.of(job, "declined", reason="damaged"))
    view = dated.view(order_id)
    assert (view["state"], view["promise"]) == ("broken", "broken")
    assert dated.jobs_at(HARBOUR) == []


def test_what_was_paid_after_its_hold_is_not_placed_with_stale_goods(dated) -> None:
    """Held for today, paid in the night: the cake of today is no promise for tomorrow."""
    offer = next(it for it in dated.quote(CAKE=2) if it.kind == "pickup")
    held = dated.hold(offer, CAKE=2)
    dated.later(hours=14)
    with dated.database.write() as session:
        view = service.place(session, dated.clock.now(), held.order_id, 60_000, "pay-9")
    assert view["promise"] in ("broken", "at_risk")
    assert dated.clock.now() + timedelta() > offer.window.end
    assert dated.jobs_at(OFFICE) == []


def late(dated, jobs, *told: str, hours: int) -> dict[str, Any]:
    """A cake for today's noon; the shop goes so far with it, and says that it will be so much later."""
    offer = next(it for it in dated.quote() if (it.kind, it.source_id) == ("pickup", OFFICE))
    order_id = dated.hold(offer).order_id
    dated.place(order_id)
    (job,) = dated.jobs_at(OFFICE)
    for kind in told:
        lots = [{"line": 1, "sku": CAKE, "quantity": 1, "expiry": "2026-11-23"}]
        dated.tell(OFFICE, jobs.of(job, kind, **({"picked": lots} if kind == "picked" else {})))
    at = (dated.clock.now() + timedelta(hours=hours)).isoformat()
    dated.tell(OFFICE, jobs.of(job, "at_risk", reason="oven", expected_at=at))
    return dict(dated.view(order_id))


@pytest.mark.parametrize(
    ("told", "hours", "promise", "keeps_until"),
    [
        (["accepted"], 2, "re_promised", "2026-11-23"),
        (["accepted"], 24, "re_promised", "2026-11-24"),
        (["accepted"], 48, "at_risk", "2026-11-23"),
        (["accepted", "picked"], 2, "re_promised", "2026-11-23"),
        (["accepted", "picked"], 24, "at_risk", "2026-11-23"),
    ],
)
def test_a_promise_is_put_off_only_as_long_as_the_goods_keep(
    dated, jobs, told, hours, promise, keeps_until
) -> None:
    """The box has a cake of today and one of tomorrow; what lies in the bag is of today."""
    view = late(dated, jobs, *told, hours=hours)
    assert (view["promise"], view["jobs"][0]["keeps_until"]) == (promise, keeps_until)
    (job,) = dated.jobs_at(OFFICE)
    assert job.lines[0].keeps_until == keeps_until


def test_what_would_spoil_meanwhile_comes_from_another_shop(dated, jobs) -> None:
    dated.open_shop(HARBOUR, latitude=37.5, longitude=127.0)
    dated.allow(HARBOUR, cap=5)
    stock(dated, HARBOUR, "2026-11-25", 3, 9_000_003)
    view = late(dated, jobs, "accepted", "picked", hours=24)
    assert (view["promise"], view["source_id"]) == ("re_promised", HARBOUR)
    assert view["story"][-1]["fields"]["reason"] == "expired"

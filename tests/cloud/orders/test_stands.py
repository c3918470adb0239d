"""What a shop's facts about one job come to, one after the other."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from cloud.orders import shops
from cloud.orders.stands import Stand, stands

NOON = datetime.fromisoformat("2026-11-23T12:00:00+09:00")
OFFICE, HARBOUR, CAKE, TEA = "office", "harbour", "CAKE", "TEA"


@dataclass
class Fact:
    job_id: str
    type: str
    occurred_at: datetime
    body: str


def goods(*lines: tuple[int, str, int]) -> list[dict[str, Any]]:
    return [{"line": line, "sku": sku, "quantity": quantity} for line, sku, quantity in lines]


def after(*facts: tuple[str, dict[str, Any]]) -> Stand:
    told = [
        Fact("j1", f"job.{kind}", NOON + timedelta(minutes=number), json.dumps(body))
        for number, (kind, body) in enumerate(facts)
    ]
    return stands(told)["j1"]


PICKED_ONE = ("picked", {"picked": goods((1, CAKE, 1)), "is_short": True})
PICKED_REST = ("picked", {"picked": goods((1, CAKE, 2), (2, TEA, 1)), "is_short": False})


def test_what_is_picked_later_comes_on_top_of_what_lies_aside() -> None:
    stand = after(("accepted", {}), PICKED_ONE, PICKED_REST)
    assert stand == Stand(
        told=3,
        state="picked",
        accepted_at=NOON,
        picked=[(1, CAKE, 1), (1, CAKE, 2), (2, TEA, 1)],
    )


def test_what_is_put_back_is_not_picked_any_more() -> None:
    left = ("handed_over", {"handed": goods((1, CAKE, 1)), "is_partial": True})
    stand = after(PICKED_ONE, PICKED_REST, ("ready", {}), left, ("cancelled", {}))
    assert (stand.state, stand.picked, stand.handed) == (
        "cancelled",
        [(1, CAKE, 1)],
        [(1, CAKE, 1)],
    )


@pytest.mark.parametrize("kind", ["cancelled", "declined", "at_risk", "accepted"])
def test_after_the_hand_over_nothing_counts_any_more(kind: str) -> None:
    whole = ("handed_over", {"handed": goods((1, CAKE, 1))})
    assert after(whole, (kind, {"reason": "damaged"})) == after(whole)


def test_a_second_pick_of_a_short_job_sets_aside_both(chain, jobs) -> None:
    """The hub holds back what was picked first and what was picked then."""
    chain.allow(OFFICE, cap=5)
    order_id = chain.ordered(CAKE=3)
    (job,) = chain.jobs_at(OFFICE)
    for quantity in (1, 2):
        lines = goods((1, CAKE, quantity))
        chain.tell(OFFICE, jobs.of(job, "picked", picked=lines, is_short=quantity == 1))
    assert chain.standing() == [(OFFICE, CAKE, True, 3)]
    with chain.database.read() as session:
        (account,) = shops.promisable(session, chain.clock.now(), OFFICE, [CAKE])
    assert (account["set_aside"], account["promised"], account["may_promise"]) == (3, 0, 2)
    chain.tell(OFFICE, jobs.of(job, "ready"), jobs.handed(job))
    assert [it["handed"] for it in chain.view(order_id)["lines"]] == [3]

"""A shop that has less than was ordered, or something else: promised anew, kept, or broken and made good."""

import pytest

from cloud.errors import NotFoundError
from cloud.orders import service
from cloud.orders.service import WantedHold, WantedLine

OFFICE, HARBOUR, CAKE, TEA = "office", "harbour", "CAKE", "TEA"


def goods(*lines: tuple[int, str, int]) -> list[dict[str, object]]:
    return [{"line": line, "sku": sku, "quantity": quantity} for line, sku, quantity in lines]


def credits_of(view) -> list[tuple[str, int, str]]:
    return [(it["kind"], it["amount_minor"], it["reason"]) for it in view["credits"]]


@pytest.fixture
def two_cakes(chain, jobs):
    """An order of two at the office, and its job."""
    order_id = chain.ordered(CAKE=2)
    (job,) = chain.jobs_at(OFFICE)
    return order_id, job


def short(jobs, job) -> list[dict[str, object]]:
    picked = jobs.of(job, "picked", picked=goods((1, CAKE, 1)), is_short=True)
    return [jobs.of(job, "accepted"), picked]


def test_while_a_shop_still_picks_nothing_is_decided(chain, jobs, two_cakes) -> None:
    """A picking list is worked off line by line: what is short at noon may be there a minute later."""
    order_id, job = two_cakes
    chain.tell(OFFICE, *short(jobs, job))
    assert chain.view(order_id)["promise"] == "accepted"
    chain.tell(OFFICE, jobs.of(job, "picked", picked=goods((1, CAKE, 1))), jobs.of(job, "ready"))
    chain.tell(OFFICE, jobs.handed(job))
    view = chain.view(order_id)
    assert (view["state"], view["promise"], view["credits"]) == ("completed", "kept", [])


def test_what_lies_ready_short_is_promised_anew_from_another_shop(chain, jobs, two_cakes) -> None:
    """The customer comes to the same shop; the whole order is sent there, and what lay aside goes back."""
    order_id, job = two_cakes
    chain.tell(OFFICE, *short(jobs, job), jobs.of(job, "ready"))
    view = chain.view(order_id)
    assert (view["promise"], view["location_id"], view["source_id"]) == (
        "re_promised",
        OFFICE,
        HARBOUR,
    )
    assert view["story"][-1]["fields"]["reason"] == "short"
    told = {it.job_id: it.state for it in chain.jobs_at(OFFICE)}
    assert told[job.job_id] == "cancelled"
    (sent,) = chain.jobs_at(HARBOUR)
    (met,) = (it for it in chain.jobs_at(OFFICE) if it.state == "placed")
    chain.tell(OFFICE, jobs.of(job, "cancelled"), jobs.of(met, "accepted"))
    chain.tell(HARBOUR, jobs.of(sent, "accepted"), jobs.picked(sent), jobs.handed(sent, "transfer"))
    chain.tell(OFFICE, jobs.picked(met), jobs.of(met, "ready"), jobs.handed(met))
    view = chain.view(order_id)
    assert (view["state"], view["promise"], view["credits"]) == ("completed", "kept", [])
    assert chain.standing() == []


def test_where_no_other_has_it_the_promise_is_at_risk_and_then_broken(
    chain, jobs, two_cakes
) -> None:
    """What lies there may be fetched for as long as it likes; the missing cake is paid back, with 5 % of it."""
    order_id, job = two_cakes
    chain.allow(HARBOUR, cap=0)
    chain.tell(OFFICE, *short(jobs, job), jobs.of(job, "ready"))
    view = chain.view(order_id)
    assert (view["state"], view["promise"]) == ("ready", "at_risk")
    chain.later(hours=30)
    assert chain.view(order_id)["state"] == "ready"
    handed = jobs.of(job, "handed_over", handed=goods((1, CAKE, 1)), proof={"kind": "code"})
    chain.tell(OFFICE, handed)
    view = chain.view(order_id)
    assert (view["state"], view["promise"], view["lines"][0]["handed"]) == (
        "completed",
        "broken",
        1,
    )
    assert credits_of(view) == [("refund", 30_000, "missing"), ("compensation", 1_500, "short")]


def test_a_shop_that_is_no_longer_short_has_kept_it(chain, jobs, two_cakes) -> None:
    """Promised anew, and handed over whole by the first shop before it heard: the hand-over wins."""
    order_id, job = two_cakes
    chain.tell(OFFICE, *short(jobs, job), jobs.of(job, "ready"))
    assert chain.view(order_id)["promise"] == "re_promised"
    chain.tell(OFFICE, jobs.handed(job))
    view = chain.view(order_id)
    assert (view["state"], view["promise"], view["credits"]) == ("completed", "kept", [])
    assert {it.state for it in chain.jobs_at(HARBOUR)} == {"cancelled"}


def hold_with(chain, *substitutes: str):
    line = WantedLine(sku=CAKE, quantity=2, substitutes=substitutes)
    wanted = WantedHold(offer_id=chain.quote(CAKE=2)[0].offer_id, lines=(line,), key="k")
    with chain.database.write() as session:
        return service.hold(session, chain.clock.now(), wanted)


def test_what_she_takes_instead_keeps_the_promise_and_costs_no_more(chain, jobs) -> None:
    """A tea of 4,000 for a cake of 30,000: the difference is hers."""
    order_id = hold_with(chain, TEA).order_id
    chain.place(order_id, paid_minor=60_000)
    (job,) = chain.jobs_at(OFFICE)
    assert job.lines[0].substitutes == (TEA,)
    mixed = goods((1, CAKE, 1), (1, TEA, 1))
    chain.tell(OFFICE, jobs.of(job, "accepted"), jobs.of(job, "picked", picked=mixed))
    assert chain.standing(TEA) == [(OFFICE, TEA, True, 1)]
    handed = jobs.of(job, "handed_over", handed=mixed, proof={"kind": "code"})
    chain.tell(OFFICE, jobs.of(job, "ready"), handed)
    view = chain.view(order_id)
    assert (view["state"], view["promise"]) == ("completed", "kept")
    assert (view["lines"][0]["handed"], view["lines"][0]["substitutes"]) == (2, [TEA])
    assert credits_of(view) == [("refund", 26_000, "substituted")]
    (told,) = (it["fields"] for it in view["story"] if it["what"] == "substituted")
    assert told == {"line": 1, "sku": TEA, "quantity": 1}


def test_of_a_part_that_is_kept_the_difference_is_hers_too(chain, jobs) -> None:
    """The tea is handed over, then the cake is not wanted any more: its 30,000, and the tea's 26,000."""
    order_id = hold_with(chain, TEA).order_id
    chain.place(order_id, paid_minor=60_000)
    (job,) = chain.jobs_at(OFFICE)
    mixed, tea = goods((1, CAKE, 1), (1, TEA, 1)), goods((1, TEA, 1))
    part = jobs.of(job, "handed_over", handed=tea, proof={"kind": "code"}, is_partial=True)
    picked = jobs.of(job, "picked", picked=mixed)
    chain.tell(OFFICE, jobs.of(job, "accepted"), picked, jobs.of(job, "ready"), part)
    chain.cancel(order_id)
    chain.tell(OFFICE, jobs.of(job, "cancelled"))
    view = chain.view(order_id)
    assert view["state"] == "cancelled"
    assert credits_of(view) == [("refund", 30_000, "cancelled"), ("refund", 26_000, "substituted")]


def test_nothing_is_asked_for_a_dearer_substitute(chain, jobs) -> None:
    line = WantedLine(sku=TEA, quantity=1, substitutes=(CAKE,))
    chain.stock(OFFICE, TEA, 1)
    wanted = WantedHold(offer_id=chain.quote(TEA=1)[0].offer_id, lines=(line,), key="k")
    with chain.database.write() as session:
        order_id = service.hold(session, chain.clock.now(), wanted).order_id
    chain.place(order_id, paid_minor=4_000)
    (job,) = chain.jobs_at(OFFICE)
    handed = jobs.of(job, "handed_over", handed=goods((1, CAKE, 1)), proof={"kind": "code"})
    chain.tell(OFFICE, jobs.of(job, "picked", picked=goods((1, CAKE, 1))), handed)
    view = chain.view(order_id)
    assert (view["state"], view["due_minor"], view["credits"]) == ("completed", 0, [])


def test_a_substitute_that_is_not_sold_is_refused_by_name(chain) -> None:
    with pytest.raises(NotFoundError) as refused:
        hold_with(chain, "PIE")
    assert refused.value.message == "There is no product with a price 'PIE' here."
    assert chain.standing() == []

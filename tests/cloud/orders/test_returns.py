"""What was ordered and comes back, to whichever shop of the chain."""

OFFICE, HILLSIDE, HARBOUR, CAKE = "office", "hillside", "harbour", "CAKE"


def back(jobs, chain, sale, quantity: int = 1, number: int = 1):
    """A return of so many of the sale's first line, as a box tells it."""
    line = {"line": 1, "original_line": 1, "sku": CAKE, "name": "Cake", "quantity": quantity}
    amount = 30_000 * quantity
    taxed = {"tax_group": "A", "rate_bp": 1_000, "tax_minor": 2_727, "is_restocked": False}
    return {
        "type": "return.completed",
        "return_id": jobs.uid(6_000_000 + number),
        "original_sale_id": sale["sale_id"],
        "original_edge_id": "maru-office-1",
        "receipt_number": 90 + number,
        "shift_id": jobs.uid(2),
        "cashier": "Lee",
        "currency": "KRW",
        "lines": [{**line, "amount_minor": amount, **taxed}],
        "tenders": [{"kind": "cash", "amount_minor": amount, "tendered_minor": amount}],
        "total_minor": amount,
        "reason": "changed_mind",
    }


def bought(chain, jobs, quantity: int = 2):
    """An order that was paid at the office's till, and its job."""
    offer = next(it for it in chain.quote(CAKE=quantity) if it.location_id == OFFICE)
    held = chain.hold(offer, CAKE=quantity)
    sale = jobs.sale(held.order_id, quantity=quantity)
    chain.tell(OFFICE, sale)
    (job,) = chain.jobs_at(OFFICE)
    return held.order_id, sale, job


def test_a_return_at_another_shop_of_the_chain_changes_the_order(chain, jobs) -> None:
    order_id, sale, job = bought(chain, jobs)
    chain.tell(OFFICE, *jobs.whole_way(job))
    chain.tell(HARBOUR, back(jobs, chain, sale))
    view = chain.view(order_id)
    assert (view["state"], view["lines"][0]["returned"]) == ("partly_returned", 1)
    assert view["story"][-1]["fields"] == {"location_id": HARBOUR, "pieces": 1}
    chain.tell(HILLSIDE, back(jobs, chain, sale, number=2))
    view = chain.view(order_id)
    assert (view["state"], view["lines"][0]["returned"], view["promise"]) == ("returned", 2, "kept")
    assert view["credits"] == []
    assert [it["what"] for it in view["story"]][-3:] == ["completed", "returned", "returned"]


def test_a_return_that_is_heard_before_the_sale_counts_when_the_sale_comes(chain, jobs) -> None:
    """The office was cut off; Hillside's line was not."""
    offer = next(it for it in chain.quote() if it.location_id == OFFICE)
    held = chain.hold(offer)
    sale = jobs.sale(held.order_id)
    chain.place(held.order_id)
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(HILLSIDE, back(jobs, chain, sale))
    assert chain.view(held.order_id)["state"] == "placed"
    chain.tell(OFFICE, *jobs.whole_way(job), sale)
    assert chain.view(held.order_id)["state"] == "returned"


def test_a_sale_that_is_taken_back_before_the_hand_over_cancels_and_pays_once(chain, jobs) -> None:
    """The till has given the money back: the hub owes none."""
    order_id, sale, job = bought(chain, jobs)
    chain.tell(OFFICE, jobs.of(job, "accepted"), jobs.picked(job))
    chain.tell(HARBOUR, back(jobs, chain, sale, quantity=2))
    assert chain.view(order_id)["state"] == "cancelling"
    (told,) = chain.jobs_at(OFFICE)
    assert told.state == "cancelled"
    chain.tell(OFFICE, jobs.of(told, "cancelled"))
    view = chain.view(order_id)
    assert (view["state"], view["credits"], chain.standing()) == ("cancelled", [], [])


def test_what_a_till_gave_back_after_a_refund_was_owed_is_taken_off_it(chain, jobs) -> None:
    chain.allow(HARBOUR, cap=0)
    order_id, sale, job = bought(chain, jobs)
    chain.tell(OFFICE, jobs.of(job, "declined", reason="damaged"))
    owed = [(it["kind"], it["amount_minor"]) for it in chain.view(order_id)["credits"]]
    assert owed == [("refund", 60_000), ("compensation", 3_000)]
    chain.tell(HARBOUR, back(jobs, chain, sale))
    owed = [(it["kind"], it["amount_minor"]) for it in chain.view(order_id)["credits"]]
    assert owed == [("refund", 30_000), ("compensation", 3_000)]
    chain.tell(HARBOUR, back(jobs, chain, sale, number=2))
    owed = [(it["kind"], it["amount_minor"]) for it in chain.view(order_id)["credits"]]
    assert owed == [("compensation", 3_000)]


def test_no_more_comes_back_than_was_handed_over(chain, jobs) -> None:
    order_id, sale, job = bought(chain, jobs)
    chain.tell(OFFICE, *jobs.whole_way(job))
    for number in (1, 2, 3):
        chain.tell(HARBOUR, back(jobs, chain, sale, number=number))
    assert chain.view(order_id)["lines"][0]["returned"] == 2

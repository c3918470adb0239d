"""What older boxes say is brought up to what the hub reads, and the inbox keeps what they said."""

import json

import pytest
from sqlmodel import col, select

from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.ingest.tables import Fact, Quarantined
from cloud.projection import FactProjector, registry, upcasters
from cloud.sales.tables import Sale
from cloud.upcasting import Upcaster, raised
from contract.topics import SHARDS

EVERY_SHARD = frozenset(range(SHARDS))


def named_cashier(body):
    return {name: value for name, value in body.items() if name != "till"} | {
        "cashier": body["till"]
    }


STEPS = {
    ("sale.completed", -1): lambda body: body | {"till": body["who"]},
    ("sale.completed", 0): named_cashier,
}


def test_a_body_is_raised_step_by_step_and_keeps_what_nobody_knows():
    body = {"type": "sale.completed", "version": -1, "who": "Kim", "from_elsewhere": [1]}
    assert raised(body, STEPS) == {
        "type": "sale.completed",
        "version": 1,
        "who": "Kim",
        "cashier": "Kim",
        "from_elsewhere": [1],
    }


@pytest.mark.parametrize(
    "body", [{"type": "sale.completed", "version": 1}, {"type": "other", "version": 0}, {}]
)
def test_a_body_that_no_upcaster_takes_stays_as_it_is(body):
    assert raised(dict(body), STEPS) == body


def test_an_upcaster_that_forgets_the_version_leads_to_no_endless_way():
    steps = {("a", 0): lambda body: body, ("a", 1): lambda body: body | {"version": 0}}
    assert raised({"type": "a", "version": 0}, steps) == {"type": "a", "version": 2}


def test_an_older_boxs_sale_counts_and_the_inbox_keeps_its_words(
    database, box, bodies, clock, mocker
):
    mocker.patch("cloud.projection.upcasters", return_value=STEPS)
    old = bodies.sale(1)
    old |= {"version": 0, "till": old.pop("cashier")}
    box.log(old)
    box.log(bodies.sale(2))
    Inbox(database, clock).commit([Admitted(box.edge_id, box.batch())], Allowance(8, 0))
    assert FactProjector(database, clock).step(EVERY_SHARD)
    with database.read() as session:
        sales = session.exec(
            select(Sale.receipt_number, Sale.cashier).order_by(col(Sale.receipt_number))
        )
        assert sales.all() == [(1, "Kim"), (2, "Kim")]
        assert session.exec(select(Quarantined)).all() == []
        kept = session.exec(select(Fact.body).where(Fact.seq == 1)).one()
    assert json.loads(kept) == old


def test_an_upcaster_that_fails_parks_its_fact_and_the_next_one_counts(
    database, box, bodies, clock, mocker
):
    mocker.patch("cloud.projection.upcasters", return_value=STEPS)
    box.log({**bodies.sale(1), "version": 0})
    box.log(bodies.sale(2))
    Inbox(database, clock).commit([Admitted(box.edge_id, box.batch())], Allowance(8, 0))
    FactProjector(database, clock).step(EVERY_SHARD)
    with database.read() as session:
        [parked] = session.exec(select(Quarantined)).all()
        assert session.exec(select(Sale.receipt_number)).all() == [2]
    assert (parked.key, parked.detail) == ("wire.failed_fact", "KeyError: 'till'")


def test_upcasters_are_found_beside_the_projections_they_lead_to(mocker):
    mocker.patch("cloud.sales.projection.UPCASTERS", (Upcaster("a", 1, dict),), create=True)
    upcasters.cache_clear()
    assert upcasters() == {("a", 1): dict}
    upcasters.cache_clear()


def test_every_upcaster_ends_at_a_version_that_is_projected():
    ends = {(kind, version + 1) for kind, version in upcasters()} - upcasters().keys()
    assert ends <= registry().keys()

"""Facts become sales, stock and money exactly once; what cannot is parked, and the rest goes on."""

from typing import Any

import pytest
from sqlmodel import col, func, select

from cloud.db import Database
from cloud.fleet import repository as fleet
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.ingest.tables import Alarm, Fact, Quarantined
from cloud.projection import (
    FACTS_A_STEP,
    FactProjector,
    forget,
    move_cursor,
    next_work,
    registry,
)
from cloud.sales import repository as sales
from cloud.sales.tables import Return, Sale, SaleLineRow
from cloud.stock import repository as stock
from cloud.stock.repository import Level
from contract.envelope import FactBody
from contract.frozen import every_model
from contract.topics import SHARDS

ALL = frozenset(range(SHARDS))


def count(database: Database, table: type[Any]) -> int:
    with database.read() as session:
        return int(session.exec(select(func.count()).select_from(table)).one())


def test_every_fact_of_the_contract_has_its_projection() -> None:
    facts = (model.model_fields for model in every_model() if issubclass(model, FactBody))
    assert registry().keys() == {(it["type"].default, it["version"].default) for it in facts}


def test_a_sale_arrives_with_lines_tax_and_tenders(database, box, bodies, arrive) -> None:
    sale = bodies.sale()
    box.log(sale)
    arrive(box)
    with database.read() as session:
        whole = sales.whole(session, sale["sale_id"])
    assert whole is not None
    assert (whole.sale.total_minor, whole.sale.receipt_number, whole.sale.seq) == (11_000, 1, 1)
    assert [(x.sku, x.quantity, x.amount_minor) for x in whole.lines] == [("SKU1", 2, 11_000)]
    assert [(t.rate_bp, t.tax_minor) for t in whole.tax] == [(1_000, 1_000)]
    assert [(t.kind, t.tendered_minor, t.change_minor) for t in whole.tenders] == [
        ("cash", 20_000, 9_000)
    ]


def test_a_rate_that_changed_while_the_basket_was_open_stands_beside_the_other(
    database, box, bodies, arrive
) -> None:
    sale = bodies.sale()
    tax = {"tax_group": "standard", "rate_bp": 1_200, "gross_minor": 0, "tax_minor": 0}
    sale["tax"] = [*sale["tax"], tax]
    box.log(sale)
    arrive(box)
    with database.read() as session:
        whole = sales.whole(session, sale["sale_id"])
    assert whole is not None
    assert sorted(tax.rate_bp for tax in whole.tax) == [1_000, 1_200]
    assert count(database, Quarantined) == 0


def test_stock_is_the_sum_of_moves(database, box, bodies, arrive) -> None:
    for body in (bodies.stocked(10), bodies.sale(), bodies.returned()):
        box.log(body)
    arrive(box)
    with database.read() as session:
        assert stock.levels(session) == [Level("maru-office", "SKU1", 9, 3)]


@pytest.mark.parametrize("is_sale_last", [False, True])
def test_goods_that_two_boxes_took_back_raise_an_alarm(
    database, box, make_box, bodies, arrive, is_sale_last
) -> None:
    """Three pieces of two: each box was cut off and could not know of the other's return."""
    other = make_box(edge_id="maru-hillside-1")
    box.log(bodies.sale())
    for number in (2, 3, 4):
        other.log(bodies.returned(number))
    for one in (other, box) if is_sale_last else (box, other):
        arrive(one)
    with database.read() as session:
        alarms = [(it.edge_id, it.key, it.detail) for it in session.exec(select(Alarm)).all()]
    sale_id = bodies.sale()["sale_id"]
    detail = f"Expected at most 2 pieces of line 1 of sale {sale_id} back, got 3."
    assert alarms == [(box.edge_id, "sales.over_returned", detail)]


def test_whatever_was_sold_may_come_back_without_an_alarm(database, box, bodies, arrive) -> None:
    for body in (bodies.sale(), bodies.returned(2), bodies.returned(3)):
        box.log(body)
    arrive(box)
    assert count(database, Alarm) == 0


def test_goods_unfit_to_sell_do_not_come_back_into_stock(database, box, bodies, arrive) -> None:
    back = bodies.returned()
    back["lines"][0]["is_restocked"] = False
    for body in (bodies.stocked(10), bodies.sale(), back):
        box.log(body)
    arrive(box)
    with database.read() as session:
        assert stock.levels(session) == [Level("maru-office", "SKU1", 8, 2)]


def test_a_fact_that_comes_again_counts_once(database, box, make_box, bodies, arrive) -> None:
    box.log(bodies.sale(1))
    arrive(box)
    arrive(box)
    again = make_box(epoch="e2")
    again.log(box.facts[0].body, box.facts[0].uid)
    again.log(bodies.sale(2))
    arrive(again)
    assert (count(database, Fact), count(database, Sale), count(database, SaleLineRow)) == (2, 2, 2)


def test_two_workers_project_a_fact_once(database, box, bodies, clock) -> None:
    """Both have read the same cursor; the second one's write comes late."""
    box.log(bodies.stocked(10))
    Inbox(database, clock).commit([Admitted(box.edge_id, box.batch(1))], Allowance(8, 0))
    with database.read() as session:
        work = next_work(session, ALL)
    assert work is not None
    cursor, _, through = work
    with database.write() as session:
        assert move_cursor(session, cursor, through)
    with database.write() as session:
        assert not move_cursor(session, cursor, through)
    assert not FactProjector(database, clock).step(ALL)


def test_a_crash_between_steps_neither_loses_nor_doubles(database, box, bodies, clock) -> None:
    total = FACTS_A_STEP + 50
    for number in range(1, total + 1):
        box.log(bodies.sale(number))
    inbox = Inbox(database, clock)
    inbox.commit([Admitted(box.edge_id, box.batch(1, 200))], Allowance(8, 0))
    inbox.commit([Admitted(box.edge_id, box.batch(201))], Allowance(8, 0))
    assert FactProjector(database, clock).step(ALL)
    assert count(database, Sale) == FACTS_A_STEP
    with database.read() as session:
        assert fleet.unprojected(session) == 50
    heir = FactProjector(database, clock)
    assert heir.step(ALL)
    assert not heir.step(ALL)
    assert count(database, Sale) == total


def test_an_unknown_fact_is_parked_and_the_next_one_counts(database, box, bodies, arrive) -> None:
    strange = box.log({**bodies.sale(1), "type": "loyalty.burned", "version": 3})
    box.log(bodies.sale(2))
    arrive(box)
    with database.read() as session:
        [parked] = session.exec(select(Quarantined)).all()
        [alarm] = session.exec(select(Alarm)).all()
    words = "Expected a fact that this hub knows, got 'loyalty.burned' version 3."
    assert (parked.uid, parked.seq, parked.key, parked.detail) == (
        strange,
        1,
        "wire.unknown_fact",
        words,
    )
    assert (alarm.edge_id, alarm.key, alarm.detail) == (box.edge_id, "wire.unknown_fact", words)
    assert (count(database, Fact), count(database, Sale)) == (2, 1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("not json", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
        ("[1]", "AttributeError: 'list' object has no attribute 'get'"),
        ('{"type":"sale.completed","version":1}', "occurred_at: Field required"),
    ],
)
def test_a_fact_that_makes_no_sense_is_parked_with_why(database, box, arrive, body, words) -> None:
    box.log(body)
    arrive(box)
    with database.read() as session:
        [parked] = session.exec(select(Quarantined)).all()
    assert (parked.key, parked.detail, parked.payload) == ("wire.failed_fact", words, body)


def test_two_facts_about_one_sale_keep_the_first_and_park_the_second(
    database, box, bodies, arrive
) -> None:
    box.log(bodies.sale(1))
    second = box.log(bodies.sale(1, cashier="Lee"))
    box.log(bodies.sale(2))
    arrive(box)
    with database.read() as session:
        found = session.exec(select(Sale).order_by(col(Sale.receipt_number))).all()
        [parked] = session.exec(select(Quarantined)).all()
    assert [(sale.receipt_number, sale.cashier) for sale in found] == [(1, "Kim"), (2, "Kim")]
    assert (parked.uid, parked.key) == (second, "wire.failed_fact")


def test_reprojecting_gives_the_same_figures_again(database, box, bodies, arrive) -> None:
    for body in bodies.whole_shift():
        box.log(body)
    box.log({**bodies.sale(9), "type": "unknown"})
    arrive(box)
    before = snapshot(database)
    forget(database)
    assert (count(database, Sale), count(database, Quarantined), count(database, Fact)) == (0, 0, 7)
    arrive(box, first=8)
    assert snapshot(database) == before


def snapshot(database: Database) -> list[Any]:
    with database.read() as session:
        return [
            [sale.model_dump(exclude={"position"}) for sale in session.exec(select(Sale)).all()],
            [back.model_dump(exclude={"position"}) for back in session.exec(select(Return)).all()],
            stock.levels(session),
            [row.model_dump() for row in session.exec(select(Quarantined)).all()],
        ]


def test_nul_in_a_fact_is_parked_with_its_place_and_the_stream_goes_on(
    database: Database, box, bodies, arrive
) -> None:
    """PostgreSQL keeps none; SQLite would, and the two hubs would count different sales."""
    box.log(bodies.sale(1, cashier="K\0m"))
    box.log(bodies.sale(2))
    arrive(box)
    with database.read() as session:
        assert session.exec(select(Sale.receipt_number)).all() == [2]
        [parked] = session.exec(select(Quarantined)).all()
    assert (parked.key, parked.detail, parked.seq) == (
        "wire.failed_fact",
        "sale.cashier: Expected text without NUL, got one.",
        1,
    )
    assert parked.payload == box.facts[0].body


def test_nul_where_no_row_is_made_of_it_parks_nothing(
    database: Database, box, bodies, arrive
) -> None:
    box.log(bodies.sale(1, weather="\0"))
    box.log(bodies.sale(2, cashier="\\u0000"))
    arrive(box)
    assert (count(database, Sale), count(database, Quarantined)) == (2, 0)


@pytest.mark.parametrize("body", ['{"type":"a\0b","version":1}', "\0", '{"type":\0}'])
def test_a_raw_nul_that_no_json_holds_is_parked_and_the_stream_goes_on(
    database: Database, box, bodies, arrive, body: str
) -> None:
    box.log(body)
    box.log(bodies.sale(2))
    arrive(box)
    with database.read() as session:
        assert session.exec(select(Sale.receipt_number)).all() == [2]
        [parked] = session.exec(select(Quarantined)).all()
        assert session.exec(select(Fact.body).where(Fact.seq == 1)).all() == [
            body.replace("\0", "\\u0000")
        ]
    assert (parked.seq, parked.payload) == (1, body.replace("\0", "\\u0000"))


def test_a_name_with_nul_in_a_refusal_stops_nothing(
    database: Database, box, bodies, arrive
) -> None:
    box.log(bodies.sale(1, tenders=[{"kind\0": 1}], **{"lines\0": 1}))
    box.log({"type": "a\0b", "version": 1})
    box.log(bodies.sale(3))
    arrive(box)
    assert (count(database, Sale), count(database, Quarantined)) == (1, 2)

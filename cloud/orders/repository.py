"""All SQL of promises and orders. What a quote reads is one indexed query a table, for all shops at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from cloud.catalogue.tables import CataloguePrice, CatalogueProduct
from cloud.db import insert_for, upsert
from cloud.ingest.tables import Edge
from cloud.orders.quoting import Facts, RightOf, Shop
from cloud.orders.tables import (
    CustomerOrder,
    JobEvent,
    OrderBack,
    OrderCredit,
    OrderEvent,
    OrderJob,
    OrderLine,
    OrderTouched,
    Place,
    PromisedGoods,
    Right,
)
from cloud.sales.tables import Return, ReturnLineRow, SaleLineRow
from cloud.stock import repository as stock

NEVER = datetime.min.replace(tzinfo=UTC)
Rows = TypeVar("Rows", bound=SQLModel)
_SHOP_COLUMNS = tuple(name for name in Shop._fields if name != "heard_at")


def facts(
    session: Session, now: datetime, skus: Collection[str], location_ids: Collection[str] | None
) -> Facts:
    """What a quote of `skus` reads, of every shop or of those named."""
    return Facts(
        shops(session, location_ids),
        stock.promisable(session, list(skus), None if location_ids is None else list(location_ids)),
        promised_goods(session, now, skus, location_ids),
        rights(session, skus, location_ids),
    )


def shops(session: Session, location_ids: Collection[str] | None = None) -> dict[str, Shop]:
    heard = sa.select(col(Edge.location_id), sa.func.max(Edge.last_seen)).group_by(Edge.location_id)
    query = sa.select(*_columns(Place, *_SHOP_COLUMNS))
    if location_ids is not None:
        heard = heard.where(col(Edge.location_id).in_(location_ids))
        query = query.where(col(Place.location_id).in_(location_ids))
    connection = session.connection()
    at: dict[str, datetime] = {place: _utc(seen) for place, seen in connection.execute(heard)}
    rows = connection.execute(query)
    return {row[0]: Shop._make((*row, at.get(row[0], NEVER))) for row in rows}


def _columns(table: type[SQLModel], *names: str) -> list[Any]:
    return [getattr(table, name) for name in names]


def _utc(moment: datetime | str) -> datetime:
    """SQLite gives the greatest of its moments back as text."""
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def promised_goods(
    session: Session,
    now: datetime,
    skus: Collection[str],
    location_ids: Collection[str] | None = None,
) -> dict[tuple[str, str], int]:
    """By (location_id, sku): promised, and not set aside. Holds that have run out count no more."""
    keys = _columns(PromisedGoods, "location_id", "sku")
    until = col(PromisedGoods.until)
    query = (
        sa.select(*[*keys, sa.func.sum(PromisedGoods.quantity)])
        .where(
            col(PromisedGoods.sku).in_(skus),
            col(PromisedGoods.is_set_aside).is_(False),
            until.is_(None) | (until > now),
        )
        .group_by(*keys)
    )
    if location_ids is not None:
        query = query.where(col(PromisedGoods.location_id).in_(location_ids))
    rows = session.connection().execute(query)
    return {(place, sku): int(total) for place, sku, total in rows}


def rights(
    session: Session, skus: Collection[str], location_ids: Collection[str] | None = None
) -> dict[tuple[str, str], RightOf]:
    query = sa.select(*_columns(Right, "location_id", "sku", "heard_cap", "keep"))
    query = query.where(col(Right.sku).in_([*skus, "*"]))
    if location_ids is not None:
        query = query.where(col(Right.location_id).in_(location_ids))
    return {
        (place, sku): RightOf(cap, keep)
        for place, sku, cap, keep in session.connection().execute(query)
    }


def lock_shops(session: Session, location_ids: Iterable[str]) -> None:
    """Two that promise goods of one shop do so one after the other; in one order, so that none waits in a ring."""
    query = select(Place.location_id).where(col(Place.location_id).in_(sorted(location_ids)))
    session.exec(query.order_by(Place.location_id).with_for_update()).all()


def write_shops(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    upsert(session, Place, ["location_id"], rows)


def write_rights(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    upsert(session, Right, ["location_id", "sku"], rows)


def rights_heard(session: Session, location_id: str, through: int) -> None:
    """Caps that were logged up to there count from now on."""
    session.connection().execute(
        sa.update(Right)
        .where(col(Right.location_id) == location_id, col(Right.version) <= through)
        .values(heard_cap=col(Right.cap))
    )


def rights_at(session: Session, location_id: str) -> Sequence[Right]:
    query = select(Right).where(Right.location_id == location_id)
    return session.exec(query.order_by(Right.sku)).all()


def goods(
    session: Session, skus: Collection[str]
) -> dict[str, tuple[CatalogueProduct, CataloguePrice]]:
    query = (
        select(CatalogueProduct, CataloguePrice)
        .join(CataloguePrice, col(CataloguePrice.sku) == CatalogueProduct.sku)
        .where(col(CatalogueProduct.sku).in_(skus))
    )
    return {product.sku: (product, price) for product, price in session.exec(query)}


# -- orders ------------------------------------------------------------------------------------


def by_key(session: Session, ask_key: str) -> CustomerOrder | None:
    return session.exec(select(CustomerOrder).where(CustomerOrder.ask_key == ask_key)).first()


def by_number(session: Session, number: str) -> CustomerOrder | None:
    return session.exec(select(CustomerOrder).where(CustomerOrder.number == number)).first()


def named(session: Session, order_id: str) -> CustomerOrder | None:
    return session.get(CustomerOrder, order_id)


def locked(session: Session, order_id: str) -> CustomerOrder | None:
    query = select(CustomerOrder).where(CustomerOrder.order_id == order_id)
    return session.exec(query.with_for_update()).first()


def orders(
    session: Session, limit: int, location_id: str = "", member_id: str = "", state: str = ""
) -> Sequence[CustomerOrder]:
    """Newest first."""
    query = select(CustomerOrder).order_by(col(CustomerOrder.held_at).desc()).limit(limit)
    if location_id:
        query = query.where(CustomerOrder.location_id == location_id)
    if member_id:
        query = query.where(CustomerOrder.member_id == member_id)
    if state:
        query = query.where(CustomerOrder.state == state)
    return session.exec(query).all()


def lines(session: Session, order_id: str) -> Sequence[OrderLine]:
    return _of_order(session, OrderLine, order_id, OrderLine.line)


def jobs(session: Session, order_id: str) -> Sequence[OrderJob]:
    return _of_order(session, OrderJob, order_id, OrderJob.number)


def promised(session: Session, order_id: str) -> Sequence[PromisedGoods]:
    return _of_order(session, PromisedGoods, order_id, PromisedGoods.number)


def story(session: Session, order_id: str) -> Sequence[OrderEvent]:
    return _of_order(session, OrderEvent, order_id, OrderEvent.number)


def credits_of(session: Session, order_id: str) -> Sequence[OrderCredit]:
    return _of_order(session, OrderCredit, order_id, OrderCredit.number)


def credit(session: Session, order_id: str, number: int) -> OrderCredit | None:
    return session.get(OrderCredit, (order_id, number))


def events(session: Session, order_id: str) -> Sequence[JobEvent]:
    """What the shops said of an order's jobs, each shop's in its own order."""
    return _of_order(session, JobEvent, order_id, JobEvent.seq)


def _of_order(session: Session, table: type[Rows], order_id: str, by: Any) -> Sequence[Rows]:
    return session.exec(select(table).where(table.order_id == order_id).order_by(by)).all()  # type: ignore[attr-defined] # each of them has it


def paid_sale(session: Session, order_id: str) -> tuple[str, int] | None:
    """The sale that paid for an order, and what its lines of the order come to."""
    query = (
        select(SaleLineRow.sale_id, sa.func.sum(SaleLineRow.amount_minor))
        .where(SaleLineRow.order_id == order_id)
        .group_by(SaleLineRow.sale_id)
        .order_by(SaleLineRow.sale_id)
    )
    found = session.exec(query).first()
    return (found[0], int(found[1])) if found else None


def repaid_minor(session: Session, order_id: str) -> int:
    """What tills have given back of what was paid for an order."""
    return sum(row.amount_minor for _, row in _back(session, order_id))


def brought_back(session: Session, order_id: str) -> dict[str, int]:
    """By SKU, how many have come back to any shop."""
    pieces: dict[str, int] = {}
    for _, row in _back(session, order_id):
        pieces[row.sku] = pieces.get(row.sku, 0) + row.quantity
    return pieces


def brought_back_to(session: Session, order_id: str) -> str:
    """The shop that took something back last."""
    found = _back(session, order_id)
    return found[-1][0].location_id if found else ""


def _back(session: Session, order_id: str) -> Sequence[tuple[Return, ReturnLineRow]]:
    """Returns of lines that were sold for this order, the latest last."""
    sold = (col(SaleLineRow.sale_id) == Return.original_sale_id) & (
        col(SaleLineRow.line) == ReturnLineRow.original_line
    )
    query = (
        select(Return, ReturnLineRow)
        .join(ReturnLineRow, col(ReturnLineRow.return_id) == Return.return_id)
        .join(SaleLineRow, sold)
        .where(SaleLineRow.order_id == order_id)
        .order_by(col(Return.occurred_at), col(Return.return_id), col(ReturnLineRow.line))
    )
    return session.exec(query).all()


def taken_back(session: Session, order_id: str) -> Sequence[OrderBack]:
    """What shops have taken back of an order that was paid online, the latest last."""
    query = select(OrderBack).where(OrderBack.order_id == order_id)
    by = (col(OrderBack.occurred_at), col(OrderBack.uid), col(OrderBack.number))
    return session.exec(query.order_by(*by)).all()


def pieces_told(session: Session, order_id: str, what: str) -> int:
    """How many pieces the order's story has told of by events of that name."""
    told = (json.loads(it.fields) for it in story(session, order_id) if it.what == what)
    return sum(int(fields.get("pieces", 0)) for fields in told)


def orders_of_sales(session: Session, sale_ids: Collection[str]) -> list[str]:
    query = select(SaleLineRow.order_id).where(
        col(SaleLineRow.sale_id).in_(sale_ids), SaleLineRow.order_id != ""
    )
    return list(session.exec(query.distinct()).all())


def add_event(
    session: Session, order_id: str, at: datetime, what: str, fields: Mapping[str, object]
) -> None:
    number = len(story(session, order_id)) + 1
    body = json.dumps(fields, ensure_ascii=False, default=str)
    session.add(OrderEvent(order_id=order_id, number=number, at=at, what=what, fields=body))
    session.flush()


def touch(session: Session, order_ids: Iterable[str]) -> None:
    rows = [{"order_id": order_id} for order_id in sorted(set(order_ids))]
    if rows:
        statement = insert_for(session, OrderTouched)
        session.connection().execute(statement.on_conflict_do_nothing(), rows)


def untouch(session: Session, order_id: str) -> None:
    session.connection().execute(
        sa.delete(OrderTouched).where(col(OrderTouched.order_id) == order_id)
    )


def waiting(session: Session, now: datetime, limit: int) -> list[str]:
    """Orders of which there is news, then those whose time has come."""
    touched = session.exec(select(OrderTouched.order_id).limit(limit)).all()
    query = (
        select(CustomerOrder.order_id)
        .where(col(CustomerOrder.due_at) <= now)
        .order_by(col(CustomerOrder.due_at))
        .limit(limit)
    )
    return list(dict.fromkeys([*touched, *session.exec(query).all()]))


def numbers_of(session: Session, job_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The order's id and number of each job."""
    query = (
        select(OrderJob.job_id, CustomerOrder.order_id, CustomerOrder.number)
        .join(CustomerOrder, col(CustomerOrder.order_id) == col(OrderJob.order_id))
        .where(col(OrderJob.job_id).in_(job_ids))
    )
    return {job_id: (order_id, number) for job_id, order_id, number in session.exec(query)}

"""All SQL of members."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, func, or_, select

from cloud.db import insert_for
from cloud.ingest.tables import Edge, Stream
from cloud.members.expiring import Move
from cloud.members.insight import Bought
from cloud.members.ledger import EXPIRED, POINTS
from cloud.members.profile import Statement, Written
from cloud.members.tables import (
    ConsentStatement,
    CouponHold,
    CouponRow,
    CouponSpend,
    CouponUse,
    Credential,
    Member,
    MemberAct,
    MemberEntry,
    MemberField,
    PointsHold,
    ProgrammeVersion,
)
from cloud.orders.tables import CustomerOrder, OrderCredit, OrderTender
from cloud.sales.tables import Return, ReturnLineRow, Sale, SaleLineRow, SaleTender
from contract.members import BITS_A_CHUNK, Programme
from contract.rights import lease_holds

LOCK = 0x7477_6D62  # any number that nothing else of the hub locks by


def lock(session: Session) -> None:
    """One at a time reads the ledgers and writes what follows: SQLite's write lock does it by itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def insert_new(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows that are there already stay as they are."""
    if rows:
        statement = insert_for(session, table).on_conflict_do_nothing()
        session.connection().execute(statement, list(rows))


# -- accounts ----------------------------------------------------------------------------------


def named(session: Session, name: str) -> Member | None:
    """The account of an id or a number as it is, merged or not."""
    found = session.get(Member, name)
    return found or session.exec(select(Member).where(Member.number == name)).first()


def root(session: Session, name: str) -> Member | None:
    """The account that an id or a number leads to."""
    found = named(session, name)
    if found is None or not found.merged_into:
        return found
    return session.get(Member, found.merged_into)


def family(session: Session, member_id: str) -> list[Member]:
    """An account and all that became part of it."""
    query = select(Member).where(
        or_(col(Member.member_id) == member_id, col(Member.merged_into) == member_id)
    )
    return list(session.exec(query.order_by(col(Member.made_at), col(Member.member_id))))


def ids(accounts: Iterable[Member]) -> list[str]:
    return [account.member_id for account in accounts]


def names(accounts: Iterable[Member]) -> list[str]:
    """Everything by which a sale may mean one of them."""
    return [name for account in accounts for name in (account.member_id, account.number)]


def adopt(session: Session, old: str, new: str) -> None:
    """What led to `old` leads to `new`, so that nothing is ever more than one step away."""
    session.connection().execute(
        sa.update(Member)
        .where(or_(col(Member.member_id) == old, col(Member.merged_into) == old))
        .values(merged_into=new)
    )


def found(session: Session, search: str, limit: int) -> Sequence[Member]:
    """Living accounts by number, or by a word of their profile; the newest first."""
    query = select(Member).where(Member.merged_into == "", col(Member.erased_at).is_(None))
    if search:
        pattern = f"%{search.replace('%', '').replace('_', '').lower()}%"
        spoken = select(MemberField.member_id).where(func.lower(MemberField.value).like(pattern))
        query = query.where(
            or_(col(Member.number).like(pattern), col(Member.member_id).in_(spoken))
        )
    newest = col(Member.made_at).desc()
    return session.exec(query.order_by(newest, col(Member.member_id)).limit(limit)).all()


def count(session: Session) -> int:
    query = select(func.count()).where(Member.merged_into == "", col(Member.erased_at).is_(None))
    return session.exec(query).one()


# -- profile -----------------------------------------------------------------------------------


def written(session: Session, members: Collection[str]) -> list[tuple[str, Written]]:
    query = select(MemberField).where(col(MemberField.member_id).in_(members))
    return [(row.member_id, Written(row.name, row.value, row.hlc)) for row in session.exec(query)]


def statements(session: Session, members: Collection[str]) -> list[Statement]:
    return [
        Statement(row.purpose, row.is_granted, row.is_confirmed, row.hlc)
        for row in consent_rows(session, members)
    ]


def consent_rows(session: Session, members: Collection[str]) -> Sequence[ConsentStatement]:
    query = select(ConsentStatement).where(col(ConsentStatement.member_id).in_(members))
    return session.exec(query.order_by(col(ConsentStatement.said_at))).all()


def forget_person(session: Session, members: Collection[str]) -> None:
    for table in (MemberField, ConsentStatement):
        session.connection().execute(sa.delete(table).where(col(table.member_id).in_(members)))


# -- credentials -------------------------------------------------------------------------------


def credentials(session: Session, members: Collection[str]) -> Sequence[Credential]:
    query = select(Credential).where(col(Credential.member_id).in_(members))
    return session.exec(query.order_by(col(Credential.credential))).all()


def revoked_beside(session: Session, chunk: int) -> list[int]:
    """Every revoked credential of a chunk of the status list."""
    query = select(Credential.credential).where(
        col(Credential.credential) >= chunk * BITS_A_CHUNK,
        col(Credential.credential) < (chunk + 1) * BITS_A_CHUNK,
        col(Credential.revoked_at).is_not(None),
    )
    return [number for number in session.exec(query) if number is not None]


# -- ledgers -----------------------------------------------------------------------------------


class Sums(NamedTuple):
    """Balances by unit, and the points that are held."""

    points: int
    stored_minor: int
    held: int


def sums(session: Session, members: Collection[str], now: datetime) -> Sums:
    return Sums(
        balance(session, members, "points"),
        balance(session, members, "stored_value"),
        sum(hold.points for hold in holds(session, members, now)),
    )


def balance(session: Session, members: Collection[str], unit: str) -> int:
    """The sum of the ledger."""
    return sum(
        int(
            session.exec(
                select(func.coalesce(func.sum(table.amount), 0)).where(
                    col(table.member_id).in_(members), table.unit == unit
                )
            ).one()
        )
        for table in (MemberEntry, MemberAct)
    )


def points_moves(session: Session, members: Collection[str]) -> tuple[list[Move], int]:
    """Every move of points but those that wrote expired ones off, and how many these have written off."""
    entries = sa.select(col(MemberEntry.occurred_at), col(MemberEntry.amount)).where(
        col(MemberEntry.member_id).in_(members), col(MemberEntry.unit) == POINTS
    )
    acts = sa.select(col(MemberAct.done_at), col(MemberAct.amount), col(MemberAct.kind)).where(
        col(MemberAct.member_id).in_(members), col(MemberAct.unit) == POINTS
    )
    connection = session.connection()
    moves = [Move(at, amount) for at, amount in connection.execute(entries)]
    written = 0
    for at, amount, kind in connection.execute(acts):
        if kind == EXPIRED:
            written -= amount
        else:
            moves.append(Move(at, amount))
    return moves, written


def expiries(session: Session, members: Collection[str]) -> int:
    query = select(func.count()).where(
        col(MemberAct.member_id).in_(members), MemberAct.kind == EXPIRED
    )
    return session.exec(query).one()


def holds(session: Session, members: Collection[str], now: datetime) -> Sequence[PointsHold]:
    """Those that still keep points: the sale that they were for has not been heard of."""
    sold = select(SaleTender.payment_id).where(
        SaleTender.kind == "points", SaleTender.payment_id == PointsHold.spend_id
    )
    query = select(PointsHold).where(
        col(PointsHold.member_id).in_(members),
        col(PointsHold.is_released).is_(False),
        col(PointsHold.until) > now,
        ~sold.exists(),
    )
    return session.exec(query).all()


def entries(session: Session, members: Collection[str], limit: int) -> Sequence[MemberEntry]:
    """Newest first."""
    query = select(MemberEntry).where(col(MemberEntry.member_id).in_(members))
    newest = col(MemberEntry.occurred_at).desc()
    return session.exec(query.order_by(newest, col(MemberEntry.entry_id)).limit(limit)).all()


def acts(session: Session, members: Collection[str], limit: int) -> Sequence[MemberAct]:
    """Newest first."""
    query = select(MemberAct).where(col(MemberAct.member_id).in_(members))
    newest = col(MemberAct.done_at).desc()
    return session.exec(query.order_by(newest, col(MemberAct.act_id)).limit(limit)).all()


def earned_by_line(session: Session, sale_ids: Collection[str]) -> dict[str, dict[int, int]]:
    query = select(MemberEntry).where(
        col(MemberEntry.sale_id).in_(sale_ids),
        MemberEntry.unit == POINTS,
        MemberEntry.kind == "earned",
    )
    found_points: dict[str, dict[int, int]] = {}
    for entry in session.exec(query):
        found_points.setdefault(entry.sale_id, {})[entry.line] = entry.amount
    return found_points


def undone(session: Session, act_id: str) -> MemberAct | None:
    """What has undone an act."""
    query = select(MemberAct).where(
        MemberAct.reference == act_id, col(MemberAct.kind) == "given_back"
    )
    return session.exec(query).first()


# -- sales of members --------------------------------------------------------------------------


def sales_with_members(session: Session, sale_ids: Collection[str]) -> dict[str, Sale]:
    query = select(Sale).where(col(Sale.sale_id).in_(sale_ids), col(Sale.member_id) != "")
    return {sale.sale_id: sale for sale in session.exec(query)}


def quantities(session: Session, sale_ids: Collection[str]) -> dict[str, dict[int, int]]:
    query = select(SaleLineRow.sale_id, SaleLineRow.line, SaleLineRow.quantity).where(
        col(SaleLineRow.sale_id).in_(sale_ids)
    )
    sold: dict[str, dict[int, int]] = {}
    for sale_id, line, quantity in session.exec(query):
        sold.setdefault(sale_id, {})[line] = quantity
    return sold


def returns_of(session: Session, sale_ids: Collection[str]) -> Sequence[Return]:
    """In the order of arrival."""
    query = select(Return).where(col(Return.original_sale_id).in_(sale_ids))
    return session.exec(query.order_by(col(Return.position))).all()


def sales_of(session: Session, called: Collection[str], limit: int) -> Sequence[Sale]:
    """Newest first. `called` are ids and numbers."""
    query = select(Sale).where(col(Sale.member_id).in_(called))
    return session.exec(query.order_by(col(Sale.occurred_at).desc()).limit(limit)).all()


def spend_since(session: Session, called: Collection[str], since: datetime) -> int:
    """What was paid since then, at tills and online, and not taken back, in minor units."""
    return _at_tills(session, called, since) + _online(session, called, since)


def _online(session: Session, called: Collection[str], since: datetime) -> int:
    """An order counts from the moment at which it was paid, and what of it is owed back no more."""
    own = (
        col(CustomerOrder.member_id).in_(called),
        col(CustomerOrder.placed_at) >= since,
        col(CustomerOrder.order_id).in_(
            select(OrderTender.order_id).where(OrderTender.state == "paid")
        ),
    )
    paid = select(func.coalesce(func.sum(CustomerOrder.paid_minor), 0)).where(*own)
    back = (
        select(func.coalesce(func.sum(OrderCredit.amount_minor), 0))
        .join(CustomerOrder, col(CustomerOrder.order_id) == OrderCredit.order_id)
        .where(OrderCredit.kind == "refund", *own)
    )
    return int(session.exec(paid).one()) - int(session.exec(back).one())


def _at_tills(session: Session, called: Collection[str], since: datetime) -> int:
    paid = select(func.coalesce(func.sum(Sale.total_minor), 0)).where(
        col(Sale.member_id).in_(called), col(Sale.occurred_at) >= since
    )
    back = (
        select(func.coalesce(func.sum(Return.total_minor), 0))
        .join(Sale, col(Sale.sale_id) == Return.original_sale_id)
        .where(col(Sale.member_id).in_(called), col(Sale.occurred_at) >= since)
    )
    return int(session.exec(paid).one()) - int(session.exec(back).one())


def elsewhere(
    session: Session, called: Collection[str], location_id: str, at: datetime, within: timedelta
) -> Sale | None:
    """A sale to the same member in another shop at nearly the same time."""
    query = select(Sale).where(
        col(Sale.member_id).in_(called),
        Sale.location_id != location_id,
        col(Sale.occurred_at) >= at - within,
        col(Sale.occurred_at) <= at + within,
    )
    return session.exec(query.limit(1)).first()


def bought(session: Session, called: Collection[str], since: datetime) -> list[Bought]:
    query = (
        sa.select(
            col(Sale.sale_id),
            col(Sale.occurred_at),
            col(Sale.total_minor),
            col(SaleLineRow.sku),
            col(SaleLineRow.name),
            col(SaleLineRow.quantity),
        )
        .join(SaleLineRow, col(SaleLineRow.sale_id) == Sale.sale_id)
        .where(col(Sale.member_id).in_(called), col(Sale.occurred_at) >= since)
    )
    return [Bought(*row) for row in session.connection().execute(query)]


def lines_of(session: Session, sale_id: str) -> Sequence[SaleLineRow]:
    return session.exec(select(SaleLineRow).where(SaleLineRow.sale_id == sale_id)).all()


def return_lines(session: Session, return_ids: Collection[str]) -> Sequence[ReturnLineRow]:
    query = select(ReturnLineRow).where(col(ReturnLineRow.return_id).in_(return_ids))
    return session.exec(query.order_by(ReturnLineRow.return_id, col(ReturnLineRow.line))).all()


# -- the programme -----------------------------------------------------------------------------


def programme(session: Session) -> Programme | None:
    """What members get now; None where head office has not said."""
    newest = col(ProgrammeVersion.version).desc()
    row = session.exec(select(ProgrammeVersion).order_by(newest)).first()
    return Programme.model_validate_json(row.body) if row else None


def programmes(session: Session) -> list[tuple[datetime, Programme]]:
    """Every version with its beginning, the newest first."""
    newest = col(ProgrammeVersion.version).desc()
    rows = session.exec(select(ProgrammeVersion).order_by(newest))
    return [(row.since, Programme.model_validate_json(row.body)) for row in rows]


# -- coupons -----------------------------------------------------------------------------------


ONLINE = "online"
"""Stands for a shop where the online shop has a coupon."""


def coupon_uses(session: Session, hashed: Collection[str]) -> list[CouponUse]:
    """In sales and in orders of the online shop, in the order in which the clocks say that they happened."""
    query = select(CouponUse).where(col(CouponUse.hashed).in_(hashed))
    online = select(CouponSpend).where(col(CouponSpend.hashed).in_(hashed))
    return in_time(
        session.exec(query), session.exec(online.where(CouponSpend.state == "used")).all()
    )


def single_uses(session: Session) -> list[CouponUse]:
    """As `coupon_uses`, of every coupon that is good once."""
    own = col(CouponRow.is_single)
    query = select(CouponUse).join(CouponRow, col(CouponRow.hashed) == CouponUse.hashed).where(own)
    online = select(CouponSpend).join(CouponRow, col(CouponRow.hashed) == CouponSpend.hashed)
    return in_time(
        session.exec(query), session.exec(online.where(own, CouponSpend.state == "used")).all()
    )


def in_time(uses: Iterable[CouponUse], online: Iterable[CouponSpend]) -> list[CouponUse]:
    of_orders = (
        CouponUse(
            sale_id=spend.order_id,
            number=1,
            hashed=spend.hashed,
            amount_minor=spend.amount_minor,
            currency=spend.currency,
            location_id=ONLINE,
            occurred_at=spend.done_at,
        )
        for spend in online
    )
    return sorted((*uses, *of_orders), key=lambda use: (use.occurred_at, use.sale_id))


def coupon_spends(session: Session, hashed: str) -> Sequence[CouponSpend]:
    """What orders of the online shop hold a coupon now, or have used it."""
    query = select(CouponSpend).where(CouponSpend.hashed == hashed, CouponSpend.state != "free")
    return session.exec(query.order_by(col(CouponSpend.done_at))).all()


def coupon_holds(session: Session, hashed: str, now: datetime) -> Sequence[CouponHold]:
    query = select(CouponHold).where(CouponHold.hashed == hashed, col(CouponHold.until) > now)
    return session.exec(query).all()


def holders(session: Session, hashed: str, reference: str) -> set[str]:
    """The shops that were ever given a coupon for another basket: who is cut off may have sold it."""
    query = select(CouponHold.location_id).where(
        CouponHold.hashed == hashed, CouponHold.reference != reference
    )
    return set(session.exec(query))


def away_since(session: Session, location_id: str, now: datetime) -> datetime | None:
    """When a shop was last heard that is out of touch in any box, or has not told everything yet; None: it has."""
    own = (col(Stream.edge_id) == Edge.edge_id) & (col(Stream.epoch) == Edge.epoch)
    query = select(Edge, func.coalesce(Stream.high, 0)).join(Stream, own, isouter=True)
    away = [
        edge.last_seen
        for edge, high in session.exec(query.where(Edge.location_id == location_id))
        if not lease_holds((now - edge.last_seen).total_seconds()) or edge.box_high > high
    ]
    return min(away, default=None)


def coupons_of(session: Session, members: Collection[str]) -> Sequence[CouponRow]:
    return session.exec(select(CouponRow).where(col(CouponRow.member_id).in_(members))).all()


def uses_count(session: Session, hashed: str) -> int:
    return len(coupon_uses(session, [hashed]))


def is_sold(session: Session, spend_id: str) -> bool:
    """Whether a sale has been paid with what was given out by that id."""
    query = select(SaleTender.sale_id).where(
        SaleTender.payment_id == spend_id,
        col(SaleTender.kind).in_(("points", "stored_value")),
    )
    return session.exec(query).first() is not None

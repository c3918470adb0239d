"""From sales and returns to the members' ledgers, by line, whichever fact arrives first.

The hub derives the points of a sale from the programme and raises an alarm where the box promised something else; it
never edits what was promised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from cloud.feeds import repository as feeds
from cloud.ingest.quarantine import raise_alarm
from cloud.members import ledger, repository, standing
from cloud.members.ledger import GivenBack, Line, Paid, SoldTo
from cloud.members.sharing import SHARED_WITHIN
from cloud.members.tables import CouponRow, CouponUse, Member, MemberAct, MemberEntry
from cloud.projection import Origin, Projection, Row
from cloud.sales.tables import ReturnTender, Sale
from contract.feeds import canonical
from contract.members import Coupon, Programme, coupon_key
from contract.sales import ReturnCompleted, SaleCompleted

UNKNOWN_MEMBER = "members.unknown_member"
POINTS_DIFFER = "members.points_differ"
UNPAID_STORED_VALUE = "members.unpaid_stored_value"
COUPON_TWICE = "members.coupon_twice"
COUPON_UNKNOWN = "members.coupon_of_nobody"
CODE_SHARED = "members.code_shared"
RULES_HELD_FOR = timedelta(days=7)
"""How long a box that is cut off may still go by an older programme without an alarm."""


def coupon_rows(origin: Origin, sale: SaleCompleted) -> list[Row]:
    del origin
    return [
        Row(
            CouponUse,
            {
                "sale_id": sale.sale_id,
                "number": number,
                "hashed": tender.payment_id,
                "amount_minor": tender.amount_minor,
                "currency": sale.currency,
                "location_id": sale.location_id,
                "occurred_at": sale.occurred_at,
            },
        )
        for number, tender in enumerate(sale.tenders, 1)
        if tender.kind == "coupon"
    ]


def no_rows(origin: Origin, fact: SaleCompleted | ReturnCompleted) -> list[Row]:
    """What follows needs more than the fact itself: see `sold` and `returned`."""
    del origin, fact
    return []


def sold(session: Session, facts: Sequence[SaleCompleted]) -> None:
    ours = [sale for sale in facts if sale.member_id]
    if ours:
        repository.lock(session)
        rules = repository.programmes(session)
        for sale in ours:
            _book_sale(session, sale, rules)
        _book_returns(session, {sale.sale_id for sale in ours})
    check_stored_value(session, facts)


def returned(session: Session, facts: Sequence[ReturnCompleted]) -> None:
    repository.lock(session)
    _book_returns(session, {back.original_sale_id for back in facts})


def coupons_used(session: Session, facts: Sequence[SaleCompleted]) -> None:
    """A single coupon that comes twice is a loss, which head office hears of; both sales stand."""
    uses = {
        tender.payment_id: sale for sale in facts for tender in sale.tenders if _is_coupon(tender)
    }
    if not uses:
        return
    repository.lock(session)
    query = select(CouponRow).where(col(CouponRow.hashed).in_(uses))
    known = {row.hashed: row for row in session.exec(query)}
    for hashed, sale in uses.items():
        row = known.get(hashed)
        found = repository.coupon_uses(session, [hashed])
        if row is None:
            detail = f"Expected a coupon of this company in sale {sale.sale_id}, got {hashed[:8]}."
            _alarm(session, sale, COUPON_UNKNOWN, detail)
        elif row.is_single and len(found) > 1:
            first, *losses = found
            lost = sum(use.amount_minor for use in losses)
            detail = (
                f"Expected coupon {hashed[:8]} once, got it at {first.location_id} and "
                f"{', '.join(use.location_id for use in losses)}: {lost} {first.currency} lost."
            )
            _alarm(session, sale, COUPON_TWICE, detail)
    mark_spent(session, list(uses))


def mark_spent(session: Session, hashed: Sequence[str]) -> None:
    """Boxes that are heard refuse a single coupon from now on. Its code is needed no more."""
    _tell(session, hashed, {"is_spent": True})


def mark_good(session: Session, hashed: Sequence[str]) -> None:
    """The order that it was used in is cancelled."""
    _tell(session, hashed, {"is_spent": False})


def _tell(session: Session, hashed: Sequence[str], said: Mapping[str, bool]) -> None:
    query = select(CouponRow).where(col(CouponRow.hashed).in_(hashed), col(CouponRow.is_single))
    bodies: dict[str, str | None] = {}
    for row in session.exec(query):
        row.body = canonical(
            Coupon.model_validate_json(row.body).model_copy(update=said).model_dump(mode="json")
        )
        session.add(row)
        bodies[coupon_key(row.hashed)] = row.body
    feeds.write_operations(session, "offers", bodies)


def _is_coupon(tender: Any) -> bool:
    return bool(tender.kind == "coupon")


def _book_sale(
    session: Session, sale: SaleCompleted, rules: Sequence[tuple[datetime, Programme]]
) -> None:
    member = repository.named(session, sale.member_id)
    if member is None:
        detail = f"Expected a member in sale {sale.sale_id}, got an id that nobody has."
        _alarm(session, sale, UNKNOWN_MEMBER, detail)
        return
    top = repository.root(session, member.member_id) or member
    held = rules_at(rules, sale.occurred_at)
    tiers = standing.tiers_of(session, top, held[0] if held else None, sale.occurred_at)
    points, expected = ledger.earned(
        as_sold(sale), [(rule, tier) for rule in held for tier in tiers]
    )
    if expected is not None:
        detail = f"Expected {expected} points for sale {sale.sale_id}, got {sale.points_earned}."
        _alarm(session, sale, POINTS_DIFFER, detail)
    made = ledger.sale_entries(as_sold(sale), points, held[0] if held else None)
    write_entries(session, member.member_id, made)
    check_shared(session, top, sale)


def rules_at(rules: Sequence[tuple[datetime, Programme]], at: datetime) -> list[Programme]:
    """What may have been the programme at a box then: that of the moment first, and those it may not have heard of."""
    begun = [index for index, (since, _) in enumerate(rules) if since <= at]
    newest = begun[0] if begun else len(rules) - 1
    older = [
        rule
        for index, (_, rule) in enumerate(rules)
        if index > newest and rules[index - 1][0] > at - RULES_HELD_FOR
    ]
    return [rule for _, rule in rules[newest : newest + 1]] + older


def _book_returns(session: Session, sale_ids: Collection[str]) -> None:
    """The whole of what came back of these sales, anew: entries that are there stay."""
    found = repository.returns_of(session, sale_ids)
    sales = repository.sales_with_members(session, {back.original_sale_id for back in found})
    if not sales:
        return
    rules = repository.programmes(session)
    points = repository.earned_by_line(session, sales)
    quantities = repository.quantities(session, sales)
    for sale_id, backs in _backs_by_sale(
        session, [b for b in found if b.original_sale_id in sales]
    ):
        sale = sales[sale_id]
        member = repository.named(session, sale.member_id)
        if member is not None:
            held = rules_at(rules, sale.occurred_at)
            earned = points.get(sale_id, {})
            made = ledger.return_entries(
                sale_id, quantities[sale_id], earned, backs, held[0] if held else None
            )
            write_entries(session, member.member_id, made)


def _backs_by_sale(session: Session, found: Sequence[Any]) -> Iterable[tuple[str, list[GivenBack]]]:
    ids = [back.return_id for back in found]
    lines: dict[str, list[Line]] = defaultdict(list)
    for row in repository.return_lines(session, ids):
        lines[row.return_id].append(Line(row.original_line, row.quantity, row.amount_minor))
    tenders: dict[str, list[Paid]] = defaultdict(list)
    query = select(ReturnTender).where(col(ReturnTender.return_id).in_(ids))
    for tender in session.exec(query):
        paid = Paid(tender.number, tender.kind, tender.amount_minor, tender.payment_id)
        tenders[tender.return_id].append(paid)
    by_sale: dict[str, list[GivenBack]] = defaultdict(list)
    for back in found:
        own = (lines[back.return_id], tenders[back.return_id])
        given = GivenBack(back.return_id, back.location_id, back.occurred_at, *own)
        by_sale[back.original_sale_id].append(given)
    return by_sale.items()


def as_sold(sale: SaleCompleted) -> SoldTo:
    return SoldTo(
        sale.sale_id,
        sale.location_id,
        sale.occurred_at,
        sale.points_earned,
        [Line(line.line, line.quantity, line.amount_minor) for line in sale.lines],
        [
            Paid(number, tender.kind, tender.amount_minor, tender.payment_id)
            for number, tender in enumerate(sale.tenders, 1)
        ],
    )


def write_entries(session: Session, member_id: str, made: Iterable[ledger.Entry]) -> None:
    rows: list[Mapping[str, Any]] = [{**entry._asdict(), "member_id": member_id} for entry in made]
    repository.insert_new(session, MemberEntry, rows)


def check_shared(session: Session, member: Member, sale: SaleCompleted) -> None:
    """One member in two shops at once: perhaps two people share a code. Nobody is refused for it."""
    called = repository.names(repository.family(session, member.member_id))
    other = repository.elsewhere(session, called, sale.location_id, sale.occurred_at, SHARED_WITHIN)
    if other is not None:
        detail = (
            f"Member {member.number} bought at {sale.location_id} and at {other.location_id} "
            f"within {SHARED_WITHIN.seconds // 60} minutes."
        )
        _alarm(session, sale, CODE_SHARED, detail)


def check_stored_value(session: Session, facts: Sequence[SaleCompleted]) -> None:
    """Stored value was taken when the hub was asked: a sale that was paid with some that nobody asked for is wrong."""
    for sale in facts:
        for tender in sale.tenders:
            if tender.kind == "stored_value" and not _was_taken(session, tender.payment_id):
                detail = (
                    f"Expected stored value that the hub gave for sale {sale.sale_id}, "
                    f"got {tender.amount_minor} of nobody."
                )
                _alarm(session, sale, UNPAID_STORED_VALUE, detail)


def _was_taken(session: Session, act_id: str) -> bool:
    return session.get(MemberAct, act_id) is not None and not repository.undone(session, act_id)


def _alarm(session: Session, sale: SaleCompleted, key: str, detail: str) -> None:
    """At the box of the sale; the sale itself says which that is."""
    query = select(Sale.edge_id).where(Sale.sale_id == sale.sale_id)
    edge_id = session.exec(query).first() or ""
    raise_alarm(session, edge_id, key, detail, sale.occurred_at)


PROJECTIONS = (
    Projection(SaleCompleted, (CouponUse,), coupon_rows, coupons_used),
    Projection(SaleCompleted, (MemberEntry,), no_rows, sold),
    Projection(ReturnCompleted, (MemberEntry,), no_rows, returned),
)

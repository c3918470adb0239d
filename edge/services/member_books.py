"""What the box keeps of members and coupons, and what follows from a sale: earned points, uses, the visit.

Imported where a basket has a member or a coupon, and not at the start.
"""

from __future__ import annotations

from datetime import datetime

from contract import members as contract
from contract.members import Coupon, Programme
from contract.sales import SaleCompleted
from edge.db.member_tables import MemberVisit
from edge.db.unit_of_work import Reader
from edge.domain.basket import Basket, Priced
from edge.domain.member import Use
from edge.services import feeds
from edge.services.shop import Work

_USES = """
SELECT amount, CASE WHEN is_asked THEN made_at ELSE known_at END FROM points_use
WHERE member_id = ? AND what = 'points' AND state IN ('held', 'sold') AND (known_at = '' OR known_at >= ?)
"""
_HERE = "SELECT count(*) FROM coupon_use WHERE hashed = ? AND state IN ('held', 'sold')"
_FOREIGN = """
SELECT count(*) FROM coupon_use WHERE is_foreign = 1 AND known_at = '' AND state IN ('held', 'sold')
"""
NOT_EARNING = ("points", "coupon")


def programme(reader: Reader) -> Programme | None:
    """The rules of points, None where head office has not sent any."""
    value = feeds.value(reader, "offers", contract.PROGRAMME_KEY)
    return None if value is None else Programme.model_validate(value)


def coupon(reader: Reader, hashed: str) -> Coupon | None:
    value = feeds.value(reader, "offers", contract.coupon_key(hashed))
    return None if value is None else Coupon.model_validate(value)


def uses(reader: Reader, member_id: str, since: str) -> list[Use]:
    """What was taken here of a member's points and not known to the hub at `since` (ISO), or after it."""
    rows = reader.sql(_USES, (member_id, since)).fetchall()
    return [Use(points, datetime.fromisoformat(known) if known else None) for points, known in rows]


def coupon_uses(reader: Reader, hashed: str) -> contract.CouponUse:
    here = reader.sql(_HERE, (hashed,)).fetchone()[0]
    return contract.CouponUse(here, reader.sql(_FOREIGN).fetchone()[0])


def tier_name(rules: Programme | None, tier: int, language: str) -> str:
    """In the language, or as head office calls it; "" where there are no rules."""
    if rules is None:
        return ""
    found = contract.tier_of(rules, tier)
    return found.names.get(language, found.name)


def earned(work: Work, basket: Basket, priced: Priced) -> int:
    """The points of a sale: on what is paid with money of any kind, by the programme of this moment."""
    rules = programme(work.unit)
    if basket.member is None or rules is None:
        return 0
    amounts = [line.amount_minor for line in priced.lines]
    given = sum(tender.amount_minor for tender in basket.tenders if tender.kind in NOT_EARNING)
    return sum(contract.points_of_lines(rules, basket.member.tier, amounts, given))


def record(work: Work, basket: Basket, sale: SaleCompleted) -> None:
    """The visit, and that what the basket took has paid a sale."""
    _sold(work, basket.basket_id, sale.sale_id)
    member = basket.member
    if member is None:
        return
    visit = {
        "sale_id": sale.sale_id,
        "member_id": member.member_id,
        "tier_name": tier_name(programme(work.unit), member.tier, work.shop.settings.language),
        "balance": member.balance,
        "as_of": member.as_of,
        "visited_at": work.stamp,
    }
    work.unit.insert(MemberVisit, [visit])


def let_go(work: Work, basket_id: str) -> None:
    """What a basket took is not taken any more: what the hub holds for it waits to be given back."""
    work.unit.sql(
        "UPDATE points_use SET state = CASE WHEN is_asked THEN 'giving_back' ELSE 'gone' END"
        " WHERE basket_id = ? AND state = 'held'",
        (basket_id,),
    )
    work.unit.sql(
        "UPDATE coupon_use SET state = 'gone' WHERE basket_id = ? AND state = 'held'", (basket_id,)
    )


def _sold(work: Work, basket_id: str, sale_id: str) -> None:
    for table in ("points_use", "coupon_use"):
        work.unit.sql(
            f"UPDATE {table} SET state = 'sold', sale_id = ? WHERE basket_id = ? AND state = 'held'",  # noqa: S608
            (sale_id, basket_id),
        )

"""Tables of members: whose purchase it was, and what of points, stored value and coupons was used here.

Apart from `edge.db.tables`, because the first page is served without them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlmodel import Field

from edge.db.tables import BoxTable


class MemberVisit(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "member_visit"
    sale_id: str = Field(primary_key=True)
    member_id: str
    tier_name: str
    balance: int
    as_of: str
    visited_at: str


class PointsUse(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "points_use"
    spend_id: str = Field(primary_key=True)
    basket_id: str
    member_id: str
    what: str
    amount: int
    amount_minor: int
    is_asked: bool
    state: str
    sale_id: str = ""
    made_at: str
    known_at: str = ""


class CouponUse(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "coupon_use"
    hashed: str = Field(primary_key=True)
    basket_id: str = Field(primary_key=True)
    amount_minor: int
    is_foreign: bool
    state: str
    sale_id: str = ""
    made_at: str
    known_at: str = ""

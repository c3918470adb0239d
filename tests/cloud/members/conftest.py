"""A hub's members on both databases, and boxes whose sales arrive whenever a test says."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud import identity
from cloud.db import Database
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.members import programme
from cloud.members.service import Members
from cloud.projection import FactProjector
from contract.members import Programme, Tier
from contract.topics import SHARDS
from tests.cloud.conftest import FakeClock, uid

PROGRAMME = Programme(
    currency="KRW",
    tiers=(
        Tier(name="member", names={"en": "Member", "ko": "회원"}, earn_bp=100),
        Tier(name="gold", names={"en": "Gold", "ko": "골드"}, threshold_minor=50_000, earn_bp=200),
    ),
    allowance=1_000,
    debt_cap=500,
    coupon_offline_limit=1,
    shops=("maru-office", "maru-hillside"),
)


class Chain:
    """Two shops: what they log arrives by `arrive`, each box's own facts in their order."""

    def __init__(self, database: Database, clock: FakeClock, make_box: Any, bodies: Any) -> None:
        self.database = database
        self.clock = clock
        self.bodies = bodies
        self.boxes = {
            "maru-office": make_box("maru-office-1"),
            "maru-hillside": make_box("maru-hillside-1"),
        }
        self._inbox, self._projector = Inbox(database, clock), FactProjector(database, clock)
        self._next = 0

    def sale(
        self, member_id: str, points: int = 110, shop: str = "maru-office", **more: Any
    ) -> str:
        """11,000 for two pieces."""
        self._next += 1
        at = (self.clock.now() + timedelta(hours=self._next)).isoformat()
        own = {"member_id": member_id, "points_earned": points, "location_id": shop}
        body = self.bodies.sale(self._next, **{**own, "occurred_at": at, **more})
        self.boxes[shop].log(body)
        return str(body["sale_id"])

    def back(self, sale_id: str, shop: str = "maru-office", **more: Any) -> str:
        """One of the two pieces, 5,500."""
        self._next += 1
        own = {"original_sale_id": sale_id, "location_id": shop}
        body = self.bodies.returned(self._next, **{**own, **more})
        self.boxes[shop].log(body)
        return str(body["return_id"])

    def arrive(self, *shops: str) -> None:
        for shop in shops or tuple(self.boxes):
            box = self.boxes[shop]
            if box.high:
                self._inbox.commit([Admitted(box.edge_id, box.batch())], Allowance(8, 0))
            while self._projector.step(frozenset(range(SHARDS))):
                pass


@pytest.fixture
def changes() -> list[str]:
    return []


@pytest.fixture
def members(database: Database, clock, tmp_path: Path, changes) -> Members:
    key = identity.load(tmp_path / "members.key")
    members = Members(database, clock, key, "KRW", lambda: changes.append("changed"))
    members.publish_key()
    programme.publish(members, PROGRAMME)
    return members


@pytest.fixture
def chain(members: Members, clock, make_box, bodies) -> Chain:
    return Chain(members.database, clock, make_box, bodies)


@pytest.fixture
def minji(members: Members) -> str:
    return members.join({"name": "Minji", "language": "ko"}, {}).member.member_id


@pytest.fixture
def an_id() -> Callable[[int], str]:
    return uid

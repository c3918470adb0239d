"""Points that nobody spends are gone on the day after their last, from the ledger and from the books."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from cloud import identity
from cloud.books import service
from cloud.books.journal import balances
from cloud.books.repository import Days
from cloud.books.service import Books
from cloud.db import Database
from cloud.members import programme, spending, sweeping
from cloud.members.service import Members
from cloud.members.sweeping import Sweeper
from cloud.members.tables import MemberAct
from contract.members import Programme, Tier
from tests.cloud.conftest import uid

ZONE = ZoneInfo("Asia/Seoul")
DAY_S = 86_400
PROGRAMME = Programme(
    currency="KRW", tiers=(Tier(name="member", earn_bp=100),), point_value_minor=10, points_days=30
)


@pytest.fixture
def members(database: Database, clock, tmp_path: Path) -> Members:
    made = Members(database, clock, identity.load(tmp_path / "key"), "KRW", lambda: None)
    programme.publish(made, PROGRAMME)
    return made


def owed(members: Members) -> int:
    """What the books owe for points at the end of today."""
    day = members.clock.now().astimezone(ZONE).date().isoformat()
    with members.database.read() as session:
        entries = service.entries(Books(session, ZONE, "KRW"), Days("2026-01-01", day))
    return -balances(entries).get(("Liabilities:Points", "KRW"), 0)


def written(members: Members) -> list[int]:
    with members.database.read() as session:
        return list(session.exec(select(MemberAct.amount).where(MemberAct.kind == "expired")).all())


def test_points_that_nobody_spends_are_owed_until_their_last_day_and_not_after(
    members: Members, clock
) -> None:
    """Seen to fail without the step: they stayed a debt for ever."""
    lists = [members.join({}, {}).member.member_id for _ in range(3)]
    for number, member_id in enumerate(lists[:2]):
        spending.gift(members, uid(700 + number), member_id, 400)
    sweeper = Sweeper(members, ZONE)
    assert (sweeper.step(), owed(members)) == (0, 8_000)
    clock.jump(20 * DAY_S)
    spending.gift(members, uid(710), lists[1], 100)
    clock.jump(10 * DAY_S)
    assert sweeper.step() == 2
    assert (sorted(written(members)), owed(members)) == ([-400, -400], 1_000)
    assert (sweeper.step(), sweeper.step()) == (0, 0)
    clock.jump(20 * DAY_S)
    assert (sweeper.step(), owed(members)) == (1, 0)


def test_every_account_of_a_large_chain_is_looked_at_each_day(
    members: Members, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "A_STEP", 2)
    for number in range(5):
        member_id = members.join({}, {}).member.member_id
        spending.gift(members, uid(700 + number), member_id, 100)
    clock.jump(31 * DAY_S)
    sweeper = Sweeper(members, ZONE)
    assert [sweeper.step() for _ in range(4)] == [2, 2, 1, 0]
    assert owed(members) == 0

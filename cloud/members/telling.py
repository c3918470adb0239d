"""What is told about a member: everything to the member, to the owner what the member agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel

from cloud.members import insight, repository
from cloud.members.insight import Insight
from cloud.members.people import Person, as_dict, living
from cloud.members.service import Members
from cloud.members.tables import Member

LOOKS_BACK: Final = timedelta(days=365)
EVERYTHING: Final = 1_000_000


def since(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


def learn(session: Session, person: Person, now: datetime, zone: ZoneInfo) -> Insight | None:
    """None where the member has not agreed, or no longer."""
    if not person.consents["insight"]:
        return None
    called = repository.names(person.accounts)
    return insight.learn(repository.bought(session, called, now - LOOKS_BACK), now, zone)


def export(members: Members, name: str, zone: ZoneInfo) -> dict[str, Any]:
    """Everything that the hub holds about a member, as a file for the member."""
    now = members.clock.now()
    with members.database.read() as session:
        person = members.person_in(session, living(session, name))
        learnt = learn(session, person, now, zone)
        return {
            "exported_at": now,
            **as_dict(person),
            **_rows(session, person.accounts),
            "insight": learnt,
        }


def _rows(session: Session, accounts: Sequence[Member]) -> dict[str, Any]:
    own = repository.ids(accounts)
    sales = repository.sales_of(session, repository.names(accounts), EVERYTHING)
    returns = repository.returns_of(session, [sale.sale_id for sale in sales])
    return {
        "said": _plain(repository.consent_rows(session, own)),
        "ledger": _plain(repository.entries(session, own, EVERYTHING)),
        "acts": _plain(repository.acts(session, own, EVERYTHING)),
        "coupons": _plain(repository.coupons_of(session, own)),
        "sales": [
            {**sale.model_dump(), "lines": _plain(repository.lines_of(session, sale.sale_id))}
            for sale in sales
        ],
        "returns": _plain(returns),
    }


def _plain(rows: Sequence[SQLModel]) -> list[dict[str, Any]]:
    return [row.model_dump() for row in rows]

"""A member as people see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from cloud.errors import ErasedMemberError, UnknownMemberError
from cloud.members import profile, repository
from cloud.members.profile import PURPOSES
from cloud.members.standing import Standing, standing
from cloud.members.tables import Credential, Member
from contract.members import Programme, Tier, tier_of


@dataclass(frozen=True, slots=True)
class Person:
    """One member as people see it: the account, what it was told, and how it stands."""

    member: Member
    fields: Mapping[str, str]
    consents: Mapping[str, bool]
    standing: Standing
    credentials: Sequence[Credential]
    accounts: Sequence[Member]
    programme: Programme


def living(session: Session, name: str) -> Member:
    """The account that an id or a number leads to. Raises UnknownMemberError, ErasedMemberError."""
    member = repository.root(session, name)
    if member is None:
        raise UnknownMemberError(name=name)
    if member.erased_at is not None:
        raise ErasedMemberError
    return member


def person_of(session: Session, member: Member, currency: str, now: datetime) -> Person:
    """`member` is one that was not merged into another."""
    accounts = repository.family(session, member.member_id)
    own = repository.ids(accounts)
    last = profile.last_writes(one for _, one in repository.written(session, own))
    programme = programme_of(session, currency)
    return Person(
        member,
        {field: one.value for field, one in last.items() if one.value},
        dict.fromkeys(PURPOSES, False) | profile.consents(repository.statements(session, own)),
        standing(session, member, programme, now),
        repository.credentials(session, own),
        accounts,
        programme,
    )


def programme_of(session: Session, currency: str) -> Programme:
    """What members get; nothing but their account where head office has said nothing."""
    nothing = Programme(currency=currency, tiers=(Tier(name="member", earn_bp=0),))
    return repository.programme(session) or nothing


def as_dict(person: Person) -> dict[str, Any]:
    """What the API says of a member."""
    stand, tier = person.standing, tier_of(person.programme, person.standing.tier)
    return {
        "member_id": person.member.member_id,
        "number": person.member.number,
        "made_at": person.member.made_at,
        "fields": dict(person.fields),
        "consents": dict(person.consents),
        "tier": {"index": stand.tier, "name": tier.name, "names": tier.names},
        "points": {
            "balance": stand.balance,
            "held": stand.held,
            "available": stand.available,
            "debt": stand.debt,
            "lost": stand.lost,
            "next_to_expire": stand.next_points,
            "expire_at": stand.next_at,
        },
        "stored_minor": stand.stored_minor,
        "currency": person.programme.currency,
        "phones": [
            {"credential": one.credential, "is_good": one.revoked_at is None}
            for one in person.credentials
        ],
        "merged": [
            one.member_id for one in person.accounts if one.member_id != person.member.member_id
        ],
    }

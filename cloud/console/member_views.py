"""The members as head office sees them: the list, and one member's page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from cloud.console.views import Desk, View
from cloud.errors import NotFoundError
from cloud.fleet import repository as fleet
from cloud.members import coupons, repository, telling
from cloud.members.insight import Bought
from cloud.members.people import Person, person_of, programme_of
from cloud.members.programme import most_held
from cloud.members.sharing import Purchase, Shared, shared
from cloud.members.tables import Member
from cloud.names import shop_name
from contract.members import coupon_bound, coupon_bound_of_chain, overspend_bound, tier_of

SHOWN: Final = 50
MOVES: Final = 100
DAYS: Final = 365


class Moved(NamedTuple):
    """One line of a member's ledger, of a sale or of head office."""

    at: datetime
    unit: str
    kind: str
    amount: int
    location_id: str
    sale_id: str


def members_view(desk: Desk, asked: Mapping[str, str]) -> View:
    search = asked.get("search", "").strip()
    programme = programme_of(desk.session, desk.currency)
    held, shops = most_held(desk.session), len(programme.shops)
    found = repository.found(desk.session, search, SHOWN)
    values = {
        "search": search,
        "total": repository.count(desk.session),
        "rows": [_row(desk, member) for member in found],
        "limit": SHOWN,
        "programme": programme,
        "allowance": held.allowance,
        "coupons_of_one": coupon_bound(shops, held.coupon_offline_limit),
        "coupons_at_risk": coupon_bound_of_chain(shops, held.coupon_offline_limit),
        "losses": coupons.losses(desk.session)[:SHOWN],
        "shops": _shops(desk),
    }
    return View("members.html", "/members", values)


def member_view(desk: Desk, asked: Mapping[str, str]) -> View:
    """By id or number; an id that was merged shows what it has become. An erased one is not there."""
    member = repository.root(desk.session, asked["name"])
    if member is None or member.erased_at is not None:
        raise NotFoundError(what="member", name=asked["name"])
    person = person_of(desk.session, member, desk.currency, desk.now)
    own = repository.ids(person.accounts)
    values = {
        **_row(desk, member),
        "moves": moves(desk, own),
        "said": repository.consent_rows(desk.session, own)[::-1],
        "spend_minor": repository.spend_since(
            desk.session,
            repository.names(person.accounts),
            telling.since(desk.now, person.programme.rolling_days),
        ),
        "days": visit_days(desk, person),
        "bound": _bound(desk, person),
        "shared": shared_by(desk, person),
        "shops": _shops(desk),
    }
    return View("member.html", "/members", values, ("member",))


def _row(desk: Desk, member: Member) -> dict[str, Any]:
    person = person_of(desk.session, member, desk.currency, desk.now)
    tier = tier_of(person.programme, person.standing.tier)
    return {
        "person": person,
        "stand": person.standing,
        "tier": tier.names.get(desk.language) or tier.name,
        "learnt": telling.learn(desk.session, person, desk.now, desk.zone),
    }


def moves(desk: Desk, members: list[str]) -> list[Moved]:
    """Newest first, of facts and of acts."""
    entries = [
        Moved(it.occurred_at, it.unit, it.kind, it.amount, it.location_id, it.sale_id)
        for it in repository.entries(desk.session, members, MOVES)
    ]
    acts = [
        Moved(it.done_at, it.unit, it.kind, it.amount, it.location_id, "")
        for it in repository.acts(desk.session, members, MOVES)
    ]
    return sorted(entries + acts, reverse=True)[:MOVES]


def shared_by(desk: Desk, person: Person) -> list[Shared]:
    """Purchases of the last year that are not one person's. Shown whatever was agreed to: it guards the account."""
    called = repository.names(person.accounts)
    sales = repository.sales_of(desk.session, called, MOVES)
    return shared(Purchase(sale.occurred_at, sale.location_id) for sale in sales)


def visit_days(desk: Desk, person: Person) -> list[int]:
    """How many days ago each visit of the last year was, for the drawing; only with the member's consent."""
    if not person.consents["insight"]:
        return []
    called = repository.names(person.accounts)
    rows = repository.bought(desk.session, called, telling.since(desk.now, DAYS))
    return sorted({_days_ago(row, desk.now) for row in rows})


def _days_ago(row: Bought, now: datetime) -> int:
    return max(0, (now - row.occurred_at).days)


def _bound(desk: Desk, person: Person) -> int:
    """The points that can be spent beyond the balance if every box is cut off now, by what each may still hold."""
    stand, held = person.standing, most_held(desk.session)
    allowance = 0 if stand.is_blocked else held.allowance
    return overspend_bound(len(fleet.edges(desk.session)), allowance, stand.available)


def _shops(desk: Desk) -> dict[str, str]:
    """Without boxes that have not said where they stand: what has no shop is head office's."""
    return {
        edge.location_id: shop_name(edge, desk.company, desk.language)
        for edge in fleet.edges(desk.session)
        if edge.location_id
    }

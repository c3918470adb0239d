"""The journal of some days, and what the shelves are worth at the end of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session

from cloud.books import debt_facts, debts, journal, online_facts, owed, repository
from cloud.books.costs import Costing, Worth
from cloud.books.journal import Entry
from cloud.books.repository import Days
from cloud.purchasing.repository import unit_costs


class Books(NamedTuple):
    """Where the day ends and what money is called where nothing else says so."""

    session: Session
    zone: ZoneInfo
    currency: str


def entries(books: Books, days: Days) -> list[Entry]:
    """By day; within a day money first, then what members are owed, then goods."""
    found = [*_money(books, days), *_owed(books, days), *_goods(books, days)]
    return sorted(found, key=lambda entry: entry.occasion.business_date)


def worth(books: Books, until: str) -> list[Worth]:
    costs = unit_costs(books.session)
    costing = Costing(costs)
    moves = repository.moves(books.session, until, books.zone, books.currency, costs)
    for _ in costing.entries(moves):
        pass
    return costing.worth()


def _money(books: Books, days: Days) -> Iterator[Entry]:
    session = books.session
    yield from map(journal.sale, repository.sales(session, days))
    yield from map(journal.goods_return, repository.returns(session, days))
    sold = repository.ordered_parts(session)
    for handed in repository.deliveries(session, days, books.zone, books.currency):
        if (entry := journal.delivery(handed, sold)) is not None:
            yield entry
    yield from map(debts.entry, debt_facts.debts(session, days, books.zone))
    yield from online_facts.entries(online_facts.Desk(session, days, books.zone))
    yield from map(journal.cash, repository.cash_moves(session, days))
    for counted in repository.counts(session, days):
        if (entry := journal.variance(counted)) is not None:
            yield entry


def _owed(books: Books, days: Days) -> Iterator[Entry]:
    moves = repository.ledgers(books.session, days.last, books.zone, books.currency)
    values = repository.point_values(books.session, books.zone, books.currency)
    changes = [change for change in values if change.occasion.business_date <= days.last]
    for entry in owed.entries(moves, changes or values[:1]):
        if days.has(entry.occasion.business_date, entry.occasion.location_id):
            yield entry


def _goods(books: Books, days: Days) -> Iterator[Entry]:
    costs = unit_costs(books.session)
    moves = repository.moves(books.session, days.last, books.zone, books.currency, costs)
    for entry in Costing(costs).entries(moves):
        if days.has(entry.occasion.business_date, entry.occasion.location_id):
            yield entry

"""GET /api/books/journal, /api/books/journal.beancount, /api/books/worth."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse

from cloud.books import beancount, service
from cloud.books.journal import Entry, balances
from cloud.books.repository import Days
from cloud.books.service import Books
from cloud.db import Database
from cloud.errors import MalformedError
from cloud.settings import Settings

Place = Annotated[str, Query(max_length=64)]


def router(database: Database, settings: Settings) -> APIRouter:
    routes = APIRouter(prefix="/api/books")

    def made(first: date, last: date, location_id: str) -> list[Entry]:
        if last < first:
            raise MalformedError(place="last", problem=f"Expected {first} or later, got {last}")
        days = Days(first.isoformat(), last.isoformat(), location_id)
        with database.read() as session:
            books = Books(session, settings.zone, settings.currency)
            return service.entries(books, days)

    @routes.get("/journal")
    def journal(first: date, last: date, location_id: Place = "") -> dict[str, Any]:
        """Entries and, by account, what is left of them: debits are positive."""
        entries = made(first, last, location_id)
        sums = balances(entries)
        return {
            "entries": [as_dict(entry) for entry in entries],
            "balances": [
                {"account": account, "currency": currency, "amount_minor": amount}
                for (account, currency), amount in sums.items()
            ],
        }

    @routes.get("/journal.beancount", response_class=PlainTextResponse)
    def as_text(first: date, last: date, location_id: Place = "") -> str:
        return beancount.text(settings.company_name, made(first, last, location_id))

    @routes.get("/worth")
    def worth(until: date) -> list[dict[str, Any]]:
        """What lies in the shops at the end of a day, at its moving average cost."""
        with database.read() as session:
            books = Books(session, settings.zone, settings.currency)
            return [held._asdict() for held in service.worth(books, until.isoformat())]

    return routes


def as_dict(entry: Entry) -> dict[str, Any]:
    return {
        **entry.occasion._asdict(),
        "narration": entry.narration,
        "postings": [posting._asdict() for posting in entry.postings],
    }

"""What head office buys, moves and books: the pages of purchasing, of transfers and of the day's journal."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from cloud.books import service as books
from cloud.books.journal import balances
from cloud.books.repository import Days
from cloud.books.service import Books
from cloud.console.views import SHOWN, Desk, View, location_name, product_names_of
from cloud.orders.repository import numbers_of
from cloud.purchasing import repository as purchasing
from cloud.purchasing import service as buying
from cloud.purchasing.service import Place
from cloud.stock import repository as stock
from cloud.stock.transfers import Transfer


def books_view(desk: Desk, asked: Mapping[str, str]) -> View:
    """One day: what is left in every account, by its family."""
    day = _day(desk, asked.get("day", ""))
    days = Days(day.isoformat(), day.isoformat())
    made = books.entries(Books(desk.session, desk.zone, desk.currency), days)
    rows = [(*account.split(":", 1), account, sums) for account, sums in _by_account(made)]
    values = {
        "day": day.isoformat(),
        "before": (day - timedelta(days=1)).isoformat(),
        "after": (day + timedelta(days=1)).isoformat(),
        "families": [(family, list(rows)) for family, rows in groupby(rows, lambda it: it[0])],
        "entry_count": len(made),
    }
    return View("books.html", "/money", values)


def purchasing_view(desk: Desk, asked: Mapping[str, str]) -> View:
    """For one shop: what to order now, and what is on its way."""
    places = stock.locations(desk.session)
    wanted = asked.get("location_id", "")
    at = wanted if wanted in places else next(iter(places), "")
    found = buying.suggest(desk.session, Place(desk.now, desk.zone, desk.currency), at)
    by_supplier = sorted(found, key=lambda it: it.supplier)
    orders = purchasing.orders(desk.session, at, SHOWN)
    came = purchasing.received(desk.session, [order.purchase_id for order in orders])
    values = {
        "at": at,
        "places": [(place, location_name(desk, place)) for place in places],
        "suppliers": [
            {"name": name, "purchase_id": str(uuid.uuid4()), "rows": list(rows)}
            for name, rows in groupby(by_supplier, lambda it: it.supplier)
        ],
        "names": product_names_of(desk, [it.sku for it in found]),
        "orders": [_order_row(desk, order, came) for order in orders],
        "has_terms": bool(purchasing.unit_costs(desk.session)),
    }
    return View("purchasing.html", "/stock", values)


SHOWS: Final = ("in_transit", "differing", "all")


def transfers_view(desk: Desk, asked: Mapping[str, str]) -> View:
    """Goods between shops: what is on its way, and what did not come as it was sent."""
    shown = asked.get("show", "") if asked.get("show") in SHOWS else SHOWS[0]
    found = stock.between_shops(desk.session)
    groups = {name: [it for it in found if _is_shown(it, name)] for name in SHOWS}
    rows = groups[shown][:SHOWN]
    orders = numbers_of(desk.session, [it.transfer_id for it in rows])
    skus = sorted({sku for it in rows for sku in (*it.sent, *it.received)})
    values = {
        "show": shown,
        "filters": [(name, len(group)) for name, group in groups.items()],
        "rows": rows,
        "orders": orders,
        "shops": {it: location_name(desk, it) for row in rows for it in (row.sender, row.receiver)},
        "names": product_names_of(desk, skus),
    }
    return View("transfers.html", "/stock", values)


def _is_shown(it: Transfer, name: str) -> bool:
    if name == "differing":
        return it.state in ("short", "over") or bool(it.damaged)
    return name in ("all", it.state)


def _order_row(desk: Desk, order: Any, came: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    lines = purchasing.lines(desk.session, order.purchase_id)
    return {
        "order": order,
        "pieces": sum(line.quantity for line in lines),
        "received": sum(came.get((order.purchase_id, sku), 0) for sku in {it.sku for it in lines}),
        "cost_minor": sum(line.quantity * line.unit_cost_minor for line in lines),
        "is_late": order.state == "sent" and order.due < desk.today.isoformat(),
    }


def _by_account(made: list[Any]) -> list[tuple[str, list[tuple[str, int]]]]:
    """Each account with its sums by currency, in the order of the families."""
    rows = [(account, currency, amount) for (account, currency), amount in balances(made).items()]
    return [
        (account, [(currency, amount) for _, currency, amount in same])
        for account, same in groupby(rows, lambda it: it[0])
    ]


def _day(desk: Desk, text: str) -> date:
    """What was asked for, today where that is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return desk.today

"""What each page shows: values for its template, and which of its parts are kept live."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel, col, or_, select

from cloud.catalogue import repository as catalogue
from cloud.catalogue.tables import CataloguePrice, CatalogueProduct
from cloud.console.asked import offers, tell
from cloud.console.tables import SavedFilter
from cloud.console.truth import tone_of, truth
from cloud.errors import NotFoundError
from cloud.fleet import commands
from cloud.fleet import repository as fleet
from cloud.fleet import service as boxes
from cloud.ingest.tables import Alarm
from cloud.money import repository as money
from cloud.money.derivation import flatten
from cloud.money.projection import Z_DIFFERS
from cloud.money.tables import CashMove, Payment, ShiftClosing, ShiftComparison, ShiftOpening
from cloud.names import name_in, shop_name
from cloud.orders import shops
from cloud.sales import repository as sales
from cloud.sales.repository import Filter
from cloud.stock import repository as stock
from contract.errors import WireError

SHOWN = 100
SPARK_DAYS = 14
FOUND = 20
ASKED = 8
WORST = frozenset({WireError.FORK.value, WireError.TWO_BOXES.value, Z_DIFFERS})
"""Alarms that doubt the figures themselves."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a view works with: one read transaction, the moment, the company, its place, the reader's language."""

    session: Session
    now: datetime
    company: str
    language: str
    zone: ZoneInfo
    currency: str

    @property
    def today(self) -> date:
        """In the company's own time."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class View:
    """`template` is the page, `current` its place in the navigation, `parts` what its stream repaints."""

    template: str
    current: str
    values: Mapping[str, Any]
    parts: tuple[str, ...] = ()


def fleet_view(desk: Desk, asked: Mapping[str, str]) -> View:
    del asked
    selling = money.open_at(desk.session)
    rows = [
        {
            "box": box,
            "name": shop_name(box.edge, desk.company, desk.language),
            "clauses": truth(box, is_selling=box.edge.edge_id in selling),
            "days": sales.totals_by_date(desk.session, box.edge.edge_id, SPARK_DAYS),
        }
        for box in boxes.boxes(desk.session, desk.now)
    ]
    values = {"rows": rows, "alarms": alarms_of(desk), "is_detailed": False}
    return View("boxes.html", "/", values, ("alarms", "boxes"))


def box_view(desk: Desk, asked: Mapping[str, str]) -> View:
    box = boxes.box(desk.session, asked["edge_id"], desk.now)
    clauses = truth(box, is_selling=box.edge.edge_id in money.open_at(desk.session))
    heads = catalogue.heads(desk.session)
    asked_of = commands.of_box(desk.session, box.edge.edge_id, desk.now, ASKED)
    values = {
        "box": box,
        "offers": offers(commands.known_verbs(box.edge) or commands.FIRST_VERBS, asked_of),
        "warnings": box.health.log[::-1] if box.health else (),
        "told": [tell(one, is_connected=box.edge.is_connected) for one in asked_of],
        "name": shop_name(box.edge, desk.company, desk.language),
        "clauses": clauses,
        "tone": tone_of(clauses),
        "heads": heads,
        "alarms": alarms_of(desk, box.edge.edge_id),
        "is_detailed": True,
        "quarantine": fleet.quarantine(desk.session, 20, box.edge.edge_id),
        "days": sales.totals_by_date(desk.session, box.edge.edge_id, SPARK_DAYS),
        **_sale_rows(desk, Filter(edge_id=box.edge.edge_id), 8),
    }
    parts = ("alarms", "sentence", "sync", "peripherals", "warnings", "commands", "latest")
    return View("box.html", "/", values, parts)


def sales_view(desk: Desk, asked: Mapping[str, str]) -> View:
    wanted = Filter(
        edge_id=asked.get("edge_id", ""),
        business_date=asked.get("business_date", ""),
        tender=asked.get("tender", ""),
        search=asked.get("search", "").strip(),
    )
    query = urlencode({name: value for name, value in _fields(wanted).items() if value})
    values = {
        "wanted": wanted,
        "query": query,
        "saved": desk.session.exec(select(SavedFilter).order_by(SavedFilter.name)).all(),
        "edges": _shop_names(desk),
        "dates": sales.business_dates(desk.session, 60),
        **_sale_rows(desk, wanted, SHOWN),
    }
    return View("sales.html", "/sales", values, ("latest",))


def sale_view(desk: Desk, asked: Mapping[str, str]) -> View:
    whole = sales.whole(desk.session, asked["sale_id"])
    if whole is None:
        raise NotFoundError(what="sale", name=asked["sale_id"])
    edge = fleet.edge(desk.session, whole.sale.edge_id)
    name = shop_name(edge, desk.company, desk.language) if edge else whole.sale.edge_id
    return View("sale.html", "/sales", {"whole": whole, "name": name})


def stock_view(desk: Desk, asked: Mapping[str, str]) -> View:
    """Products across, shops side by side: one row a product."""
    search = asked.get("search", "").strip()
    locations = stock.locations(desk.session)
    names = _product_names(desk, search)
    skus = sorted(names) if search else None
    table: dict[str, dict[str, int]] = {}
    for level in stock.levels(desk.session, skus=skus):
        table.setdefault(level.sku, {})[level.location_id] = level.quantity
    if not search:
        names = product_names_of(desk, sorted(table)[: 5 * SHOWN])
    values = {
        "search": search,
        "locations": [(location, location_name(desk, location)) for location in locations],
        "table": dict(sorted(table.items())[: 5 * SHOWN]),
        "total": len(table),
        "names": names,
    }
    return View("stock.html", "/stock", values, ("levels",))


def ledger_view(desk: Desk, asked: Mapping[str, str]) -> View:
    location, sku = asked["location_id"], asked["sku"]
    level = stock.levels(desk.session, location, [sku])
    if not level:
        raise NotFoundError(what="stock ledger", name=f"{location}/{sku}")
    values = {
        "location": location_name(desk, location),
        "sku": sku,
        "name": product_names_of(desk, [sku]).get(sku, sku),
        "level": level[0],
        "account": shops.promisable(desk.session, desk.now, location, [sku])[0],
        "entries": stock.entries(desk.session, location, sku, 2 * SHOWN),
    }
    return View("ledger.html", "/stock", values, ("entries",))


def money_view(desk: Desk, asked: Mapping[str, str]) -> View:
    del asked
    rows = [
        {
            "opening": opening,
            "closing": closing,
            "reported": json.loads(closing.reported) if closing else None,
            "comparison": comparison,
        }
        for opening, closing, comparison in money.shifts(desk.session, SHOWN)
    ]
    return View("money.html", "/money", {"rows": rows, "edges": _shop_names(desk)}, ("shifts",))


def shift_view(desk: Desk, asked: Mapping[str, str]) -> View:
    opening, closing, comparison = money.shift(desk.session, asked["shift_id"])
    known = opening or closing
    if known is None:
        raise NotFoundError(what="shift", name=asked["shift_id"])
    values = {
        "shift": known,
        "opening": opening,
        "closing": closing,
        "comparison": comparison,
        "rows": _report_rows(closing, comparison),
        "cash": _of_shift(desk.session, CashMove, known),
        "payments": _of_shift(desk.session, Payment, known),
        "name": _shop_names(desk).get(known.edge_id, known.edge_id),
    }
    return View("shift.html", "/money", values, ("report",))


def data_view(desk: Desk, asked: Mapping[str, str]) -> View:
    del asked
    values = {
        "alarms": alarms_of(desk),
        "is_detailed": True,
        "quarantine": fleet.quarantine(desk.session, SHOWN),
        "heads": catalogue.heads(desk.session),
        "products": catalogue.product_count(desk.session),
        "facts": fleet.fact_count(desk.session),
        "unprojected": fleet.unprojected(desk.session),
    }
    return View("data.html", "/data", values, ("alarms", "quarantine", "feeds"))


def find_view(desk: Desk, asked: Mapping[str, str]) -> View:
    """Boxes, products and sales that fit what was typed."""
    text = asked.get("q", "").strip()
    low = text.lower()
    values = {
        "text": text,
        "boxes": [
            (edge_id, name)
            for edge_id, name in _shop_names(desk).items()
            if text and (low in edge_id.lower() or low in name.lower())
        ],
        "products": _found_products(desk, text) if text else [],
        **_sale_rows(desk, Filter(search=text) if text else Filter(edge_id="-"), FOUND),
    }
    return View("find.html", "", values)


def alarms_of(desk: Desk, edge_id: str | None = None) -> list[Alarm]:
    """The worst first, then the newest."""
    return sorted(fleet.alarms(desk.session, edge_id), key=lambda alarm: alarm.key not in WORST)


def _fields(wanted: Filter) -> dict[str, str]:
    return {
        "edge_id": wanted.edge_id,
        "business_date": wanted.business_date,
        "tender": wanted.tender,
        "search": wanted.search,
    }


def _sale_rows(desk: Desk, wanted: Filter, limit: int) -> dict[str, Any]:
    found = sales.newest(desk.session, wanted, limit)
    ids = [sale.sale_id for sale in found]
    return {
        "sales": found,
        "limit": limit,
        "counts": sales.line_counts(desk.session, ids),
        "kinds": sales.tender_kinds(desk.session, ids),
        "shops": _shop_names(desk),
    }


def _shop_names(desk: Desk) -> dict[str, str]:
    return {
        edge.edge_id: shop_name(edge, desk.company, desk.language)
        for edge in fleet.edges(desk.session)
    }


def location_name(desk: Desk, location_id: str) -> str:
    for edge in fleet.edges(desk.session):
        if edge.location_id == location_id:
            return shop_name(edge, desk.company, desk.language)
    return location_id


def _product_names(desk: Desk, search: str) -> dict[str, str]:
    """Names of the products that fit `search`; of none without it."""
    return {product.sku: name for product, name in _fitting(desk, search)} if search else {}


def product_names_of(desk: Desk, skus: list[str]) -> dict[str, str]:
    query = select(CatalogueProduct).where(col(CatalogueProduct.sku).in_(skus))
    return {
        product.sku: name_in(json.loads(product.names), desk.language)
        for product in desk.session.exec(query)
    }


def _fitting(desk: Desk, search: str) -> list[tuple[CatalogueProduct, str]]:
    pattern = f"%{search.replace('%', '').replace('_', '')}%"
    query = select(CatalogueProduct).where(
        or_(
            col(CatalogueProduct.sku).ilike(pattern),
            col(CatalogueProduct.names).ilike(pattern),
            col(CatalogueProduct.gtins).like(pattern),
        )
    )
    found = desk.session.exec(query.order_by(CatalogueProduct.sku).limit(SHOWN)).all()
    return [(product, name_in(json.loads(product.names), desk.language)) for product in found]


def _found_products(
    desk: Desk, text: str
) -> list[tuple[CatalogueProduct, str, CataloguePrice | None]]:
    return [
        (product, name, desk.session.get(CataloguePrice, product.sku))
        for product, name in _fitting(desk, text)[:FOUND]
    ]


def _report_rows(
    closing: ShiftClosing | None, comparison: ShiftComparison | None
) -> list[tuple[str, int, int]]:
    """(field, what the box reported, what its facts give), in the order of the report."""
    if closing is None or comparison is None:
        return []
    derived = flatten(json.loads(comparison.derived))
    reported = flatten(json.loads(closing.reported))
    names = [name for name in derived if "." not in name] + sorted(
        name for name in derived.keys() | reported.keys() if "." in name
    )
    return [(name, reported.get(name, 0), derived.get(name, 0)) for name in names]


def _of_shift(
    session: Session, table: type[CashMove | Payment], shift: ShiftOpening | ShiftClosing
) -> Sequence[SQLModel]:
    query = select(table).where(col(table.shift_id) == shift.shift_id)
    return session.exec(query.order_by(col(table.occurred_at))).all()

"""The JSON of what use cases give back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from contract.envelope import FactBody
from edge.db.tables import Payment, Shift
from edge.domain.basket import Basket, BasketLine, PricedLine
from edge.domain.shift import Figures
from edge.services import printing
from edge.services.returns import Returnable
from edge.services.selling import BasketView

# What a payment shows outside: never more of the card than its mask.
_PAYMENT = {
    "payment_id", "kind", "reference", "basket_id", "state", "was_unknown", "amount_minor", "currency",
    "masked_pan", "scheme", "auth_code", "error_condition", "created_at", "updated_at",
}  # fmt: skip
_JOB = tuple(name for name in printing.Job._fields if name != "document")


def basket(view: BasketView | None) -> dict[str, Any] | None:
    return None if view is None else open_basket(view)


def open_basket(view: BasketView) -> dict[str, Any]:
    body: Basket = view.basket
    priced = {line.line.line: line for line in view.priced.lines}
    return {
        "basket_id": body.basket_id,
        "state": view.state,
        "cashier": body.cashier,
        "currency": body.currency,
        "lines": [_line(line, priced.get(line.line)) for line in body.lines],
        "tenders": [asdict(tender) for tender in body.tenders],
        "discount_minor": view.priced.discount_minor,
        "tax_minor": view.priced.tax_minor,
        "total_minor": view.priced.total_minor,
        "due_minor": view.due_minor,
        "payment": payment(view.payment) if view.payment else None,
        "member": asdict(body.member) if body.member else None,
    }


def payment(row: Payment) -> dict[str, Any]:
    return row.model_dump(include=_PAYMENT)


def print_job(row: printing.Job) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _JOB}


def shift(row: Shift | None) -> dict[str, Any] | None:
    return None if row is None else row.model_dump(exclude={"z"})


def figures(found: Figures) -> dict[str, Any]:
    return {
        **asdict(found),
        "tax": [group._asdict() for group in found.tax],
        "expected_cash_minor": found.expected_cash_minor,
    }


def fact(done: FactBody) -> dict[str, Any]:
    return done.model_dump(mode="json")


def returnable(found: Returnable) -> dict[str, Any]:
    """The sale's lines, each with how many pieces may still come back."""
    sold = asdict(found.sold)
    lines = [line | {"left": found.left[line["line"]]} for line in sold.pop("lines")]
    return {**sold, "lines": lines, "refunded_minor": found.refunded_minor}


def _line(line: BasketLine, priced: PricedLine | None) -> dict[str, Any]:
    article = line.article
    return {
        "line": line.line,
        "sku": article.sku,
        "gtin": article.gtin,
        "name": article.name,
        "quantity": line.quantity,
        "unit_price_minor": article.unit_price_minor,
        "discount_minor": priced.discount_minor if priced else 0,
        "amount_minor": priced.amount_minor if priced else 0,
        "tax_group": article.tax_group,
        "tax_minor": priced.tax_minor if priced else 0,
        "entry_method": line.entry_method,
        "lot": line.lot,
        "expiry": line.expiry,
        "is_void": line.is_void,
    }

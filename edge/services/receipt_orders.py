"""What a receipt says of the orders that its sale paid for: what is collected where, until when, with which code."""

from __future__ import annotations

import json
from typing import NamedTuple

from contract.sales import SaleCompleted
from edge.db.unit_of_work import Reader

_ONE = "SELECT order_id, number, body FROM counter_order WHERE order_id = ?"


class OrderOnReceipt(NamedTuple):
    """`until` is ISO with its offset; `code` is "" where nothing is collected."""

    order_id: str
    number: str
    kind: str
    place: str
    until: str
    code: str


def of_sale(reader: Reader, sale: SaleCompleted) -> tuple[OrderOnReceipt, ...]:
    """Most sales have none, and then nothing is read."""
    names = dict.fromkeys(line.order_id for line in sale.lines if line.order_id)
    found = (reader.sql(_ONE, (name,)).fetchone() for name in names)
    return tuple(_shown(*row) for row in found if row is not None)


def _shown(order_id: str, number: str, body: str) -> OrderOnReceipt:
    said = json.loads(body)
    return OrderOnReceipt(
        order_id, number, said["kind"], said["place"], said["until"], said["paper_code"]
    )

"""Tables of goods on their way: what came in, and the lots that a sale's pieces went out of.

Apart from `edge.db.tables`, because the first page is served without them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlmodel import Field

from edge.db.tables import BoxTable


class ReceivedLine(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "received_line"
    receiving_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    arrival_id: str
    sku: str
    lot: str
    expiry: str
    expected: int
    received: int
    damaged: int
    rest: str
    received_at: str


class SaleLot(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "sale_lot"
    sale_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    lot: str = Field(primary_key=True)
    expiry: str = Field(primary_key=True)
    quantity: int

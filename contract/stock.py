"""Stock as a ledger of signed moves. Sales and returns imply their own moves; these facts are the others."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contract.envelope import FactBody, Message, Uid


class StockMove(Message):
    """`expiry` is the use-by date (ISO) of the lot, "" where it has none or nobody knows."""

    sku: str
    quantity: int = Field(description="Signed: positive into the shop, negative out of it.")
    lot: str = ""
    expiry: str = ""


class StockMoved(FactBody):
    type: Literal["stock.moved"] = "stock.moved"
    version: Literal[1] = 1
    movement_id: Uid
    reason: Literal["opening", "received", "counted", "damaged"]
    cashier: str
    moves: tuple[StockMove, ...] = Field(min_length=1)

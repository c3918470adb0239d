"""Stock as a ledger of signed moves. Sales, returns and hand-overs imply their own; these facts are the others."""

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


class CountedLine(Message):
    """`counted` pieces on the shelf, where the ledger had expected `expected`: the difference is the move.

    What is set aside for orders is on no shelf: it is in neither number. `lots` is the difference by lot, signed.
    """

    sku: str
    expected: int
    counted: int = Field(ge=0)
    lots: tuple[StockMove, ...] = ()


class StockCounted(FactBody):
    type: Literal["stock.counted"] = "stock.counted"
    version: Literal[1] = 1
    count_id: Uid
    cashier: str
    lines: tuple[CountedLine, ...] = Field(min_length=1)


class ReceivedLine(Message):
    """`received` pieces came, `damaged` of them not fit to be sold; `expected` were announced, 0 where nobody said."""

    sku: str
    lot: str = ""
    expiry: str = ""
    expected: int = Field(default=0, ge=0)
    received: int = Field(ge=0)
    damaged: int = Field(default=0, ge=0)


class GoodsReceived(FactBody):
    """Goods that came in. `source_id` is the purchase order's, or the job of the shop that sent them.

    `outcome` compares with what was announced, over all that has come of it: "full" may be the last of several.
    `rest` is what becomes of announced pieces that are still missing: "awaited" by a later delivery, or "lost": the
    shop says that they will not come any more. Either "none" or "lost" ends the arrival.
    """

    type: Literal["goods.received"] = "goods.received"
    version: Literal[1] = 1
    receiving_id: Uid
    arrival_id: str = ""
    source: Literal["purchase_order", "transfer", "none"] = "none"
    source_id: str = ""
    outcome: Literal["full", "short", "over", "unannounced"] = "unannounced"
    rest: Literal["none", "awaited", "lost"] = "none"
    cashier: str
    lines: tuple[ReceivedLine, ...] = Field(min_length=1)


class StockOverridden(FactBody):
    """A customer held goods that the ledger had for somebody else, and got them: nobody at the counter is refused.

    `kind` says whose: "promised" and not picked yet, or "set_aside" (then the ledger is wrong, or somebody took from
    the pick-up shelf). The numbers are those before the sale.
    """

    type: Literal["stock.overridden"] = "stock.overridden"
    version: Literal[1] = 1
    sale_id: Uid
    sku: str
    kind: Literal["promised", "set_aside"]
    quantity: int = Field(ge=1)
    on_hand: int
    set_aside: int = Field(ge=0)
    promised: int = Field(ge=0)


class Markdown(Message):
    """Goods whose use-by date is near cost less: a row of the feed offers, its key `markdown_key` of the category.

    It holds from `hours_left` before the end of the use-by date, in the shop's own time.
    """

    hours_left: int = Field(ge=0, le=24 * 365)
    percent_bp: int = Field(ge=1, le=10_000)


def markdown_key(category: str) -> str:
    """Of every category where it is "".

    >>> markdown_key("cake"), markdown_key("")
    ('markdown:cake', 'markdown:*')
    """
    return f"markdown:{category or '*'}"

"""What the stock desk shows, as plain values. Dates are ISO."""

from __future__ import annotations

from dataclasses import dataclass

from edge.screens.parts import Names, Tone, Words
from edge.screens.stock_state import Mode


@dataclass(frozen=True, slots=True)
class Row:
    """One row that can be chosen by its number."""

    row: int

    @property
    def press(self) -> str:
        return f"line:{self.row}"


@dataclass(frozen=True, slots=True)
class ArrivalRow(Row):
    """`goods` is its first product, `others` how many follow; `pieces` are still to come."""

    source: str
    number: str
    sender: str
    due: str
    goods: Names
    others: int
    pieces: int
    is_begun: bool


@dataclass(frozen=True, slots=True)
class LotRow(Row):
    """A lot with its use-by date. `off` says what is taken off its price, and from when."""

    names: Names
    lot: str
    expiry: str
    pieces: int
    tone: Tone
    word: Words | None
    off: Words | None = None
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class LineRow(Row):
    """One line that was scanned, or a product that is still missing (`row` 0). `word` is the difference in words."""

    names: Names
    lot: str
    expiry: str
    pieces: int
    damaged: int
    expected: int | None
    tone: Tone
    word: Words | None
    is_newest: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """How many pieces are whose."""

    words: Words
    pieces: int


@dataclass(frozen=True, slots=True)
class GoodsShown:
    """`bound` is the sentence by language; `sale` says what a customer who holds the goods takes."""

    names: Names
    sku: str
    on_hand: int
    shares: tuple[Share, ...]
    bound: Names
    is_bounded: bool
    sale: Words


@dataclass(frozen=True, slots=True)
class StockShown:
    """The desk in one of its modes."""

    mode: Mode
    arrivals: tuple[ArrivalRow, ...] = ()
    lots: tuple[LotRow, ...] = ()
    arrival: ArrivalRow | None = None
    lines: tuple[LineRow, ...] = ()
    goods: GoodsShown | None = None

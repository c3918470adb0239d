"""What the stock desk remembers between two keys: what was scanned, and what is asked for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from edge.screens.parts import Names

Mode = Literal["menu", "receiving", "counting", "compared", "goods"]


@dataclass(frozen=True, slots=True)
class Line:
    """So many pieces of a product, of one lot where goods come in. `last` is how many the last scan added."""

    sku: str
    names: Names
    quantity: int
    lot: str = ""
    expiry: str = ""
    damaged: int = 0
    last: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        return self.sku, self.lot, self.expiry


@dataclass(frozen=True, slots=True)
class StockDraft:
    """`arrival_id` is "" for goods that nobody announced; `asks` is what of the newest line is asked for.

    `armed` is the command that was pressed once and asks to be confirmed. `expected` is the ledger, by SKU, when the
    count was compared with it. `sku` and `lot` are the product that is looked at, and its chosen row.
    """

    mode: Mode = "menu"
    arrival_id: str = ""
    lines: tuple[Line, ...] = ()
    asks: Literal["", "expiry", "lot"] = ""
    armed: str = ""
    expected: tuple[tuple[str, int], ...] = ()
    sku: str = ""
    lot: int = 0

    @property
    def newest(self) -> Line | None:
        return self.lines[-1] if self.lines else None

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)


def with_pieces(draft: StockDraft, line: Line) -> StockDraft:
    """The line's pieces come to those of the same product and lot; it is the newest then."""
    same = next((it for it in draft.lines if it.key == line.key), None)
    before = same.quantity if same else 0
    damaged = same.damaged if same else 0
    others = tuple(it for it in draft.lines if it is not same)
    grown = replace(
        line, quantity=before + line.quantity, damaged=damaged + line.damaged, last=line.quantity
    )
    return replace(draft, lines=(*others, grown))


def with_newest(draft: StockDraft, newest: Line | None) -> StockDraft:
    """The newest line is another one, or gone."""
    return replace(draft, lines=(*draft.lines[:-1], *((newest,) if newest else ())))

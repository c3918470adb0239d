"""What the counter remembers between two keys and the database does not: which view, which line, what was typed before.

It is lost when the box restarts, on purpose: everything that matters (basket, payment, shift) is in the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from edge.domain.errors import HubRefused, ShopError
from edge.domain.sale import Sold
from edge.screens.parts import Awaited, Fields, Names, Notice, Report, Tone, Words

if TYPE_CHECKING:
    from edge.screens.return_state import OrderBack
    from edge.screens.stock_state import StockDraft
    from edge.services.ordering import Offer

View = Literal[
    "sell",
    "returning",
    "suspended",
    "shift",
    "counting",
    "report",
    "orders",
    "pickup",
    "ordering",
    "stock",
]
Step = Literal["", "float", "cash_in", "cash_out", "reason_in", "reason_out"]


@dataclass(frozen=True, slots=True)
class LastDone:
    """The last sale or return as it was completed; its receipt's print job is looked up by `subject_id`.

    `tendered_minor` is the cash of a sale, the money of a return.

    `tenders` are (kind, what was handed over, masked card number).
    """

    kind: Literal["sale", "return"]
    subject_id: str
    receipt_number: int
    total_minor: int
    tendered_minor: int
    change_minor: int
    tenders: tuple[tuple[str, int, str], ...]
    points_earned: int = 0


@dataclass(frozen=True, slots=True)
class ReturnDraft:
    """A receipt that was read: what was sold, what may still come back, and what is chosen to.

    The goods of the lines in `away` were ordered and not handed over, as far as this box knows: they do not come back
    into stock, the others do; of those in `turned` a person has said otherwise. `last` is the line chosen last.

    What came back before was worth `returned_minor`; `has_wallet` where a wallet may have paid for it: of
    a sale of another box only the hub can tell.
    """

    receipt_code: str
    sold: Sold
    left: tuple[tuple[int, int], ...]
    names: tuple[tuple[int, str], ...] = ()
    chosen: tuple[tuple[int, int], ...] = ()
    returned_minor: int = 0
    has_wallet: bool = False
    away: frozenset[int] = frozenset()
    turned: frozenset[int] = frozenset()
    last: int = 0


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """The ways to get the basket, and what the customer said: a first name, where to bring it, where she is.

    `near` has that place's names by language; empty, she is here.
    """

    offers: tuple[Offer, ...]
    customer: str = ""
    note: str = ""
    near: Names = ()


@dataclass(frozen=True, slots=True)
class DeskState:
    """`selected` is a line's number, 0 for the newest; `typed` is the answer to the step before this one.

    `heard` is the number of the newest of the box's own notices when the last key was pressed: later ones are shown.
    `job_id` is the order at the pick-up desk, `code` the one that was shown for it, `chosen` its lines to hand over.
    `order_back` is the order that comes back, `awaited` what customers have announced.
    `asks` is the key for which the hub is asked just now, `asked` the number of that question.
    """

    view: View = "sell"
    step: Step = ""
    typed: str = ""
    selected: int = 0
    is_armed: bool = False
    notice: Notice | None = None
    done: LastDone | None = None
    payment_id: str = ""
    is_stop_asked: bool = False
    draft: ReturnDraft | None = None
    order_back: OrderBack | None = None
    awaited: tuple[Awaited, ...] = ()
    report: Report | None = None
    heard: int = 0
    job_id: str = ""
    code: str = field(default="", repr=False)
    chosen: frozenset[int] = frozenset()
    ways: OrderDraft | None = None
    stock: StockDraft | None = None
    asks: Literal["", "order", "choose_way"] = ""
    asked: int = 0

    @property
    def is_asking(self) -> bool:
        """Whether the screen waits for the hub: whatever leads away from the ways leaves the question."""
        return self.view == "ordering" and self.asks != ""


class Misread(Exception):
    """What was typed cannot be used: says what was expected. The text stays in the line."""

    def __init__(self, key: str, fields: Fields = (), *, has_advice: bool = False) -> None:
        self.what = Words(key, fields)
        self.now = Words(f"{key}.now") if has_advice else None
        super().__init__(key)


def notice(
    tone: Tone,
    key: str,
    fields: Fields = (),
    *,
    money: tuple[str, ...] = (),
    has_advice: bool = False,
) -> Notice:
    return Notice(tone, Words(key, fields, money), Words(f"{key}.now") if has_advice else None)


def refusal(error: ShopError) -> Notice:
    """A refusal in the words of its key; the English of the class where a language lacks them."""
    fields = tuple(sorted(error.fields.items()))
    key = error.hub_key if isinstance(error, HubRefused) else error.key
    what = Words(key, fields, plain=error.message)
    return Notice("bad", what, Words(f"{key}.now", fields, plain=error.what_now))

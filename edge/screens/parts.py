"""What the counter shows, as plain frozen values: one class a part of the page, compared to find out what changed.

Amounts are minor units; words are still keys of the catalogue, so that a part is the same in every language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from edge.screens.keys import Key, StageName

if TYPE_CHECKING:
    from edge.screens.order_parts import Comparison, OrderRow, PickUp
    from edge.screens.stock_parts import StockShown

Tone = Literal["good", "warn", "bad", "busy", "off"]
Names = tuple[tuple[str, str], ...]  # by language
Fields = tuple[tuple[str, str | int], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence by its key, with the fields that fill it. `money` names the fields that are amounts.

    `plain` is shown where no catalogue has the key: a newer part of the box may say what we cannot translate yet.
    """

    key: str
    fields: Fields = ()
    money: tuple[str, ...] = ()
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One line under the entry: what happened, and what to do now."""

    tone: Tone
    what: Words
    now: Words | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """`locations` is the shop's name by language."""

    company: str
    locations: Names
    workstation: str
    cashier: str = ""
    shift_number: int = 0
    business_date: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the one entry line asks for now. `is_text` where letters are meant: a touch screen brings its keyboard."""

    ask: Words
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the basket. `press` is what its row sends when it is touched."""

    line: int
    names: Names
    sku: str
    quantity: int
    unit_price_minor: int
    amount_minor: int
    discount_minor: int = 0
    discount_reason: str = ""
    tax_minor: int = 0
    tax_rate_bp: int = 0
    lot: str = ""
    expiry: str = ""
    category: str = ""
    is_selected: bool = False
    is_void: bool = False

    @property
    def press(self) -> str:
        return f"line:{self.line}"


@dataclass(frozen=True, slots=True)
class TenderShown:
    kind: str
    amount_minor: int
    masked_pan: str = ""


@dataclass(frozen=True, slots=True)
class Basket:
    """`lines` as they came; the last one that is not void is the newest. `version` grows with every change."""

    version: int
    lines: tuple[Line, ...] = ()

    @property
    def newest(self) -> Line | None:
        return next((line for line in reversed(self.lines) if not line.is_void), None)

    @property
    def older(self) -> tuple[Line, ...]:
        """Every other line, newest first."""
        newest = self.newest
        return tuple(line for line in reversed(self.lines) if line is not newest)


@dataclass(frozen=True, slots=True)
class PrintState:
    """The receipt of the last sale."""

    tone: Tone
    what: Words
    now: Words | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The last sale or return until the next goods: change in the largest type but the total."""

    kind: Literal["sale", "return"]
    receipt_number: int
    total_minor: int
    tendered_minor: int
    change_minor: int
    tenders: tuple[TenderShown, ...]
    print_state: PrintState | None = None
    points_earned: int = 0


@dataclass(frozen=True, slots=True)
class CardPayment:
    """A payment by card or wallet that is not settled."""

    amount_minor: int
    tone: Tone
    what: Words
    now: Words
    amount: Words = Words("counter.card.amount")


@dataclass(frozen=True, slots=True)
class ReturnLine:
    line: int
    name: str
    sold: int
    left: int
    chosen: int
    amount_minor: int
    is_unfit: bool = False
    is_away: bool = False
    is_stale: bool = False
    names: Names = ()

    @property
    def press(self) -> str:
        return f"line:{self.line}"


@dataclass(frozen=True, slots=True)
class Awaited:
    """An order of which a customer has said that she brings something back: its first goods and how many others."""

    row: int
    number: str
    names: Names
    others: int
    reason: Words
    asked_at: str
    until: str

    @property
    def press(self) -> str:
        return f"line:{self.row}"


@dataclass(frozen=True, slots=True)
class Return:
    """`receipt_number` is 0 until a receipt was scanned, `order` "" until an order was found.

    Of its lines `is_unfit` says not sold again, `is_away` that nothing comes in, for nobody was handed it, `is_stale`
    that some of what is chosen is past its date; `names` are those of other languages, as far as known.
    """

    receipt_number: int = 0
    sold_at: str = ""
    edge_id: str = ""
    lines: tuple[ReturnLine, ...] = ()
    total_minor: int = 0
    order: str = ""
    until: str = ""
    awaited: tuple[Awaited, ...] = ()


@dataclass(frozen=True, slots=True)
class SuspendedBasket:
    number: int
    basket_id: str
    cashier: str
    line_count: int
    total_minor: int
    first_name: str = ""

    @property
    def press(self) -> str:
        return f"line:{self.number}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a report: words, an amount, and where it says something how often."""

    words: Words
    amount_minor: int
    count: int | None = None
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """An X or Z report. `variance_minor` is None where nothing was counted yet."""

    kind: Literal["x", "z"]
    number: int
    figures: tuple[Figure, ...] = ()
    variance_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """The left two thirds: exactly one of the values after `keys` says what they show."""

    name: StageName
    keys: tuple[Key, ...]
    basket: Basket
    step: str = ""
    done: Done | None = None
    card: CardPayment | None = None
    back: Return | None = None
    suspended: tuple[SuspendedBasket, ...] = ()
    report: Report | None = None
    orders: tuple[OrderRow, ...] = ()
    pickup: PickUp | None = None
    ways: Comparison | None = None
    stock: StockShown | None = None
    asks: Words | None = None


@dataclass(frozen=True, slots=True)
class MemberShown:
    """The member on the basket: tier by language, points known at `as_of` ("" where only a number was typed).

    `may` says what can be spent now and why, `twice` the bound while the line is down.
    """

    tier_names: Names
    balance: str
    as_of: str
    may: Words
    twice: Words | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """The right third: what it costs, what was taken, what is due, and how money comes."""

    name: StageName
    keys: tuple[Key, ...]
    total_minor: int = 0
    due_minor: int = 0
    pieces: int = 0
    discount_minor: int = 0
    tax_minor: int = 0
    rounding_minor: int = 0
    tenders: tuple[TenderShown, ...] = ()
    quick_cash: tuple[int, ...] = ()
    member: MemberShown | None = None

    @property
    def is_split(self) -> bool:
        return bool(self.tenders)


@dataclass(frozen=True, slots=True)
class QuickProduct:
    press: str
    sku: str
    names: Names
    price_minor: int
    category: str = ""


@dataclass(frozen=True, slots=True)
class PeripheralShown:
    name: str
    kind: str
    tone: Tone
    word: Words


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the box or a peripheral, and what to do now: one line each, above the strip."""

    tone: Tone
    what: Words
    now: Words


@dataclass(frozen=True, slots=True)
class Question:
    """A paper that may or may not have come out: a person looks and says so. `more` wait behind it.

    Its buttons carry the number of the print job: what was answered is what was on the screen.
    """

    job_id: int
    what: Words
    more: int

    @property
    def press_seen(self) -> str:
        return f"seen:{self.job_id}"

    @property
    def press_copy(self) -> str:
        return f"copy:{self.job_id}"


@dataclass(frozen=True, slots=True)
class Strip:
    is_online: bool
    waiting: int
    peripherals: tuple[PeripheralShown, ...] = ()
    question: Question | None = None
    orders: Words | None = None
    are_orders_late: bool = False
    problems: tuple[Problem, ...] = field(default=())

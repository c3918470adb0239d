"""Facts of selling: sales, returns, shifts, cash and payments. Amounts are integer minor units (ISO 4217).

A completed sale is the truth as printed: prices, tax and rounding are frozen by the box and never recomputed by
the hub, which only re-derives and compares.
"""

from __future__ import annotations

from operator import not_
from typing import Any, Final, Literal

from pydantic import Field

from contract.envelope import Currency, FactBody, Message, Uid

EntryMethod = Literal["scanned", "keyed", "unknown"]
TenderKind = Literal["cash", "card", "wallet", "points", "stored_value", "coupon", "unknown"]


# What few sales have something of is left out of a fact where it is empty: 60 bytes a line, and its reader knows
# the default.
_SELDOM: Final[Any] = Field(default="", exclude_if=not_)

DiscountReason = Literal["", "markdown"]
"""Why a line costs less: its use-by date is near; "" where a person gave it."""


class LineLot(Message):
    """How many pieces of a line went out of one lot."""

    lot: str = ""
    expiry: str = ""
    quantity: int = Field(ge=1)


class SaleLine(Message):
    """`amount_minor` is what is paid for the line: quantity x unit price less `discount_minor`, tax included.

    `tax_minor` is the line's share of its group's tax, by largest remainder. `rate_bp` is the rate at which the line
    was sold: a group whose rate changed while the basket was open has lines at two.

    `order_id` names the order by which the goods of this line reach the customer: they do not leave the shop with this
    sale. `expiry` is the use-by date (ISO) of the lot, "" where it has none or nobody knows.

    `lots` are the lots out of which the pieces went where nobody scanned one: those that expire first, as far as the
    box knows its lots. Without them the whole line went out of (`lot`, `expiry`).
    """

    line: int = Field(ge=1)
    sku: str
    gtin: str = _SELDOM
    name: str
    quantity: int = Field(ge=1)
    unit_price_minor: int = Field(ge=0)
    discount_minor: int = Field(default=0, ge=0)
    amount_minor: int = Field(ge=0)
    tax_group: str
    rate_bp: int = Field(default=0, ge=0)
    tax_minor: int
    entry_method: EntryMethod = "scanned"
    price_version: int = 0
    lot: str = _SELDOM
    expiry: str = _SELDOM
    order_id: str = _SELDOM
    lots: tuple[LineLot, ...] = Field(default=(), exclude_if=not_)
    discount_reason: DiscountReason = Field(default="", exclude_if=not_)


class TaxGroupTotal(Message):
    """`tax_minor` = half-up of gross x rate / (1 + rate); `rate_bp` is in basis points (10 % = 1000)."""

    tax_group: str
    rate_bp: int
    gross_minor: int
    tax_minor: int


class Tender(Message):
    """`amount_minor` settles the sale; cash may have been `tendered_minor` with change given back.

    Of a wallet, `scheme` names the provider (wechat_pay, alipay) and `auth_code` is the provider's transaction id.
    """

    kind: TenderKind
    amount_minor: int
    tendered_minor: int
    change_minor: int = 0
    payment_id: str = _SELDOM
    masked_pan: str = _SELDOM
    scheme: str = _SELDOM
    auth_code: str = _SELDOM


class SaleCompleted(FactBody):
    """`total_minor` = sum of line amounts; tenders sum to `total_minor + rounding_minor`.

    `member_id` is whose purchase it was, `points_earned` what the box has promised for it; the ledger of points is the
    hub's and follows from this fact. Points that were spent are a tender.
    """

    type: Literal["sale.completed"] = "sale.completed"
    version: Literal[1] = 1
    sale_id: Uid
    receipt_number: int = Field(ge=1)
    shift_id: Uid
    cashier: str
    currency: Currency
    lines: tuple[SaleLine, ...] = Field(min_length=1)
    tax: tuple[TaxGroupTotal, ...]
    tenders: tuple[Tender, ...]
    discount_minor: int = 0
    total_minor: int
    rounding_minor: int = 0
    member_id: str = _SELDOM
    points_earned: int = Field(default=0, ge=0, exclude_if=not_)


class ReturnLine(Message):
    """Part of an original line given back: the stored amounts reversed, never recomputed.

    Restocked goods go back into `lots`, without any into (no lot, no date). Expired goods are not restocked.
    """

    line: int = Field(ge=1)
    original_line: int = Field(ge=1)
    sku: str
    name: str
    quantity: int = Field(ge=1)
    amount_minor: int = Field(ge=0)
    tax_group: str
    rate_bp: int = Field(default=0, ge=0)
    tax_minor: int
    is_restocked: bool = True
    lots: tuple[LineLot, ...] = ()


class ReturnCompleted(FactBody):
    """Goods back and money back against one sale. Amounts are positive; money flows to the customer."""

    type: Literal["return.completed"] = "return.completed"
    version: Literal[1] = 1
    return_id: Uid
    original_sale_id: Uid
    original_edge_id: str
    receipt_number: int = Field(ge=1)
    shift_id: Uid
    cashier: str
    currency: Currency
    reason: str
    lines: tuple[ReturnLine, ...] = Field(min_length=1)
    tenders: tuple[Tender, ...]
    total_minor: int
    rounding_minor: int = 0


class BasketVoided(FactBody):
    """A basket given up before completion: nothing was sold, head office may want to know."""

    type: Literal["basket.voided"] = "basket.voided"
    version: Literal[1] = 1
    basket_id: Uid
    cashier: str
    currency: Currency
    line_count: int
    total_minor: int


class ShiftOpened(FactBody):
    type: Literal["shift.opened"] = "shift.opened"
    version: Literal[1] = 1
    shift_id: Uid
    number: int
    cashier: str
    currency: Currency
    float_minor: int = Field(ge=0)


class CashMoved(FactBody):
    """Cash put into or taken out of the drawer outside a sale."""

    type: Literal["cash.moved"] = "cash.moved"
    version: Literal[1] = 1
    movement_id: Uid
    shift_id: Uid
    cashier: str
    currency: Currency
    direction: Literal["in", "out"]
    amount_minor: int = Field(gt=0)
    reason: str


class TenderTotal(Message):
    kind: TenderKind
    count: int
    amount_minor: int


class ShiftClosed(FactBody):
    """The Z report. `expected_cash_minor` = float + cash sales - cash refunds + cash in - cash out."""

    type: Literal["shift.closed"] = "shift.closed"
    version: Literal[1] = 1
    shift_id: Uid
    number: int
    cashier: str
    currency: Currency
    sale_count: int
    return_count: int
    gross_minor: int
    refund_minor: int
    discount_minor: int
    rounding_minor: int
    tax: tuple[TaxGroupTotal, ...]
    tenders: tuple[TenderTotal, ...]
    refunds: tuple[TenderTotal, ...]
    cash_in_minor: int
    cash_out_minor: int
    float_minor: int
    expected_cash_minor: int
    counted_cash_minor: int
    variance_minor: int
    first_receipt_number: int
    last_receipt_number: int


class PaymentSettled(FactBody):
    """The last word on one payment by card or wallet: approved, declined, cancelled or reversed. No card data, no code.

    Of a wallet, `scheme` names the provider and `terminal_transaction_id` is the provider's transaction id.
    """

    type: Literal["payment.settled"] = "payment.settled"
    version: Literal[1] = 1
    payment_id: Uid
    reference: str
    shift_id: Uid
    currency: Currency
    amount_minor: int
    outcome: Literal["approved", "declined", "cancelled", "reversed", "unknown"]
    was_unknown: bool
    terminal_transaction_id: str = ""
    kind: Literal["card", "wallet"] = "card"
    scheme: str = ""


class DrawerOpened(FactBody):
    """The cash drawer was kicked. `is_proved` is False where its sensor did not confirm."""

    type: Literal["drawer.opened"] = "drawer.opened"
    version: Literal[1] = 1
    shift_id: Uid
    cashier: str
    cause: Literal["sale", "return", "no_sale", "cash_in", "cash_out"]
    is_proved: bool

"""A basket before it is a sale: lines, their prices, discounts. Every change gives a new basket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from edge.domain.errors import (
    BadQuantity,
    BasketIsPaid,
    DiscountTooLarge,
    Malformed,
    NoSuchLine,
    TooManyLines,
)
from edge.domain.member import Member
from edge.domain.member_errors import MemberHasPaid
from edge.domain.money import allocate, half_up, spelled
from edge.domain.order_errors import OrderedAlready
from edge.domain.tax import WHOLE_BP, Taxable, TaxTotal, totals_and_shares
from edge.domain.tender import OF_MEMBERS, Tender, due_minor

MAX_QUANTITY = 999
MAX_LINES = 200

EntryMethod = Literal["scanned", "keyed"]
DiscountReason = Literal["", "markdown"]


@dataclass(frozen=True, slots=True)
class EnteredCode:
    """What a scan or a key press names: a GTIN, a SKU or any other `code`, with what else the symbol told.

    `expiry` is an ISO date, "" where the symbol has none.
    """

    code: str
    lot: str = ""
    expiry: str = ""
    entry_method: EntryMethod = "scanned"


@dataclass(frozen=True, slots=True)
class Article:
    """What the catalogue says of one code now: the price shown is the price paid."""

    sku: str
    name: str
    unit_price_minor: int
    tax_group: str
    tax_rate_bp: int
    gtin: str = ""
    price_version: int = 0


@dataclass(frozen=True, slots=True)
class Discount:
    """An amount, or a part in basis points, of whatever it is taken from; never more than that.

    `reason` is why the shop gives it by itself, "" where a person does.
    """

    amount_minor: int = 0
    percent_bp: int = 0
    reason: DiscountReason = ""

    def of(self, base_minor: int) -> int:
        return min(base_minor, self.amount_minor + half_up(base_minor * self.percent_bp, WHOLE_BP))


NO_DISCOUNT = Discount()


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A void line stays where it is, so that line numbers on the screen never move.

    The goods of a line with an `order_id` reach the customer by that order, not from this basket.
    """

    line: int
    article: Article
    quantity: int = 1
    entry_method: EntryMethod = "scanned"
    lot: str = ""
    expiry: str = ""
    discount: Discount = NO_DISCOUNT
    is_void: bool = False
    order_id: str = ""

    @property
    def gross_minor(self) -> int:
        return 0 if self.is_void else self.quantity * self.article.unit_price_minor


@dataclass(frozen=True, slots=True)
class Basket:
    basket_id: str
    shift_id: str
    cashier: str
    currency: str
    lines: tuple[BasketLine, ...] = ()
    discount: Discount = NO_DISCOUNT
    tenders: tuple[Tender, ...] = ()
    member: Member | None = None

    @property
    def live_lines(self) -> tuple[BasketLine, ...]:
        return tuple(line for line in self.lines if not line.is_void)

    @property
    def remote_minor(self) -> int:
        """What was taken by card and wallet: only whoever took it can give it back."""
        return sum(tender.amount_minor for tender in self.remote_tenders)

    @property
    def remote_tenders(self) -> tuple[Tender, ...]:
        return tuple(tender for tender in self.tenders if tender.kind in ("card", "wallet"))

    @property
    def member_minor(self) -> int:
        """What points, stored value and coupons pay."""
        return sum(tender.amount_minor for tender in self.tenders if tender.kind in OF_MEMBERS)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """`amount_minor` is paid for the line, tax and its share of every discount included."""

    line: BasketLine
    discount_minor: int
    amount_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Priced:
    """A basket in money: what the screen shows and, once paid, what the sale freezes."""

    lines: tuple[PricedLine, ...]
    discount_minor: int
    total_minor: int
    tax: tuple[TaxTotal, ...]

    @property
    def tax_minor(self) -> int:
        return sum(group.tax_minor for group in self.tax)


def price(basket: Basket) -> Priced:
    """Line discounts first, then the basket's over what is left, by largest remainder; then tax by group."""
    live = basket.live_lines
    net = [line.gross_minor - line.discount.of(line.gross_minor) for line in live]
    shares = allocate(basket.discount.of(sum(net)), net)
    amounts = [before - share for before, share in zip(net, shares, strict=True)]
    tax, taxes = totals_and_shares(
        [
            Taxable(line.article.tax_group, line.article.tax_rate_bp, amount)
            for line, amount in zip(live, amounts, strict=True)
        ]
    )
    lines = tuple(
        PricedLine(line, line.gross_minor - amount, amount, tax_minor)
        for line, amount, tax_minor in zip(live, amounts, taxes, strict=True)
    )
    return Priced(lines, sum(line.discount_minor for line in lines), sum(amounts), tax)


def due(basket: Basket) -> int:
    return due_minor(price(basket).total_minor, basket.tenders)


def add(
    basket: Basket,
    article: Article,
    entered: EnteredCode,
    quantity: int = 1,
    discount: Discount = NO_DISCOUNT,
) -> Basket:
    """The same goods scanned again right away are one more piece of the last line.

    `discount` is what the shop gives by itself.
    """
    check_quantity(quantity)
    last = basket.lines[-1] if basket.lines else None
    if last is not None and _is_one_more(last, article, entered, discount):
        return set_quantity(basket, last.line, last.quantity + quantity)
    if len(basket.lines) >= MAX_LINES:
        raise TooManyLines(maximum=MAX_LINES)
    line = BasketLine(
        len(basket.lines) + 1,
        article,
        quantity,
        entered.entry_method,
        entered.lot,
        entered.expiry,
        discount,
    )
    return _with_lines(basket, (*basket.lines, line))


def set_quantity(basket: Basket, line: int, quantity: int) -> Basket:
    check_quantity(quantity)
    return _checked(_with_line(basket, replace(_unordered(basket, line), quantity=quantity)))


def void_line(basket: Basket, line: int) -> Basket:
    return _checked(_with_line(basket, replace(_unordered(basket, line), is_void=True)))


def discount_line(basket: Basket, line: int, discount: Discount) -> Basket:
    found = find(basket, line)
    _check_discount(discount, found.gross_minor, basket.currency)
    return _checked(_with_line(basket, replace(found, discount=discount)))


def discount_basket(basket: Basket, discount: Discount) -> Basket:
    _check_discount(
        discount, price(replace(basket, discount=NO_DISCOUNT)).total_minor, basket.currency
    )
    return _checked(replace(basket, discount=discount))


def find(basket: Basket, line: int) -> BasketLine:
    for candidate in basket.live_lines:
        if candidate.line == line:
            return candidate
    raise NoSuchLine(line=line)


def _unordered(basket: Basket, line: int) -> BasketLine:
    """What was promised for a line is as much as it says."""
    found = find(basket, line)
    if found.order_id:
        raise OrderedAlready(line=line)
    return found


def check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise BadQuantity(quantity=quantity, maximum=MAX_QUANTITY)


def _is_one_more(
    last: BasketLine, article: Article, entered: EnteredCode, discount: Discount
) -> bool:
    is_same = last.article == article and (last.lot, last.expiry) == (entered.lot, entered.expiry)
    return (
        is_same
        and not last.is_void
        and not last.order_id
        and last.discount == discount
        and last.quantity < MAX_QUANTITY
    )


def _with_line(basket: Basket, changed: BasketLine) -> Basket:
    lines = tuple(changed if line.line == changed.line else line for line in basket.lines)
    return _with_lines(basket, lines)


def _with_lines(basket: Basket, lines: tuple[BasketLine, ...]) -> Basket:
    """As `replace`, at a third of its time: every scan makes one."""
    return Basket(
        basket.basket_id,
        basket.shift_id,
        basket.cashier,
        basket.currency,
        lines,
        basket.discount,
        basket.tenders,
        basket.member,
    )


def _check_discount(discount: Discount, base_minor: int, currency: str) -> None:
    if discount.amount_minor < 0 or not 0 <= discount.percent_bp <= WHOLE_BP:
        raise Malformed(
            expected="a discount of 0 to 100 % or an amount of zero and more",
            got=f"{discount.percent_bp / 100:g} % and {discount.amount_minor}",
        )
    if discount.amount_minor > base_minor:
        raise DiscountTooLarge(
            discount=spelled(discount.amount_minor, currency), total=spelled(base_minor, currency)
        )


def _checked(basket: Basket) -> Basket:
    """What was already taken must not be more than what the basket then costs."""
    if basket.tenders and due(basket) < 0:
        if basket.member_minor:
            raise MemberHasPaid(amount=spelled(basket.member_minor, basket.currency))
        paid = sum(tender.amount_minor for tender in basket.tenders)
        raise BasketIsPaid(paid=spelled(paid, basket.currency))
    return basket

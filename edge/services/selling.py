"""From the first scan to the completed sale. A scan is durable before it is on the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import bindparam
from sqlmodel import col, update

from contract import lots as rule
from contract.sales import BasketVoided, SaleCompleted
from edge.db.tables import BasketRow, Payment, rows_of
from edge.db.unit_of_work import Reader
from edge.domain import basket as baskets
from edge.domain import receipt_code, tender
from edge.domain.basket import Basket, Discount, EnteredCode, Priced
from edge.domain.errors import (
    BasketIsOpen,
    BasketIsPaid,
    GoodsExpired,
    Malformed,
    MemberScanned,
    NoBasket,
    NotFound,
    NothingToSell,
    PaymentRunning,
    PaymentUnknown,
    ReceiptScanned,
    UnknownCode,
    WalletRunning,
    WalletScanned,
    WalletUnknown,
)
from edge.domain.member import is_coupon_code, is_member_code, is_member_number
from edge.domain.money import spelled
from edge.domain.wallet_code import NAMES, wallet_of
from edge.services import basket_text, catalogue, lots, markdowns
from edge.services.completing import complete
from edge.services.shop import OpenShift, Shop, Work

UNSETTLED = ("NEW", "SENT", "IN_PROGRESS", "UNKNOWN", "REVERSING", "REVERSAL_PENDING")

# What is said of a payment under way, and of one whose outcome is not known, by its kind.
WHILE_PAYING = {
    "card": (PaymentRunning, PaymentUnknown),
    "wallet": (WalletRunning, WalletUnknown),
}

# Past SQLAlchemy, as every statement between a scanner's byte and the screen.
_OPEN = "SELECT body FROM basket WHERE state = 'open'"
_UNSETTLED = f"""
SELECT kind, state, reference, amount_minor, currency FROM payment
WHERE basket_id = ? AND state IN ({", ".join(f"'{state}'" for state in UNSETTLED)})
"""  # noqa: S608 - our own words
_SUSPENDED = (
    rows_of(BasketRow)
    .where(col(BasketRow.state) == "suspended")
    .order_by(col(BasketRow.updated_at).desc())
)
_ONE = rows_of(BasketRow).where(col(BasketRow.basket_id) == bindparam("basket_id"))
_PAYMENT = rows_of(Payment).where(
    col(Payment.basket_id) == bindparam("basket_id"), col(Payment.state).in_(UNSETTLED)
)


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket with what it costs now. `payment` is the payment by card or wallet that is not settled yet."""

    state: str
    basket: Basket
    priced: Priced
    payment: Payment | None = None

    @property
    def due_minor(self) -> int:
        return tender.due_minor(self.priced.total_minor, self.basket.tenders)


class Ordered(NamedTuple):
    """One line of a whole sale: a SKU, a GTIN or another code, and how many."""

    code: str
    quantity: int = 1


def current(shop: Shop) -> BasketView | None:
    """The basket on the screen, None between customers."""
    with shop.read() as reader:
        basket = find_open(reader)
        return None if basket is None else _view(reader, "open", basket)


def suspended(shop: Shop) -> list[BasketView]:
    """Baskets put aside, the newest first."""
    with shop.read() as reader:
        return [view(reader, row) for row in reader.all(BasketRow, _SUSPENDED)]


def add_scan(shop: Shop, entered: EnteredCode, quantity: int = 1) -> BasketView:
    """Adds what was scanned or keyed; opens a basket where there is none.

    Raises what is wrong with the goods (UnknownCode, NoPrice, PriceIsZero, GoodsExpired) or with the moment
    (NoShift, a payment under way); the basket is as it was then.
    """
    try:
        with shop.write() as work:
            return _add(work, entered, quantity)
    except UnknownCode:
        _count_unknown(shop, entered.code)
        raise


def set_quantity(shop: Shop, line: int, quantity: int) -> BasketView:
    return _change(shop, lambda basket: baskets.set_quantity(basket, line, quantity))


def void_line(shop: Shop, line: int) -> BasketView:
    return _change(shop, lambda basket: baskets.void_line(basket, line))


def discount_line(shop: Shop, line: int, discount: Discount) -> BasketView:
    return _change(shop, lambda basket: baskets.discount_line(basket, line, discount))


def discount_basket(shop: Shop, discount: Discount) -> BasketView:
    return _change(shop, lambda basket: baskets.discount_basket(basket, discount))


def void_basket(shop: Shop) -> None:
    """Gives the open basket up; cash is handed back, a payment by card or wallet must be reversed first."""
    with shop.write() as work:
        basket = open_basket(work)
        refuse_while_paying(work.unit, basket)
        if basket.remote_minor:
            raise BasketIsPaid(paid=spelled(basket.remote_minor, basket.currency))
        if basket.member_minor:
            _let_go(work, basket)
        set_state(work, basket.basket_id, "voided")
        work.log(_voided(work, basket))


def suspend(shop: Shop) -> None:
    """Puts the open basket aside for the next customer, with whatever it has been paid."""
    with shop.write() as work:
        set_state(work, open_basket(work).basket_id, "suspended")


def resume(shop: Shop, basket_id: str) -> BasketView:
    with shop.write() as work:
        _make_room(work)
        row = work.unit.first(BasketRow, _ONE, basket_id=basket_id)
        if row is None or row.state != "suspended":
            raise NotFound(what="suspended basket", name=basket_id)
        set_state(work, basket_id, "open")
        return view(work.unit, row.model_copy(update={"state": "open"}))


def tender_cash(shop: Shop, tendered_minor: int) -> BasketView | SaleCompleted:
    """Takes cash: the sale where that settles it, else the basket with the rest still due."""
    return shop.run(lambda work: take_cash(work, open_basket(work), tendered_minor))


def take_cash(work: Work, basket: Basket, tendered_minor: int) -> BasketView | SaleCompleted:
    """As `tender_cash`, within a transaction that does more."""
    refuse_while_paying(work.unit, basket)
    refuse_unpayable(work, basket)
    step_minor = work.shop.settings.cash_rounding_minor
    cash = tender.cash(baskets.due(basket), tendered_minor, step_minor, basket.currency)
    paid = replace(basket, tenders=(*basket.tenders, cash))
    return settle_or_store(work, "open", paid)


def sell(
    shop: Shop, ordered: Sequence[Ordered], tendered_minor: int | None = None
) -> SaleCompleted:
    """One whole cash sale, with exact money where no amount is named. The basket on the screen is untouched."""

    def use_case(work: Work) -> SaleCompleted:
        shift = work.shift()
        basket = _filled(work, shift, ordered)
        priced = baskets.price(basket)
        step_minor = shop.settings.cash_rounding_minor
        given_minor = priced.total_minor if tendered_minor is None else tendered_minor
        cash = tender.cash(priced.total_minor, given_minor, step_minor, basket.currency)
        if cash.amount_minor - cash.rounding_minor < priced.total_minor:
            due = spelled(priced.total_minor, basket.currency)
            raise Malformed(
                expected=f"at least {due} in cash", got=spelled(given_minor, basket.currency)
            )
        return complete(work, shift, replace(basket, tenders=(cash,)), priced)

    return shop.run(use_case)


def settle_or_store(work: Work, state: str, basket: Basket) -> BasketView | SaleCompleted:
    """Completes the sale once nothing is due any more, else keeps the basket with its tenders."""
    priced = baskets.price(basket)
    if tender.due_minor(priced.total_minor, basket.tenders) > 0:
        store(work, basket)
        return BasketView(state, basket, priced)
    sale = complete(work, work.shift(), basket, priced)
    store(work, basket)
    set_state(work, basket.basket_id, "completed")
    return sale


def open_or_new(work: Work) -> Basket:
    """The open basket; a new one where there is none. Raises NoShift."""
    shift, basket = work.shift(), find_open(work.unit)
    if basket is None:
        basket = _new_basket(work, shift)
        insert_basket(work, basket)
    return basket


def view_of(reader: Reader, basket: Basket) -> BasketView:
    """The open basket as the screen has it."""
    return _view(reader, "open", basket)


def open_basket(work: Work) -> Basket:
    basket = find_open(work.unit)
    if basket is None:
        raise NoBasket
    return basket


def unsold_basket(work: Work, basket_id: str) -> tuple[BasketRow, Basket] | None:
    """A basket that is open or suspended; None once it is sold, given up, or forgotten after that."""
    row = work.unit.first(BasketRow, _ONE, basket_id=basket_id)
    if row is None or row.state in ("completed", "voided"):
        return None
    return row, body_of(row)


def body_of(row: BasketRow) -> Basket:
    return basket_text.loaded(row.body)


def view(reader: Reader, row: BasketRow) -> BasketView:
    return _view(reader, row.state, body_of(row))


def _view(reader: Reader, state: str, basket: Basket) -> BasketView:
    payment = reader.first(Payment, _PAYMENT, basket_id=basket.basket_id)
    return BasketView(state, basket, baskets.price(basket), payment)


def find_open(reader: Reader) -> Basket | None:
    """The basket on the screen, None between customers."""
    row = reader.sql(_OPEN).fetchone()
    return None if row is None else basket_text.loaded(row[0])


def refuse_while_paying(reader: Reader, basket: Basket) -> None:
    """The first word on a basket's money must be known before the next is spoken."""
    payment = reader.sql(_UNSETTLED, (basket.basket_id,)).fetchone()
    if payment is None:
        return
    kind, state, reference, amount_minor, currency = payment
    running, unknown = WHILE_PAYING[kind]
    refusal = running if state in ("NEW", "SENT", "IN_PROGRESS") else unknown
    raise refusal(reference=reference, amount=spelled(amount_minor, currency))


def refuse_unpayable(work: Work, basket: Basket) -> None:
    """Before money is taken: there is something to pay, and what is held of it for an order is held still."""
    if not basket.live_lines:
        raise NothingToSell
    if not basket.tenders and any(line.order_id for line in basket.live_lines):
        from edge.services import placing  # only for goods of an order

        placing.check_held(work, basket)


def store(work: Work, basket: Basket) -> None:
    work.unit.sql(
        "UPDATE basket SET body = ?, updated_at = ? WHERE basket_id = ?",
        (basket_text.dumped(basket), work.stamp, basket.basket_id),
    )


def set_state(work: Work, basket_id: str, state: str) -> None:
    work.unit.execute(
        update(BasketRow)
        .where(col(BasketRow.basket_id) == basket_id)
        .values(state=state, updated_at=work.stamp)
    )


def _make_room(work: Work) -> None:
    """An open basket with nothing in it any more is in nobody's way."""
    basket = find_open(work.unit)
    if basket is None:
        return
    if basket.live_lines or basket.tenders:
        raise BasketIsOpen(line_count=len(basket.live_lines))
    set_state(work, basket.basket_id, "voided")


def _add(work: Work, entered: EnteredCode, quantity: int) -> BasketView:
    shift = work.shift()
    article, off = _rung_up(work, entered, shift.business_date)
    before = find_open(work.unit)
    if before is None:
        basket = baskets.add(_new_basket(work, shift), article, entered, quantity, off)
        insert_basket(work, basket)
    else:
        refuse_while_paying(work.unit, before)
        basket = baskets.add(before, article, entered, quantity, off)
        store(work, basket)
    return BasketView("open", basket, baskets.price(basket))


def _rung_up(
    work: Work, entered: EnteredCode, business_date: str
) -> tuple[baskets.Article, Discount]:
    """What a code costs now, and what is taken off by its use-by date: the one scanned, else the shelf's."""
    if receipt_code.is_receipt_code(entered.code):
        raise ReceiptScanned
    if is_member_code(entered.code) or is_coupon_code(entered.code):
        raise MemberScanned
    if wallet := wallet_of(entered.code):
        # Shown too early; it is money for as long as it lives, so that nothing keeps it or says it again.
        raise WalletScanned(name=NAMES[wallet])
    settings = work.shop.settings
    article, has_lots = catalogue.find(work.unit, entered, settings.currency, settings.language)
    if not (has_lots or entered.expiry):
        return article, baskets.NO_DISCOUNT
    here = [] if entered.expiry else lots.lots(work.unit, article.sku)
    expiry = entered.expiry or rule.last_expiry(here, business_date)
    if not rule.is_fresh(expiry, business_date):
        raise GoodsExpired(name=article.name, expiry=expiry, business_date=business_date)
    known = entered.expiry or rule.sure_expiry(here, business_date)
    return article, markdowns.discount(work, article.sku, known, business_date)


def _filled(work: Work, shift: OpenShift, ordered: Sequence[Ordered]) -> Basket:
    basket = _new_basket(work, shift)
    for line in ordered:
        entered = EnteredCode(line.code, entry_method="keyed")
        article, off = _rung_up(work, entered, shift.business_date)
        basket = baskets.add(basket, article, entered, line.quantity, off)
    if not basket.lines:
        raise NothingToSell
    return basket


def begin_basket(work: Work, shift: OpenShift) -> Basket:
    """A basket of its own, to be kept with `insert_basket`. Raises BasketIsOpen where another one has goods in it."""
    _make_room(work)
    return _new_basket(work, shift)


def _new_basket(work: Work, shift: OpenShift) -> Basket:
    return Basket(work.new_id(), shift.shift_id, shift.cashier, work.shop.settings.currency)


def insert_basket(work: Work, basket: Basket) -> None:
    row = {
        "basket_id": basket.basket_id,
        "shift_id": basket.shift_id,
        "state": "open",
        "updated_at": work.stamp,
        "body": basket_text.dumped(basket),
    }
    work.unit.insert(BasketRow, [row])


def _change(shop: Shop, change: Callable[[Basket], Basket]) -> BasketView:
    with shop.write() as work:
        before = open_basket(work)
        refuse_while_paying(work.unit, before)
        basket = change(before)
        store(work, basket)
        return BasketView("open", basket, baskets.price(basket))


def _let_go(work: Work, basket: Basket) -> None:
    from edge.services import member_books  # only for a basket that holds something of a member

    member_books.let_go(work, basket.basket_id)


def _voided(work: Work, basket: Basket) -> BasketVoided:
    return BasketVoided(
        **work.header(work.business_date()),
        basket_id=basket.basket_id,
        cashier=basket.cashier,
        currency=basket.currency,
        line_count=len(basket.live_lines),
        total_minor=baskets.price(basket).total_minor,
    )


def _count_unknown(shop: Shop, code: str) -> None:
    """Head office wants to know what customers bring to the counter and the catalogue does not have.

    A member's number is not kept.
    """
    if is_member_number(code):
        return
    with shop.write() as work:
        work.unit.sql(
            "INSERT INTO unknown_scan (code, count, last_at) VALUES (?, 1, ?)"
            " ON CONFLICT (code) DO UPDATE SET count = count + 1, last_at = excluded.last_at",
            (code[:64], work.stamp),
        )

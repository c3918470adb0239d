"""What the shop refuses, and what to do about it.

    ShopError
      Malformed    the request itself makes no sense: correct it and ask again
      NotFound     names something that is not here
      Refused      understood, and against a rule of the shop: a person decides what next
        (money, goods and shifts have their own classes below; orders and members in files beside this one)
      Broken       the box itself cannot do it now: disk, database

Every class has a stable `key`, the English sentence `template`, and `what_now`, the English advice; `fields` fill
both. The screens' catalogues translate by key, and the api chooses the HTTP status by the class.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

NO_FIELDS: Final[Mapping[str, str | int]] = MappingProxyType({})


class ShopError(Exception):
    """Base of everything that a use case raises on purpose. Nothing was changed when it leaves."""

    key: ClassVar[str] = "shop.error"
    template: ClassVar[str] = "That cannot be done."
    advice: ClassVar[str] = (
        "Try again; if it happens again, call the person who looks after the box."
    )

    def __init__(self, **fields: str | int) -> None:
        self.fields = fields
        super().__init__(self.template.format(**fields))

    @property
    def message(self) -> str:
        return self.template.format(**self.fields)

    @property
    def what_now(self) -> str:
        return self.advice.format(**self.fields)


class Malformed(ShopError):
    key = "request.malformed"
    template = "Expected {expected}, got {got}."
    advice = "Correct the value and try again."


class NotFound(ShopError):
    key = "shop.not_found"
    template = "There is no {what} {name} here."
    advice = "Check the number; it may belong to another box."


class Refused(ShopError):
    key = "shop.refused"


class Broken(ShopError):
    key = "box.broken"


# Requests


class NoSuchAddress(NotFound):
    key = "request.no_such_address"
    template = "There is nothing at {path} of this box. Nothing was changed."
    advice = (
        "Check the address: the counter is at /, and /openapi.json lists what there is beside it."
    )


class WrongMethod(Malformed):
    key = "request.wrong_method"
    template = "Expected {allowed} at {path}, got {method}. Nothing was changed."
    advice = "Send the request again with a method that the address takes."


class WrongContent(Malformed):
    key = "request.wrong_content"
    template = "Expected a body of application/json, got {got}. Nothing was changed."
    advice = "Send the request again with the header Content-Type: application/json."


class TooLong(Malformed):
    key = "request.too_long"
    template = (
        "Expected a request of at most {maximum} bytes, got a longer one. Nothing was changed."
    )
    advice = "Send less at once."


class Unreadable(Malformed):
    """What the framework itself refuses, for a reason of its own words."""

    key = "request.unreadable"
    template = "The request was not understood: {detail}. Nothing was changed."
    advice = "Correct the request and send it again."


# The hub


class HubUnreachable(Refused):
    """Nothing was sent."""

    key = "hub.unreachable"
    template = "The line to the hub is down: it was not asked, and nothing was done."
    advice = "Do it another way, or try again when the line is back; selling goes on."


class HubSilent(Refused):
    """It was sent, and nobody knows whether it was done."""

    key = "hub.silent"
    template = "The hub did not answer within {timeout_s} s: nobody knows yet whether it was done."
    advice = "Try again: the same thing is not done twice."


class HubRefused(Refused):
    """The hub's own no: `hub_key` names it for the screens' catalogues, `text` is its English."""

    key = "hub.refused"
    template = "{text}"
    advice = "Ask head office if this cannot be right; nothing was changed."

    def __init__(
        self, hub_key: str = key, text: str = template, fields: Mapping[str, str | int] = NO_FIELDS
    ) -> None:
        self.hub_key = hub_key
        super().__init__(**{**fields, "text": text})


# Goods


class UnknownCode(Refused):
    key = "goods.unknown_code"
    template = "The code {code} is not in the catalogue."
    advice = "Set the goods aside and tell head office the code; the basket is unchanged."


class NoPrice(Refused):
    key = "goods.no_price"
    template = "{name} ({sku}) has no price in {currency}."
    advice = "Set the goods aside and ask head office for the price; the basket is unchanged."


class PriceIsZero(Refused):
    key = "goods.price_is_zero"
    template = "The price of {name} ({sku}) is zero and it is not marked as free."
    advice = "Ask head office to set the price or to mark it as free; the basket is unchanged."


class GoodsExpired(Refused):
    key = "goods.expired"
    template = "{name} expired on {expiry}; today is {business_date}."
    advice = "Take it off the shelf and offer another one; the basket is unchanged."


class MoreThanAnnounced(Refused):
    key = "stock.more_than_announced"
    template = "{name}: {expected} were announced and {received} have come. Nothing was taken in."
    advice = "Count again; if so many came, confirm that more came than was announced."


class CameExpired(Refused):
    key = "stock.came_expired"
    template = (
        "{name} came with the use-by date {expiry}; today is {business_date}. Nothing was taken in."
    )
    advice = "Enter the expired pieces as damaged and send them back with the driver."


class MoreDamagedThanCame(Malformed):
    key = "stock.more_damaged_than_came"
    template = "{name}: {damaged} damaged of {received} that came. Nothing was taken in."
    advice = "Damaged pieces are counted among those that came: correct one of the two."


class CountDisagrees(Refused):
    """Told, not raised: the count is what holds."""

    key = "stock.count_disagrees"
    template = "{name}: {counted} counted, {expected} expected. The stock now says {counted}."
    advice = "Look behind the shelf once more; if you find some, count again."


class StockDeskOpen(Refused):
    key = "stock.desk_open"
    template = "This is a customer's code, and the stock desk is open."
    advice = "Finish here or leave with Esc, then scan the code again."


class PromisedGoodsSold(Refused):
    """Told, not raised: whoever holds the goods gets them."""

    key = "stock.promised_sold"
    template = "{quantity} x {name} sold, though {promised} are promised and {left} are left."
    advice = "Pick the open orders now; what is missing is found for the customer elsewhere."


class SetAsideGoodsSold(Refused):
    """Told, not raised: whoever holds the goods gets them."""

    key = "stock.set_aside_sold"
    template = "{quantity} x {name} sold, though all that is left is set aside for orders."
    advice = "See that nothing is missing on the pick-up shelf; else count this product."


class ReceiptScanned(Refused):
    key = "goods.receipt_scanned"
    template = "That is the code of a receipt, not of goods."
    advice = "To take goods back, open Return and scan the receipt there."


class MemberScanned(Refused):
    key = "goods.member_scanned"
    template = "That is the code of a member or a coupon, not of goods."
    advice = "Scan it by itself while goods are sold: it is put on the basket."


# Basket


class NoBasket(Refused):
    key = "basket.none"
    template = "There is no open basket."
    advice = "Scan the first item to open one."


class BasketIsOpen(Refused):
    key = "basket.is_open"
    template = "Another basket is open with {line_count} lines."
    advice = "Finish, suspend or void the open basket first."


class NoSuchLine(NotFound):
    key = "basket.no_such_line"
    template = "The basket has no line {line}, or it is void."
    advice = "Choose a line that is on the screen."


class BadQuantity(Malformed):
    key = "basket.bad_quantity"
    template = "Expected a quantity of 1 to {maximum}, got {quantity}."
    advice = "Type the number of pieces; to take a line away, void it."


class NothingToSell(Refused):
    key = "basket.nothing_to_sell"
    template = "The basket has no goods in it."
    advice = "Scan goods first."


class TooManyLines(Refused):
    key = "basket.too_many_lines"
    template = "A basket holds at most {maximum} lines."
    advice = "Take the money for these and continue in a new basket."


class DiscountTooLarge(Refused):
    key = "basket.discount_too_large"
    template = "The discount {discount} is more than the {total} it would be taken from."
    advice = "Give at most the amount of the goods."


class BasketIsPaid(Refused):
    key = "basket.is_paid"
    template = "The basket holds {paid} already taken by card or wallet."
    advice = "Reverse that payment first, then change the basket."


# Money


class TenderTooSmall(Malformed):
    key = "tender.too_small"
    template = "Expected an amount above zero, got {amount}."
    advice = "Type what the customer gave."


class TenderTooLarge(Refused):
    key = "tender.too_large"
    template = "A card pays at most the {due} that is due, got {amount}."
    advice = "Type at most what is due; only cash gives change."


class PaymentUnknown(Refused):
    key = "payment.outcome_unknown"
    template = "The card payment {reference} over {amount} is not settled yet."
    advice = "Wait until the payment terminal has been asked; do not take the money a second time."


class PaymentRunning(Refused):
    key = "payment.running"
    template = "The payment terminal is busy with {reference} over {amount}."
    advice = "Let the customer finish, or press cancel on the payment terminal."


class BadTransition(Refused):
    key = "state.bad_transition"
    template = "{what} {name} is {state} and cannot become {wanted}."
    advice = "Look at its present state; somebody or something was faster."


class NothingToReverse(Refused):
    key = "payment.nothing_to_reverse"
    template = "The card payment {reference} is {state}: there is no money to give back."
    advice = "Check the payment on the screen."


class PaymentIsSold(Refused):
    key = "payment.is_sold"
    template = "The card payment {reference} paid for a sale that is complete."
    advice = "Take the goods back against the receipt; the money goes back with them."


# Wallets


class WalletScanned(Refused):
    """The code itself is in no field: nothing that is told may hold it."""

    key = "wallet.scanned"
    template = "That is the payment code of {name}, and there is nothing to pay."
    advice = "Scan the goods first; then let the customer show a fresh code."


class WalletNotTaken(Refused):
    key = "wallet.not_taken"
    template = "{name} is not taken here. Nothing was charged."
    advice = "Take another wallet, a card or cash."


class WalletOffline(Refused):
    key = "wallet.offline"
    template = "The line to the hub is down: no wallet can be asked. Nothing was charged."
    advice = "Take a card or cash, or try again when the line is back."


class WalletRunning(Refused):
    key = "wallet.running"
    template = "The customer is paying {amount} by wallet."
    advice = "Let the customer finish, or press Esc to give it up."


class WalletUnknown(Refused):
    key = "wallet.outcome_unknown"
    template = "The wallet payment over {amount} is not settled yet."
    advice = "Wait until the wallet has been asked; do not take the money a second time."


class WalletRefundImpossible(Refused):
    key = "wallet.refund_impossible"
    template = "{amount} cannot go back to the wallet: {left} of what it paid is left."
    advice = "Give the money back in cash."


class WalletRefundOffline(Refused):
    key = "wallet.refund_offline"
    template = (
        "The line to the hub is down: no wallet can be given its money back. Nothing was returned."
    )
    advice = "Give the money back in cash, or ask the customer to come again when the line is back."


# Shift


class NoShift(Refused):
    key = "shift.none"
    template = "No shift is open."
    advice = "Open a shift with your name and the cash float first."


class ShiftIsOpen(Refused):
    key = "shift.is_open"
    template = "Your shift {number} is already open, {cashier}."
    advice = "Go on selling, or close it first."


class DrawerTaken(Refused):
    key = "shift.drawer_taken"
    template = (
        "The drawer belongs to {cashier}, whose shift {number} is open; {newcomer} cannot share it."
    )
    advice = "Let {cashier} count the cash and close the shift first."


class ShiftHasBasket(Refused):
    key = "shift.has_basket"
    template = "{count} baskets with goods are still open or suspended."
    advice = "Finish or void them, then close the shift."


class ShiftHasPayment(Refused):
    key = "shift.has_payment"
    template = "{count} payments by card or wallet are not settled."
    advice = "Wait until each is approved, declined or reversed, then close the shift."


class NotEnoughCash(Refused):
    key = "shift.not_enough_cash"
    template = "The drawer holds {expected}, {amount} cannot be taken out."
    advice = "Take at most what the drawer holds."


# Returns


class ReceiptUnreadable(Malformed):
    key = "receipt.unreadable"
    template = "Expected the code of a receipt, got {got}."
    advice = "Scan the QR code at the foot of the receipt again, flat and clean."


class ReceiptForged(Refused):
    key = "receipt.forged"
    template = "The receipt's code was changed after it was printed: its signature does not fit."
    advice = "Do not give money back; keep the receipt and tell the manager."


class ReceiptUnknownKey(Refused):
    key = "receipt.unknown_key"
    template = "The receipt was signed by the key {key_id}, which this box does not know."
    advice = (
        "Send the customer to the shop that sold the goods, or ask head office to share its key."
    )


class ReceiptHasNoLines(Refused):
    key = "receipt.has_no_lines"
    template = "Receipt {receipt_number} of {edge_id} was too long to hold its lines, and its sale is not in this box."
    advice = "Take the goods back at the counter that sold them."


class RefundAbovePaid(Refused):
    key = "return.above_paid"
    template = "Line {line}: {wanted} were to come back, but only {left} of {sold} sold are left to return."
    advice = "Return at most what is left; earlier returns of this receipt are counted."


class NothingToReturn(Malformed):
    key = "return.nothing"
    template = "No line was chosen to come back."
    advice = "Choose at least one line and a quantity."


class NoSuchReceiptLine(NotFound):
    key = "return.no_such_line"
    template = "The receipt has no line {line}."
    advice = "Choose one of the lines that are on the receipt."


class WrongCurrency(Refused):
    key = "return.wrong_currency"
    template = "The receipt is in {theirs}; this drawer holds {ours}."
    advice = "Take the goods back at a counter of that currency."


class CardRefundImpossible(Refused):
    key = "return.card_impossible"
    template = "{amount} cannot go back to the card: {why}."
    advice = "Give the money back in cash."


# The box


class Fault(Broken):
    """A defect of ours. The use case rolled itself back; whether one before it was done is for a person to see."""

    key = "box.fault"
    template = "The box could not do that: a fault of its own stopped it."
    advice = "Look whether it was done before you do it again, and call the person who looks after the box."


class DiskFull(Broken):
    key = "box.disk_full"
    template = "The box's disk is full: nothing was saved."
    advice = "Do not hand over goods or money for this step. Call the person who looks after the box to free space."


class DiskFailed(Broken):
    key = "box.disk_failed"
    template = "The box's disk does not take what is written: {detail}."
    advice = (
        "Do not hand over goods or money for this step. Call the person who looks after the box."
    )


class DatabaseTooNew(Broken):
    key = "box.database_too_new"
    template = "The database {path} has version {found}; this program knows versions up to {known}."
    advice = "Install the newer program again; the data is untouched."

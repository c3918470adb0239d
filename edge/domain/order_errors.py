"""What the shop refuses of orders and their hand-over, and what to do about it."""

from __future__ import annotations

from edge.domain.errors import Malformed, NotFound, Refused


class HandoverUnreadable(Malformed):
    key = "order.code_unreadable"
    template = "That is no code by which an order is handed over."
    advice = "Scan the code on the customer's phone or receipt, or find the order in the list."


class HandoverCodeOld(Refused):
    """A picture of the phone's code of before: whoever shows it need not be who ordered."""

    key = "order.code_old"
    template = "The code of order {number} is an old one."
    advice = "Ask the customer to open the order on the phone: the code there is a new one every half minute."


class HandoverOtherShop(Refused):
    key = "order.code_other_shop"
    template = "Order {number} is to be collected at {location}, not here."
    advice = "Send the customer there; the goods of this order are not in this shop."


class HandoverForged(Refused):
    key = "order.code_forged"
    template = "The code of order {number} is not the one that was given to the customer."
    advice = (
        "Hand nothing over. Ask for the order on the phone or on the receipt, and tell the manager."
    )


class NoSuchOrder(NotFound):
    key = "order.unknown"
    template = "This shop has no order {number}."
    advice = "Where it was only just ordered, wait a minute and scan again; the goods are not lost."


class NotReadyYet(Refused):
    key = "order.not_ready"
    template = "Order {number} is not ready yet."
    advice = "Pick its goods and set them aside first; then scan the code again."


class OrderHandedOver(Refused):
    key = "order.handed_over"
    template = "Order {number} was handed over already."
    advice = "Hand nothing over. Where the customer says otherwise, call the manager: the time of it is in the list."


class OrderCancelled(Refused):
    key = "order.cancelled"
    template = "Order {number} was cancelled."
    advice = "Hand nothing over; its goods are back on the shelf and the money goes back the way it came."


class OrderDeclined(Refused):
    key = "order.declined"
    template = "This shop could not take order {number}."
    advice = "Head office has found another way; the customer's order says which."


class OrderNotPaid(Refused):
    key = "order.not_paid"
    template = "Order {number} is not paid: {due} is due."
    advice = "Take the money first, then hand the goods over."


class DueUnclear(Refused):
    """What is due at hand-over is more than the lines cost."""

    key = "order.due_unclear"
    template = "{due} is due for order {number}, but its goods cost {price}."
    advice = "Take no money for it; ask head office what the rest is for."


class JobNotOpen(Refused):
    key = "order.not_open"
    template = "Order {number} is past that step."
    advice = "Look at what it says now; somebody was faster."


class NothingPicked(Malformed):
    key = "order.nothing_picked"
    template = "Nothing was picked for order {number}."
    advice = "Pick what there is; where there is nothing, say that the goods are missing."


class PickedTooMany(Malformed):
    key = "order.picked_too_many"
    template = "Line {line}: expected 1 to {ordered} pieces, got {picked}."
    advice = "Take as many as were ordered, or fewer."


class NotOrdered(Refused):
    key = "order.not_ordered"
    template = "{sku} was not ordered on line {line}, and the customer does not take it instead."
    advice = "Take what the line says or one of its substitutes, or leave the line short."


class KeepsTooShort(Refused):
    key = "order.keeps_too_short"
    template = "{sku} keeps until {expiry}; the customer needs it until {until}."
    advice = "Take a fresher one; where there is none, leave the line short."


class PastUseBy(Refused):
    """Who comes late may find that what was laid ready has not waited as long."""

    key = "order.past_use_by"
    template = "{sku} of order {number} was good until {expiry}. It is not handed over."
    advice = "Take it off the shelf, and offer the customer a fresh one or the money back."


class NoSuchJobLine(NotFound):
    key = "order.no_such_line"
    template = "The order has no line {line}."
    advice = "Choose one of the lines that are on the screen."


class NothingSetAside(Refused):
    key = "order.nothing_aside"
    template = "Nothing of order {number} is set aside."
    advice = "Choose at least one piece to hand over."


class OfferGone(Refused):
    key = "order.offer_gone"
    template = "That way to get the goods is not on offer any more."
    advice = "Ask for the ways once more and choose again."


class OrderedAlready(Refused):
    key = "order.in_basket"
    template = "Line {line} belongs to an order already."
    advice = "Take the money for it, or void the whole basket and begin anew."


class OrderedTwice(Refused):
    """The way was taken with another basket: it is one order, and its goods are paid there."""

    key = "order.taken_twice"
    template = "That way was taken already, as order {number}; this basket was not ordered."
    advice = "Ask for the ways once more for what is in this basket."


class OrderNotInBasket(Refused):
    key = "order.not_in_basket"
    template = "Order {number} is not in the basket on the screen; nothing was paid."
    advice = "Take its basket back from those put aside; where it was voided, order anew."


class HoldLapsed(Refused):
    key = "order.hold_lapsed"
    template = "The goods of order {number} were held until {until}; nobody holds them any more, and nothing was paid."
    advice = "Ask for the ways once more and choose again, or void the basket."

"""What the shop refuses of goods of an order that come back, and what to do about it."""

from __future__ import annotations

from edge.domain.errors import Malformed, NotFound, Refused


class ReturnCodeUnreadable(Malformed):
    key = "order_return.code_unreadable"
    template = "That is no code by which goods of an order come back."
    advice = "Scan the code under “Bring something back” on the customer's phone, or type the order's number."


class ReturnCodeOld(Refused):
    key = "order_return.code_old"
    template = "The return code of order {number} is older than a day."
    advice = "Ask the customer to open the order on the phone again: the page shows a new code."


class ReturnCodeForged(Refused):
    key = "order_return.code_forged"
    template = "The return code was changed after it was made: its signature does not fit."
    advice = "Take nothing in; tell the manager."


class ReturnCodeUnknownKey(Refused):
    """Another company's customer, or a hub whose key this box has not heard of."""

    key = "order_return.code_unknown_key"
    template = "The return code was made by a shop of another company."
    advice = "Send the customer to the company that sold the goods; the code's page says which."


class NoSuchReturn(NotFound):
    key = "order_return.unknown"
    template = (
        "This shop does not know order {number}, and nobody has announced that it comes back."
    )
    advice = "Ask the customer to open the order on the phone, and scan the code under “Bring something back”."


class PaidAtTill(Refused):
    key = "order_return.paid_at_till"
    template = "Order {number} was paid at a till, not online."
    advice = "Scan the receipt: the money goes back the way that says."


class NotHandedOverYet(Refused):
    key = "order_return.not_handed"
    template = "Order {number} has not been handed over: nothing of it can come back."
    advice = "The customer can cancel it on the phone; the money then goes back by itself."


class ReturnTooLate(Refused):
    key = "order_return.too_late"
    template = "Goods of order {number} were taken back until {until}."
    advice = "Take nothing in. Where something is wrong with the goods, call the manager."


class ReturnedAlready(Refused):
    key = "order_return.returned"
    template = "All of order {number} has come back already."
    advice = (
        "Take nothing in. Where the customer says otherwise, head office sees where it came back."
    )


class MoreThanHanded(Malformed):
    key = "order_return.too_many"
    template = "{name}: {left} can still come back, not {wanted}."
    advice = "Take back as many as were handed over, or fewer."


class NothingBrought(Malformed):
    key = "order_return.nothing"
    template = "Nothing of order {number} is chosen."
    advice = "Choose what came back, line by line, or all of it."

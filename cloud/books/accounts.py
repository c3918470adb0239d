"""The accounts of the journal, as paths in the five families that Beancount knows."""

from __future__ import annotations

import re
import zlib
from typing import Final

CASH: Final = "Assets:Cash"
SAFE: Final = "Assets:Safe"
BANK: Final = "Assets:Bank"
ONLINE_ORDERS: Final = "Assets:Clearing:Online-Orders"
CLEARING: Final = "Assets:Clearing"
LOADED: Final = "Assets:Clearing:Top-Up"
POINTS_PAID: Final = "Assets:Clearing:Points"
STORED_VALUE_PAID: Final = "Assets:Clearing:Stored-Value"
INVENTORY: Final = "Assets:Inventory"
IN_TRANSIT: Final = "Assets:Inventory:In-Transit"
NOT_INVOICED: Final = "Liabilities:Received-Not-Invoiced"
UNDELIVERED: Final = "Liabilities:Orders-Undelivered"
POINTS: Final = "Liabilities:Points"
STORED_VALUE: Final = "Liabilities:Stored-Value"
VAT: Final = "Liabilities:VAT"
OPENING: Final = "Equity:Opening-Inventory"
SALES: Final = "Income:Sales"
RETURNS: Final = "Income:Returns"
ROUNDING: Final = "Income:Cash-Rounding"
POINTS_EXPIRED: Final = "Income:Points-Expired"
COUPONS: Final = "Expenses:Coupons"
COMPENSATION: Final = "Expenses:Compensation"
POINTS_EARNED: Final = "Expenses:Points-Earned"
POINTS_GIVEN: Final = "Expenses:Points-Given"
POINTS_REVALUED: Final = "Expenses:Points-Revalued"
POINTS_WRITTEN_OFF: Final = "Expenses:Points-Written-Off"
COST_OF_GOODS: Final = "Expenses:Cost-Of-Goods"
SHRINKAGE: Final = "Expenses:Shrinkage"
OVER_SHORT: Final = "Expenses:Cash-Over-Short"

_FOREIGN = re.compile(r"[^A-Za-z0-9-]+")


def at(account: str, *parts: str) -> str:
    """The account's branch for a place, a tax group or the like.

    >>> at(CASH, "office"), at(VAT, "standard")
    ('Assets:Cash:Office', 'Liabilities:VAT:Standard')
    """
    return ":".join((account, *map(component, parts)))


def component(name: str) -> str:
    """One level of an account: it begins with a capital or a digit, and holds letters, digits and hyphens.

    What is spelt with others keeps a name of its own by its CRC-32.
    """
    plain = _FOREIGN.sub("-", name).strip("-")
    if plain != name:
        plain = f"{plain}-{zlib.crc32(name.encode()):08x}".strip("-")
    return plain[:1].upper() + plain[1:]


def of_tender(kind: str, location_id: str, scheme: str = "") -> str:
    """Where a tender's money is. Of a kind that this hub does not know it waits to be cleared by a person.

    Points and stored value are cleared by the members' ledger (`cloud.books.owed`): what is left there was taken from
    a member and not sold yet, or sold and taken from nobody.
    """
    known = {
        "cash": at(CASH, location_id),
        "points": POINTS_PAID,
        "stored_value": STORED_VALUE_PAID,
        "coupon": COUPONS,
    }
    return known.get(kind) or at(CLEARING, *filter(None, (kind, scheme.replace("_", "-"))))

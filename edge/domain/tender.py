"""What settles a sale: cash with change and rounding, card, wallet, and all of them together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from edge.domain.errors import TenderTooLarge, TenderTooSmall
from edge.domain.money import spelled, to_step

TenderKind = Literal["cash", "card", "wallet", "points", "stored_value", "coupon"]
# What of a member settles a sale: never in the drawer, and back to where it came from.
OF_MEMBERS: Final = ("points", "stored_value", "coupon")


@dataclass(frozen=True, slots=True)
class Tender:
    """`amount_minor` is what it settles, `rounding_minor` of it being there only because of the smallest coin.

    Over a sale: sum of `amount_minor` = total + sum of `rounding_minor`. Of a wallet, `scheme` names the provider and
    `auth_code` is the provider's transaction id.
    """

    kind: TenderKind
    amount_minor: int
    tendered_minor: int
    change_minor: int = 0
    rounding_minor: int = 0
    payment_id: str = ""
    masked_pan: str = ""
    scheme: str = ""
    auth_code: str = ""


def due_minor(total_minor: int, tenders: Iterable[Tender]) -> int:
    """What is still to be paid; 0 once the tenders cover the total."""
    return total_minor - sum(tender.amount_minor - tender.rounding_minor for tender in tenders)


def cash(due: int, tendered_minor: int, step_minor: int, currency: str) -> Tender:
    """Takes cash against what is due. Enough of it settles the due, rounded to the smallest coin, with change.

    Less than that is a part: it settles what it is, and the rest stays due without rounding.
    """
    if tendered_minor < 0 or (tendered_minor == 0 and to_step(due, step_minor) > 0):
        raise TenderTooSmall(amount=spelled(tendered_minor, currency))
    rounded = to_step(due, step_minor)
    if tendered_minor >= rounded:
        return Tender("cash", rounded, tendered_minor, tendered_minor - rounded, rounded - due)
    return Tender("cash", min(tendered_minor, due), tendered_minor, max(0, tendered_minor - due))


def card_amount(due: int, amount_minor: int | None, currency: str) -> int:
    """What to ask the payment terminal or the wallet for: all that is due, or the part that was named."""
    amount = due if amount_minor is None else amount_minor
    if amount <= 0:
        raise TenderTooSmall(amount=spelled(amount, currency))
    if amount > due:
        raise TenderTooLarge(amount=spelled(amount, currency), due=spelled(due, currency))
    return amount


def of_member(
    kind: Literal["points", "stored_value", "coupon"], amount_minor: int, reference: str
) -> Tender:
    """`reference` is the hub's spend, the coupon's hash, or "" for points within the allowance."""
    return Tender(kind, amount_minor, amount_minor, payment_id=reference)

"""How a refund of an order that was paid online is spread over what it was paid with. Pure.

The rule is the till's (`edge.domain.returns.back_to_member`), so that nobody fares better in one channel: points,
stored value and a coupon get, of the whole refund, the share that they had of the whole payment, half-up, coupons
first; the rest is the wallet's. What a coupon gets is nobody's money: it only says what of the refund was a discount.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from contract.members import half_up

WALLET: Final = "wallet"
COUPON: Final = "coupon"
POINTS: Final = "points"
STORED_VALUE: Final = "stored_value"
OF_MEMBER: Final = (COUPON, POINTS, STORED_VALUE)
"""What is a member's, in the order in which a refund fills it."""


class Part(NamedTuple):
    """One thing that an order was paid with: `amount_minor` of it in minor units, `points` where it was points."""

    number: int
    kind: str
    amount_minor: int
    points: int = 0


class Share(NamedTuple):
    """What of a refund goes back to the part `number`; `points` is how many points that is."""

    number: int
    kind: str
    amount_minor: int
    points: int = 0


def split(parts: Sequence[Part], before_minor: int, amount_minor: int) -> tuple[Share, ...]:
    """Where the next `amount_minor` of a refund go, after `before_minor` have gone back; without parts that get none.

    Amounts are in the order's own prices, as `OrderCredit.amount_minor` is. The shares sum to the amount, and all
    refunds of an order together give each part exactly what it had paid, in minor units and in points, however they are
    cut. What is above everything that was paid gives nothing.

    >>> bought = (Part(1, "coupon", 1_000), Part(2, "points", 2_000, 2_000), Part(3, "wallet", 7_000))
    >>> [(share.kind, share.amount_minor) for share in split(bought, 0, 5_000)]
    [('coupon', 1000), ('points', 500), ('wallet', 3500)]
    """
    until = _given(parts, before_minor + amount_minor)
    found = [
        Share(part.number, part.kind, high - low, _points(part, high) - _points(part, low))
        for part, low, high in zip(parts, _given(parts, before_minor), until, strict=True)
    ]
    return tuple(share for share in found if share.amount_minor or share.points)


def _given(parts: Sequence[Part], back_minor: int) -> list[int]:
    """What each part has got of the first `back_minor` that go back."""
    total = sum(part.amount_minor for part in parts)
    back = min(max(back_minor, 0), total)
    own = [part for kind in OF_MEMBER for part in parts if part.kind == kind]
    of_members = sum(part.amount_minor for part in own)
    left = half_up(of_members * back, total) if total else 0
    got = {}
    for part in own:
        got[part.number] = min(left, part.amount_minor)
        left -= got[part.number]
    left = back - sum(got.values())
    for part in parts:
        if part.number not in got:
            got[part.number] = min(left, part.amount_minor)
            left -= got[part.number]
    return [got[part.number] for part in parts]


def _points(part: Part, got_minor: int) -> int:
    return half_up(part.points * got_minor, part.amount_minor) if part.amount_minor else 0

"""Who may give away what of one product in one shop: the rule that box, hub and proof all run.

A shop knows what it has; the hub knows what it has promised, and hears of the shop late or, through a cut, not at all.
A customer who holds the goods is never refused. So goods can be promised twice, and this says how many at most:

    on hand = free + set aside            set aside: picked for somebody, never sold to anybody else
    free    = leased to the hub + kept    leased: at most `cap`, and only above the `keep` of the walk-ins

The hub promises out of what is leased and not promised yet, and only while it has heard of the box lately enough.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

LEASE_S: Final = 120.0
"""How long after the last word of a box the hub may go on promising its goods."""

EPS_S: Final = 5.0
"""What two clocks may drift apart within a lease: the hub stops so much before its end."""

Override = Literal["", "promised", "set_aside"]


class RightsAccount(NamedTuple):
    """`on_hand` and `set_aside` by the ledger; `cap` and `keep` are head office's (feed rights@SHOP).

    `promised` is promised and not set aside yet, as far as the one who counts knows. `unheard` is what has left the
    shelf and the hub may not have heard of: 0 where the hub itself counts.
    """

    on_hand: int
    set_aside: int = 0
    cap: int = 0
    keep: int = 0
    promised: int = 0
    unheard: int = 0

    @property
    def free(self) -> int:
        """Below zero where more was sold than the ledger had."""
        return self.on_hand - self.set_aside

    @property
    def leased(self) -> int:
        return min(self.cap, max(0, self.free - self.keep))

    @property
    def walk_in(self) -> int:
        """What the shop keeps for whoever comes in."""
        return max(0, self.free) - self.leased

    @property
    def may_promise(self) -> int:
        """How many more the hub may promise while the lease holds."""
        return max(0, self.leased - self.promised)

    @property
    def may_set_aside(self) -> int:
        """How many may be picked for somebody: what is set aside already is nobody else's."""
        return max(0, self.free)

    @property
    def bound(self) -> int:
        """If the line drops now, at most so many can be promised twice.

        >>> RightsAccount(on_hand=5, set_aside=1, cap=2).bound
        2
        >>> RightsAccount(on_hand=5, cap=0).bound
        0
        """
        return min(max(self.cap, self.promised), max(0, self.free + self.unheard))


def lease_holds(silent_s: float) -> bool:
    """Whether the hub may promise goods of a box that it has not heard of for so long."""
    return silent_s < LEASE_S - EPS_S


def override(account: RightsAccount, quantity: int) -> Override:
    """What a sale to somebody who holds the goods takes that was meant for somebody else; it is made all the same.

    >>> override(RightsAccount(on_hand=3, set_aside=1, promised=1), 1)
    ''
    >>> override(RightsAccount(on_hand=3, set_aside=1, promised=1), 2)
    'promised'
    >>> override(RightsAccount(on_hand=3, set_aside=1, promised=1), 3)
    'set_aside'
    """
    if quantity > account.free and account.set_aside:
        return "set_aside"
    return "promised" if account.promised and quantity > account.free - account.promised else ""

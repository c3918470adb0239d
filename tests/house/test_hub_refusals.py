"""What the hub refuses a box is said at the counter in the shop's own language."""

from collections.abc import Iterator
from pathlib import Path

from cloud.errors import HubError
from ui.catalogues import Catalogues

COUNTER = Path(__file__).parents[2] / "edge" / "screens" / "locale"
SAID_TO_NO_BOX = {
    "members.merge",
    "members.not_sure",
    "members.profile",
    "members.programme",
    "orders.already_settled",
    "orders.return_too_late",
}
"""Only the console, the hub's API or the online shop ask for these."""


def refusals(kind: type[HubError]) -> Iterator[type[HubError]]:
    for one in kind.__subclasses__():
        yield one
        yield from refusals(one)


def test_every_refusal_of_an_order_or_a_membership_has_words_at_the_counter() -> None:
    words = Catalogues(COUNTER)
    keys = {it.key for it in refusals(HubError)} - SAID_TO_NO_BOX
    asked = {it for it in keys if it.startswith(("orders.", "members."))}
    assert {it for it in asked if not (words.has(it) and words.has(f"{it}.now"))} == set()
    assert len(asked) > len(SAID_TO_NO_BOX)

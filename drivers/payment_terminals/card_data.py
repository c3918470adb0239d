"""Card data that a payment terminal should not send and sometimes does: dropped while the message is read, counted.

Nothing above this file ever holds more of a card than its first six and last four digits. Sensitive authentication data
(full track, card verification code, PIN block) may not be kept after authorisation even encrypted (PCI DSS 3.3), and a
till that never reads them cannot lose them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

# Fields of nexo Retailer that carry a card number, a track, a verification code or a PIN block.
FORBIDDEN: Final = frozenset(
    {
        "SensitiveCardData",
        "ProtectedCardData",
        "PAN",
        "TrackData",
        "Track1",
        "Track2",
        "CardSequenceNumb",
        "CVV",
        "CVC",
        "CardholderPIN",
        "PINBlock",
        "AdditionalResponse",  # free text of the maker, in which all of these have been seen
    }
)
# Numbers of the exchange itself, which may be as long as a card number.
OWN_NUMBERS: Final = frozenset({"TransactionID", "ServiceID", "SaleID", "POIID", "TimeStamp"})
# ISO/IEC 7812: 12 to 19 digits, perhaps in groups.
CARD_NUMBER: Final = re.compile(r"(?:\d[ -]?){12,19}")


@dataclass(frozen=True, slots=True)
class CleanMessage:
    """A message without card data. `dropped` counts what was taken out of it."""

    content: Any
    dropped: int


def read_clean(message: bytes) -> CleanMessage | None:
    """The JSON in `message`; None where it is not JSON.

    Not an exception: one would carry the whole text along, in its own field or as its context.
    """
    dropped = 0

    def clean(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal dropped
        kept = {key: value for key, value in pairs if not is_card_data(key, value)}
        dropped += len(pairs) - len(kept)
        return kept

    try:
        content = json.loads(message, object_pairs_hook=clean, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return CleanMessage(content, dropped)


def is_card_data(key: str, value: Any) -> bool:
    """Whether a field may not be kept, by its name or because it holds a card number in the clear."""
    if key in FORBIDDEN:
        return True
    if key in OWN_NUMBERS or isinstance(value, (dict, bool, Decimal)):
        return False
    if isinstance(value, list):
        return any(is_card_data(key, it) for it in value)
    return CARD_NUMBER.search(str(value)) is not None


def masked(pan: str) -> str:
    """At most first six and last four digits, whatever mask the terminal uses; "" where that is not possible.

    >>> masked("541333 **** 9999"), masked("xxxxxxxxxxxx1234"), masked("54133312349999")
    ('541333******9999', '******1234', '')
    """
    first = re.match(r"[\d ]*", pan)
    last = re.search(r"[\d ]*$", pan)
    head = first[0].replace(" ", "") if first else ""
    tail = last[0].replace(" ", "") if last else ""
    digits = sum(it.isdigit() for it in pan)
    if len(head) > 6 or len(tail) > 4 or digits != len(head) + len(tail):
        return ""
    return f"{head}******{tail}" if digits else ""

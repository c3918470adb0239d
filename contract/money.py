"""The currencies that a shop can take, and how many digits of each stand behind the point.

ISO 4217, list one, column "Minor unit". A currency that is not here is refused by the settings: box, payment terminal
and screens must agree on it, or a card is charged a hundredfold.
"""

from __future__ import annotations

from typing import Final

MINOR_DIGITS: Final = {
    "CNY": 2,
    "EUR": 2,
    "GBP": 2,
    "HKD": 2,
    "JPY": 0,
    "KRW": 0,
    "MYR": 2,
    "SGD": 2,
    "THB": 2,
    "USD": 2,
    "VND": 0,
}

"""Money, numbers and times as people of three languages read them. Babel's CLDR data, our currency signs.

CLDR writes "CN¥" outside China and "￦" in Chinese; a shop that has one currency wants its one sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, get_currency_precision

LANGUAGES: Final = ("ko", "zh", "en")
MINUS: Final = "\N{MINUS SIGN}"
NARROW: Final = "\N{NARROW NO-BREAK SPACE}"
SIGNS: Final = {"KRW": "₩", "CNY": "¥"}
LOCALES: Final = {"ko": "ko_KR", "zh": "zh_Hans_CN", "en": "en_GB"}


@lru_cache(maxsize=8)
def locale_of(language: str) -> Locale:
    """Raises KeyError for a language that we do not speak."""
    return Locale.parse(LOCALES[language])


@lru_cache(maxsize=8)
def digits_of(currency: str) -> int:
    """Digits after the point (ISO 4217): 0 for KRW, 2 for CNY."""
    return get_currency_precision(currency)


def sign_of(currency: str) -> str:
    return SIGNS.get(currency, f"{currency}\N{NO-BREAK SPACE}")


@lru_cache(maxsize=4096)
def amount(minor: int, currency: str, language: str) -> str:
    """`minor` units with grouping and the currency's digits, without its sign; a true minus sign.

    Remembered, because a basket shows the same prices at every scan and CLDR's patterns are read anew each time.
    """
    digits = digits_of(currency)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = format_decimal(abs(Decimal(minor).scaleb(-digits)), pattern, locale_of(language))
    return f"{MINUS}{text}" if minor < 0 else text


def money(minor: int, currency: str, language: str) -> str:
    """₩12,300 and ¥12.30. A narrow space keeps the minus off the sign, whose own stroke it would run into."""
    text = amount(abs(minor), currency, language)
    return f"{MINUS + NARROW if minor < 0 else ''}{sign_of(currency)}{text}"


def minor_of(text: str, currency: str) -> int:
    """What a person typed ("12.30", "12,300") in minor units. Raises ValueError with what was expected."""
    digits = digits_of(currency)
    plain = text.replace(",", "").strip()
    whole, point, fraction = plain.partition(".")
    if not whole.isdecimal() or (point and not fraction.isdecimal()) or len(fraction) > digits:
        raise ValueError(f"Expected an amount with at most {digits} decimals, got {text!r}.")
    return int(whole + fraction.ljust(digits, "0"))


@lru_cache(maxsize=4096)
def number(value: int, language: str) -> str:
    text = format_decimal(abs(value), "#,##0", locale_of(language))
    return f"{MINUS}{text}" if value < 0 else text


@lru_cache(maxsize=256)
def percent(basis_points: int, language: str) -> str:
    """1250 basis points are 12.5%."""
    return f"{format_decimal(Decimal(basis_points) / 100, '#,##0.##', locale_of(language))}%"


@dataclass(frozen=True, slots=True)
class Times:
    """Times as the place's own clock shows them, always with its zone."""

    zone: ZoneInfo
    language: str

    def local(self, at: datetime | str) -> datetime:
        """`at` is aware, or ISO 8601 text with an offset. Raises ValueError for a time without a zone."""
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        if moment.tzinfo is None:
            raise ValueError(f"Expected a time with its zone, got {moment.isoformat()}.")
        return moment.astimezone(self.zone)

    def time(self, at: datetime | str) -> str:
        """14:02 KST."""
        return f"{self.local(at):%H:%M %Z}"

    def date(self, at: datetime | str) -> str:
        """23 Nov 2026, 2026. 11. 23., 2026年11月23日 (CLDR's medium)."""
        return format_date(self.local(at).date(), "medium", locale=locale_of(self.language))

    def stamp(self, at: datetime | str) -> str:
        """Date and time: "23 Nov 2026, 14:02 KST", "2026. 11. 23. 14:02 KST"."""
        comma = "," if self.language == "en" else ""
        return f"{self.date(at)}{comma} {self.time(at)}"

    def span(self, start: datetime | str, end: datetime | str) -> str:
        """Of one day: "14:02–14:30 KST"; over more than one: two stamps."""
        first, last = self.local(start), self.local(end)
        if first.date() != last.date():
            return f"{self.stamp(start)} – {self.stamp(end)}"
        return f"{first:%H:%M}–{last:%H:%M %Z}"

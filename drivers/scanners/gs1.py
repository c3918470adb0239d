"""What a scan means in GS1's terms: GTIN, lot, expiry, serial, price. Pure: a `ScanRead` in, a `Gs1Code` out.

biip takes the element strings apart. Around it stand the rules in which it differs from GS1's own syntax engine:
a wrong check digit inside AI 01 is refused (biip returns the message with `gtin_error` set), ]E4 has 8 digits,
]I1 is no GS1 symbology, ]J1 is one (biip does not know the letter), one AI has one value. Where a symbol carries no
AIM identifier, digits of a GTIN's length are a GTIN and element strings must begin with one.
"""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from drivers.errors import Garbled
from drivers.events import Gs1Code, ScanRead

if TYPE_CHECKING:
    from biip.gs1_element_strings import GS1ElementString, GS1ElementStrings

GS: Final = "\x1d"

# GS1 General Specifications, figure 5.1.2-2: identifiers of symbols with a GTIN alone, and their digits.
GTIN_DIGITS: Final = {"]E0": 13, "]E4": 8}
# The same: identifiers of symbols that hold GS1 element strings.
ELEMENT_STRINGS: Final = frozenset({"]C1", "]e0", "]d2", "]Q3", "]J1"})
# Symbols without GS1's mark in which a GS1 Digital Link may stand.
DIGITAL_LINKS: Final = frozenset({"]d1", "]Q1", ""})
# Upper or lower case, never mixed (GS1 Digital Link, URI syntax, section 4.3).
SCHEMES: Final = ("http://", "https://", "HTTP://", "HTTPS://")
# Parts an EAN from the composite component above it, a message of its own (General Specifications 5.11).
COMPOSITE: Final = "|]e0"
PLAIN_GTIN_DIGITS: Final = frozenset({8, 12, 13, 14})
SHOWN_CHARACTERS: Final = 40


def parse_scan(read: ScanRead) -> Gs1Code:
    """The code in GS1's terms; Garbled where it is not GS1's or breaks its rules.

    >>> parse_scan(ScanRead("]E0", "9501101530003", True, 0.0)).gtin
    '9501101530003'
    """
    if read.symbology in GTIN_DIGITS:
        return _from_ean(read.data, GTIN_DIGITS[read.symbology])
    if read.symbology in ELEMENT_STRINGS:
        return _from_message(read.data)
    if read.symbology in DIGITAL_LINKS and read.data.startswith(SCHEMES):
        return _from_digital_link(read.data)
    if read.symbology == "":
        return _from_bare_text(read.data)
    raise Garbled(expected="a GS1 symbology", got=read.symbology)


def normal_gtin(text: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits in the one form that `Gs1Code.gtin` has; Garbled where it is none.

    >>> normal_gtin("00012345678905")
    '0012345678905'
    """
    if not text.isascii() or not text.isdigit():
        raise Garbled(expected="digits", got=_shown(text))
    if len(text) not in PLAIN_GTIN_DIGITS:
        raise Garbled(expected="8, 12, 13 or 14 digits", got=len(text))
    return _gtin(text)


def _from_ean(text: str, digits: int) -> Gs1Code:
    primary, has_more, composite = text.partition(COMPOSITE)
    gtin = _gtin_of_length(primary, digits)
    return (
        dataclasses.replace(_from_message(composite), gtin=gtin) if has_more else Gs1Code(gtin=gtin)
    )


def _gtin_of_length(text: str, digits: int) -> str:
    if not text.isascii() or not text.isdigit():
        raise Garbled(expected=f"{digits} digits", got=_shown(text))
    if len(text) != digits:
        raise Garbled(expected=f"{digits} digits", got=len(text))
    return _gtin(text)


def _gtin(digits: str) -> str:
    """Eight digits where no more are significant, all 14 where the first one is, else 13."""
    _check_digit(digits)
    significant = len(digits.lstrip("0"))
    if significant <= 8:
        return digits[-8:]
    return digits if significant == 14 else digits[-13:].zfill(13)


def _check_digit(digits: str) -> None:
    """GS1 General Specifications, section 7.9.1: weights 3, 1, 3, ... from the right, up to the next ten."""
    weighted = sum(
        int(it) * (3 - 2 * (place % 2)) for place, it in enumerate(reversed(digits[:-1]))
    )
    expected = -weighted % 10
    if int(digits[-1]) != expected:
        raise Garbled(expected=f"check digit {expected}", got=digits[-1])


def _from_bare_text(text: str) -> Gs1Code:
    """Without an identifier nothing says what it is: only what proves itself by a check digit is taken."""
    if text.isascii() and text.isdigit() and len(text) in PLAIN_GTIN_DIGITS:
        return Gs1Code(gtin=_gtin(text))
    code = _from_message(text)
    if not code.gtin:
        raise Garbled(expected="a GTIN or GS1 element strings", got=_shown(text))
    return code


def _from_message(text: str) -> Gs1Code:
    """A leading GS is FNC1 as some scanners send it, not a separator."""
    from biip import ParseError  # loaded by the first symbol that says more than a GTIN
    from biip.gs1_messages import GS1Message

    try:
        message = GS1Message.parse(text.removeprefix(GS))
    except ParseError:
        raise Garbled(expected="GS1 element strings", got=_shown(text)) from None
    return _from_elements(message.element_strings, text)


def _from_digital_link(text: str) -> Gs1Code:
    from biip import ParseError
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI

    try:
        link = GS1DigitalLinkURI.parse(text)
    except ParseError:
        raise Garbled(expected="a GS1 Digital Link", got=_shown(text)) from None
    return _from_elements(link.element_strings, text)


def _from_elements(elements: GS1ElementStrings, text: str) -> Gs1Code:
    if not elements:
        raise Garbled(expected="GS1 element strings", got=_shown(text))
    by_ai = _one_value_each(elements)
    price_ai = _first_of(by_ai, "392", "393")
    code = Gs1Code(
        gtin=_gtin(by_ai["01"].value) if "01" in by_ai else "",
        lot=_text(by_ai, "10"),
        serial=_text(by_ai, "21"),
        sscc=_sscc(_text(by_ai, "00")),
        expiry=_date(by_ai, "17"),
        best_before=_date(by_ai, "15"),
        produced=_date(by_ai, "11"),
        net_weight_kg=_scaled(by_ai, _first_of(by_ai, "310")),
        count=_count(by_ai),
        price=_scaled(by_ai, price_ai, skipped=3 if price_ai.startswith("393") else 0),
        price_currency=by_ai[price_ai].value[:3] if price_ai.startswith("393") else "",
    )
    if (
        code == Gs1Code()
    ):  # only what a company uses inside (AI 90 to 99), or what no till has a use for
        raise Garbled(expected="element strings that name goods", got=_shown(text))
    return code


def _one_value_each(elements: GS1ElementStrings) -> dict[str, GS1ElementString]:
    """General Specifications 4.13.1: an AI may be repeated, with the same value only."""
    by_ai: dict[str, GS1ElementString] = {}
    for element in elements:
        before = by_ai.setdefault(element.ai.ai, element)
        if before.value != element.value:
            raise Garbled(expected=f"one value for AI {element.ai.ai}", got="two")
    return by_ai


def _first_of(by_ai: dict[str, GS1ElementString], *prefixes: str) -> str:
    """The AI with one of these first three digits; the fourth is the number of decimals."""
    return next((ai for ai in by_ai if ai[:3] in prefixes and len(ai) == 4), "")


def _text(by_ai: dict[str, GS1ElementString], ai: str) -> str:
    return by_ai[ai].value if ai in by_ai else ""


def _date(by_ai: dict[str, GS1ElementString], ai: str) -> date | None:
    return by_ai[ai].date if ai in by_ai else None


def _sscc(digits: str) -> str:
    if digits:
        _check_digit(digits)
    return digits


def _scaled(by_ai: dict[str, GS1ElementString], ai: str, skipped: int = 0) -> Decimal | None:
    return Decimal(by_ai[ai].value[skipped:]).scaleb(-int(ai[3])) if ai else None


def _count(by_ai: dict[str, GS1ElementString]) -> int | None:
    """AI 30 counts a variable item, AI 37 what is inside a logistic unit."""
    digits = _text(by_ai, "30") or _text(by_ai, "37")
    return int(digits) if digits else None


def _shown(text: str) -> str:
    """The beginning of what came, control characters made visible."""
    return repr(text[:SHOWN_CHARACTERS])

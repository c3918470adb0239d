"""Money, counts and times as three languages read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ui import formats

NINE = datetime(2026, 11, 23, 0, 2, tzinfo=UTC)


@pytest.mark.parametrize("language", formats.LANGUAGES)
@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (12300, "KRW", "₩12,300"),
        (0, "KRW", "₩0"),
        (-12300, "KRW", "−\N{NARROW NO-BREAK SPACE}₩12,300"),
        (1230, "CNY", "¥12.30"),
        (5, "CNY", "¥0.05"),
        (123456789, "CNY", "¥1,234,567.89"),
        (1999, "USD", "USD\N{NO-BREAK SPACE}19.99"),
    ],
)
def test_money_has_one_sign_in_every_language(
    language: str, minor: int, currency: str, written: str
) -> None:
    assert formats.money(minor, currency, language) == written


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12,300", "KRW", 12300),
        (" 50000 ", "KRW", 50000),
        ("12.3", "CNY", 1230),
        ("12.30", "CNY", 1230),
        ("12", "CNY", 1200),
    ],
)
def test_a_typed_amount_becomes_minor_units(text: str, currency: str, minor: int) -> None:
    assert formats.minor_of(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "decimals"),
    [
        ("12.5", "KRW", 0),
        ("12.345", "CNY", 2),
        ("", "KRW", 0),
        ("12a", "KRW", 0),
        ("1.x", "CNY", 2),
    ],
)
def test_what_is_no_amount_is_refused_in_words(text: str, currency: str, decimals: int) -> None:
    with pytest.raises(ValueError) as caught:
        formats.minor_of(text, currency)
    assert (
        str(caught.value) == f"Expected an amount with at most {decimals} decimals, got {text!r}."
    )


def test_counts_and_rates() -> None:
    assert formats.number(1234567, "ko") == "1,234,567"
    assert formats.number(-3, "en") == "−3"
    assert formats.percent(1000, "zh") == "10%"
    assert formats.percent(1250, "en") == "12.5%"


@pytest.mark.parametrize(
    ("language", "zone", "written"),
    [
        ("en", "Asia/Seoul", "23 Nov 2026, 09:02 KST"),
        ("ko", "Asia/Seoul", "2026. 11. 23. 09:02 KST"),
        ("zh", "Asia/Shanghai", "2026年11月23日 08:02 CST"),
    ],
)
def test_a_time_is_the_places_own_and_names_its_zone(
    language: str, zone: str, written: str
) -> None:
    assert formats.Times(ZoneInfo(zone), language).stamp(NINE) == written


def test_a_time_is_read_from_text_too() -> None:
    times = formats.Times(ZoneInfo("Asia/Seoul"), "en")
    assert times.time("2026-11-23T00:02:00+00:00") == "09:02 KST"


def test_a_time_without_a_zone_is_refused() -> None:
    times = formats.Times(ZoneInfo("Asia/Seoul"), "en")
    with pytest.raises(ValueError) as caught:
        times.time("2026-11-23T09:00:00")
    assert str(caught.value) == "Expected a time with its zone, got 2026-11-23T09:00:00."


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(KeyError):
        formats.number(1, "de")


def test_a_span_names_its_zone_once_and_its_days_where_there_are_two() -> None:
    times = formats.Times(ZoneInfo("Asia/Seoul"), "en")
    later, tomorrow = NINE + timedelta(minutes=30), NINE + timedelta(days=1)
    assert times.span(NINE, later) == f"{times.local(NINE):%H:%M}–{times.time(later)}"
    assert times.span(NINE, tomorrow) == f"{times.stamp(NINE)} – {times.stamp(tomorrow)}"

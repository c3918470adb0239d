"""What is left out at what pressure, as a table; and what never is."""

import pytest

from edge.uplink.pressure import (
    BELIEVED_FOR_S,
    DIRE_BELOW_BYTES,
    LONG_PAUSE_MS,
    SHED,
    SHORT_BELOW_BYTES,
    Asked,
    Strain,
    is_sent,
    strain,
)

PLENTY = 10**12
NONE, NARROW, SHORT, DIRE = Strain


@pytest.mark.parametrize(
    ("window", "pause_ms", "free_bytes", "expected"),
    [
        (8, 0, PLENTY, NONE),
        (64, 0, PLENTY, NONE),
        (7, 0, PLENTY, NARROW),
        (1, 0, PLENTY, NARROW),
        (1, 1, PLENTY, SHORT),
        (8, 1, PLENTY, SHORT),
        (1, LONG_PAUSE_MS - 1, PLENTY, SHORT),
        (1, LONG_PAUSE_MS, PLENTY, DIRE),
        (8, 0, SHORT_BELOW_BYTES, NONE),
        (8, 0, SHORT_BELOW_BYTES - 1, SHORT),
        (8, 0, DIRE_BELOW_BYTES, SHORT),
        (8, 0, DIRE_BELOW_BYTES - 1, DIRE),
        (8, 0, 0, DIRE),
        (4, 0, SHORT_BELOW_BYTES - 1, SHORT),
        (1, LONG_PAUSE_MS, SHORT_BELOW_BYTES - 1, DIRE),
    ],
)
def test_the_harder_of_hub_and_disk_counts(window, pause_ms, free_bytes, expected):
    assert strain(Asked(window, pause_ms, at_s=100.0), 100.0, free_bytes) is expected


def test_the_hubs_word_is_believed_for_half_a_minute_and_the_disks_as_long_as_it_is_so():
    asked = Asked(1, LONG_PAUSE_MS, at_s=100.0)
    late_s = 100.0 + BELIEVED_FOR_S
    assert strain(asked, late_s, PLENTY) is DIRE
    assert strain(asked, late_s + 0.1, PLENTY) is NONE
    assert strain(asked, late_s + 0.1, SHORT_BELOW_BYTES - 1) is SHORT


def test_telemetry_goes_first_then_the_log_and_nothing_else_ever():
    assert SHED == {NONE: (), NARROW: (), SHORT: ("telemetry",), DIRE: ("telemetry", "log")}


def test_what_is_shed_at_one_strain_is_shed_at_every_harder_one():
    for easier, harder in zip(list(Strain), list(Strain)[1:], strict=False):
        assert set(SHED[easier]) <= set(SHED[harder])


@pytest.mark.parametrize(
    ("now", "told", "has_news", "goes"),
    [
        (NONE, NONE, False, True),
        (NARROW, NONE, False, True),
        (NARROW, NARROW, False, True),
        (SHORT, NONE, False, True),
        (SHORT, NARROW, False, True),
        (SHORT, SHORT, False, False),
        (SHORT, SHORT, True, True),
        (SHORT, DIRE, False, False),
        (SHORT, DIRE, True, True),
        (DIRE, NONE, False, True),
        (DIRE, SHORT, False, True),
        (DIRE, DIRE, False, False),
        (DIRE, DIRE, True, False),
        (NONE, DIRE, False, True),
    ],
)
def test_a_report_goes_that_says_what_will_be_missing_or_brings_news(now, told, has_news, goes):
    assert is_sent(now, told, has_news=has_news) is goes

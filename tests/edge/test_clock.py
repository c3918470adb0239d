from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import (
    HybridLogicalClock,
    OffsetFileClock,
    SystemClock,
    clock_of,
    parse_stamp,
)


def test_stamps_only_grow_also_when_the_clock_is_set_back_a_year(clock):
    hlc = HybridLogicalClock(clock, "maru-1")
    stamps = [hlc.stamp()]
    for jump in (timedelta(0), timedelta(seconds=1), timedelta(days=-365), timedelta(days=1)):
        clock.wall += jump
        stamps.append(hlc.stamp())
    keys = [parse_stamp(stamp) for stamp in stamps]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert stamps[:2] == ["1795402800000.0.maru-1", "1795402800000.1.maru-1"]


def test_a_restart_under_a_clock_set_back_goes_on_above_the_floor(clock):
    last = HybridLogicalClock(clock, "maru-1").stamp()
    clock.wall -= timedelta(days=365)
    assert parse_stamp(HybridLogicalClock(clock, "maru-1", last).stamp()) > parse_stamp(last)


@pytest.mark.parametrize("text", ["", "1.2", "x.0.maru-1", "1.-2.maru-1"])
def test_a_stamp_that_is_none(text):
    with pytest.raises(ValueError) as refused:
        parse_stamp(text)
    assert str(refused.value) == f"Expected WALL_MS.COUNTER.EDGE_ID, got {text!r}."


def test_an_edge_id_with_a_point_survives():
    assert parse_stamp("1.2.a.b") == (1, 2, "a.b")


def test_the_offset_file_shifts_the_wall_and_leaves_monotonic(tmp_path):
    path = tmp_path / "offset"
    clock = OffsetFileClock(path)
    path.write_text("-31536000")
    shift = clock.now() - datetime.now(UTC)
    assert abs(shift.total_seconds() + 31_536_000) < 5
    assert abs(clock.monotonic() - SystemClock().monotonic()) < 5


@pytest.mark.parametrize("text", [None, "", "3 days"])
def test_an_offset_that_is_none_does_not_stop_the_shop(tmp_path, text):
    path = tmp_path / "offset"
    if text is not None:
        path.write_text(text)
    assert OffsetFileClock(path).offset_s() == 0.0


def test_clocks_by_url(tmp_path):
    assert isinstance(clock_of("system:"), SystemClock)
    found = clock_of(f"file:{tmp_path}/offset")
    assert isinstance(found, OffsetFileClock)
    assert found.path == tmp_path / "offset"
    assert clock_of("file:///x").path.as_posix() == "/x"  # type: ignore[attr-defined]


@pytest.mark.parametrize("url", ["", "system", "sundial:", "file:"])
def test_an_unknown_clock_is_refused(url):
    with pytest.raises(ValueError) as refused:
        clock_of(url)
    assert str(refused.value) == f'Expected "system:" or "file:/path" as the clock, got {url!r}.'


def test_the_system_clock_is_aware():
    assert SystemClock().now().tzinfo is UTC

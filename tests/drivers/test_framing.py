"""Frames out of any split of the bytes: the suffix, silence, the limit, the length."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.framing import DelimiterFramer, Frame, FrameError, LengthFramer, Noise, with_length


def framer(**changes: object) -> DelimiterFramer:
    settings = {"suffix": b"\r\n", "idle_s": 0.1, "limit": 16, **changes}
    return DelimiterFramer(**settings)  # type: ignore[arg-type]


def test_a_suffix_ends_a_frame() -> None:
    assert framer().feed(b"123\r\n", 5.0) == [Frame(b"123", is_terminated=True, at_s=5.0)]


@pytest.mark.parametrize("at", range(1, 12))
def test_a_frame_survives_a_split_at_any_byte(at: int) -> None:
    line = b"123456\r\n789\r\n"
    under_test = framer()
    frames = under_test.feed(line[:at], 0.0) + under_test.feed(line[at:], 0.05)
    assert [it.data for it in frames] == [b"123456", b"789"]
    assert all(it.is_terminated for it in frames)


def test_silence_ends_a_frame_that_has_no_suffix() -> None:
    under_test = framer()
    assert under_test.feed(b"123", 1.0) == []
    assert under_test.idle_in_s(1.04) == pytest.approx(0.06)
    assert under_test.tick(1.09) == []
    assert under_test.tick(1.1) == [Frame(b"123", is_terminated=False, at_s=1.0)]
    assert under_test.idle_in_s(1.1) is None


def test_silence_before_new_bytes_parts_the_old_frame_from_them() -> None:
    under_test = framer()
    under_test.feed(b"123", 1.0)
    assert under_test.feed(b"456\r\n", 2.0) == [
        Frame(b"123", is_terminated=False, at_s=1.0),
        Frame(b"456", is_terminated=True, at_s=2.0),
    ]


def test_half_a_suffix_is_not_data() -> None:
    under_test = framer()
    under_test.feed(b"123\r", 1.0)
    assert under_test.tick(1.1) == [Frame(b"123", is_terminated=False, at_s=1.0)]


def test_nul_bytes_are_dropped_and_counted() -> None:
    under_test = framer()
    assert under_test.feed(b"\0\0\0" + b"12\0003\r\n", 0.0) == [
        Frame(b"123", is_terminated=True, at_s=0.0)
    ]
    assert under_test.take_noise() == Noise(nul_bytes=4)
    assert under_test.take_noise() == Noise()


def test_nul_bytes_alone_do_not_keep_a_frame_open() -> None:
    under_test = framer()
    under_test.feed(b"123", 1.0)
    assert under_test.feed(b"\0", 1.2) == [Frame(b"123", is_terminated=False, at_s=1.0)]


@pytest.mark.parametrize("size", [1, 7, 40])
def test_an_endless_frame_is_dropped_whole_and_counted_once(size: int) -> None:
    under_test = framer()
    noise = b"x" * 40
    for start in range(0, len(noise), size):
        assert under_test.feed(noise[start : start + size], 0.0) == []
    assert under_test.feed(b"\r\n123\r\n", 0.05) == [Frame(b"123", is_terminated=True, at_s=0.05)]
    assert under_test.take_noise() == Noise(overlong=1)


def test_an_endless_frame_ends_by_silence_without_a_word() -> None:
    under_test = framer()
    under_test.feed(b"x" * 40, 0.0)
    assert under_test.feed(b"123\r\n", 1.0) == [Frame(b"123", is_terminated=True, at_s=1.0)]


def test_a_prefix_parts_a_frame_from_the_half_before_it() -> None:
    under_test = framer(prefix=b"\x02", suffix=b"\x03")
    assert under_test.feed(b"\x02half\x02whole\x03zz\x03", 0.0) == [
        Frame(b"whole", is_terminated=True, at_s=0.0)
    ]
    assert under_test.take_noise() == Noise(stray_bytes=len(b"\x02half") + len(b"zz"))


def test_an_empty_frame_is_nothing() -> None:
    assert framer().feed(b"\r\n\r\n", 0.0) == []


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 9))
def test_messages_behind_their_length_survive_any_split(messages: list[bytes], size: int) -> None:
    stream = b"".join(with_length(it) for it in messages)
    under_test = LengthFramer(64)
    pieces = (stream[at : at + size] for at in range(0, len(stream), size))
    assert list(itertools.chain.from_iterable(under_test.feed(it) for it in pieces)) == messages
    assert under_test.held_bytes == 0


@pytest.mark.parametrize("head", ["00000000", "00000041", "ffffffff"])
def test_a_length_that_cannot_be_is_refused(head: str) -> None:
    with pytest.raises(FrameError) as caught:
        LengthFramer(64).feed(bytes.fromhex(head))
    assert str(caught.value) == f"Expected a message of 1 to 64 bytes, got {int(head, 16)}."

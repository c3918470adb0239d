"""Where one message ends and the next begins. Pure: bytes and times in, frames out, no I/O.

    DelimiterFramer   frames end with a suffix, or by silence; runs of NUL between frames are line noise
    LengthFramer      4 bytes big-endian length, then that many bytes

Both survive any split of the incoming bytes and several frames in one read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LENGTH_BYTES: Final = 4


class FrameError(ValueError):
    """The bytes cannot be a frame; the stream cannot be trusted from here on."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame without its prefix and suffix; `at_s` is when its last byte came."""

    data: bytes
    is_terminated: bool
    at_s: float


@dataclass(frozen=True, slots=True)
class Noise:
    """What was dropped: NUL bytes, frames beyond the limit, bytes outside prefix and suffix."""

    nul_bytes: int = 0
    overlong: int = 0
    stray_bytes: int = 0


class DelimiterFramer:
    """Cuts a byte stream at `suffix`, or after `idle_s` of silence.

    A frame that reaches `limit` bytes without a suffix is dropped whole, up to the next suffix or silence; so are NUL
    bytes, which USB-CDC scanners send in runs when they are opened, and with a `prefix` the bytes before it. All of it
    is counted (`take_noise`).
    """

    def __init__(self, suffix: bytes, *, prefix: bytes = b"", idle_s: float, limit: int) -> None:
        self._suffix = suffix
        self._prefix = prefix
        self._idle_s = idle_s
        self._limit = limit
        self._held = bytearray()
        self._last_s = 0.0
        self._is_dropping = False
        self._nul_bytes = 0
        self._overlong = 0
        self._stray_bytes = 0

    def feed(self, data: bytes, now_s: float) -> list[Frame]:
        """The frames that `data`, received at `now_s`, completes (the one that silence ended before it included)."""
        frames = self.tick(now_s)
        kept = data.replace(b"\x00", b"")
        self._nul_bytes += len(data) - len(kept)
        if kept:
            self._last_s = now_s
            self._held += kept
        return frames + self._cut(now_s)

    def tick(self, now_s: float) -> list[Frame]:
        """The frame that silence has ended by `now_s`, if any."""
        if not self._held and not self._is_dropping:
            return []
        if now_s < self._last_s + self._idle_s:
            return []
        held, was_dropping = bytes(self._held), self._is_dropping
        self.reset()
        if was_dropping:
            return []
        return self._frame(_without_part_of(self._suffix, held), self._last_s, is_terminated=False)

    def idle_in_s(self, now_s: float) -> float | None:
        """How long until silence would end the frame in progress; None where none is."""
        if not self._held and not self._is_dropping:
            return None
        return max(0.0, self._last_s + self._idle_s - now_s)

    def reset(self) -> None:
        self._held.clear()
        self._is_dropping = False

    def take_noise(self) -> Noise:
        """What was dropped since the last call."""
        noise = Noise(self._nul_bytes, self._overlong, self._stray_bytes)
        self._nul_bytes = self._overlong = self._stray_bytes = 0
        return noise

    def _cut(self, now_s: float) -> list[Frame]:
        frames: list[Frame] = []
        while (end := self._held.find(self._suffix)) >= 0:
            body = bytes(self._held[:end])
            del self._held[: end + len(self._suffix)]
            if self._is_dropping or end > self._limit:
                self._overlong += not self._is_dropping
                self._is_dropping = False
                continue
            frames += self._frame(body, now_s, is_terminated=True)
        self._drop_overlong()
        return frames

    def _drop_overlong(self) -> None:
        """Keeps the tail that may be the first part of a suffix."""
        if len(self._held) > self._limit + len(self._suffix):
            self._overlong += not self._is_dropping
            self._is_dropping = True
        if self._is_dropping:
            del self._held[: max(0, len(self._held) - len(self._suffix) + 1)]

    def _frame(self, body: bytes, at_s: float, *, is_terminated: bool) -> list[Frame]:
        if self._prefix:
            start = body.rfind(self._prefix)
            if start < 0:
                self._stray_bytes += len(body)
                return []
            self._stray_bytes += start
            body = body[start + len(self._prefix) :]
        return [Frame(body, is_terminated, at_s)] if body else []


def _without_part_of(suffix: bytes, body: bytes) -> bytes:
    """`body` without the first bytes of `suffix` at its end: CR alone where CR LF was agreed."""
    for length in range(len(suffix) - 1, 0, -1):
        if body.endswith(suffix[:length]):
            return body[:-length]
    return body


class LengthFramer:
    """4 bytes big-endian length, then the message (nexo Retailer over TCP)."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes. FrameError where a length cannot be; the stream is lost then."""
        self._held += data
        messages: list[bytes] = []
        while (length := self._next_length()) is not None and len(
            self._held
        ) >= LENGTH_BYTES + length:
            messages.append(bytes(self._held[LENGTH_BYTES : LENGTH_BYTES + length]))
            del self._held[: LENGTH_BYTES + length]
        return messages

    @property
    def held_bytes(self) -> int:
        """Bytes of a message that has not fully come."""
        return len(self._held)

    def _next_length(self) -> int | None:
        if len(self._held) < LENGTH_BYTES:
            return None
        length = int.from_bytes(self._held[:LENGTH_BYTES], "big")
        if not 0 < length <= self._limit:
            raise FrameError(f"Expected a message of 1 to {self._limit} bytes, got {length}.")
        return length


def with_length(message: bytes) -> bytes:
    """The message behind its 4-byte length.

    >>> with_length(b"{}").hex()
    '000000027b7d'
    """
    return len(message).to_bytes(LENGTH_BYTES, "big") + message

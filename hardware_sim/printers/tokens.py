"""Where one ESC/POS command ends and the next begins: a table of lengths, nothing of meanings.

text            bytes from 20 up, to the next control byte
LF, CR, HT ...  one byte
ESC/GS/FS x     as many arguments as the table says
GS ( x          two bytes of length, then that many
GS v 0          width and height, then the dots
GS V, GS k      depend on their first argument
"""

from __future__ import annotations

from typing import Final

ESC: Final = 0x1B
FS: Final = 0x1C
GS: Final = 0x1D

_ARGUMENTS: Final = {
    ESC: {
        b" ": 1, b"!": 1, b"$": 2, b"-": 1, b"2": 0, b"3": 1, b"=": 1, b"@": 0, b"E": 1, b"G": 1, b"J": 1,
        b"M": 1, b"R": 1, b"V": 1, b"a": 1, b"c": 2, b"d": 1, b"p": 3, b"r": 1, b"t": 1, b"u": 1, b"{": 1,
    },
    FS: {b"!": 1, b"&": 0, b".": 0, b"C": 1, b"-": 1, b"S": 2, b"W": 1},
    GS: {
        b"!": 1, b"B": 1, b"H": 1, b"I": 1, b"L": 2, b"W": 2, b"a": 1, b"b": 1, b"f": 1, b"h": 1, b"r": 1,
        b"w": 1,
    },
}  # fmt: skip


def length_of(data: bytes | bytearray) -> int | None:
    """Bytes of the command or text that `data` begins with; None while that cannot be said or it is not all there.

    >>> length_of(bytes.fromhex("1d 76 30 00 02 00 03 00"))
    >>> length_of(bytes.fromhex("1d 76 30 00 02 00 03 00") + bytes(6))
    14
    """
    needed = needed_by(data)
    return needed if needed is not None and needed <= len(data) else None


def needed_by(data: bytes | bytearray) -> int | None:
    """Bytes of the command that `data` begins with, as soon as its head says so."""
    if not data:
        return None
    first = data[0]
    if first >= 0x20:
        return next((at for at, value in enumerate(data) if value < 0x20), len(data))
    if first not in _ARGUMENTS:
        return 1
    if len(data) < 2:
        return None
    name = bytes(data[1:2])
    if first == GS and name in b"(vVk":
        return _needed_gs(name, data)
    return 2 + _ARGUMENTS[first].get(name, 0)


def _needed_gs(name: bytes, data: bytes | bytearray) -> int | None:
    head = {b"(": 5, b"v": 8, b"V": 3, b"k": 4}[name]
    if len(data) < head:
        return None
    if name == b"(":
        return head + int.from_bytes(data[3:5], "little")
    if name == b"v":
        return head + int.from_bytes(data[4:6], "little") * int.from_bytes(data[6:8], "little")
    if name == b"V":
        return head + (data[2] in {65, 66, 97, 98, 103, 104})
    return _needed_bar_code(data)


def _needed_bar_code(data: bytes | bytearray) -> int | None:
    """GS k: function B says its length, function A ends with NUL."""
    if data[2] >= 65:
        return 4 + data[3]
    end = bytes(data).find(b"\0", 3)
    return end + 1 if end >= 0 else None

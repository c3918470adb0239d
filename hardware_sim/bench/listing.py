"""The printer's bytes as a person reads them: one command a line, its hexadecimal beside its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from hardware_sim.printers.tokens import length_of

INITIALISE: Final = b"\x1b@"
LINES_SHOWN: Final = 200
BYTES_READ: Final = 32 * 1024
HEX_SHOWN: Final = 12
CONTROL: Final = {0x0A: "LF", 0x0D: "CR", 0x09: "HT", 0x0C: "FF", 0x18: "CAN"}
LEADS: Final = {0x10: "DLE", 0x1B: "ESC", 0x1C: "FS", 0x1D: "GS"}
STATUS_REQUEST: Final = b"\x10\x04"
STATUS_REQUEST_BYTES: Final = 3
REAL_TIME: Final = {0x04: "EOT", 0x05: "ENQ", 0x14: "DC4"}


@dataclass(frozen=True, slots=True)
class Command:
    hex: str
    words: str
    is_text: bool


def listing(received: bytes, codec: str = "ascii") -> list[Command]:
    """The commands of the newest job: from its ESC @ on, the last LINES_SHOWN of them. `codec` reads its text."""
    tail = received[-BYTES_READ:]
    data = tail[max(0, tail.rfind(INITIALISE)) :]
    parts = []
    while data:
        length = _length(data)
        parts.append(data[:length])
        data = data[length:]
    return folded(parts, codec)[-LINES_SHOWN:]


def folded(parts: Sequence[bytes], codec: str) -> list[Command]:
    """One command a line; questions for the status, which never cease, are one line until something else comes."""
    commands: list[Command] = []
    for is_request, run in groupby(parts, key=lambda it: it.startswith(STATUS_REQUEST)):
        asked = list(run)
        whole = [b"".join(asked)] if is_request else asked
        commands += [command_of(it, codec) for it in whole]
    return commands


def command_of(data: bytes, codec: str = "ascii") -> Command:
    """One command or one run of text, named.

    >>> command_of(bytes.fromhex("1d 56 42 00")).words
    'GS V 66 0'
    """
    more = " …" if len(data) > HEX_SHOWN else ""
    is_text = data[0] >= 0x20
    words = readable(data, codec) if is_text else named(data)
    return Command(data[:HEX_SHOWN].hex(" ") + more, words, is_text)


def readable(data: bytes, codec: str = "ascii") -> str:
    """What `codec` can read of it, a dot for what it cannot."""
    text = data.decode(codec, errors="replace")
    return "".join(it if it.isprintable() and it != "\ufffd" else "·" for it in text).strip() or "␠"


def named(data: bytes) -> str:
    if data[0] in CONTROL:
        return CONTROL[data[0]]
    if data[0] == 0x10 and len(data) > 1:
        return _real_time(data)
    if data[0] not in LEADS or len(data) < 2:
        return f"{data[0]:02X}"
    return f"{LEADS[data[0]]} {chr(data[1])}{_arguments(data)}"


def _real_time(data: bytes) -> str:
    name = REAL_TIME.get(data[1], f"{data[1]:02X}")
    requests = len(data) // STATUS_REQUEST_BYTES
    if data.startswith(STATUS_REQUEST) and requests > 1:
        return f"DLE {name} × {requests}"
    return " ".join(["DLE", name, *map(str, data[2:])])


def _arguments(data: bytes) -> str:
    if data[:3] == b"\x1dv0":
        width, height = (int.from_bytes(data[at : at + 2], "little") for at in (4, 6))
        return f" 0: {width * 8} × {height}"
    if data[:2] == b"\x1d(":
        return f" {chr(data[2])}: {readable(data[5:45])}"
    return "".join(f" {it}" for it in data[2:10])


def _length(data: bytes) -> int:
    if data[0] == 0x10:
        return 5 if data[1:2] == b"\x14" else 3
    return length_of(data) or len(data)

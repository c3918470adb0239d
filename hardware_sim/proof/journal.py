"""The journal of a recording: every write, truncation, sync and deletion of one SQLite database, in order.

Record: kind (1 byte), file (1 byte), offset or size (8), length (4), big-endian, then `length` bytes of data.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from dataclasses import dataclass

HEADER = struct.Struct(">BBQI")


class Kind(enum.IntEnum):
    WRITE = 1
    TRUNCATE = 2
    SYNC = 3
    DELETE = 4


class File(enum.IntEnum):
    """The files of one database, by what SQLite adds to its name."""

    MAIN = 0
    WAL = 1
    JOURNAL = 2

    @property
    def suffix(self) -> str:
        return ("", "-wal", "-journal")[self]

    @classmethod
    def of(cls, path: str, database: str) -> File | None:
        return next((file for file in cls if path == database + file.suffix), None)


@dataclass(frozen=True, slots=True)
class Record:
    """`offset` is the new size for a truncation. `end` is where the next record begins in the journal."""

    kind: Kind
    file: File
    offset: int
    data: bytes
    end: int

    @property
    def is_folder_synced(self) -> bool:
        """A deletion that SQLite wanted on the disk at once carries that wish as its offset."""
        return self.kind is Kind.DELETE and self.offset != 0


def encode(kind: Kind, file: File, offset: int = 0, data: bytes = b"") -> bytes:
    return HEADER.pack(kind, file, offset, len(data)) + data


def decode(journal: bytes) -> Iterator[Record]:
    """Ends quietly before a record that was cut off: the recording process was killed there."""
    place = 0
    while place + HEADER.size <= len(journal):
        kind, file, offset, length = HEADER.unpack_from(journal, place)
        data = journal[place + HEADER.size : place + HEADER.size + length]
        if len(data) < length:
            return
        place += HEADER.size + length
        yield Record(Kind(kind), File(file), offset, data, place)

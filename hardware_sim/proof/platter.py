"""What a power cut leaves of a database: everything synced, and of the rest whatever the disk liked.

An unsynced write survives, is lost, or is torn: of its 512-byte sectors some survive. Writes are lost independently
and out of order, as a disk's cache loses them. A database that trusts nothing but syncs survives all of it.

A deletion is a write of the folder: it is pending until the folder is synced, which SQLite does with the first sync of
a log or journal that it has just made (`unixSync`, UNIXFILE_DIRSYNC), or at once where it asks for that.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from hardware_sim.proof.journal import File, Kind, Record

SECTOR = 512

Luck = Callable[[Record], bool]


class Platter:
    """One database's files: what is durable of each (None where it does not exist), and what is pending."""

    def __init__(self) -> None:
        self.durable: dict[File, bytearray | None] = dict.fromkeys(File)
        self.pending: dict[File, list[Record]] = {file: [] for file in File}

    def take(self, record: Record) -> None:
        if record.kind is Kind.SYNC:
            self._sync(record.file)
        else:
            self.pending[record.file].append(record)
        if record.kind is Kind.DELETE and record.is_folder_synced:
            self._sync_folder()

    def _sync(self, file: File) -> None:
        is_new = self.durable[file] is None and file is not File.MAIN
        self._settle(file, len(self.pending[file]))
        if is_new:
            self._sync_folder()

    def _sync_folder(self) -> None:
        for file, pending in self.pending.items():
            deletions = [n for n, record in enumerate(pending, 1) if record.kind is Kind.DELETE]
            self._settle(file, max(deletions, default=0))

    def _settle(self, file: File, count: int) -> None:
        """Makes the first `count` pending records of `file` durable."""
        for record in self.pending[file][:count]:
            self.durable[file] = _applied(self.durable[file], record)
        del self.pending[file][:count]

    def cut(self, rng: random.Random) -> dict[File, bytes]:
        """The files that are found after the power came back."""
        luck = rng.choice((_lost, _kept, _mixed(rng)))
        found = {file: self._survived(file, luck, rng) for file in File}
        return {file: bytes(content) for file, content in found.items() if content is not None}

    def _survived(self, file: File, luck: Luck, rng: random.Random) -> bytearray | None:
        durable = self.durable[file]
        content = None if durable is None else bytearray(durable)
        for record in self.pending[file]:
            if luck(record):
                content = _applied(content, record)
            elif record.kind is Kind.DELETE:
                return content  # the old file is still there; what came later went to a new one
            elif record.kind is Kind.WRITE and luck is not _lost and rng.random() < 0.5:
                content = _torn(content, record, rng)
        return content


class ForgetfulPlatter(Platter):
    """A database that does not sync (`synchronous=OFF`): the same recording, every sync left out."""

    def take(self, record: Record) -> None:
        if record.kind is not Kind.SYNC:
            self.pending[record.file].append(record)

    def settle(self) -> None:
        """The kernel wrote everything back in a quiet minute."""
        for file, pending in self.pending.items():
            self._settle(file, len(pending))


def _kept(_: Record) -> bool:
    return True


def _lost(_: Record) -> bool:
    return False


def _mixed(rng: random.Random) -> Luck:
    return lambda _: rng.random() < 0.5


def _applied(content: bytearray | None, record: Record) -> bytearray | None:
    if record.kind is Kind.DELETE:
        return None
    grown = bytearray() if content is None else content
    if record.kind is Kind.TRUNCATE:
        return _resized(grown, record.offset)
    return _written(grown, record.offset, record.data)


def _resized(content: bytearray, size: int) -> bytearray:
    del content[size:]
    content.extend(bytes(size - len(content)))
    return content


def _written(content: bytearray, offset: int, data: bytes) -> bytearray:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data
    return content


def _torn(content: bytearray | None, record: Record, rng: random.Random) -> bytearray:
    """Some of the sectors that the write touches; the rest keeps what was there."""
    grown = bytearray() if content is None else content
    start, end = record.offset, record.offset + len(record.data)
    for sector in range(start // SECTOR, (end - 1) // SECTOR + 1):
        first, last = max(start, sector * SECTOR), min(end, (sector + 1) * SECTOR)
        if rng.random() < 0.5:
            grown = _written(grown, first, record.data[first - start : last - start])
    return grown

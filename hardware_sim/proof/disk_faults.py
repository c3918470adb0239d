"""What a database's disk refuses, ordered through a file: the prover writes it, the VFS in the box's process obeys.

Codes: sqlite.org/rescode.html. A full file system says SQLITE_FULL to a write; EIO from the disk is one of the
SQLITE_IOERR_… codes, by the call that met it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from hardware_sim.proof.journal import File, Kind

FULL = 13
IOERR_WRITE = 778
IOERR_FSYNC = 1034
IOERR_TRUNCATE = 1546

ORDER_SUFFIX = ".fault"
STRUCK_SUFFIX = ".struck"


@dataclass(frozen=True, slots=True)
class Fault:
    """Calls of `kind` give `code`: not the first `after` of them, then `times` (None: all until it is lifted).

    `file` None means any file of the database.
    """

    code: int
    kind: Kind
    after: int = 0
    times: int | None = None
    file: File | None = None

    def is_meant(self, kind: Kind, file: File) -> bool:
        return kind is self.kind and self.file in {None, file}

    def strikes(self, number: int) -> bool:
        """Whether the call of this number, from 1, is refused."""
        is_over = self.times is not None and number > self.after + self.times
        return number > self.after and not is_over


def encode(fault: Fault) -> str:
    return json.dumps(asdict(fault))


def decode(text: str) -> Fault:
    found = json.loads(text)
    file = None if found["file"] is None else File(found["file"])
    return Fault(**found | {"kind": Kind(found["kind"]), "file": file})


class FaultOrder:
    """The prover's end: orders faults of the disk beneath `journal`, one at a time."""

    def __init__(self, journal: Path) -> None:
        self._order = journal.with_name(journal.name + ORDER_SUFFIX)
        self._struck = journal.with_name(journal.name + STRUCK_SUFFIX)

    @property
    def has_struck(self) -> bool:
        return self._struck.exists()

    @contextmanager
    def during(self, fault: Fault) -> Iterator[None]:
        """The fault is there inside the block; the file appears whole, so it is never half read."""
        self._struck.unlink(missing_ok=True)
        fresh = self._order.with_suffix(".new")
        fresh.write_text(encode(fault), encoding="ascii")
        fresh.replace(self._order)
        try:
            yield
        finally:
            self._order.unlink()


class OrderedFaults:
    """The VFS's end: counts the calls of the process since the order came."""

    def __init__(self, journal: Path) -> None:
        self._order = journal.with_name(journal.name + ORDER_SUFFIX)
        self._struck = journal.with_name(journal.name + STRUCK_SUFFIX)
        self._read_at = (0, 0)
        self._fault: Fault | None = None
        self._number = 0
        self._lock = threading.Lock()

    def code_of(self, kind: Kind, file: File) -> int:
        """0 where the call may pass."""
        with self._lock:
            fault = self._current()
            if fault is None or not fault.is_meant(kind, file):
                return 0
            self._number += 1
            if not fault.strikes(self._number):
                return 0
            self._struck.touch()
            return fault.code

    def _current(self) -> Fault | None:
        try:
            found = self._order.stat()
        except FileNotFoundError:
            return None
        if (found.st_ino, found.st_mtime_ns) != self._read_at:
            self._read_at = (found.st_ino, found.st_mtime_ns)
            self._fault = decode(self._order.read_text(encoding="ascii"))
            self._number = 0
        return self._fault

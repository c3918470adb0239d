"""A default SQLite VFS that writes a journal of what reaches the disk, registered from outside with ctypes.

The unix VFS of the very library that Python's `sqlite3` uses is copied, with an `xOpen` and an `xDelete` of ours;
after the real `xOpen`, the file's methods are swapped for a copy whose `xWrite`, `xTruncate` and `xSync` are recorded
and passed on, or refused as a failing disk refuses them. The program under test does not know.
Structures: sqlite.org/c3ref/vfs.html and io_methods.html.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hardware_sim.proof.disk_faults import OrderedFaults
from hardware_sim.proof.journal import File, Kind, encode

LIBRARY = "libsqlite3.so.0"
OK = 0

_pointer, _int, _int64, _text = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_char_p
_Write = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _int, _int64)
_Truncate = ctypes.CFUNCTYPE(_int, _pointer, _int64)
_Sync = ctypes.CFUNCTYPE(_int, _pointer, _int)
# A file's name goes on as the very pointer that came: SQLite keeps it, and looks behind its end for parameters.
_Open = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _pointer, _int, _pointer)
_Delete = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _int)


class _Methods(ctypes.Structure):
    _fields_ = (
        ("iVersion", _int),
        ("xClose", _pointer),
        ("xRead", _pointer),
        ("xWrite", _Write),
        ("xTruncate", _Truncate),
        ("xSync", _Sync),
        # xFileSize to xUnfetch (version 3): passed on untouched.
        ("rest", _pointer * 13),
    )


class _OpenFile(ctypes.Structure):
    _fields_ = (("pMethods", ctypes.POINTER(_Methods)),)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("iVersion", _int),
        ("szOsFile", _int),
        ("mxPathname", _int),
        ("pNext", _pointer),
        ("zName", _text),
        ("pAppData", _pointer),
        ("xOpen", _Open),
        ("xDelete", _Delete),
        # xAccess to xNextSystemCall (version 3): passed on untouched.
        ("rest", _pointer * 14),
    )


class StaticallyLinked(RuntimeError):
    """Python's sqlite3 brings its own SQLite, which cannot be reached from outside."""


def linked_library() -> str:
    """The path of the libsqlite3 that Python's sqlite3 is linked to; raises StaticallyLinked where there is none."""
    sqlite3.connect(":memory:").close()
    mapped = Path("/proc/self/maps").read_text(encoding="ascii", errors="replace").splitlines()
    found = next((line.split()[-1] for line in mapped if "libsqlite3.so" in line), None)
    if found is None:
        raise StaticallyLinked(
            f"Expected a Python whose sqlite3 module links {LIBRARY}, got one with SQLite built in. "
            "The power cut cannot be recorded here; Debian's python3 can."
        )
    return found


class Recorder:
    """Writes the journal of one database. Every object that SQLite points to is kept alive here."""

    def __init__(self, database: str, journal: Path) -> None:
        self._database = database
        self._faults = OrderedFaults(journal)
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._open_files: dict[int, File] = {}
        self._methods: dict[int, _Methods] = {}
        self._kept: list[Any] = []

    def register(self) -> None:
        library = ctypes.CDLL(linked_library())
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        base = library.sqlite3_vfs_find(None)
        copy = _Vfs.from_buffer_copy(base.contents)
        copy.zName, copy.pNext = b"recording", None
        copy.xOpen = _Open(self._opener(base.contents.xOpen))
        copy.xDelete = _Delete(self._deleter(base.contents.xDelete))
        self._kept += [library, base, copy]
        if library.sqlite3_vfs_register(ctypes.byref(copy), 1) != OK:
            raise RuntimeError("Expected SQLite to take the recording VFS, got a refusal.")

    def record(self, kind: Kind, file: File, offset: int = 0, data: bytes = b"") -> None:
        os.write(self._journal, encode(kind, file, offset, data))

    def _opener(self, real: Callable[..., int]) -> Callable[..., int]:
        def opened(vfs: int, name: int | None, handle: int, flags: int, out: int) -> int:
            code = real(vfs, name, handle, flags, out)
            file = self._file(name)
            if code == OK and file is not None:
                self._watch(handle, file)
            return code

        return opened

    def _deleter(self, real: Callable[..., int]) -> Callable[..., int]:
        def deleted(vfs: int, name: int, sync: int) -> int:
            file = self._file(name)
            code = real(vfs, name, sync)
            if code == OK and file is not None:
                self.record(Kind.DELETE, file, sync)
            return code

        return deleted

    def _file(self, name: int | None) -> File | None:
        """None for a temporary file, which has no name, and for any other database."""
        return (
            None if name is None else File.of(os.fsdecode(ctypes.string_at(name)), self._database)
        )

    def _watch(self, handle: int, file: File) -> None:
        """A main file and a journal have different methods: each set of them gets a recorded twin."""
        opened = ctypes.cast(handle, ctypes.POINTER(_OpenFile)).contents
        real = opened.pMethods.contents
        address = ctypes.addressof(real)
        if address not in self._methods:
            self._methods[address] = self._recorded(real)
        self._open_files[handle] = file
        opened.pMethods = ctypes.pointer(self._methods[address])

    def _recorded(self, real: _Methods) -> _Methods:
        """Writes are numbered before they are made, a sync when it has been made: the cautious order for both."""
        write, truncate, sync, files = real.xWrite, real.xTruncate, real.xSync, self._open_files
        refused = self._faults.code_of

        def written(handle: int, data: int, length: int, offset: int) -> int:
            if code := refused(Kind.WRITE, files[handle]):
                return code
            self.record(Kind.WRITE, files[handle], offset, ctypes.string_at(data, length))
            return int(write(handle, data, length, offset))

        def truncated(handle: int, size: int) -> int:
            if code := refused(Kind.TRUNCATE, files[handle]):
                return code
            self.record(Kind.TRUNCATE, files[handle], size)
            return int(truncate(handle, size))

        def synced(handle: int, flags: int) -> int:
            code = refused(Kind.SYNC, files[handle]) or int(sync(handle, flags))
            if code == OK:
                self.record(Kind.SYNC, files[handle])
            return code

        copy = _Methods.from_buffer_copy(real)
        copy.xWrite, copy.xTruncate, copy.xSync = (
            _Write(written),
            _Truncate(truncated),
            _Sync(synced),
        )
        self._kept += [copy, real]
        return copy

"""A feed's snapshot: fetched by HTTP range, verified, unpacked aside, and only then handed over.

The file is a zlib-compressed SQLite database (`contract.feeds.SnapshotReference`). Nothing of it is believed before
its SHA-256 and the hub's Ed25519 signature fit; nothing of it is imported before SQLite itself finds it whole. What
the shop sells from stays untouched until the import's own transaction commits.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import sqlite3
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import ClassVar, Final, Protocol

from contract.feeds import SNAPSHOT_FORMAT, SnapshotReference

CHUNK_BYTES: Final = 64 * 1024
HTTP_TIMEOUT_S: Final = 10.0
MAX_INFLATED_BYTES: Final = 512 * 1024 * 1024
PARTIAL: Final = 206

Verify = Callable[[str, bytes, bytes], bool]


class SnapshotError(Exception):
    """The snapshot was not taken; what the shop sells from is as it was."""

    key: ClassVar[str] = "snapshot.refused"
    template: ClassVar[str] = "The {feed} snapshot {version} was refused: {detail}."

    def __init__(self, feed: str, version: int, detail: str) -> None:
        self.fields = {"feed": feed, "version": version, "detail": detail}
        super().__init__(self.template.format(**self.fields))


class SnapshotUnavailableError(SnapshotError):
    """The hub could not be reached, or the line broke: what has come so far is kept for the next attempt."""

    key = "snapshot.unavailable"
    template = "The {feed} snapshot {version} did not arrive: {detail}. The rest is fetched at the next attempt."


class CorruptSnapshotError(SnapshotError):
    """What arrived is not what the hub signed. It is thrown away and fetched afresh later."""

    key = "snapshot.corrupt"
    template = (
        "The {feed} snapshot {version} is damaged and was not used: {detail}. "
        "The shop sells on from the one before; it is fetched again later."
    )


class Response(Protocol):
    """What is needed of an HTTP answer."""

    @property
    def status(self) -> int: ...
    def read(self, amount: int, /) -> bytes: ...
    def close(self) -> None: ...


Fetch = Callable[[str, int], Response]


def http_fetch(url: str, first_byte: int) -> Response:
    """Asks for `url` from `first_byte` on (RFC 9110, 14.2). Raises OSError where the hub cannot be reached."""
    # The settings admit http and https alone.
    request = urllib.request.Request(url, headers={"Range": f"bytes={first_byte}-"})  # noqa: S310
    response: Response = urllib.request.urlopen(request, timeout=HTTP_TIMEOUT_S)  # noqa: S310
    return response


def download(reference: SnapshotReference, hub_url: str, folder: Path, fetch: Fetch) -> Path:
    """The compressed file, continued where an earlier attempt ended. Not yet verified."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{reference.feed}-{reference.version}-{reference.sha256[:16]}.part"
    _forget_others(folder, reference.feed, part)
    have_bytes = part.stat().st_size if part.exists() else 0
    if have_bytes < reference.size_bytes:
        try:
            _append(part, have_bytes, reference, fetch(hub_url + reference.path, have_bytes))
        except urllib.error.HTTPError as error:
            error.close()
            # An answer that is no file: what we have may not fit what the hub has, so begin afresh.
            part.unlink(missing_ok=True)
            detail = f"the hub answered {error.code}"
            raise SnapshotUnavailableError(reference.feed, reference.version, detail) from error
        except (OSError, http.client.HTTPException) as error:
            detail = str(error) or type(error).__name__
            raise SnapshotUnavailableError(reference.feed, reference.version, detail) from error
    return part


def verify(part: Path, reference: SnapshotReference, hub_key: str, is_signed_by: Verify) -> None:
    """Raises CorruptSnapshotError, and removes the file, where it is not what the hub signed."""
    try:
        _compare(part, reference, hub_key, is_signed_by)
    except CorruptSnapshotError:
        part.unlink(missing_ok=True)
        raise


def unpack(part: Path, reference: SnapshotReference) -> Path:
    """The SQLite file beside `part`, whole by SQLite's own check and of the feed and version that were promised."""
    staged = part.with_suffix(".sqlite3")
    try:
        _inflate(part, staged)
        _check(staged, reference)
    except (zlib.error, sqlite3.Error, ValueError) as error:
        part.unlink(missing_ok=True)
        staged.unlink(missing_ok=True)
        raise CorruptSnapshotError(reference.feed, reference.version, str(error)) from error
    return staged


def rows(staged: Path) -> Iterator[tuple[str, int, str]]:
    """(key, version, body) of every row."""
    with closing(_read_only(staged)) as database:
        yield from database.execute("SELECT key, version, body FROM row")


def _append(part: Path, have_bytes: int, reference: SnapshotReference, response: Response) -> None:
    with closing(response):
        # A server that knows no ranges sends everything again.
        mode = "ab" if response.status == PARTIAL else "wb"
        room = reference.size_bytes - (have_bytes if mode == "ab" else 0)
        with part.open(mode) as file:
            while room > 0 and (chunk := response.read(min(CHUNK_BYTES, room))):
                file.write(chunk)
                room -= len(chunk)
            file.flush()
            os.fsync(file.fileno())
    if room > 0:
        raise OSError(f"the line ended {room} bytes early")


def _forget_others(folder: Path, feed: str, wanted: Path) -> None:
    for old in folder.glob(f"{feed}-*"):
        if old != wanted:
            old.unlink(missing_ok=True)


def _compare(part: Path, reference: SnapshotReference, hub_key: str, is_signed_by: Verify) -> None:
    def corrupt(detail: str) -> CorruptSnapshotError:
        return CorruptSnapshotError(reference.feed, reference.version, detail)

    if reference.format != SNAPSHOT_FORMAT:
        raise corrupt(f"expected format {SNAPSHOT_FORMAT}, got {reference.format}")
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != reference.sha256:
        raise corrupt(f"expected SHA-256 {reference.sha256[:12]}…, got {digest[:12]}…")
    if not is_signed_by(hub_key, _hex(reference.signature), reference.signed_text()):
        raise corrupt("its signature is not the hub's")


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _inflate(part: Path, staged: Path) -> None:
    inflater = zlib.decompressobj()
    written = 0
    with part.open("rb") as source, staged.open("wb") as target:
        while chunk := source.read(CHUNK_BYTES):
            while chunk:
                block = inflater.decompress(chunk, CHUNK_BYTES * 8)
                chunk = inflater.unconsumed_tail
                written += len(block)
                if written > MAX_INFLATED_BYTES:
                    raise ValueError(f"expected at most {MAX_INFLATED_BYTES} bytes inflated")
                target.write(block)
        target.write(inflater.flush())
    if not inflater.eof:
        raise ValueError("expected a whole zlib stream, got a part of one")


def _check(staged: Path, reference: SnapshotReference) -> None:
    with closing(_read_only(staged)) as database:
        verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise ValueError(f"SQLite says {verdict}")
        meta = dict(database.execute("SELECT key, value FROM meta"))
        database.execute("SELECT key, version, body FROM row LIMIT 1").fetchall()
    promised = {"feed": reference.feed, "version": str(reference.version)}
    found = {name: str(meta.get(name, "")) for name in promised}
    if found != promised:
        raise ValueError(f"expected {promised}, got {found}")


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)

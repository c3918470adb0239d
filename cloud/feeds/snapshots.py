"""A whole feed as one file: built once per version beside the ingest, compressed, signed, kept a while.

The file lies in this hub's data folder; the row about it in the database. A row whose file is gone is no snapshot.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import tempfile
import zlib
from pathlib import Path

from sqlmodel import Session

from cloud.clock import Clock
from cloud.db import Database
from cloud.feeds import repository
from cloud.feeds.tables import FeedSnapshot
from cloud.identity import Identity
from contract.feeds import SNAPSHOT_FORMAT, SnapshotReference

KEPT = 3
CHUNK_BYTES = 1 << 20
FILE_NAME = re.compile(r"[a-z]+-[0-9]+-[0-9a-f]{12}\.sqlite3\.zlib")


class Snapshots:
    def __init__(self, database: Database, folder: Path, identity: Identity, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._identity = identity
        self._clock = clock

    def newest(self, session: Session, feed: str) -> SnapshotReference | None:
        row = repository.newest_snapshot(session, feed)
        if row is None or not (self._folder / row.file).is_file():
            return None
        return reference_of(row)

    def build(self, feed: str) -> SnapshotReference:
        """Takes a second for 100,000 products; safe to run beside everything else."""
        with self._database.read() as session:
            version = repository.head(session, feed).version
            rows = repository.live_rows(session, feed)
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="building-") as name:
            plain, packed = Path(name) / "plain", Path(name) / "packed"
            write_rows(plain, feed, version, rows)
            digest, size_bytes = compress_file(plain, packed)
            file = f"{feed.partition('@')[0]}-{version}-{digest[:12]}.sqlite3.zlib"
            packed.rename(self._folder / file)
        row = FeedSnapshot(
            feed=feed,
            version=version,
            file=file,
            size_bytes=size_bytes,
            sha256=digest,
            signature="",
            built_at=self._clock.now(),
        )
        row.signature = self._identity.sign(reference_of(row).signed_text())
        self._record(row)
        return reference_of(row)

    def path_of(self, file: str) -> Path | None:
        """Where a snapshot's file lies; None for any other name."""
        path = self._folder / file
        return path if FILE_NAME.fullmatch(file) and path.is_file() else None

    def _record(self, row: FeedSnapshot) -> None:
        with self._database.write() as session:
            session.merge(row)
            session.flush()
            old = repository.snapshots(session, row.feed)[KEPT:]
            for forgotten in old:
                session.delete(forgotten)
            files = [forgotten.file for forgotten in old]
        for file in files:
            with contextlib.suppress(FileNotFoundError):
                (self._folder / file).unlink()


def reference_of(row: FeedSnapshot) -> SnapshotReference:
    return SnapshotReference(
        feed=row.feed,
        version=row.version,
        path=f"/snapshots/{row.file}",
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        signature=row.signature,
    )


def write_rows(path: Path, feed: str, version: int, rows: list[tuple[str, int, str]]) -> None:
    meta = [("feed", feed), ("version", str(version)), ("format", str(SNAPSHOT_FORMAT))]
    with contextlib.closing(sqlite3.connect(path)) as database:
        # The file is thrown away unless it is whole, so it needs no journal.
        database.execute("PRAGMA journal_mode=OFF")
        database.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
        database.execute(
            "CREATE TABLE row (key TEXT PRIMARY KEY, version INTEGER, body TEXT) WITHOUT ROWID"
        )
        database.executemany("INSERT INTO meta VALUES (?, ?)", meta)
        database.executemany("INSERT INTO row VALUES (?, ?, ?)", rows)
        database.commit()


def compress_file(source: Path, target: Path) -> tuple[str, int]:
    """zlib, written through to the disk; SHA-256 and size of what was written."""
    packer = zlib.compressobj(6)
    digest = hashlib.sha256()
    with source.open("rb") as plain, target.open("wb") as packed:
        while chunk := plain.read(CHUNK_BYTES):
            block = packer.compress(chunk)
            digest.update(block)
            packed.write(block)
        block = packer.flush()
        digest.update(block)
        packed.write(block)
        packed.flush()
        os.fsync(packed.fileno())
        return digest.hexdigest(), packed.tell()

"""Made once, read at every later start: compiled templates and sentences, in a folder that may be lost at any time."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Final

import jinja2
from jinja2.bccache import Bucket, BytecodeCache
from typing_extensions import override

DIGEST_BYTES: Final = 32


class Kept:
    """What was made from a source, as long as both are as they were: a torn file is no file.

    The folder must belong to the program alone, because what lies there is run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, source: bytes) -> bytes | None:
        try:
            kept = (self._folder / name).read_bytes()
        except OSError:
            return None
        made = kept[DIGEST_BYTES:]
        return made if kept[:DIGEST_BYTES] == _digest(source, made) else None

    def write(self, name: str, source: bytes, made: bytes) -> None:
        """Does nothing on a full disk: the next start makes it again."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            half = self._folder / f"{name}.{os.getpid()}"
            half.write_bytes(_digest(source, made) + made)
            half.replace(self._folder / name)


class KeptTemplates(BytecodeCache):
    """Jinja's compiled templates. `options` are those of its environment: another one compiles differently."""

    def __init__(self, kept: Kept, options: str) -> None:
        self._kept = kept
        self._made_with = f"{jinja2.__version__} {options} ".encode()

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        made = self._kept.read(bucket.key, self._source(bucket))
        if made is not None:
            bucket.bytecode_from_string(made)

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept.write(bucket.key, self._source(bucket), bucket.bytecode_to_string())

    def _source(self, bucket: Bucket) -> bytes:
        return self._made_with + bucket.checksum.encode()


def _digest(source: bytes, made: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(source).digest() + made).digest()

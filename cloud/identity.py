"""The hub's own Ed25519 key (RFC 8032): signs snapshots, and boxes pin its public half."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cloud.errors import SettingsError

KEY_BYTES = 32


class Identity:
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> str:
        """32 bytes as hex."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, text: bytes) -> str:
        """64 bytes as hex."""
        return self._key.sign(text).hex()


def load(path: Path) -> Identity:
    """The key in `path`, made at the first start and readable by this user alone."""
    if not path.exists():
        _make(path)
    seed = path.read_bytes()
    if len(seed) != KEY_BYTES:
        detail = f"expected the hub's key in {KEY_BYTES} bytes, got {len(seed)}"
        raise SettingsError(path=str(path), detail=detail)
    return Identity(Ed25519PrivateKey.from_private_bytes(seed))


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".new")
    staged.unlink(missing_ok=True)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    staged.rename(path)

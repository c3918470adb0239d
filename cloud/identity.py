"""The hub's own Ed25519 key (RFC 8032): signs snapshots, and boxes pin its public half."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from cloud.errors import SettingsError

KEY_BYTES = 32


class Identity:
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> str:
        """32 bytes as hex."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def secret(self, purpose: str) -> bytes:
        """32 bytes for one purpose alone (HKDF, RFC 5869): whoever has them has neither the key nor another's."""
        seed = self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(seed)

    def sign(self, text: bytes) -> str:
        """64 bytes as hex."""
        return self._key.sign(text).hex()


def load(path: Path) -> Identity:
    """The key in `path`, made at the first start and readable by this user alone."""
    if not path.exists():
        _write(path, os.urandom(KEY_BYTES))
    seed = path.read_bytes()
    if len(seed) != KEY_BYTES:
        detail = f"expected the hub's key in {KEY_BYTES} bytes, got {len(seed)}"
        raise SettingsError(path=str(path), detail=detail)
    return Identity(Ed25519PrivateKey.from_private_bytes(seed))


def worker_name(path: Path) -> str:
    """This hub's name among the hub's workers: kept, so that a restart has its own leases back at once."""
    if not path.exists():
        _write(path, secrets.token_hex(8).encode())
    return path.read_text(encoding="ascii")


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and readable by this user alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".new")
    staged.unlink(missing_ok=True)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    staged.rename(path)

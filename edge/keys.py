"""The box's own Ed25519 key (RFC 8032): it signs receipts, and the hub knows its public half.

The file holds the 32 secret bytes as hex and is readable by its owner alone. `cryptography` is imported where it
is used: loading it takes longer than reading a key.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SECRET_BYTES = 32


class KeyFileError(Exception):
    """The key file is there and cannot be used: a person must decide, since receipts are bound to it."""


class BoxKey:
    """Signs as this box. `public` is what others verify with, as 64 hex digits."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


def load_or_make(path: Path) -> BoxKey:
    """The key in `path`, made at the first start. Never replaces a file that is already there."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not path.exists():
        _write_new(path, os.urandom(SECRET_BYTES))
    return BoxKey(Ed25519PrivateKey.from_private_bytes(_read(path)))


def verify(public: str, signature: bytes, message: bytes) -> bool:
    """Whether `signature` over `message` was made by the key whose public half is `public` (hex)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _write_new(path: Path, secret: bytes) -> None:
    """Written aside, synced, then linked into place: a power cut leaves a whole key or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secret.hex().encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"The key {path} can be read by others; run: chmod 600 {path}")
    text = path.read_text(encoding="ascii", errors="replace").strip()
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise KeyFileError(
            f"Expected {2 * SECRET_BYTES} hex digits in the key {path}, got {len(text)} characters. "
            "Restore it from the copy; a new key makes old receipts unverifiable here."
        )
    return secret

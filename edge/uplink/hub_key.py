"""The hub's public key: from the settings, or pinned at the first contact and never changed by itself afterwards."""

from __future__ import annotations

import json
import os
import re
import urllib.request
from pathlib import Path
from typing import Final

WELL_KNOWN: Final = "/.well-known/twinstore"
TIMEOUT_S: Final = 5.0
MAX_BYTES: Final = 64_000

_KEY = re.compile(r"[0-9a-f]{64}")


class PinnedHubKey:
    """Call it for the key as 64 hex digits. Raises OSError where none is pinned and the hub does not answer."""

    def __init__(self, configured: str, path: Path, hub_url: str) -> None:
        self._configured = configured
        self._path = path
        self._hub_url = hub_url

    def __call__(self) -> str:
        if self._configured:
            return self._configured
        if self._path.exists():
            return self._path.read_text(encoding="ascii").strip()
        key = self._ask()
        self._pin(key)
        return key

    def _ask(self) -> str:
        url = self._hub_url + WELL_KNOWN  # the settings admit http and https alone
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:  # noqa: S310
            text = response.read(MAX_BYTES)
        try:
            key = str(json.loads(text)["public_key"])
        except (ValueError, KeyError, TypeError) as error:
            raise OSError(f"expected the hub's public key at {WELL_KNOWN}, got none") from error
        if not _KEY.fullmatch(key):
            raise OSError(f"expected 64 hex digits as the hub's key, got {len(key)} characters")
        return key

    def _pin(self, key: str) -> None:
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="ascii") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self._path)

"""Error keys that cross the wire: the hub counts what a box reports, the console shows it in words."""

from __future__ import annotations

import enum


class WireError(enum.StrEnum):
    UNKNOWN = "wire.unknown"
    MALFORMED = "wire.malformed"
    OVERSIZED = "wire.oversized"
    VERSION_TOO_NEW = "wire.version_too_new"
    FORK = "wire.fork"
    TWO_BOXES = "wire.two_boxes"
    UNKNOWN_FACT = "wire.unknown_fact"
    FAILED_FACT = "wire.failed_fact"

    @classmethod
    def of(cls, key: str) -> WireError:
        """UNKNOWN for a key of a newer peer, which must not stop an older one."""
        try:
            return cls(key)
        except ValueError:
            return cls.UNKNOWN

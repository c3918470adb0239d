"""Is a box there? Pure."""

from __future__ import annotations

import enum
from datetime import datetime

# Health comes every minute: two and a half of them missing is silence.
SILENT_AFTER_S = 150


class Presence(enum.StrEnum):
    """`SILENT`: the broker believes the connection stands, but nothing has come over it."""

    ONLINE = "online"
    SILENT = "silent"
    OFFLINE = "offline"


def presence(*, is_connected: bool, last_seen: datetime, now: datetime) -> Presence:
    if not is_connected:
        return Presence.OFFLINE
    quiet_s = (now - last_seen).total_seconds()
    return Presence.SILENT if quiet_s > SILENT_AFTER_S else Presence.ONLINE

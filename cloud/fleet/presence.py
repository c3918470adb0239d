"""Is a box there? Pure."""

from __future__ import annotations

import enum
from datetime import datetime

# Health comes every minute: two and a half of them missing is silence.
SILENT_AFTER_S = 150
# A box that sheds its health reports under pressure still looks for new prices every ten minutes.
SILENT_WITHOUT_HEALTH_AFTER_S = 750


class Presence(enum.StrEnum):
    """`SILENT`: the broker believes the connection stands, but nothing has come over it."""

    ONLINE = "online"
    SILENT = "silent"
    OFFLINE = "offline"


def presence(
    *, is_connected: bool, sheds_health: bool, last_seen: datetime, now: datetime
) -> Presence:
    if not is_connected:
        return Presence.OFFLINE
    quiet_s = (now - last_seen).total_seconds()
    limit_s = SILENT_WITHOUT_HEALTH_AFTER_S if sheds_health else SILENT_AFTER_S
    return Presence.SILENT if quiet_s > limit_s else Presence.ONLINE

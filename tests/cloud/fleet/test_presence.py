from datetime import UTC, datetime, timedelta

import pytest

from cloud.fleet.presence import (
    SILENT_AFTER_S,
    SILENT_WITHOUT_HEALTH_AFTER_S,
    Presence,
    presence,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("is_connected", "sheds_health", "quiet_s", "expected"),
    [
        (True, False, 0, Presence.ONLINE),
        (True, False, SILENT_AFTER_S, Presence.ONLINE),
        (True, False, SILENT_AFTER_S + 1, Presence.SILENT),
        (True, True, SILENT_AFTER_S + 1, Presence.ONLINE),
        (True, True, SILENT_WITHOUT_HEALTH_AFTER_S + 1, Presence.SILENT),
        (False, False, 0, Presence.OFFLINE),
        (False, True, 0, Presence.OFFLINE),
    ],
)
def test_a_box_is_online_silent_or_offline(is_connected, sheds_health, quiet_s, expected) -> None:
    heard = NOW - timedelta(seconds=quiet_s)
    found = presence(is_connected=is_connected, sheds_health=sheds_health, last_seen=heard, now=NOW)
    assert found is expected

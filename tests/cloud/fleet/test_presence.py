from datetime import UTC, datetime, timedelta

import pytest

from cloud.fleet.presence import SILENT_AFTER_S, Presence, presence

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("is_connected", "quiet_s", "expected"),
    [
        (True, 0, Presence.ONLINE),
        (True, SILENT_AFTER_S, Presence.ONLINE),
        (True, SILENT_AFTER_S + 1, Presence.SILENT),
        (False, 0, Presence.OFFLINE),
    ],
)
def test_a_box_is_online_silent_or_offline(is_connected, quiet_s, expected) -> None:
    heard = NOW - timedelta(seconds=quiet_s)
    assert presence(is_connected=is_connected, last_seen=heard, now=NOW) is expected

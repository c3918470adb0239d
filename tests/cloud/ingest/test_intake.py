"""What a hello says of both ends' chains: equal, unequal, or for the next batch to tell."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cloud.ingest.intake import Standing, compare
from cloud.ingest.tables import Stream
from contract.envelope import Hello

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OURS, THEIRS = "a" * 32, "b" * 32


def standing(**values: Any) -> Standing:
    row: dict[str, Any] = {"high": 5, "chain": OURS, "is_chain_equal": True} | values
    stream = Stream(edge_id="box", epoch="e1", shard=1, opened_at=NOW, moved_at=NOW, **row)
    return Standing(stream, was=None)


def hello(high: int, chain: str) -> Hello:
    return Hello(
        nonce=1,
        boot="b1",
        epoch="e1",
        high=high,
        acked=0,
        chain=chain,
        software="1",
        location_id="x",
    )


@pytest.mark.parametrize(
    ("high", "chain", "values", "is_equal"),
    [
        (5, OURS, {}, True),
        (5, OURS, {"is_chain_equal": None}, True),
        (5, THEIRS, {}, False),
        (4, OURS, {}, False),  # a box that went back in time has less than it sent
        (5, OURS, {"is_frozen": True}, False),
        (6, THEIRS, {}, True),  # ahead of us: as it was until its next batch is tied to our stand
        (6, THEIRS, {"is_chain_equal": None}, None),
    ],
)
def test_whether_box_and_hub_hold_the_same(
    high: int, chain: str, values: dict[str, Any], is_equal: bool | None
) -> None:
    assert compare(hello(high, chain), standing(**values)) is is_equal

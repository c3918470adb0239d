from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import topics
from contract.topics import Address, Down, Up, every_down, every_up, parse, shard_of

BOX = "maru-office-tower-1"


@pytest.mark.parametrize(
    ("built", "topic"),
    [
        (topics.up(BOX, Up.HELLO), "twin1/16/maru-office-tower-1/up/hello"),
        (topics.up(BOX, Up.FACTS), "twin1/16/maru-office-tower-1/up/facts"),
        (topics.up(BOX, Up.PULL), "twin1/16/maru-office-tower-1/up/pull"),
        (topics.up(BOX, Up.HEALTH), "twin1/16/maru-office-tower-1/up/health"),
        (topics.up(BOX, Up.STATE), "twin1/16/maru-office-tower-1/up/state"),
        (topics.down(BOX, Down.ACK), "twin1/16/maru-office-tower-1/dn/ack"),
        (topics.down(BOX, Down.OPS), "twin1/16/maru-office-tower-1/dn/ops"),
        (topics.down(BOX, Down.COMMAND), "twin1/16/maru-office-tower-1/dn/command"),
        (topics.down(BOX, Down.HEAD), "twin1/16/maru-office-tower-1/dn/head"),
        (every_down(BOX), "twin1/16/maru-office-tower-1/dn/#"),
        (every_up(7), "twin1/07/+/up/#"),
        (topics.HUB_STATE, "twin1/hub/state"),
    ],
)
def test_topic_vectors(built: str, topic: str) -> None:
    assert built == topic


def test_the_shard_is_the_crc_that_gzip_uses() -> None:
    """CRC-32/ISO-HDLC has the check value CBF43926 over "123456789"; 0x26 & 63 is 38."""
    assert shard_of("123456789") == 0xCBF43926 % 64 == 38


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", fullmatch=True), st.sampled_from([*Up, *Down])
)
def test_what_is_built_is_parsed_again(edge_id: str, channel: Up | Down) -> None:
    address = Address(edge_id, channel)
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("", "Expected twin1/SHARD/EDGE/up|dn/CHANNEL, got ''."),
        ("twin1/hub/state", "Expected twin1/SHARD/EDGE/up|dn/CHANNEL, got 'twin1/hub/state'."),
        (
            "twin2/16/maru-office-tower-1/up/hello",
            "Expected twin1/SHARD/EDGE/up|dn/CHANNEL, got 'twin2/16/maru-office-tower-1/up/hello'.",
        ),
        (
            "twin1/99/maru-office-tower-1/up/hello",
            "Expected shard 16 for maru-office-tower-1, got '99'.",
        ),
        ("twin1/16/maru-office-tower-1/up/ack", "'ack' is not a valid Up"),
        (
            "twin1/16/a+b/up/hello",
            "Expected an edge id of 1 to 63 letters, digits and hyphens, got 'a+b'.",
        ),
    ],
)
def test_a_foreign_topic_is_refused_in_words(topic: str, message: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse(topic)
    assert str(refusal.value) == message


@pytest.mark.parametrize("edge_id", ["", "a/b", "+", "#", "a" * 64, "till 1"])
def test_no_topic_is_built_for_an_edge_id_that_reaches_elsewhere(edge_id: str) -> None:
    with pytest.raises(ValueError, match="Expected an edge id of 1 to 63"):
        topics.up(edge_id, Up.HELLO)

"""Every MQTT topic of Twinstore, built and parsed here and nowhere else.

    twin1/{shard}/{edge_id}/up/{hello,facts,pull,health,state,ask} box to hub
    twin1/{shard}/{edge_id}/dn/{ack,ops,command,head,answer}       hub to box
    twin1/hub/state                                                retained presence of the hub

The shard is fixed at enrolment: CRC-32 of the edge id modulo 64 (ISO-HDLC CRC, as `zlib.crc32`).
"""

from __future__ import annotations

import enum
import re
import zlib
from dataclasses import dataclass

ROOT = "twin1"
SHARDS = 64
HUB_STATE = f"{ROOT}/hub/state"

# A certificate name becomes a topic level: no "/", "+" or "#" may ever stand in it.
_EDGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")


class Up(enum.StrEnum):
    HELLO = "hello"
    FACTS = "facts"
    PULL = "pull"
    HEALTH = "health"
    STATE = "state"
    ASK = "ask"


class Down(enum.StrEnum):
    ACK = "ack"
    OPS = "ops"
    COMMAND = "command"
    HEAD = "head"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Address:
    """One topic of one box."""

    edge_id: str
    channel: Up | Down

    def __str__(self) -> str:
        direction = "up" if isinstance(self.channel, Up) else "dn"
        return f"{ROOT}/{shard_of(self.edge_id):02d}/{self.edge_id}/{direction}/{self.channel}"


def shard_of(edge_id: str) -> int:
    return zlib.crc32(edge_id.encode()) % SHARDS


def check_edge_id(edge_id: str) -> str:
    """Gives `edge_id` back, or raises ValueError where it could not be one topic level."""
    if not _EDGE_ID.fullmatch(edge_id):
        raise ValueError(
            f"Expected an edge id of 1 to 63 letters, digits and hyphens, got {edge_id!r}."
        )
    return edge_id


def up(edge_id: str, channel: Up) -> str:
    return str(Address(check_edge_id(edge_id), channel))


def down(edge_id: str, channel: Down) -> str:
    return str(Address(check_edge_id(edge_id), channel))


def every_up(shard: int) -> str:
    """The subscription of a hub worker that owns `shard`."""
    return f"{ROOT}/{shard:02d}/+/up/#"


def every_down(edge_id: str) -> str:
    """The subscription of a box."""
    return f"{ROOT}/{shard_of(edge_id):02d}/{check_edge_id(edge_id)}/dn/#"


def parse(topic: str) -> Address:
    """Raises ValueError, saying what was expected, for anything that `up` and `down` cannot have built."""
    levels = topic.split("/")
    if len(levels) != 5 or levels[0] != ROOT or levels[3] not in ("up", "dn"):
        raise ValueError(f"Expected {ROOT}/SHARD/EDGE/up|dn/CHANNEL, got {topic!r}.")
    edge_id = check_edge_id(levels[2])
    channel = Up(levels[4]) if levels[3] == "up" else Down(levels[4])
    if levels[1] != f"{shard_of(edge_id):02d}":
        raise ValueError(
            f"Expected shard {shard_of(edge_id):02d} for {edge_id}, got {levels[1]!r}."
        )
    return Address(edge_id, channel)

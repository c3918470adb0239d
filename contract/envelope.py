"""Facts, batches and the other messages of the up-link, and the hash chain that ties facts together.

A fact's body is JSON text that is never re-encoded after the box has committed it: the chain is over those very
bytes, so equality of the chain's head proves equality of every body (design/sync).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

WIRE_VERSION: Final = 1
GENESIS = "0" * 32

MAX_BATCH_FACTS = 200
MAX_BATCH_BYTES = 64_000
FULL_WINDOW = 8
MAX_MESSAGE_BYTES = 100_000  # AWS IoT's hard limit is 128 kB; stay movable between brokers

EdgeId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,62}$")]
Uid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]
Chain = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Seq = Annotated[int, Field(ge=0)]


class Message(BaseModel):
    """Base of everything on the wire: frozen, unknown fields kept and tolerated (N-1 meets N).

    What reads and writes a class is made with its first message: a box serves its first page without most of them.
    """

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)


class FactBody(Message):
    """What every fact carries. A concrete fact fixes `type` and `version` by Literal.

    `occurred_at` is the box's wall clock, for people; order comes from `seq` alone. `hlc` is the hybrid logical
    clock "wall_ms.counter.edge_id". `business_date` comes from the shift, never from the clock.
    """

    type: str
    version: int
    occurred_at: AwareDatetime
    hlc: str
    business_date: str
    location_id: str
    workstation_id: str


class Fact(NamedTuple):
    """One fact as it travels: its UUIDv7 and its body's JSON text."""

    uid: str
    body: str


class Batch(BaseModel):
    """Consecutive facts of one stream, `first` to `first + len(facts) - 1`; `prev` is chain(first - 1)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = WIRE_VERSION
    epoch: str = Field(min_length=1, max_length=64)
    first: int = Field(ge=1)
    prev: Chain
    facts: tuple[tuple[Uid, str], ...] = Field(min_length=1, max_length=MAX_BATCH_FACTS)


class Clockface(Message):
    """What the box thinks the time is: the hub shows skew, and never corrects a fact by it."""

    wall: AwareDatetime
    monotonic_s: float


class Hello(Message):
    """Sent on every connection, and whenever the box asks where it stands. `nonce` comes back in the answer.

    `location_name` is the shop's name by language ("ko", "zh", "en"), for people. `capabilities` are words of
    `contract.capabilities`.
    """

    v: int = WIRE_VERSION
    min_v: int = WIRE_VERSION
    nonce: int
    boot: str
    epoch: str
    high: Seq
    acked: Seq
    chain: Chain
    software: str
    location_id: str
    location_name: dict[str, str] = {}
    public_key: str = ""
    clock: Clockface | None = None
    capabilities: tuple[str, ...] = ()
    closed_epochs: tuple[str, ...] = ()


class Ack(Message):
    """The hub's stand for one stream: everything up to `high` is durably stored, `chain` is its head.

    `window` batches may be under way at once, and a narrow one also asks for small ones (`stream.batch_limit`), the
    next not before `pause_ms`. `hello` repeats the nonce of the hello that it answers; only such an ack may lower what
    the box holds as acknowledged. `nack` says that a batch did not continue the stream; `fork` that it contradicted it.
    """

    v: int = WIRE_VERSION
    epoch: str
    high: Seq
    chain: Chain
    window: int = Field(default=FULL_WINDOW, ge=1, le=64)
    pause_ms: int = Field(default=0, ge=0)
    nack: bool = False
    fork: bool = False
    hello: int | None = None


class State(Message):
    """Retained presence; the Will repeats it with `online` False and the same boot id."""

    online: bool
    boot: str
    at: AwareDatetime | None = None


def chain(previous: str, uid: str, body: str) -> str:
    """The chain's next link: BLAKE2b-128 over previous ‖ uid ‖ body, as 32 hex digits (RFC 7693)."""
    digest = hashlib.blake2b(previous.encode(), digest_size=16)
    digest.update(uid.encode())
    digest.update(body.encode())
    return digest.hexdigest()


def make_uid(unix_ms: int, random_bytes: Callable[[int], bytes]) -> str:
    """A UUIDv7 (RFC 9562, 5.7) from milliseconds since 1970 and 10 random bytes."""
    value = bytearray(unix_ms.to_bytes(6, "big") + random_bytes(10))
    value[6] = 0x70 | value[6] & 0x0F
    value[8] = 0x80 | value[8] & 0x3F
    digits = value.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def to_json(message: BaseModel) -> str:
    return message.model_dump_json(exclude_none=True)


def fact_type(body: dict[str, Any]) -> tuple[str, int]:
    return str(body.get("type", "")), int(body.get("version", 0))

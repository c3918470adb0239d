"""One MQTT packet becomes a message of the contract, or a refusal that says why. Pure.

Nothing that a box or a stranger can send may stop the hub: whatever does not fit is refused here, counted and kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from contract import topics
from contract.asks import Ask
from contract.envelope import MAX_MESSAGE_BYTES, WIRE_VERSION, Batch, Hello, State
from contract.errors import WireError
from contract.feeds import Pull
from contract.health import Health

KEPT_BYTES = 4_096
# One fact may be larger than a batch should be (a basket of a thousand lines), and a sale is never refused.
MAX_FACTS_BYTES = 1_000_000
MODELS: dict[topics.Up, type[BaseModel]] = {
    topics.Up.HELLO: Hello,
    topics.Up.FACTS: Batch,
    topics.Up.PULL: Pull,
    topics.Up.HEALTH: Health,
    topics.Up.STATE: State,
    topics.Up.ASK: Ask,
}


@dataclass(frozen=True, slots=True)
class Packet:
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Admitted:
    edge_id: str
    message: Hello | Batch | Pull | Health | State | Ask


@dataclass(frozen=True, slots=True)
class Rejected:
    """`edge_id` is "" where the topic does not name a box.

    `kept` is the beginning, as readable text; of a question nothing is kept: it may hold a wallet's code.
    """

    edge_id: str
    key: WireError
    detail: str
    topic: str
    kept: str
    size_bytes: int
    digest: str


def admit(packet: Packet) -> Admitted | Rejected:
    try:
        address = topics.parse(packet.topic)
    except ValueError as error:
        return reject(packet, "", WireError.MALFORMED, str(error))
    if not isinstance(address.channel, topics.Up):
        return reject(packet, address.edge_id, WireError.MALFORMED, "Expected an up topic.")
    limit = MAX_FACTS_BYTES if address.channel is topics.Up.FACTS else MAX_MESSAGE_BYTES
    if len(packet.payload) > limit:
        detail = f"Expected at most {limit} bytes, got {len(packet.payload)}."
        return reject(packet, address.edge_id, WireError.OVERSIZED, detail)
    try:
        message = MODELS[address.channel].model_validate_json(packet.payload)
    except ValidationError as error:
        return reject(packet, address.edge_id, WireError.MALFORMED, _first_problem(error))
    return _check(packet, address.edge_id, message)


def _check(packet: Packet, edge_id: str, message: BaseModel) -> Admitted | Rejected:
    """What no type can say."""
    assert isinstance(message, (Hello, Batch, Pull, Health, State, Ask))
    if isinstance(message, Hello) and message.min_v > WIRE_VERSION:
        detail = f"Expected a box that speaks version {WIRE_VERSION}, got {message.min_v} and up."
        return reject(packet, edge_id, WireError.VERSION_TOO_NEW, detail)
    if _names_nul(packet, message):
        # PostgreSQL keeps no NUL in text. In the body of a fact it stops nothing: see `intake.kept`.
        return reject(packet, edge_id, WireError.MALFORMED, "Expected text without NUL, got one.")
    return Admitted(edge_id, message)


def _names_nul(packet: Packet, message: BaseModel) -> bool:
    if isinstance(message, Batch):
        return "\0" in message.epoch
    return b"\\u0000" in packet.payload


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]


def reject(packet: Packet, edge_id: str, key: WireError, detail: str) -> Rejected:
    digest = hashlib.blake2b(packet.topic.encode() + b"\0" + packet.payload, digest_size=16)
    shown = b"" if packet.topic.endswith(f"/up/{topics.Up.ASK}") else packet.payload[:KEPT_BYTES]
    kept = shown.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return Rejected(
        edge_id=edge_id,
        key=key,
        detail=detail.replace("\0", "\\x00"),
        topic=packet.topic,
        kept=kept,
        size_bytes=len(packet.payload),
        digest=digest.hexdigest(),
    )

"""What goes over the line and what is known of it, without the client that carries it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    topic: str
    payload: bytes | str
    qos: int
    is_retained: bool = False


class Wire(Protocol):
    def send(self, outgoing: Outgoing, /) -> bool:
        """False where the line is down or full: the caller sends again from what it keeps."""
        ...


@dataclass(slots=True)
class LineStatus:
    """What the line has seen. `alarm` is the last thing that a person should look at, "" where there is none."""

    is_online: bool = False
    detail: str = "not tried yet"
    alarm: str = ""
    counters: Counter[str] = field(default_factory=Counter)

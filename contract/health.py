"""Telemetry of a box: QoS 0, every minute, first to be shed under pressure."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from contract.envelope import Message


class PeripheralHealth(Message):
    """`state` follows the driver's life; `reasons` are the stable words of why it cannot work now."""

    name: str
    kind: str
    state: Literal["absent", "opening", "ready", "busy", "not_ready", "faulted", "unknown"]
    reasons: tuple[str, ...] = ()
    since: AwareDatetime | None = None
    counters: dict[str, int] = {}


class LogLine(Message):
    """A warning or an error of the box's own program; the same one again counts up.

    It holds nothing that a shop, a cashier or a shopper said: `text` is the sentence as it stands in the program, with
    "…" for every value, `place` the module, `error` the class of an exception. `level` is "warning" or "error".
    """

    place: str
    level: str
    text: str
    error: str = ""
    count: int = Field(default=1, ge=1)
    first_at: AwareDatetime
    last_at: AwareDatetime


class Health(Message):
    """How a box is.

    `log` has the newest lines, oldest first. `sheds` is what is left out for as long as it stays as it is
    ("telemetry", "log"), `left_out` how many reports were since the box started.
    """

    v: int = 1
    at: AwareDatetime
    boot: str
    uptime_s: int
    disk_free_bytes: int
    waiting_facts: int
    oldest_waiting_s: int = 0
    catalogue_version: int = 0
    prices_version: int = 0
    memory_bytes: int = 0
    shift_open: bool = False
    peripherals: tuple[PeripheralHealth, ...] = ()
    problems: tuple[str, ...] = ()
    log: tuple[LogLine, ...] = ()
    sheds: tuple[str, ...] = ()
    left_out: int = 0

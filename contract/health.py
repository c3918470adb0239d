"""Telemetry of a box: QoS 0, every minute, first to be shed under pressure."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from contract.envelope import Message


class PeripheralHealth(Message):
    """`state` follows the driver's life; `reasons` are the stable words of why it cannot work now."""

    name: str
    kind: str
    state: Literal["absent", "opening", "ready", "busy", "not_ready", "faulted", "unknown"]
    reasons: tuple[str, ...] = ()
    since: AwareDatetime | None = None
    counters: dict[str, int] = {}


class Health(Message):
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

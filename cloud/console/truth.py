"""One sentence of truth about a box, as clauses that the page puts into words. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cloud.fleet.presence import Presence
from cloud.fleet.service import Box
from contract.health import PeripheralHealth

Tone = Literal["good", "warn", "bad", "busy", "off"]
SEVERITY: tuple[Tone, ...] = ("off", "good", "busy", "warn", "bad")
WORKING = frozenset({"ready", "busy", "opening"})
NOTICED = ("paper_low",)
"""Reasons worth a word though the peripheral still works."""


@dataclass(frozen=True, slots=True)
class Clause:
    """`key` of the catalogue; `kind` and `reasons` are words of a peripheral, `since` a time to be shown."""

    key: str
    tone: Tone
    n: int | None = None
    since: datetime | None = None
    kind: str = ""
    reasons: tuple[str, ...] = field(default=())


def truth(box: Box, *, is_selling: bool) -> list[Clause]:
    """What it is doing; how far behind; what is wrong with it.

    `is_selling` says that a shift is open: known from its facts, which are newer than its last telemetry.
    """
    if box.presence is Presence.OFFLINE:
        return [Clause("truth.offline", "warn", since=box.edge.last_seen), *_doubts(box)]
    if box.presence is Presence.SILENT:
        return [Clause("truth.silent", "warn", since=box.edge.last_seen), *_doubts(box)]
    doing = Clause("truth.selling" if is_selling else "truth.closed", "good")
    return [doing, _behind(box), *_doubts(box), *_peripherals(box)]


def tone_of(clauses: list[Clause]) -> Tone:
    return max((clause.tone for clause in clauses), key=SEVERITY.index, default="off")


def _behind(box: Box) -> Clause:
    return Clause("truth.behind", "good" if box.lag == 0 else "busy", n=box.lag)


def _doubts(box: Box) -> list[Clause]:
    clauses = []
    if box.is_doubled:
        clauses.append(Clause("truth.two_boxes", "bad"))
    if box.is_frozen:
        clauses.append(Clause("truth.frozen", "bad"))
    elif box.is_chain_equal is False:
        clauses.append(Clause("truth.chain_differs", "bad"))
    if box.quarantined:
        clauses.append(Clause("truth.quarantined", "warn", n=box.quarantined))
    return clauses


def _peripherals(box: Box) -> list[Clause]:
    peripherals = box.health.peripherals if box.health else ()
    return [clause for clause in map(_trouble, peripherals) if clause is not None]


def _trouble(peripheral: PeripheralHealth) -> Clause | None:
    noticed = tuple(reason for reason in peripheral.reasons if reason in NOTICED)
    if peripheral.state in WORKING:
        return _clause(peripheral, "warn", noticed) if noticed else None
    return _clause(peripheral, "bad", peripheral.reasons or (peripheral.state,))


def _clause(peripheral: PeripheralHealth, tone: Tone, reasons: tuple[str, ...]) -> Clause:
    key = "truth.peripheral_since" if peripheral.since else "truth.peripheral"
    return Clause(key, tone, since=peripheral.since, kind=peripheral.kind, reasons=reasons)

"""How a peripheral is, and the sentence for the cashier: what is wrong, what to do now.

Three things that are easily mixed are kept apart: presence (is it there), readiness (can it work now) and outcome (did
this job succeed). This file is about the first two; outcomes are rows of the database.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from contract.health import PeripheralHealth

WireState = Literal["absent", "opening", "ready", "busy", "not_ready", "faulted", "unknown"]

PAPER_LOW: Final = "paper_low"  # on the wire a reason like any other, though it stops nothing


class State(enum.StrEnum):
    """ABSENT -> PRESENT -> OPENING -> READY <-> BUSY; READY <-> NOT_READY; anything -> ABSENT; FAULTED is for good."""

    ABSENT = "absent"
    PRESENT = "present"
    OPENING = "opening"
    READY = "ready"
    BUSY = "busy"
    NOT_READY = "not_ready"
    FAULTED = "faulted"


@dataclass(frozen=True, slots=True)
class Advice:
    """A stable `key` for translation, and the English of what is wrong and what to do about it."""

    key: str
    what: str
    what_now: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One peripheral as it is now. `detail` is for a technician, `advice` for the cashier."""

    name: str
    kind: str
    state: State
    since: datetime
    reasons: tuple[str, ...] = ()
    is_paper_low: bool = False
    detail: str = ""

    @property
    def is_well(self) -> bool:
        return self.state in (State.READY, State.BUSY)

    @property
    def advice(self) -> Advice | None:
        """None where there is nothing to say."""
        if self.state is State.NOT_READY:
            return advice_of(self.kind, self.reasons[0] if self.reasons else "silent")
        if self.state is State.FAULTED:
            return advice_of(self.kind, "faulted")
        if self.state is State.ABSENT:
            return advice_of(self.kind, "absent")
        return advice_of(self.kind, PAPER_LOW) if self.is_paper_low else None

    def is_news_after(self, before: Condition) -> bool:
        """Whether something began: READY and BUSY take turns at every job, which is nothing new."""
        is_other_state = self.state is not before.state and not (self.is_well and before.is_well)
        is_other_reason = self.reasons != before.reasons
        return is_other_state or is_other_reason or self.is_paper_low != before.is_paper_low


def advice_of(kind: str, word: str) -> Advice:
    """The sentence for `word` at a peripheral of `kind`, or the most general one that fits."""
    for key in (f"{kind}.{word}", f"peripheral.{word}"):
        if key in _SENTENCES:
            return Advice(f"peripherals.{key}", *_SENTENCES[key])
    return Advice("peripherals.peripheral.not_ready", *_SENTENCES["peripheral.not_ready"])


def sentences() -> dict[str, tuple[str, str]]:
    """Every sentence by its key: what the translations must cover."""
    return {f"peripherals.{key}": sentence for key, sentence in _SENTENCES.items()}


def on_the_wire(condition: Condition, counters: dict[str, int]) -> PeripheralHealth:
    return PeripheralHealth(
        name=condition.name,
        kind=condition.kind,
        state=_WIRE_STATES[condition.state],
        reasons=condition.reasons + ((PAPER_LOW,) if condition.is_paper_low else ()),
        since=condition.since,
        counters=counters,
    )


_WIRE_STATES: dict[State, WireState] = {
    State.ABSENT: "absent",
    State.PRESENT: "opening",
    State.OPENING: "opening",
    State.READY: "ready",
    State.BUSY: "busy",
    State.NOT_READY: "not_ready",
    State.FAULTED: "faulted",
}

_SENTENCES: dict[str, tuple[str, str]] = {
    "scanner.absent": (
        "The scanner is not connected.",
        "Push its cable in. Until it is back, type the number under the bars.",
    ),
    "scanner.faulted": (
        "The scanner cannot be used as it is set up.",
        "Type the number under the bars, and call the person who looks after the box.",
    ),
    "receipt_printer.absent": (
        "The receipt printer is switched off or not connected.",
        "Switch it on and check its cables. Sales go on; receipts wait and print by themselves.",
    ),
    "receipt_printer.paper_out": (
        "The receipt printer has no paper.",
        "Put a new roll in and close the cover. It prints on by itself.",
    ),
    "receipt_printer.paper_low": (
        "The receipt paper is nearly used up.",
        "Have a new roll ready.",
    ),
    "receipt_printer.cover_open": (
        "The cover of the receipt printer is open.",
        "Close the cover until it clicks. It prints on by itself.",
    ),
    "receipt_printer.cutter_jammed": (
        "The cutter of the receipt printer is jammed.",
        "Switch the printer off, open the cover, pull the paper out of the cutter, close it and switch it on.",
    ),
    "receipt_printer.head_hot": (
        "The receipt printer is too hot and waits.",
        "Wait a minute; it prints on by itself.",
    ),
    "receipt_printer.offline": (
        "The receipt printer is set offline.",
        "Press its FEED or ONLINE button. Receipts wait and print by themselves.",
    ),
    "receipt_printer.unrecoverable": (
        "The receipt printer reports a fault that it cannot clear.",
        "Switch it off, wait ten seconds and switch it on. If it comes back, call service.",
    ),
    "receipt_printer.silent": (
        "The receipt printer does not answer.",
        "Switch it off and on, and check its cables.",
    ),
    "receipt_printer.faulted": (
        "The receipt printer cannot be used as it is set up.",
        "Sales go on without receipts; call the person who looks after the box.",
    ),
    "cash_drawer.absent": (
        "The cash drawer cannot be opened: its printer is not there.",
        "Open it with its key, and switch the printer on.",
    ),
    "cash_drawer.drawer_open": (
        "The cash drawer has stood open for a while.",
        "Close the drawer.",
    ),
    "cash_drawer.faulted": (
        "The cash drawer cannot be used as it is set up.",
        "Open it with its key, and call the person who looks after the box.",
    ),
    "payment_terminal.absent": (
        "The payment terminal cannot be reached.",
        "Check that it is on and its cable is in. Take cash until it is back.",
    ),
    "payment_terminal.silent": (
        "The payment terminal does not answer.",
        "Look at its screen; switch it off and on if it is stuck. Take cash until it is back.",
    ),
    "payment_terminal.faulted": (
        "The payment terminal cannot be used as it is set up.",
        "Take cash, and call the person who looks after the box.",
    ),
    "peripheral.absent": (
        "A peripheral is not connected.",
        "Check its power and its cable.",
    ),
    "peripheral.silent": (
        "A peripheral does not answer.",
        "Switch it off and on, and check its cable.",
    ),
    "peripheral.faulted": (
        "A peripheral cannot be used as it is set up.",
        "Call the person who looks after the box.",
    ),
    "peripheral.not_ready": (
        "A peripheral is not ready.",
        "Look at it; if nothing is to be seen, switch it off and on.",
    ),
}

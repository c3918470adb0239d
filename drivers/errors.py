"""What can go wrong at a peripheral, sorted by what the caller can do about it.

    PeripheralError
      Unavailable      not there, or gone: wait or replug, then retry
      Timeout          there, but silent: retry once, then treat as Unavailable
      Garbled          bytes that make no sense: resynchronise, count, retry the query
      Refused          works, but a person must act first (paper, cover, drawer left open)
      UnknownOutcome   the command may or may not have taken effect: never retry, ask the resolver

A declined card is a result, not an error.
"""

from __future__ import annotations

from typing import ClassVar


class PeripheralError(Exception):
    """Base of everything that leaves a driver.

    `key` is stable and translatable, `template` is the English sentence, `fields` fill it: one class serves
    the screen's language, the log and the hub's counters.
    """

    key: ClassVar[str] = "peripheral.error"
    template: ClassVar[str] = "The peripheral reported an error: {detail}."

    def __init__(self, **fields: str | int) -> None:
        self.fields = fields
        super().__init__(self.template.format(**fields))


class Unavailable(PeripheralError):
    """Not there, or gone in the middle. Nothing was done that is not already known."""

    key = "peripheral.unavailable"
    template = "Cannot reach {address}: {detail}."


class Timeout(PeripheralError):
    """No answer within the deadline that the caller gave."""

    key = "peripheral.timeout"
    template = "No answer from {address} within {deadline_s} s."


class Garbled(PeripheralError):
    """Bytes that do not fit the protocol. The message gives what was expected and what came."""

    key = "peripheral.garbled"
    template = "Expected {expected}, got {got}."


class Refused(PeripheralError):
    """Works, but a person must act first. `reason` is one of the stable reason words of the interface."""

    key = "peripheral.refused"
    template = "A person must act first: {reason}."


class UnknownOutcome(PeripheralError):
    """The first byte left, the answer did not come: it may have happened. Never retried by itself."""

    key = "peripheral.unknown_outcome"
    template = "The outcome of {reference} is not known: {detail}."

"""Print jobs to one receipt printer, each once: journalled before the first byte, finished by the printer's proof.

    QUEUED --cannot print now--> HELD(reason) --printer ready--> QUEUED
    QUEUED -> SENDING -> PRINTED       proof, or a model that has none to give (reason "unproved")
              SENDING -> HELD          refused before the first byte: nothing left the box
              SENDING -> UNKNOWN       the first byte left, proof did not come: a person decides, see `printing`

The spooler is woken by the commit of the job itself and has a thread of its own, so that the first byte does not wait
for whoever listens to the printer.
"""

from __future__ import annotations

import logging
import threading
from typing import Final, NamedTuple, Protocol

from drivers.errors import PeripheralError, Refused, UnknownOutcome
from drivers.interfaces import ReceiptPrinter
from edge.clock import Clock
from edge.domain.errors import Broken
from edge.peripherals.conditions import Condition, State
from edge.services import documents, printing
from edge.services.shop import Shop

log = logging.getLogger(__name__)

# A sent job may wait for a person who looks for paper; the driver gives a ready or silent printer far less.
DEADLINE_S: Final = 900.0
RETRY_S: Final = 5.0  # after a full disk, and as a fallback to being woken
DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class PrinterOwner(Protocol):
    """The thread that opened the printer."""

    @property
    def condition(self) -> Condition: ...
    def busy(self, *, is_busy: bool) -> None: ...


class Verdict(NamedTuple):
    """What became of a job: its next state and why."""

    state: str
    reason: str = ""


def process_id(job_id: int) -> str:
    """The four printable characters under which the printer proves this job (`GS ( H`).

    >>> process_id(1), process_id(36)
    ('0001', '0010')
    """
    rest, digits = job_id, ""
    for _ in range(4):
        rest, digit = divmod(rest, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits


class Spooler:
    """`step` does one job; `run` is the thread around it."""

    def __init__(
        self, shop: Shop, printer: ReceiptPrinter, owner: PrinterOwner, clock: Clock
    ) -> None:
        self._shop = shop
        self._printer = printer
        self._owner = owner
        self._clock = clock
        self._woken = threading.Event()
        self._not_before_s = clock.monotonic()
        self._unsaid: tuple[int, Verdict] | None = None

    def wake(self) -> None:
        """There may be a new job. Also called by our own commits, so it must not shorten a wait."""
        self._woken.set()

    def printer_changed(self) -> None:
        """The printer is in another condition: what was refused may be tried again at once."""
        self._not_before_s = self._clock.monotonic()
        self._woken.set()

    def run(self, stopping: threading.Event) -> None:
        self._rehearse()
        while not stopping.is_set():
            if not self._step_or_wait():
                self._woken.wait(RETRY_S)
            self._woken.clear()

    def step(self) -> bool:
        """Whether there may be more to do at once."""
        self._conclude()
        condition = self._owner.condition
        job = self._oldest()
        if job is None:
            return False
        if condition.state is State.NOT_READY:
            return self._hold(job, condition.reasons[0])
        if not condition.is_well or self._clock.monotonic() < self._not_before_s:
            return False
        if job.state == "HELD":
            printing.advance(self._shop, job.job_id, "QUEUED")
            job = job._replace(state="QUEUED")
        return job.state == "QUEUED" and self._print(job)

    def _rehearse(self) -> None:
        """Puts the newest receipt into the printer's words and drops it: fonts are loaded before a customer waits."""
        try:
            document = printing.newest_receipt(self._shop)
            if document is not None:
                self._printer.encode(document)
        except Exception:
            # Whatever is wrong with that receipt must not keep the next one from being printed.
            log.exception("The newest receipt could not be made again")

    def _step_or_wait(self) -> bool:
        try:
            return self.step()
        except Broken as error:
            # Without a journal nothing may be printed: the job waits in the database until the disk takes it.
            log.warning("Printing waits: %s", error)
            return False

    def _oldest(self) -> printing.Job | None:
        """The job whose turn it is. One with an unknown outcome waits for a person and holds nobody up."""
        return printing.oldest_waiting(self._shop)

    def _print(self, job: printing.Job) -> bool:
        job_id = job.job_id
        try:
            payload = self._printer.encode(documents.from_text(job.document))
        except (ValueError, LookupError) as error:
            log.exception("Print job %s cannot be put into the printer's words", job_id)
            printing.advance(self._shop, job_id, "FAILED", reason=str(error))
            return True
        mark = process_id(job_id)
        printing.begin(self._shop, job, mark)
        self._owner.busy(is_busy=True)
        try:
            verdict = self._send(payload, mark)
        finally:
            self._owner.busy(is_busy=False)
        if verdict.state == "HELD":
            self._not_before_s = self._clock.monotonic() + RETRY_S
        self._unsaid = job_id, verdict
        self._conclude()
        return verdict.state != "HELD"

    def _conclude(self) -> None:
        """Writes down what became of the last job; on a full disk it is kept in mind until there is room."""
        if self._unsaid is not None:
            job_id, verdict = self._unsaid
            printing.advance(self._shop, job_id, verdict.state, reason=verdict.reason)
            self._unsaid = None

    def _send(self, payload: bytes, mark: str) -> Verdict:
        try:
            proof = self._printer.print_bytes(payload, mark, DEADLINE_S)
        except UnknownOutcome as error:
            log.warning("Print job %s: %s", mark, error)
            return Verdict("UNKNOWN", str(error.fields["detail"]))
        except Refused as error:
            return Verdict("HELD", str(error.fields["reason"]))
        except PeripheralError as error:
            # Not one byte of the job has left: the driver says UnknownOutcome from the first one on.
            return Verdict("HELD", error.key.rpartition(".")[2])
        return Verdict("PRINTED", "" if proof.is_printed else "unproved")

    def _hold(self, job: printing.Job, reason: str) -> bool:
        """Says on the job itself why it waits, once."""
        if job.state == "QUEUED":
            printing.advance(self._shop, job.job_id, "HELD", reason=reason)
        return False

"""Receipt printers that speak ESC/POS, over USB, serial or TCP 9100 (Epson's command reference and its clones).

How a job goes out, once and never twice:

    ask DLE EOT 1-4     cannot print -> Refused, and nothing was sent
    ESC @, GS a         initialise; ASB on where the model has it
    payload             as fast as the printer takes it: a full buffer pushes back, we go on from the count
    GS ( H or GS r      the question whose answer is the proof
    wait                paper out, cover open: the printer holds what it has and goes on by itself once a person has
                        acted, so we wait too, and never send again

Known bad behaviour: commands are cut in the middle when a line breaks, and the printer then takes the next job for the
rest of a picture; the first job after opening therefore starts with as many NULs as the longest command has bytes.
ASB and a process id are forgotten when the power goes; then the proof never comes, and silence or long readiness
without it ends the wait as UnknownOutcome.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ClassVar, Final, NoReturn

from drivers.base import LineDriver
from drivers.errors import Refused, Timeout, Unavailable, UnknownOutcome
from drivers.events import PrinterStatus, PrintProof, Reason
from drivers.interfaces import PrintDocument
from drivers.printers.conversation import Conversation
from drivers.printers.encode import printed
from drivers.printers.profile import EscposProfile
from drivers.printers.raster import STRIP_BYTES_MAX
from drivers.profiles import Profile
from drivers.transport import Clock, Transport

ASK_S: Final = 1.0
# Between two looks at a printer that owes us a proof.
LOOK_S: Final = 2.0
# Models that report nothing by themselves are asked so often.
POLL_S: Final = 0.5
# Ready for so long and no proof: it will not come. The longest receipt on the slowest clone takes less.
SETTLE_S: Final = 20.0
SILENT_LOOKS_MAX: Final = 3
WRITE_BYTES: Final = 4096
WRITE_SLICE_S: Final = 0.2
DRAWER_WAIT_S: Final = 2.0
SHOWN_BYTES: Final = 24

_INITIALISE: Final = b"\x1b@"
_ASB_ON: Final = b"\x1da\x0f"
_END_OF_ANY_COMMAND: Final = bytes(STRIP_BYTES_MAX + 16)

PRINTER_FAULTS: Final = "PrinterFaultCount"
JOBS_PRINTED: Final = "ReceiptJobPrintedCount"


class EscposPrinter(LineDriver):
    """One printer. One thread may wait for status while another prints."""

    kind: ClassVar[str] = "receipt_printer"

    def __init__(self, opener: Callable[[], Transport], clock: Clock, profile: Profile) -> None:
        super().__init__(opener, clock, profile)
        self._model = profile.settings(EscposProfile)
        self._writing = threading.RLock()
        self._talk: Conversation | None = None
        self._seen = threading.local()

    def _open(self) -> None:
        """Asks first: a printer that is off stays Timeout and is opened again later."""
        with self._writing:
            self._talk = Conversation(self.line, self._clock)
            if self._ask_twice().can_print:
                self._write_small(self._prelude())
                self._talk.is_torn = False
            else:  # may have to wait for room in the buffer; the first job brings it again
                self.line.write(self._start(), ASK_S)

    def _close(self) -> None:
        self._talk = None

    def shown(self, data: bytes) -> str:
        """A receipt's pictures and the shopper's lines are of no use in a log."""
        head = data[:SHOWN_BYTES].hex(" ")
        return head if len(data) <= SHOWN_BYTES else f"{head} ... {len(data)} bytes"

    @property
    def _conversation(self) -> Conversation:
        if self._talk is None:
            raise Unavailable(address=self.profile.name, detail="it is not open")
        return self._talk

    # -- the verbs of the interface ------------------------------------------------------------

    def encode(self, document: PrintDocument) -> bytes:
        return printed(document, self._model)

    def print_bytes(self, payload: bytes, process_id: str, deadline_s: float) -> PrintProof:
        end_s = self._clock.monotonic() + deadline_s
        question = self._question(process_id)
        with self._writing:
            self._refuse_unless_ready()
            is_proved = self._expectation(process_id)
            self._send(self._prelude() + payload + question, process_id, end_s)
        return self._proof(process_id, is_proved, end_s)

    def status(self) -> PrinterStatus:
        """Asked anew, or the last one known while a job goes out: a question inside it would be part of it.

        A printer that has told why it stopped may have a full buffer, which keeps questions out until it goes on.
        """
        known = self._conversation.status
        if not self._writing.acquire(blocking=False):
            return known
        try:
            answer = self._ask_twice()
            self._conversation.answered_at_s = self._clock.monotonic()
            return answer
        except Timeout:
            if known.can_print:
                raise
            return known
        finally:
            self._writing.release()

    def wait_for_status(self, timeout_s: float) -> PrinterStatus | None:
        """Models without ASB are asked every `POLL_S`. Each thread that waits is told of every change."""
        talk = self._conversation
        end_s = self._clock.monotonic() + timeout_s
        seen = self._seen_of_this_thread(talk)
        while not talk.wait_until(lambda: talk.changes > seen, self._until_poll(end_s)):
            if self._clock.monotonic() >= end_s:
                return None
            talk.note(self.status())
        self._seen.by_thread = (talk, talk.changes)
        return talk.status

    def _seen_of_this_thread(self, talk: Conversation) -> int:
        talk_then, changes = getattr(self._seen, "by_thread", (None, 0))
        return changes if talk_then is talk else 0

    def _until_poll(self, end_s: float) -> float:
        left_s = max(0.0, end_s - self._clock.monotonic())
        return left_s if self._model.has_asb else min(POLL_S, left_s)

    def pulse_drawer(self) -> None:
        """A pulse that waits in the buffer would open the drawer when somebody changes the paper: refused instead."""
        if not self._writing.acquire(timeout=DRAWER_WAIT_S):
            raise Timeout(address=self.line.address, deadline_s=f"{DRAWER_WAIT_S:g}")
        try:
            if self._model.drawer_command == "esc_p":
                self._refuse_unless_ready()
            self._write_small(drawer_pulse(self._model))
        finally:
            self._writing.release()

    # -- before the first byte -----------------------------------------------------------------

    def _prelude(self) -> bytes:
        return (_END_OF_ANY_COMMAND if self._conversation.is_torn else b"") + self._start()

    def _start(self) -> bytes:
        return _INITIALISE + (_ASB_ON if self._model.has_asb else b"")

    def _ask_twice(self) -> PrinterStatus:
        try:
            return self._conversation.ask_status(ASK_S)
        except Timeout:
            return self._conversation.ask_status(ASK_S)

    def _refuse_unless_ready(self) -> None:
        """Where a full buffer keeps the question out, the last ASB tells why it is full."""
        talk = self._conversation
        try:
            # The drawer asks at every cash sale, a moment before the receipt: one answer serves both, as long as
            # the printer tells by itself what changes after it.
            if not (self._model.has_asb and talk.has_just_answered()):
                self._ask_twice()
            reasons = talk.status.reasons
        except Timeout:
            reasons = talk.status.reasons or frozenset({Reason.SILENT})
        for reason in Reason:
            if reason in reasons:
                self._refuse(reason)

    def _refuse(self, reason: Reason) -> NoReturn:
        self.count(PRINTER_FAULTS)
        raise Refused(reason=reason.value)

    def _write_small(self, data: bytes) -> None:
        if self.line.write(data, ASK_S) < len(data):
            self._conversation.is_torn = True
            raise Timeout(address=self.line.address, deadline_s=f"{ASK_S:g}")

    def _question(self, process_id: str) -> bytes:
        if not (len(process_id) == 4 and process_id.isascii() and process_id.isprintable()):
            raise ValueError(f"Expected 4 printable ASCII characters, got {process_id!r}.")
        questions = {
            "process_id": b"\x1d(H\x06\x0000" + process_id.encode(),
            "buffer": b"\x1dr\x01",
        }
        return questions.get(self._model.witness, b"")

    def _expectation(self, process_id: str) -> Callable[[], bool]:
        """What will be true of the conversation when the proof is there."""
        talk = self._conversation
        talk.is_cleared = False
        if self._model.witness == "process_id":
            return lambda: talk.done == process_id
        if self._model.witness == "buffer":
            number = talk.expect_buffer_status()
            return lambda: talk.passed >= number
        return lambda: True

    # -- after it ------------------------------------------------------------------------------

    def _send(self, job: bytes, process_id: str, end_s: float) -> None:
        """Once. Where the line breaks on the way, the transport cannot say how far the bytes came."""
        talk = self._conversation
        talk.is_torn = True
        sent = 0
        try:
            while sent < len(job):
                sent += self._send_some(job[sent : sent + WRITE_BYTES])
                if sent < len(job) and self._clock.monotonic() >= end_s:
                    self._give_up(process_id, f"{sent} of {len(job)} bytes taken, {self._state()}")
        except Unavailable as error:
            self._give_up(process_id, str(error.fields["detail"]))
        talk.is_torn = False

    def _send_some(self, data: bytes) -> int:
        talk = self._conversation
        talk.drain()
        if not talk.wait_until(lambda: talk.is_flowing, WRITE_SLICE_S):
            return 0
        return self.line.write(data, WRITE_SLICE_S)

    def _proof(self, process_id: str, is_proved: Callable[[], bool], end_s: float) -> PrintProof:
        try:
            self._await(process_id, is_proved, end_s)
            if (
                self._model.witness == "buffer"
            ):  # taken from the buffer is printed only if it runs on
                self._await(process_id, self._is_ready, end_s)
        except Unavailable as error:
            self._give_up(process_id, str(error.fields["detail"]))
        self.count(JOBS_PRINTED)
        return PrintProof(self._model.witness != "none", self._model.witness)

    def _await(self, process_id: str, is_reached: Callable[[], bool], end_s: float) -> None:
        """A person may take as long as the deadline; a printer that is ready or silent owes the proof sooner."""
        talk = self._conversation
        patience = Patience(self._clock.monotonic())
        while not talk.wait_until(is_reached, self._until_look(end_s)):
            looked = self._look()
            now_s = self._clock.monotonic()
            if patience.is_over(looked, now_s) or talk.is_cleared or now_s >= end_s:
                self._give_up(process_id, f"sent whole, no proof, {self._state()}")

    def _is_ready(self) -> bool:
        looked = self._look()
        return looked is not None and looked.can_print

    def _until_look(self, end_s: float) -> float:
        return max(0.0, min(LOOK_S, end_s - self._clock.monotonic()))

    def _look(self) -> PrinterStatus | None:
        """The printer's state, None where it is silent without having said that it stopped."""
        try:
            return self._conversation.ask_status(ASK_S)
        except Timeout:
            known = self._conversation.status
            return None if known.can_print else known

    def _state(self) -> str:
        reasons = sorted(self._conversation.status.reasons)
        return ", ".join(reasons) or "printer ready"

    def _give_up(self, process_id: str, detail: str) -> NoReturn:
        self.count(PRINTER_FAULTS)
        raise UnknownOutcome(reference=process_id, detail=detail)


class Patience:
    """How long a sent job may still be on its way: not beyond `SETTLE_S` of readiness, nor a few silent looks."""

    def __init__(self, now_s: float) -> None:
        self._ready_since_s = now_s
        self._silent_looks = 0

    def is_over(self, looked: PrinterStatus | None, now_s: float) -> bool:
        self._silent_looks = self._silent_looks + 1 if looked is None else 0
        if looked is None or not looked.can_print:
            self._ready_since_s = now_s
        return self._silent_looks > SILENT_LOOKS_MAX or now_s - self._ready_since_s > SETTLE_S


def drawer_pulse(model: EscposProfile) -> bytes:
    """DLE DC4 1 m t (100 ms steps, at once) or ESC p m t1 t2 (2 ms steps, in the order of the buffer).

    >>> drawer_pulse(EscposProfile(drawer_command="dle_dc4", drawer_on_ms=200)).hex(" ")
    '10 14 01 00 02'
    """
    if model.drawer_command == "dle_dc4":
        steps = max(1, min(8, model.drawer_on_ms // 100))
        return b"\x10\x14\x01" + bytes([model.drawer_pin, steps])
    on = max(1, min(255, model.drawer_on_ms // 2))
    return b"\x1bp" + bytes([model.drawer_pin, on, 250])

"""A receipt printer on a wire: ESC/POS bytes in, paper out. It has read the manual, not the driver.

    take      arrival: real-time commands (DLE EOT, ENQ, DC4) act at once, everything else waits in a finite buffer
    step      the firmware obeys one command after the other, each when the mechanism is done with the one before
    give      answers, and the status that was asked to come by itself (ASB)

Faults beyond those of the mechanism (`unit`): power, a slow or stuck reader, noise among the answers, an ASB that cuts
in before the answer to DLE EOT.
"""

from __future__ import annotations

import re
from typing import Final

from hardware_sim.drawers.printer_kick import DrawerUnit
from hardware_sim.printers import states
from hardware_sim.printers.commands import Firmware
from hardware_sim.printers.models import PrinterModel
from hardware_sim.printers.paper import Paper
from hardware_sim.printers.tokens import length_of, needed_by
from hardware_sim.printers.unit import PrinterUnit
from hardware_sim.wire import Unplugged

XON: Final = b"\x11"
XOFF: Final = b"\x13"
DLE: Final = 0x10
STEP_S: Final = 0.02
# XON/XOFF: stop with this much room left, go on with half of the buffer free (Epson's and Citizen's manuals).
_ROOM_STOP: Final = 256
_LOG_BYTES: Final = 1_000_000
_TEXT: Final = re.compile(rb"[\x20-\xff]+")
_REAL_TIME: Final = re.compile(rb"\x10(?:\x04[\x01-\x08]|\x05[\x01\x02]|\x14\x01..)", re.DOTALL)
_CLEAR: Final = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")


class EscposSimulator:
    """One printer of a `model`. Look at it and press its buttons under the host's `changing`."""

    def __init__(self, model: PrinterModel, drawer: DrawerUnit | None = None) -> None:
        self.model = model
        self.paper = Paper(model.dots)
        self.unit = PrinterUnit(model, self.paper, drawer or DrawerUnit())
        self.received = bytearray()
        self.is_stuck = False
        self.intake_bytes_per_s: float | None = None
        self.is_asb_first = False
        self._firmware = Firmware(self.unit, self._say, self._listen)
        self._buffer = bytearray()
        self._arriving = bytearray()
        self._inside = bytearray()
        self._owed = 0
        self._out = bytearray()
        self._intake = 0.0
        self._mask = 0
        self._told = b""
        self._is_held = False
        self._is_line_lost = False

    @property
    def is_idle(self) -> bool:
        """Everything that came is on the paper, except for a command that is not whole."""
        return not self.unit.work and length_of(self._buffer) is None

    # -- the wire ------------------------------------------------------------------------------

    def connected(self) -> None:
        """A new host hears nothing of what was meant for the old one."""
        self._out.clear()
        self._is_line_lost = False

    def disconnected(self) -> None:
        self._out.clear()

    def take(self, data: bytes) -> int:
        if not self.unit.is_powered:
            return len(data)
        offered = data[: self._allowance()]
        taken = 0
        while taken < len(offered) and (more := self._arrive(offered[taken:])):
            taken += more
        self.received += data[:taken]
        del self.received[:-_LOG_BYTES]
        if self.intake_bytes_per_s is not None:
            self._intake -= taken
        self.step(0.0)
        return taken

    def give(self, max_bytes: int) -> bytes:
        data = bytes(self._out[:max_bytes])
        del self._out[:max_bytes]
        return data

    def step(self, dt_s: float) -> float | None:
        if self._is_line_lost:
            self._is_line_lost = False
            raise Unplugged
        self._intake = min(4096.0, self._intake + dt_s * (self.intake_bytes_per_s or 0.0))
        self.unit.pass_time(dt_s, is_busy=bool(self.unit.work or self._buffer))
        if self.unit.drawer.step(self.unit.now_s):
            self._report()
        self._run()
        self._report()
        self._control_flow()
        return self._wants_s()

    def _wants_s(self) -> float | None:
        if self.unit.drawer.opens_at_s is not None or self.intake_bytes_per_s:
            return STEP_S
        if self.unit.work and self.unit.is_online:
            return min(STEP_S, self.unit.idle_in_s())
        return None

    # -- arrival -------------------------------------------------------------------------------

    def _allowance(self) -> int | None:
        """How many bytes may come in now; None for any number."""
        if self.is_stuck:
            return 0
        return None if self.intake_bytes_per_s is None else max(0, int(self._intake))

    def _arrive(self, data: bytes) -> int:
        """How many bytes from the front of `data` found their place.

        `_arriving` is the head of the command they are in, `_owed` what is still to come of its data.
        """
        if self._owed:
            return self._arrive_inside(data[: self._owed])
        if not self._arriving and (text := _TEXT.match(data)):
            return self._keep(text.group())
        if (self._arriving[:1] or data[:1]) == b"\x10":
            return self._arrive_real_time(data[0])
        return self._arrive_head(data[:1])

    def _keep(self, data: bytes) -> int:
        fitting = data[: self.model.buffer_bytes - len(self._buffer)]
        self._buffer += fitting
        return len(fitting)

    def _arrive_head(self, byte: bytes) -> int:
        kept = self._keep(byte)
        self._arriving += byte[:kept]
        needed = needed_by(self._arriving)
        if needed is not None:
            self._owed = needed - len(self._arriving)
            self._inside = self._arriving[-4:]
            self._arriving.clear()
        return kept

    def _arrive_inside(self, data: bytes) -> int:
        kept = self._keep(data)
        self._owed -= kept
        if self.model.acts_inside_data:
            self._act_inside(data[:kept])
        return kept

    def _act_inside(self, data: bytes) -> None:
        """The danger that the manuals warn of: a picture's dots that read as a real-time command."""
        seen = bytes(self._inside)
        for found in _REAL_TIME.finditer(seen + data):
            if found.end() > len(seen):
                self._act(found.group())
        self._inside = (self._inside + data)[-4:]

    def _arrive_real_time(self, value: int) -> int:
        """DLE and what follows never enter the buffer."""
        self._arriving.append(value)
        if len(self._arriving) >= _real_time_length(self._arriving):
            command = bytes(self._arriving)
            self._arriving.clear()
            self._act(command)
        return 1

    def _act(self, command: bytes) -> None:
        match command[1:2]:
            case b"\x04":
                self._answer(states.real_time(self.unit, command[2]))
            case b"\x05" if command[2] == 2:  # recover and forget
                self._clear()
            case b"\x14" if command[2] == 1:
                self.unit.drawer.kick(2 + 3 * (command[3] & 1), command[4] * 100, self.unit.now_s)
            case b"\x14" if command == _CLEAR:
                self._clear()
                self._say(b"\x37\x25\x00")

    def _answer(self, status: bytes) -> None:
        """With `is_asb_first`, an ASB with XOFF between its bytes comes just before."""
        if self.is_asb_first and self.model.has_asb:
            asb = states.automatic(self.unit)
            self._say(asb[:2] + XOFF + asb[2:] + XON)
        self._say(status)

    def _clear(self) -> None:
        self._buffer.clear()
        self.unit.work.clear()
        self._firmware.initialise()

    # -- the buffer's end ----------------------------------------------------------------------

    def _run(self) -> None:
        while self.unit.is_online:
            self.unit.work_off()
            if self.unit.work or not self._next():
                return

    def _next(self) -> bool:
        """Obeys the next whole command; False where there is none."""
        length = length_of(self._buffer)
        if length is None:
            return self._next_rows()
        command = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._firmware.obey(command)
        self._firmware.is_continued = False
        return True

    def _next_rows(self) -> bool:
        """A picture may be larger than the buffer: its rows are printed as they come (GS v 0 m xL xH yL yH ...)."""
        if self._buffer[:3] != b"\x1dv0" or len(self._buffer) < 8:
            return False
        width, height = (int.from_bytes(self._buffer[at : at + 2], "little") for at in (4, 6))
        rows = (len(self._buffer) - 8) // width if width else 0
        if not rows:
            return False
        head, end = self._buffer[:6], 8 + rows * width
        self._firmware.obey(bytes(head + rows.to_bytes(2, "little") + self._buffer[8:end]))
        self._firmware.is_continued = True
        self._buffer[:end] = head + (height - rows).to_bytes(2, "little")
        return True

    # -- answers -------------------------------------------------------------------------------

    def _say(self, data: bytes) -> None:
        if self.unit.is_powered:
            self._out += data

    def _listen(self, mask: int) -> None:
        """GS a n: the state is told at once, and from then on with every change."""
        self._mask = mask
        self._told = b""

    def _report(self) -> None:
        if not self._mask or not self.unit.is_powered:
            return
        asb = states.automatic(self.unit)
        if (seen := states.watched(asb, self._mask)) != self._told:
            self._told = seen
            self._say(asb)

    def _control_flow(self) -> None:
        if not self.model.is_flow_by_xon:
            return
        room = self.model.buffer_bytes - len(self._buffer)
        if not self._is_held and room < _ROOM_STOP:
            self._is_held = True
            self._say(XOFF)
        elif self._is_held and room > self.model.buffer_bytes // 2:
            self._is_held = False
            self._say(XON)

    # -- hands and faults ----------------------------------------------------------------------

    def power_off(self) -> None:
        """The buffer, the modes and the half-printed line are gone; the paper stays."""
        self.unit.is_powered = False
        self._clear()
        self._arriving.clear()
        self._owed = 0
        self._out.clear()
        self._mask = 0
        self._is_held = False
        self._is_line_lost = self.model.is_line_powered

    def power_on(self) -> None:
        self.unit.is_powered = True

    def make_noise(self, data: bytes) -> None:
        """Bytes that no manual explains, as a bad cable brings them."""
        self._out += data


def _real_time_length(command: bytes | bytearray) -> int:
    """Bytes of the DLE command that begins so."""
    if len(command) < 2:
        return 2
    if command[1] == 0x14:
        return 10 if len(command) > 2 and command[2] == 8 else 5
    return 3 if command[1] in {0x04, 0x05} else 2

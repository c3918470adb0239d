"""The firmware: one ESC/POS command after the other becomes work for the mechanism.

Only what is in the table does something; every other command is read over, as printers do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hardware_sim.printers import line, states
from hardware_sim.printers.fonts import read_text
from hardware_sim.printers.line import LineBuffer, Style
from hardware_sim.printers.paper import KNIFE_ROWS
from hardware_sim.printers.unit import Action, Call, Cut, PrinterUnit

_LEVELS: Final = {48: "l", 49: "m", 50: "q", 51: "h"}


@dataclass(slots=True)
class Firmware:
    """What the commands so far have set. `say` sends bytes to the host, `listen` sets the ASB mask."""

    unit: PrinterUnit
    say: Callable[[bytes], None]
    listen: Callable[[int], None]
    style: Style = field(default_factory=Style)
    buffer: LineBuffer = field(init=False)
    qr_data: bytes = b""
    qr_level: str = "l"
    qr_dots: int = 3
    is_continued: bool = False  # the next picture is the rest of the one before

    def __post_init__(self) -> None:
        self.buffer = LineBuffer(self.unit.model.dots)
        self.initialise()

    def initialise(self) -> None:
        """As after power on: Korean and Chinese firmware begin in double-byte mode and with their own set."""
        model = self.unit.model
        self.style = Style(
            international=model.international, is_double_byte=bool(model.double_byte)
        )
        self.buffer = LineBuffer(model.dots)

    def obey(self, command: bytes) -> None:
        """Adds the work that `command` (whole, as `tokens.length_of` cut it) asks for."""
        if command[0] >= 0x20:
            self._text(command)
            return
        for size in (3, 2, 1):
            act = _TABLE.get(command[:size])
            if act is not None:
                act(self, command[size:])
                return

    def do(self, *actions: Action) -> None:
        self.unit.work.extend(actions)

    def _text(self, data: bytes) -> None:
        style = self.style
        double_byte = self.unit.model.double_byte if style.is_double_byte else ""
        glyphs, style.half = read_text(
            style.half + data, double_byte, style.page, style.international
        )
        for glyph in glyphs:
            pushed = self.buffer.add(glyph, style, self.unit.model.double_byte)
            if pushed is not None:
                self.do(pushed)

    # -- line and paper ------------------------------------------------------------------------

    def line_feed(self, _: bytes) -> None:
        self.style.half = b""
        self.do(self.buffer.flush(self.style))

    def tab(self, _: bytes) -> None:
        self.buffer.tab()

    def feed_lines(self, arguments: bytes) -> None:
        self._finish_line()
        self.do(line.blank(arguments[0] * self.style.spacing, self.unit.model.dots))

    def feed_dots(self, arguments: bytes) -> None:
        self._finish_line()
        self.do(line.blank(arguments[0], self.unit.model.dots))

    def cut(self, arguments: bytes) -> None:
        """GS V: 65 and 66 feed to the knife first; models without a knife do only that."""
        self._finish_line()
        extra = arguments[1] if len(arguments) > 1 else 0
        if arguments[0] in {65, 66}:
            self.do(line.blank(KNIFE_ROWS + extra, self.unit.model.dots))
        if self.unit.model.has_cutter:
            self.do(Cut())

    def _finish_line(self) -> None:
        if self.buffer.placed:
            self.do(self.buffer.flush(self.style))

    # -- style ---------------------------------------------------------------------------------

    def reset(self, _: bytes) -> None:
        self.initialise()

    def mode(self, arguments: bytes) -> None:
        """ESC !: bit 3 bold, 4 double height, 5 double width."""
        bits = arguments[0]
        self.style.is_bold = bool(bits & 0x08)
        self.style.scale = (2 if bits & 0x20 else 1, 2 if bits & 0x10 else 1)

    def size(self, arguments: bytes) -> None:
        self.style.scale = ((arguments[0] >> 4 & 7) + 1, (arguments[0] & 7) + 1)

    def bold(self, arguments: bytes) -> None:
        self.style.is_bold = bool(arguments[0] & 1)

    def align(self, arguments: bytes) -> None:
        if not self.buffer.placed:  # only at the beginning of a line
            self.style.align = arguments[0] % 48

    def spacing(self, arguments: bytes) -> None:
        self.style.spacing = arguments[0] if arguments else line.LINE_ROWS

    def page(self, arguments: bytes) -> None:
        self.style.page = arguments[0]

    def international(self, arguments: bytes) -> None:
        self.style.international = arguments[0]

    def double_byte_on(self, _: bytes) -> None:
        self.style.is_double_byte = True

    def double_byte_off(self, _: bytes) -> None:
        self.style.is_double_byte = False

    # -- pictures ------------------------------------------------------------------------------

    def picture(self, arguments: bytes) -> None:
        """GS v 0 m xL xH yL yH data; not while a line is being composed (Epson)."""
        width = int.from_bytes(arguments[1:3], "little")
        if not self.buffer.placed:
            rows = line.raster(arguments[5:], width, self.unit.model.dots, self.style.align)
            rows.text = None if self.is_continued else rows.text
            self.do(rows)

    def symbol(self, arguments: bytes) -> None:
        """GS ( k, cn 49: QR. Functions 67 size, 69 level, 80 store, 81 print."""
        _, _, kind, function, *_ = (*arguments, 0, 0, 0, 0)
        if kind != 49 or not self.unit.model.has_qr:
            return
        value = arguments[4:]
        if function == 67:
            self.qr_dots = value[0]
        elif function == 69:
            self.qr_level = _LEVELS.get(value[0], "l")
        elif function == 80:
            self.qr_data = value[1:]
        elif function == 81 and self.qr_data:
            self._print_symbol()

    def _print_symbol(self) -> None:
        dots = self.unit.model.dots
        self.do(line.qr(self.qr_data, self.qr_level, self.qr_dots, dots, self.style.align))

    # -- answers and pulses --------------------------------------------------------------------

    def pulse(self, arguments: bytes) -> None:
        pin, on_ms = 2 + 3 * (arguments[0] % 48), arguments[1] * 2
        self.do(Call(lambda: self.unit.drawer.kick(pin, on_ms, self.unit.now_s)))

    def process_id(self, arguments: bytes) -> None:
        """GS ( H pL pH 48 48 d1-d4: the id comes back when everything before it is printed."""
        name = arguments[4:8]
        if self.unit.model.has_process_id and arguments[2:4] == b"00" and len(name) == 4:
            self.do(Call(lambda: self.say(b"\x37\x22" + name + b"\0")))

    def buffer_status(self, arguments: bytes) -> None:
        """GS r 1 paper, 2 drawer: in the order of the buffer."""
        which = arguments[0] % 48
        self.do(Call(lambda: self.say(states.buffer_status(self.unit, which))))

    def identity(self, arguments: bytes) -> None:
        """GS I 65 firmware, 66 maker, 67 model."""
        model = self.unit.model
        words = {65: "1.00", 66: model.maker, 67: model.name}
        if arguments[0] in words:
            text = words[arguments[0]].encode()
            self.do(Call(lambda: self.say(b"\x5f" + text + b"\0")))

    def automatic_status(self, arguments: bytes) -> None:
        if self.unit.model.has_asb:
            self.do(Call(lambda: self.listen(arguments[0])))


_TABLE: Final[dict[bytes, Callable[[Firmware, bytes], None]]] = {
    b"\n": Firmware.line_feed,
    b"\t": Firmware.tab,
    b"\x1bd": Firmware.feed_lines,
    b"\x1bJ": Firmware.feed_dots,
    b"\x1b@": Firmware.reset,
    b"\x1b!": Firmware.mode,
    b"\x1bE": Firmware.bold,
    b"\x1bG": Firmware.bold,
    b"\x1ba": Firmware.align,
    b"\x1b2": Firmware.spacing,
    b"\x1b3": Firmware.spacing,
    b"\x1bt": Firmware.page,
    b"\x1bR": Firmware.international,
    b"\x1bp": Firmware.pulse,
    b"\x1c&": Firmware.double_byte_on,
    b"\x1c.": Firmware.double_byte_off,
    b"\x1d!": Firmware.size,
    b"\x1dV": Firmware.cut,
    b"\x1dv0": Firmware.picture,
    b"\x1d(k": Firmware.symbol,
    b"\x1d(H": Firmware.process_id,
    b"\x1dr": Firmware.buffer_status,
    b"\x1dI": Firmware.identity,
    b"\x1da": Firmware.automatic_status,
}

"""The mechanism: paper, cover, cutter, head and the time they take. Knows no bytes of any protocol.

The head works off `work` in order, `rows_per_s` rows a second; whatever stops it (no paper, open cover, hot head) stops
it in the middle of a line, and it goes on from there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hardware_sim.drawers.printer_kick import DrawerUnit
from hardware_sim.printers.models import PrinterModel
from hardware_sim.printers.paper import Paper

ROLL_ROWS: Final = 640_000  # 80 m of paper, 8 rows a millimetre
NEAR_END_ROWS: Final = 16_000  # the sensor sees the last two metres


@dataclass(slots=True)
class Rows:
    """Rows to print or to feed (blank ones); `text` is what they say."""

    rows: deque[bytes]
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    pass


@dataclass(frozen=True, slots=True)
class Call:
    """Something that happens when everything before it is on the paper: an answer, a pulse."""

    act: Callable[[], None]


Action = Rows | Cut | Call


@dataclass(slots=True)
class PrinterUnit:
    """The state of one printer. `rows_left` is the paper on the roll; `will_jam` makes the next cut fail."""

    model: PrinterModel
    paper: Paper
    drawer: DrawerUnit = field(default_factory=DrawerUnit)
    rows_left: int = ROLL_ROWS
    is_cover_open: bool = False
    is_cutter_jammed: bool = False
    is_head_hot: bool = False
    is_broken: bool = False
    is_powered: bool = True
    will_jam: bool = False
    now_s: float = 0.0
    work: deque[Action] = field(default_factory=deque)
    _budget_rows: float = 0.0

    @property
    def is_paper_out(self) -> bool:
        return self.rows_left <= 0

    @property
    def is_paper_low(self) -> bool:
        return self.rows_left <= NEAR_END_ROWS

    @property
    def has_error(self) -> bool:
        return self.is_cutter_jammed or self.is_head_hot or self.is_broken

    @property
    def is_online(self) -> bool:
        return self.is_powered and not (self.is_cover_open or self.is_paper_out or self.has_error)

    def pass_time(self, dt_s: float, *, is_busy: bool) -> None:
        """An idle head gains nothing for later."""
        self.now_s += dt_s
        self._budget_rows = self._budget_rows + dt_s * self.model.rows_per_s if is_busy else 0.0

    def work_off(self) -> None:
        """As much as the time that has passed allows."""
        while self.work and self.is_online and self._do(self.work[0]):
            self.work.popleft()

    def idle_in_s(self) -> float:
        """A guess at when the present piece of work is done."""
        head = self.work[0] if self.work else None
        rows = len(head.rows) if isinstance(head, Rows) else 0
        return rows / self.model.rows_per_s

    def _do(self, action: Action) -> bool:
        """Whether it is done."""
        match action:
            case Rows():
                return self._print(action)
            case Cut():
                self._cut()
                return not self.is_cutter_jammed
            case Call(act):
                act()
                return True

    def _print(self, piece: Rows) -> bool:
        if piece.text is not None:
            self.paper.add_text(piece.text)
            piece.text = None
        while piece.rows and self._budget_rows >= 1 and self.rows_left > 0:
            self.paper.add_row(piece.rows.popleft())
            self._budget_rows -= 1
            self.rows_left -= 1
        return not piece.rows

    def _cut(self) -> None:
        if self.will_jam:
            self.will_jam, self.is_cutter_jammed = False, True
        else:
            self.paper.cut()

    # -- hands ---------------------------------------------------------------------------------

    def leave_paper(self, rows: int) -> None:
        """So many rows are left on the roll."""
        self.rows_left = rows

    def load_paper(self) -> None:
        self.rows_left = ROLL_ROWS

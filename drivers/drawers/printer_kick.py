"""A cash drawer on a receipt printer's DK port, opened by the printer's pulse and proved by its sensor.

The drawer has no line of its own: its opener gives the open `ReceiptPrinter` it hangs on (`url = "via:printer"`).
Pin 3 of the DK port carries the drawer's micro switch; every ESC/POS printer shows its level in its status. Which level
means "open" depends on the drawer's wiring, and a drawer without a switch shows one level for ever, so both are said by
the profile and learnt when the till is set up. A kick is proved only by a change of that level: a drawer that stood
open already proves nothing, and a jammed one clicks like a good one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from drivers.base import Driver
from drivers.errors import Refused
from drivers.events import PrinterStatus, Reason
from drivers.interfaces import ReceiptPrinter

GOOD_OPENS: Final = "DrawerGoodOpenCount"
FAILED_OPENS: Final = "DrawerFailedOpenCount"


@dataclass(frozen=True, slots=True)
class DrawerSettings:
    """`open_level` is pin 3's level while the drawer is open: "high", "low", or "none" without a sensor."""

    open_level: Literal["high", "low", "none"] = "high"


class PrinterKickDrawer(Driver[ReceiptPrinter]):
    """Opens one drawer. The printer is shared: opening and closing it is its own manager's business."""

    kind: ClassVar[str] = "cash_drawer"

    def _open(self) -> None:
        self._settings = self.profile.settings(DrawerSettings)

    def _release(self, line: ReceiptPrinter) -> None:
        """Nothing: the printer stays with its owner."""

    def kick(self, deadline_s: float) -> bool:
        """One pulse, then the sensor's word. False also where the profile has no sensor: nothing is proved then.

        Refused where the drawer stands open already, because the change that would prove the kick cannot come.
        """
        if self.is_drawer_open():
            raise Refused(reason=Reason.DRAWER_OPEN)
        self.line.pulse_drawer()
        is_proved = self._settings.open_level != "none" and self._opened_within(deadline_s)
        self.count(GOOD_OPENS if is_proved else FAILED_OPENS)
        return is_proved

    def is_drawer_open(self) -> bool | None:
        return self._says_open(self.line.status())

    def _opened_within(self, deadline_s: float) -> bool:
        end_s = self._clock.monotonic() + deadline_s
        while (remaining_s := end_s - self._clock.monotonic()) > 0:
            status = self.line.wait_for_status(remaining_s)
            if status is not None and self._says_open(status):
                return True
        return bool(self.is_drawer_open())

    def _says_open(self, status: PrinterStatus) -> bool | None:
        """None where the printer does not show the pin or nothing is wired to it."""
        pin_high = status.drawer_pin_high
        if pin_high is None or self._settings.open_level == "none":
            return None
        return pin_high == (self._settings.open_level == "high")

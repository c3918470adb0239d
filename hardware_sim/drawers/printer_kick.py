"""A cash drawer on a printer's DK port: a solenoid on one of two pins, a micro switch on pin 3.

The drawer is a unit inside the printer's simulator: the printer's engine calls `kick` when it meets a pulse command
and shows `sensor_level` in its status bytes. Which level means "open" depends on the drawer's wiring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Below this the solenoid does not pull the latch. Printers allow 2 to 510 ms (ESC p), drawers ask for 50 to 200 ms.
PULSE_MIN_MS: Final = 20
# From the latch to the switch: the spring pushes the drawer out.
OPENING_S: Final = 0.15


@dataclass(slots=True)
class DrawerUnit:
    """The drawer. Times are the simulator's own monotonic seconds; `step` moves the drawer out after a kick."""

    pin: int = 2
    level_when_open: bool = True
    is_jammed: bool = False  # a locked or blocked drawer: the solenoid clicks, nothing moves
    has_sensor: bool = True
    is_open: bool = False
    opens_at_s: float | None = None
    kicks: int = 0

    @property
    def sensor_level(self) -> bool:
        """Pin 3 as the printer sees it; without a sensor the pull-up keeps it at the level of a closed drawer."""
        return (
            self.level_when_open if self.is_open and self.has_sensor else not self.level_when_open
        )

    def kick(self, pin: int, on_ms: int, now_s: float) -> None:
        """A pulse of `on_ms` on `pin` (2 or 5). The other pin belongs to another drawer."""
        self.kicks += 1
        if pin == self.pin and on_ms >= PULSE_MIN_MS and not self.is_jammed and not self.is_open:
            self.opens_at_s = now_s + OPENING_S

    def step(self, now_s: float) -> bool:
        """Moves; True where the sensor changed, which the printer then reports."""
        if self.opens_at_s is None or now_s < self.opens_at_s:
            return False
        self.opens_at_s = None
        self.is_open = True
        return self.has_sensor

    def close(self) -> bool:
        """A hand pushes it shut; True where the sensor changed."""
        was_open, self.is_open = self.is_open, False
        self.opens_at_s = None
        return was_open and self.has_sensor

"""The stage with a second shop of the same company: Hillside, small, with a box, a line and a clock of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from typing_extensions import override

from hardware_sim.processes import Party
from hardware_sim.proof.estate import start
from hardware_sim.proof.outside import Program, Till
from hardware_sim.settings_files import HILLSIDE
from hardware_sim.stories.money import Place
from hardware_sim.stories.stage import Mishap, Stage

HILLSIDE_CLOCK = "hillside-clock"


class TwoShops(Stage):
    """`till` and `company` are Office Tower's, whose box is called "box" too; `near_till` is Hillside's box."""

    def __init__(self, folder: Path, mishap: Mishap) -> None:
        super().__init__(folder, mishap)
        clock_url = f"file:{self.folder / HILLSIDE_CLOCK}"
        shop = replace(HILLSIDE, language="en", clock_url=clock_url)
        self.hillside = self.company.another("hillside", shop)
        self.near_till = Till(self.hillside.box.url)
        self.near_counter = Program(self.hillside.sim.url)
        self.near_till.client.event_hooks = self.till.client.event_hooks

    @property
    @override
    def parties(self) -> dict[str, Party]:
        company = self.company
        return {
            "hub": company.hub,
            "broker": company.broker,
            "line": company.line,
            "box": company.box,
            "office": company.box,
            "hillside": self.hillside.box,
        }

    @property
    @override
    def lines(self) -> dict[str, str]:
        own = dict.fromkeys(("box", "office", "line"), self.company.line_control_url)
        return own | {"hillside": self.hillside.line_control_url}

    @property
    def places(self) -> tuple[Place, Place]:
        """Both shops, as their books are read."""
        return (
            Place(self.company, self.till, self.counter),
            Place(self.hillside, self.near_till, self.near_counter),
        )

    @override
    def __enter__(self) -> Self:
        super().__enter__()
        try:
            start(*self.hillside.counter)
        except BaseException:  # an interrupt too: what was started is stopped
            self.__exit__(None, None, None)
            raise
        return self

    @override
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wait_for_mending()
        for party in reversed(self.hillside.counter):
            party.stop()
        for program in (self.near_till, self.near_counter):
            program.client.close()
        super().__exit__(kind, error, trace)

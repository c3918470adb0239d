"""The stage of a story: real processes, a teller who counts the steps, and the mishap that strikes in one of them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from hardware_sim.processes import Company, Party, Ports
from hardware_sim.proof.outside import HeadOffice, Program, Till, until
from hardware_sim.proof.report import say
from hardware_sim.proof.untrue import Untrue
from hardware_sim.settings_files import Shop
from hardware_sim.stories.keepsakes import Keepsakes

CUT_S = 3.0
CLOCK_FILE = "clock"
MOST_REQUESTS = (
    8  # of a step, before one of which the mishap strikes; a shorter step is struck at its end
)


@dataclass(frozen=True, slots=True)
class Mishap:
    """`cut` loses that party's line for a while, `kill` ends it with SIGKILL; the seed chooses step and moment."""

    cut: str | None = None
    kill: str | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """`play` does it and says what was checked; it raises Untrue. `is_lit` where the line is up all the while.

    `chapter` is the heading of a step that begins something new.
    """

    words: str
    play: Callable[[], str]
    is_lit: bool = False
    chapter: str = ""


class Stage:
    """A company in `folder`, which is emptied first, with a clock that the story sets."""

    def __init__(self, folder: Path, mishap: Mishap) -> None:
        self.folder = folder.absolute()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        clock_url = f"file:{self.folder / CLOCK_FILE}"
        shop = Shop(language="en", clock_url=clock_url, takes_wallets=True)
        self.company = Company(self.folder / "company", Ports.free(), shop)
        self.till = Till(self.company.box.url)
        self.office = HeadOffice(self.company.hub.url)
        self.counter = Program(self.company.sim.url)
        self.wallets = Program(self.company.wallets.url)
        self.mishap = mishap
        self.kept = Keepsakes(self.folder)
        self.told: list[str] = []
        self._mending: threading.Timer | None = None
        self._wanted: dict[str, str] = {}
        self._at_the_lines = threading.Lock()
        self._requests_left: int | None = None
        self._step = 0
        self.till.client.event_hooks = {"request": [self._before]}

    @property
    def parties(self) -> dict[str, Party]:
        """Whom a mishap can strike, by name."""
        return {party.name: party for party in self.company.parties}

    @property
    def lines(self) -> dict[str, str]:
        """Who loses the line where it is cut, and where that line is controlled."""
        return dict.fromkeys(("box", "line"), self.company.line_control_url)

    def __enter__(self) -> Self:
        self.company.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wait_for_mending()
        for program in (self.till, self.office, self.counter, self.wallets):
            program.client.close()
        self.company.__exit__(kind, error, trace)

    def wait_for_mending(self) -> None:
        """A process that stands still could not be asked to end."""
        if self._mending is not None:
            self._mending.join()

    def say(self, words: str) -> None:
        """On the screen, and kept."""
        self.told.append(words)
        say(words)

    def play(self, lived: Sequence[Step], judged: Sequence[Step]) -> int:
        """Every step in turn, the mishap in one of those that are `lived`; gives how many were played."""
        chance = random.Random(str(self.mishap.seed))  # small numbers alone are alike
        struck = chance.choice(self._may_be_struck(lived))
        moment = chance.randrange(MOST_REQUESTS)
        steps = [*lived, *judged]
        for number, step in enumerate(steps):
            self._step = number + 1
            if step.chapter:
                self.say(f"\n        {step.chapter}")
            self.say(f"{number + 1:3}/{len(steps)}  {step.words}")
            if number == struck and (self.mishap.kill or self.mishap.cut):
                self._requests_left = moment
            told = step.play()
            if self._requests_left is not None:
                self._strike("after its last request")
            for line in told.splitlines():
                self.say(f"        {line}")
        return len(steps)

    def _may_be_struck(self, lived: Sequence[Step]) -> list[int]:
        """Never the first, before which there is no shop. A line that is down anyway is not cut again."""
        return [
            number
            for number, step in enumerate(lived)
            if number and (step.is_lit or not self.mishap.cut)
        ]

    def set_line(self, state: str, control_url: str = "") -> None:
        """Of the shop's line, where no other is named."""
        control = control_url or self.company.line_control_url
        with self._at_the_lines:
            self._wanted[control] = state
            self._switch(control, state)

    def jump(self, seconds: int, clock: str = CLOCK_FILE) -> None:
        """Moves the box's wall clock by so much from the machine's; written whole, so it is never half read."""
        fresh = self.folder / (clock + ".new")
        fresh.write_text(f"{seconds}\n", encoding="ascii")
        fresh.replace(self.folder / clock)

    # -- the mishap --

    def _before(self, request: httpx.Request) -> None:
        """The till is about to be asked for something."""
        if self._requests_left == 0:
            self._strike(f"before {request.method} {request.url.path}")
        elif self._requests_left is not None:
            self._requests_left -= 1

    def _strike(self, moment: str) -> None:
        self._requests_left = None
        if self.mishap.kill:
            self._kill(self.parties[self.mishap.kill], moment)
        if self.mishap.cut:
            self._cut(self.mishap.cut, moment)

    def _kill(self, party: Party, moment: str) -> None:
        """Gone without a word, and started again; the shop waits for nobody but its own box."""
        if party.name == "line":
            party.command += ["--state", self._line_state()]
        party.kill()
        killed_at_s = time.monotonic()
        party.start()
        party.wait_until_ready()
        dead_s = time.monotonic() - killed_at_s
        self.say(
            f"        -- {party.name} killed (SIGKILL) in step {self._step}, {moment}; "
            f"answers again after {dead_s:.1f} s --"
        )

    def _line_state(self) -> str:
        answer = httpx.get(self.company.line_control_url, trust_env=False)
        return str(answer.json()["state"])

    def _cut(self, name: str, moment: str) -> None:
        """A box and its line lose the cable; hub and broker stand still, and nobody is told."""
        control_url = self.lines.get(name)
        if control_url:
            self._switch(control_url, "cut")
            self._mend_later(lambda: self._as_wanted(control_url))
        else:
            self._stand_still(self.parties[name])
        self.say(
            f"        -- {name} out of reach for {CUT_S:g} s in step {self._step}, {moment} --"
        )

    def _as_wanted(self, control_url: str) -> None:
        """As the story has it by now: a cable that is put back in its dark days leads nowhere."""
        with self._at_the_lines:
            self._switch(control_url, self._wanted.get(control_url, "up"))

    def _switch(self, control_url: str, state: str) -> None:
        httpx.post(control_url, json={"state": state}, trust_env=False).raise_for_status()

    def _stand_still(self, party: Party) -> None:
        pid = party.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        self._mend_later(lambda: os.kill(pid, signal.SIGCONT))

    def _mend_later(self, mend: Callable[[], None]) -> None:
        self._mending = threading.Timer(CUT_S, mend)
        self._mending.start()


def check(is_true: bool, words: str) -> None:  # noqa: FBT001 - the fact that is checked
    """Raises Untrue with `words`, which say what was expected and what was found."""
    if not is_true:
        raise Untrue(words)


def wait(is_true: Callable[[], bool], within_s: float, words: str) -> float:
    """Seconds until it was true. Raises Untrue with `words` where it never was."""
    started_s = time.monotonic()
    check(until(is_true, within_s), f"{words} (waited {within_s:g} s)")
    return time.monotonic() - started_s

"""The stage of a story: real processes, a teller who counts the steps, and the mishap that strikes one of them."""

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

CUT_S = 3.0
CLOCK_FILE = "clock"


@dataclass(frozen=True, slots=True)
class Mishap:
    """`cut` loses that party's line for a while, `kill` ends it with SIGKILL; the seed chooses the step."""

    cut: str | None = None
    kill: str | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """`play` does it and says what was checked; it raises Untrue."""

    words: str
    play: Callable[[], str]


class Stage:
    """A company in `folder`, which is emptied first, with a clock that the story sets."""

    def __init__(self, folder: Path, mishap: Mishap) -> None:
        self.folder = folder.absolute()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        clock_url = f"file:{self.folder / CLOCK_FILE}"
        shop = Shop(language="en", clock_url=clock_url)
        self.company = Company(self.folder / "company", Ports.free(), shop)
        self.till = Till(self.company.box.url)
        self.office = HeadOffice(self.company.hub.url)
        self.counter = Program(self.company.sim.url)
        self.mishap = mishap

    def __enter__(self) -> Self:
        self.company.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for program in (self.till, self.office, self.counter):
            program.client.close()
        self.company.__exit__(kind, error, trace)

    def play(self, steps: Sequence[Step]) -> int:
        """Every step in turn, the mishap before one of them; gives how many were played."""
        struck = random.Random(self.mishap.seed).randrange(1, len(steps))
        for number, step in enumerate(steps):
            if number == struck:
                self._strike()
            say(f"{number + 1:3}. {step.words}")
            for line in step.play().splitlines():
                say(f"     {line}")
        return len(steps)

    def set_line(self, state: str) -> None:
        control = self.company.line_control_url
        httpx.post(control, json={"state": state}, trust_env=False).raise_for_status()

    def jump(self, seconds: int) -> None:
        """Moves the box's wall clock by so much from the machine's; written whole, so it is never half read."""
        fresh = self.folder / (CLOCK_FILE + ".new")
        fresh.write_text(f"{seconds}\n", encoding="ascii")
        fresh.replace(self.folder / CLOCK_FILE)

    def _strike(self) -> None:
        if self.mishap.kill:
            self._kill(self.company.party(self.mishap.kill))
        if self.mishap.cut:
            self._cut(self.mishap.cut)

    def _kill(self, party: Party) -> None:
        """Gone without a word, and started again; the shop waits for nobody but its own box."""
        line = self._line_state()
        party.kill()
        party.start()
        party.wait_until_ready()
        if party.name == "line":
            self.set_line(line)
        say(f"     -- {party.name} was killed (SIGKILL) and started again --")

    def _line_state(self) -> str:
        answer = httpx.get(self.company.line_control_url, trust_env=False)
        return str(answer.json()["state"])

    def _cut(self, name: str) -> None:
        """Box and line lose the cable; hub and broker stand still, and nobody is told."""
        if name in {"box", "line"}:
            before = self._line_state()
            self.set_line("cut")
            threading.Timer(CUT_S, self.set_line, [before]).start()
        else:
            self._stand_still(self.company.party(name))
        say(f"     -- {name} is out of reach for {CUT_S:g} s --")

    def _stand_still(self, party: Party) -> None:
        pid = party.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(CUT_S, os.kill, [pid, signal.SIGCONT]).start()


def check(is_true: bool, words: str) -> None:  # noqa: FBT001 - the fact that is checked
    """Raises Untrue with `words`, which say what was expected and what was found."""
    if not is_true:
        raise Untrue(words)


def wait(is_true: Callable[[], bool], within_s: float, words: str) -> float:
    """Seconds until it was true. Raises Untrue with `words` where it never was."""
    started_s = time.monotonic()
    check(until(is_true, within_s), f"{words} (waited {within_s:g} s)")
    return time.monotonic() - started_s

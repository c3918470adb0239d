"""What a hand can do on the page, by name: each takes one word, as a form's button carries it.

The page says afterwards what was done, or why not, in one sentence (`Told`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from hardware_sim.bench.line_control import LineControl
from hardware_sim.counter import Counter, PaperState

Hand = Callable[[Counter, LineControl, str], object]


@dataclass(slots=True)
class Told:
    """The last sentence on the page: a key of the catalogue and its fields, or the simulators' own words."""

    key: str = "bench.told.nothing"
    value: str = ""
    refusal: str = ""


class NobodyPaysError(ValueError):
    """A key of the payment terminal was pressed with no payment at it."""


def _press(counter: Counter, _: LineControl, button: str) -> None:
    if not counter.payment_terminal.press(button):
        raise NobodyPaysError


HANDS: Final[dict[str, Hand]] = {
    "scan": lambda it, _, data: it.scanner.scan(data.strip()),
    "scanner-plug": lambda it, _, state: it.scanner.plug(is_in=state == "in"),
    "scanner-fault": lambda it, _, name: it.scanner.arm(name),
    "paper": lambda it, _, state: it.printer.set_paper(cast("PaperState", state)),
    "cover": lambda it, _, state: it.printer.set_cover(is_open=state == "open"),
    "power": lambda it, _, state: it.printer.set_power(is_on=state == "on"),
    "cutter": lambda it, _, state: it.printer.set_cutter(will_jam=state == "jam"),
    "head": lambda it, _, state: it.printer.set_head(is_hot=state == "hot"),
    "tear": lambda it, _, __: it.printer.tear(),
    "drawer-close": lambda it, _, __: it.printer.close_drawer(),
    "drawer-jam": lambda it, _, state: it.printer.jam_drawer(is_jammed=state == "jam"),
    "customer": lambda it, _, step: it.payment_terminal.set_script([step]),
    "press": _press,
    "terminal-plug": lambda it, _, state: it.payment_terminal.plug(is_in=state == "in"),
    "terminal-fault": lambda it, _, name: it.payment_terminal.arm(name),
    "line": lambda _, line, state: line.change({"state": state}),
}


def use(name: str, value: str, counter: Counter, line: LineControl) -> Told:
    """Does it; the sentence about it. KeyError where no such hand is."""
    hand = HANDS[name]
    if name == "scan" and not value.strip():
        return Told("bench.told.empty")
    try:
        hand(counter, line, value)
    except NobodyPaysError:
        return Told("bench.told.nobody_pays")
    except (ValueError, KeyError) as error:
        return Told("bench.told.refused", refusal=str(error))
    return Told(f"bench.told.{name}", value)

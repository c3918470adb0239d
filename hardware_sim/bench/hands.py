"""What a hand can do on the page, by name: each takes one word, as a form's button carries it.

The page says afterwards what was done, or why not, in one sentence (`Told`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from hardware_sim.bench.line_control import LineControl
from hardware_sim.bench.wallet_control import WalletControl
from hardware_sim.counter import Counter, PaperState


class Reach(NamedTuple):
    """What hands at the bench can work."""

    counter: Counter
    line: LineControl
    wallets: WalletControl


Hand = Callable[[Reach, str], object]


@dataclass(slots=True)
class Told:
    """The last sentence on the page: a key of the catalogue and its fields, or the simulators' own words."""

    key: str = "bench.told.nothing"
    value: str = ""
    refusal: str = ""


class NobodyPaysError(ValueError):
    """A key was pressed with no payment that it could decide; `key` is the sentence about it."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


def _press(reach: Reach, button: str) -> None:
    if not reach.counter.payment_terminal.press(button):
        raise NobodyPaysError("bench.told.nobody_pays")


def _decide(reach: Reach, button: str) -> None:
    if not reach.wallets.press(button):
        raise NobodyPaysError("bench.told.nobody_asked")


def show_code(reach: Reach, provider: str) -> None:
    """A customer opens her wallet and holds her phone under the scanner."""
    reach.counter.scanner.scan(reach.wallets.show(provider))


HANDS: Final[dict[str, Hand]] = {
    "scan": lambda it, data: it.counter.scanner.scan(data.strip()),
    "scanner-plug": lambda it, state: it.counter.scanner.plug(is_in=state == "in"),
    "scanner-fault": lambda it, name: it.counter.scanner.arm(name),
    "paper": lambda it, state: it.counter.printer.set_paper(cast("PaperState", state)),
    "cover": lambda it, state: it.counter.printer.set_cover(is_open=state == "open"),
    "power": lambda it, state: it.counter.printer.set_power(is_on=state == "on"),
    "cutter": lambda it, state: it.counter.printer.set_cutter(will_jam=state == "jam"),
    "head": lambda it, state: it.counter.printer.set_head(is_hot=state == "hot"),
    "tear": lambda it, _: it.counter.printer.tear(),
    "drawer-close": lambda it, _: it.counter.printer.close_drawer(),
    "drawer-jam": lambda it, state: it.counter.printer.jam_drawer(is_jammed=state == "jam"),
    "customer": lambda it, step: it.counter.payment_terminal.set_script([step]),
    "press": _press,
    "terminal-plug": lambda it, state: it.counter.payment_terminal.plug(is_in=state == "in"),
    "terminal-fault": lambda it, name: it.counter.payment_terminal.arm(name),
    "line": lambda it, state: it.line.change({"state": state}),
    "wallet-show": show_code,
    "wallet-customer": lambda it, step: it.wallets.script(step),
    "wallet-press": _decide,
    "wallet-fault": lambda it, name: it.wallets.fault(name),
}


def use(name: str, value: str, reach: Reach) -> Told:
    """Does it; the sentence about it. KeyError where no such hand is."""
    hand = HANDS[name]
    if name == "scan" and not value.strip():
        return Told("bench.told.empty")
    try:
        hand(reach, value)
    except NobodyPaysError as error:
        return Told(error.key)
    except (ValueError, KeyError) as error:
        return Told("bench.told.refused", refusal=str(error))
    return Told(f"bench.told.{name}", value)

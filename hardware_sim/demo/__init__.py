"""`twinstore demo`: the first minute. Nine real processes, a landing page, two shops to sell from."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn

from hardware_sim.demo.chain import Chain
from hardware_sim.demo.members import seed_members
from hardware_sim.demo.products import products
from hardware_sim.demo.seeding import seed
from hardware_sim.processes import HOST, PartyError, broker_name

STREAMS_END_WITHIN_S = 1
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Leaving(SystemExit):
    """The demo was told to stop.

    A KeyboardInterrupt that passes through text which Python executes, as every dataclass does while it is imported,
    makes the interpreter end by SIGINT in the end, caught or not.
    """


class Ending:
    """Hears that the demo is to stop, and acts on it: leaves whatever is being waited for, until it is told better.

    What a signal's handler raises may be swallowed by the code that it interrupts, foreign code above all; `is_told`
    stays.
    """

    def __init__(self) -> None:
        self.is_told = False
        self.act: Callable[[], object] = leave

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.is_told = True
        self.act()


def leave() -> NoReturn:
    raise Leaving


def note() -> None:
    """Does nothing more: that it was told is seen afterwards."""


def run(folder: Path, first_port: int, language: str) -> int:
    """Opens the shop and stays until it is told to stop; the exit status."""
    ending = Ending()
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup(1) ignores SIGHUP on purpose
            signal.signal(number, ending)
    chain = Chain(folder, first_port, language, products())
    try:
        open_shops(chain, ending)
    except PartyError as error:
        say(f"\n{error}")
        return 1
    except Leaving:
        return 0
    finally:
        close(chain)
        say("\nEverything has stopped.")
    return 0


def close(chain: Chain) -> None:
    """Stops everything, and lets no second Ctrl-C leave a half of it behind."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDINGS}
    chain.stop()
    for number, handler in before.items():
        signal.signal(number, handler)


def open_shops(chain: Chain, ending: Ending) -> None:
    say(f"Opening Maru's two shops in {chain.folder} (broker: {broker_words()}):")
    say("  starting", end="")
    for party in chain.starting():
        party.wait_until_ready()
        say(f" · {chain.name_of(party)}", end="")
    say(" · catalogue and shelves", end="")
    seed(chain)
    seed_members(chain.office)
    say(" · ready")
    # The door is open before its address is told, so that a quick visitor waits instead of being refused.
    with socket.create_server((HOST, chain.office.ports.landing)) as door:
        for line in addresses(chain):
            say(line)
        serve(chain, door, ending)


def addresses(chain: Chain) -> list[str]:
    """Where to look, each with what to try first."""
    office, hillside = chain.office, chain.hillside
    return [
        "Open this first; it has a five-step tour:",
        f"  http://{HOST}:{office.ports.landing}  both shops drawn live: scan, pay, pull the line, sell on",
        f"  {office.box.url}  Office Tower's counter: type {chain.items[0].gtin}, Enter, then take the money",
        f"  {hillside.box.url}  Hillside's counter; its picking list, for a phone, is /picking",
        f"  {office.hub.url}/shop  the online shop: order a cake, collect it at Hillside",
        f"  {office.hub.url}  the console: open a box's page, box and hub agree fact for fact",
        f"  {office.sim.url}  the bench: scan, pay by WeChat Pay or Alipay, tear the receipt",
        f"Ctrl-C stops everything. Logs are in {chain.folder / 'logs'}.",
    ]


def broker_words() -> str:
    name = broker_name()
    return name if name == "mosquitto" else f"{name}, because mosquitto is not installed"


def serve(chain: Chain, door: socket.socket, ending: Ending) -> None:
    """The landing page, until the demo is told to stop; SIGTERM and a closed window (SIGHUP) do as Ctrl-C."""
    ending.act = note  # much is imported here
    import uvicorn

    from hardware_sim.demo.landing import make_app

    logging.getLogger("httpx").setLevel(logging.WARNING)
    config = uvicorn.Config(
        make_app(chain),
        log_level="error",
        timeout_graceful_shutdown=STREAMS_END_WITHIN_S,
    )
    server = uvicorn.Server(config)
    ending.act = partial(setattr, server, "should_exit", True)
    server.should_exit = ending.is_told
    server.run(sockets=[door])


def language_of(environment: Mapping[str, str] = os.environ) -> str:
    """The language of whoever sits here, as far as the shop speaks it (POSIX locale variables)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return value[:2] if value[:2] in {"ko", "zh"} else "en"
    return "en"


def say(words: str, end: str = "\n") -> None:
    sys.stdout.write(words + end)
    sys.stdout.flush()

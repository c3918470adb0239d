"""`twinstore demo`: the first minute. Six real processes, a landing page, a shop to sell from."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from hardware_sim.demo.members import seed_members
from hardware_sim.demo.products import Product, products
from hardware_sim.demo.seeding import seed
from hardware_sim.processes import HOST, Company, PartyError, Ports, broker_name
from hardware_sim.settings_files import Scannable, Shop

STREAMS_END_WITHIN_S = 1
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# A printer that has the shop's characters in its own font, as a shop would buy it.
PRINTERS = {"ko": "epson-tm-t88v-korean", "zh": "gprinter-gp-l80250"}
COMPANY_NAMES = {"ko": "마루"}


class Leaving(SystemExit):
    """The demo was told to stop.

    A KeyboardInterrupt that passes through text which Python executes, as every dataclass does while it is imported,
    makes the interpreter end by SIGINT in the end, caught or not.
    """


def run(folder: Path, first_port: int, language: str) -> int:
    """Opens the shop and stays until it is told to stop; the exit status."""
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup(1) ignores SIGHUP on purpose
            signal.signal(number, leave)
    items = products()
    company = Company(folder, Ports.in_a_row(first_port), maru(items, language))
    try:
        open_shop(company, items)
    except PartyError as error:
        say(f"\n{error}")
        return 1
    except Leaving:
        return 0
    finally:
        close(company)
        say("\nEverything has stopped.")
    return 0


def close(company: Company) -> None:
    """Stops everything, and lets no second Ctrl-C leave a half of it behind."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDINGS}
    company.stop()
    for number, handler in before.items():
        signal.signal(number, handler)


def maru(items: list[Product], language: str) -> Shop:
    plain = Shop()
    return Shop(
        company_name=COMPANY_NAMES.get(language, plain.company_name),
        language=language,
        printer_model=PRINTERS.get(language, plain.printer_model),
        on_the_bench=[Scannable(item.names, item.gtin) for item in items if is_shown(item)],
        takes_wallets=True,
    )


def is_shown(item: Product) -> bool:
    """A bench full, not a shelf full: what sells often, and something of each other kind."""
    return item.is_quick or item.is_exempt or item.category in {"lip", "serum"}


def open_shop(company: Company, items: list[Product]) -> None:
    say(f"Opening Maru's shop in {company.folder} (broker: {broker_words()}):")
    say("  starting", end="")
    for party in company.starting():
        party.wait_until_ready()
        say(f" · {party.name}", end="")
    say(" · catalogue and shelves", end="")
    seed(company, items)
    seed_members(company)
    say(" · ready")
    # The door is open before its address is told, so that a quick visitor waits instead of being refused.
    with socket.create_server((HOST, company.ports.landing)) as door:
        for line in addresses(company, items):
            say(line)
        serve(company, items, door)


def addresses(company: Company, items: list[Product]) -> list[str]:
    """Where to look, each with what to try first."""
    return [
        "Open this first; it has a five-step tour:",
        f"  http://{HOST}:{company.ports.landing}  the shop drawn live: scan, pay, pull the line, sell on",
        f"  {company.box.url}  the counter: type {items[0].gtin}, Enter, then take the money",
        f"  {company.hub.url}  the console: open the box's page, box and hub agree fact for fact",
        f"  {company.hub.url}/shop  the online shop: order something, and see it reach the counter",
        f"  {company.sim.url}  the bench: scan, pay by WeChat Pay or Alipay, tear the receipt",
        f"Ctrl-C stops everything. Logs are in {company.folder / 'logs'}.",
    ]


def broker_words() -> str:
    name = broker_name()
    return name if name == "mosquitto" else f"{name}, because mosquitto is not installed"


def serve(company: Company, items: list[Product], door: socket.socket) -> None:
    """The landing page, until Ctrl-C or SIGTERM."""
    import uvicorn

    from hardware_sim.demo.landing import make_app

    logging.getLogger("httpx").setLevel(logging.WARNING)
    config = uvicorn.Config(
        make_app(company, items),
        log_level="error",
        timeout_graceful_shutdown=STREAMS_END_WITHIN_S,
    )
    uvicorn.Server(config).run(sockets=[door])


def language_of(environment: Mapping[str, str] = os.environ) -> str:
    """The language of whoever sits here, as far as the shop speaks it (POSIX locale variables)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return value[:2] if value[:2] in {"ko", "zh"} else "en"
    return "en"


def leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM and a closed window (SIGHUP) end the demo as Ctrl-C does: nothing stays behind."""
    raise Leaving


def say(words: str, end: str = "\n") -> None:
    sys.stdout.write(words + end)
    sys.stdout.flush()

"""The verbs of the simulators: sim, demo, story, prove, bench.

Each imports what it needs only when it is called, so that `twinstore --help` comes at once.
"""

import sys
from pathlib import Path
from typing import Any

import click

SYNC_S = 60
PARTIES = click.Choice(["box", "hub", "broker", "line", "office", "hillside"])
json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object as the last line: name, ok, figures."
)

# What a shop.toml may say, with what is taken where it is silent; `settings` reads it.
SHOP_EXAMPLE = """\
name = "shop"
host = "127.0.0.1"
port = 8300               # the page, and the API that presses for you
language = "en"           # ko, zh
wallets_url = ""          # where `twinstore sim wallets` runs: then customers can show codes

[scanner]
link = "scanner.tty"      # where its serial line is found

[printer]
model = "epson-tm-t88v"   # gprinter-gp-l80250, clone-58mm, epson-tm-t88v-korean
port = 9100               # or link = "printer.tty": on a serial line
speed = 1.0               # 20.0: twenty times as fast as the real one

[drawer]
open_level = "high"       # "low", or "none" without a sensor

[payment_terminal]
port = 9200
script = ["approve"]      # decline, pin, cancel, timeout, wait: customers in turn
speed = 1.0               # of the customers

[[products]]              # what lies on the page to be scanned
name = { en = "Rice cake" }
data = "8801234567893"
"""
SIM_RUN_HELP = (
    "Starts the peripherals that SHOP (a TOML file) names, and their page.\n\n"
    "An empty file is a whole counter. It may say:\n\n\b\n"
    + SHOP_EXAMPLE.replace("\n\n", "\n\n\b\n")
)


@click.group()
def sim() -> None:
    """Runs simulated peripherals or a line that can be cut, on their own."""


@sim.command("run", help=SIM_RUN_HELP)
@click.argument("shop", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def sim_run(shop: Path) -> None:
    from hardware_sim.settings import SettingsError
    from hardware_sim.shop import run
    from ui.serving import PortError

    try:
        run(shop)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    except PortError as error:
        raise click.ClickException(str(error)) from error


@sim.command("line")
@click.option(
    "--listen", required=True, multiple=True, metavar="HOST:PORT", help="Where the box connects."
)
@click.option(
    "--to", required=True, multiple=True, metavar="HOST:PORT", help="Where that leads, in order."
)
@click.option("--control", required=True, metavar="HOST:PORT", help="HTTP: cut it, put it back.")
@click.option(
    "--state",
    type=click.Choice(["up", "cut", "hole", "hole_up", "hole_down", "slow", "refuse", "random"]),
    default="up",
    show_default=True,
    help="What it begins in.",
)
def sim_line(listen: tuple[str, ...], to: tuple[str, ...], control: str, state: str) -> None:
    """Stands between a box and its hub, to be cut, swallowed or slowed."""
    from hardware_sim.line import run

    run(listen, to, control, state)


@sim.command("wallets")
@click.argument("wallets", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def sim_wallets(wallets: Path) -> None:
    """Starts WeChat Pay and Alipay as WALLETS (a TOML file) names them, with their ledgers and their page."""
    from hardware_sim.settings import SettingsError
    from hardware_sim.wallets.run import run
    from ui.serving import PortError

    try:
        run(wallets)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    except PortError as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".twinstore/demo"),
    show_default=True,
    help="Where databases, logs and settings live; started again there, the shop goes on.",
)
@click.option(
    "--port",
    type=click.IntRange(1024, 65000),
    default=8100,
    show_default=True,
    help="First of 22 ports in a row; another one lets a second demo run beside the first.",
)
@click.option(
    "--language",
    type=click.Choice(["ko", "zh", "en"]),
    help="Of screens and receipts; else this terminal's, else English.",
)
def demo(data: Path, port: int, language: str | None) -> None:
    """Opens Maru on this machine: a hub with its online shop, and two shops with simulated counters."""
    from hardware_sim.demo import language_of, run

    sys.exit(run(data, port, language or language_of()))


@click.command()
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 30), default=3, show_default=True)
@click.option(
    "--variant",
    type=click.Choice(["pickup", "delivered"]),
    default="pickup",
    show_default=True,
    help="How the cake comes home.",
)
@click.option("--cut", type=PARTIES, help="Cuts this party's line in the middle.")
@click.option("--kill", type=PARTIES, help="Kills (SIGKILL) and restarts this party once.")
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="Chooses step and moment of --cut and --kill.",
)
@json_option
def story(name: str, *, cut: str | None, kill: str | None, seed: int, **chosen: Any) -> None:
    """Plays story NAME (blackout, cake) against real processes; stops at the first thing not true."""
    from hardware_sim.stories import play
    from hardware_sim.stories.stage import Mishap

    sys.exit(play(name, Mishap(cut, kill, seed), **chosen))


@click.command()
@click.argument("what", type=click.Choice(["sync", "bounds"]), default="sync")
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    help="Of sync: 60. Of bounds: plays no more histories after so long; without it, all of them.",
)
@click.option(
    "--histories",
    type=click.IntRange(min=1),
    default=100_000,
    show_default=True,
    help="Of each bound.",
)
@click.option("--seed", type=int, default=1, show_default=True)
@json_option
def prove(*, what: str, seconds: int | None, histories: int, seed: int, as_json: bool) -> None:
    """Kills, cuts, random schedules and power failures, and counts what was lost: nothing.

    `prove bounds` plays random histories of stock, points and coupons on the code that box and hub run, and counts
    how often more was given away than was said before; seeded bugs must each be caught.
    """
    if what == "bounds":
        from hardware_sim.proof import bounds

        sys.exit(bounds.run(histories=histories, seed=seed, as_json=as_json, seconds=seconds))
    from hardware_sim.proof.command import run

    sys.exit(run(seconds=seconds or SYNC_S, seed=seed, as_json=as_json))


@click.command()
@click.argument("name", required=False)
@click.option("--list", "list_names", is_flag=True, help="Names every benchmark.")
@json_option
def bench(name: str | None, *, list_names: bool, as_json: bool) -> None:
    """Runs benchmark NAME beside the bare limit of this machine."""
    from hardware_sim.proof.bench import lines, run

    if list_names:
        click.echo("\n".join(lines()))
        return
    if name is None:
        raise click.UsageError("Expected a benchmark's name. `twinstore bench --list` names them.")
    sys.exit(run(name, as_json=as_json))

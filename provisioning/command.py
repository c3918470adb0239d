"""`twinstore VERB`: one command for four programs, of which it imports none.

Each program registers its verbs in the entry-point group `twinstore.verbs`. A verb is loaded when it
is called, so that help comes at once and a hub installs without what a till needs.
"""

from importlib.metadata import EntryPoint, entry_points

import click
from typing_extensions import override

GROUP = "twinstore.verbs"

# What help says of each verb, in the order in which a newcomer meets them. A verb of somebody
# else's package is listed after these, by its name.
SECTIONS: dict[str, dict[str, str]] = {
    "Start here": {
        "demo": "a whole shop on this machine: hub, broker, till and a simulated counter to press",
        "story": "plays a story (blackout, cake) against real processes, and checks every step",
    },
    "The box at the counter": {
        "edge": "runs a till on its own: scanner, printer, drawer, payment terminal, counter screen",
    },
    "The fleet console": {
        "hub": "runs a company's hub: takes in what the tills send, serves the console",
    },
    "CI on simulators": {
        "sim": "a shop's peripherals at the byte level, with a page to press their buttons",
        "prove": "kills, cuts and power failures: nothing lost, nothing twice, nothing out of order",
        "bench": "measures beside the bare limit of the same machine; `bench --list` names them",
    },
    "Working on Twinstore": {
        "test": "linters, types and tests; with arguments it is pytest: test tests/drivers -k serial",
        "check": "linters and types alone",
        "lock": "remakes requirements/all.lock from pyproject.toml (needs the network)",
    },
}

TAIL = (
    "Try `twinstore demo` first: it prints the addresses to open and what to do there; Ctrl-C stops "
    "everything. `twinstore VERB --help` tells more of a verb. From a clone, ./twinstore VERB is the same."
)


def registered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def sections(names: list[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The verbs that are there, with their lines, under their headings."""
    known = {verb for lines in SECTIONS.values() for verb in lines}
    others = {name: "" for name in names if name not in known}
    titled = [*SECTIONS.items(), ("From other packages", others)]
    rows = [
        (title, [(verb, line) for verb, line in lines.items() if verb in names])
        for title, lines in titled
    ]
    return [(title, lines) for title, lines in rows if lines]


class Verbs(click.Group):
    """A click group whose commands are entry points."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(registered())

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = registered().get(cmd_name)
        if entry is None:
            return None
        command = entry.load()
        assert isinstance(command, click.Command)
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, lines in sections(self.list_commands(ctx)):
            with formatter.section(title):
                formatter.write_dl(lines, col_max=10)


@click.group(
    cls=Verbs,
    epilog=TAIL,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="twinstore")
def twinstore() -> None:
    """A shop that sells with the line down, the hub it keeps in step with, and a simulated counter."""


def main() -> None:
    try:
        twinstore(prog_name="twinstore")
    except ModuleNotFoundError as missing:
        raise SystemExit(absent(missing.name or "a package")) from missing


def absent(name: str) -> str:
    return (
        f"twinstore: the package {name} is not installed here, so this verb cannot run. "
        "Install the extra it belongs to (twinstore[edge], [hub], [sim] or [dev]), "
        "or start ./twinstore from a clone: it installs everything."
    )

"""`twinstore edge …`. Heavy imports happen inside the verbs, so that `--help` is fast."""

from __future__ import annotations

import gc
import logging
import sys
from pathlib import Path

import click

SETTINGS = click.option(
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("edge.toml"),
    show_default=True,
    help="The box's settings.",
)


@click.group()
def edge() -> None:
    """The box at the counter: sells with the line down, keeps in step with the hub when it is up.

    \b
    twinstore edge run --settings edge.toml
    twinstore edge doctor --settings edge.toml
    """  # noqa: D301 - click's mark for lines that stay as they are


@edge.command()
@SETTINGS
@click.option("--verbose", is_flag=True, help="Also log what is normal.")
def run(settings_path: Path, *, verbose: bool) -> None:
    """Runs the box until it is stopped (Ctrl+C)."""
    # Importing makes a hundred thousand objects and no rubbish: collecting among them is a tenth of the start.
    gc.disable()
    from edge.settings import SettingsError, load

    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        settings = load(settings_path)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    from edge import main
    from edge.domain.errors import ShopError
    from edge.keys import KeyFileError
    from ui.serving import PortError

    click.echo(f"The counter: http://{settings.host}:{settings.port}")
    try:
        main.run(settings)
    except ShopError as error:
        raise click.ClickException(f"{error.message} {error.what_now}") from error
    except (KeyFileError, PortError, main.RunsAlreadyError) as error:
        raise click.ClickException(str(error)) from error


@edge.command()
@SETTINGS
def doctor(settings_path: Path) -> None:
    """Asks the box how it is, and says what to do. Exit code 1 where something needs a person."""
    from edge.settings import SettingsError, load

    try:
        settings = load(settings_path)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    from edge import main

    found = main.examine(settings)
    for problem in found:
        click.echo(f"{problem.severity.upper():4}  {problem.what}\n      {problem.what_now}")
    if not found:
        click.echo("All is well.")
    sys.exit(1 if found else 0)

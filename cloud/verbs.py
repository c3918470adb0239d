"""`twinstore hub …`. Heavy imports happen inside the verbs, so that `--help` is fast."""

from __future__ import annotations

import gc
import logging
from pathlib import Path

import click

SETTINGS = click.option(
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("hub.toml"),
    show_default=True,
    help="The hub's settings.",
)


@click.group()
def hub() -> None:
    """The hub: takes in what the boxes sell, sends down products and prices, shows the console.

    \b
    twinstore hub run --settings hub.toml
    twinstore hub catalogue import products.json --settings hub.toml
    """  # noqa: D301 - click's mark for lines that stay as they are


@hub.command()
@SETTINGS
def run(settings_path: Path) -> None:
    """Runs the hub until it is stopped (Ctrl+C)."""
    # Importing makes a hundred thousand objects and no rubbish: collecting among them is a tenth of the start.
    gc.disable()
    from cloud import main
    from cloud.errors import HubError
    from cloud.settings import load
    from ui.serving import PortError

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = load(settings_path)
        click.echo(f"The hub of {settings.company_name}: {settings.address}")
        main.run(settings)
    except HubError as error:
        raise _in_words(error) from error
    except PortError as error:
        raise click.ClickException(str(error)) from error


@hub.group()
def catalogue() -> None:
    """Products and prices."""


@catalogue.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@SETTINGS
def import_(file: Path, settings_path: Path) -> None:
    """Adds and changes what FILE says: {"products": […], "prices": […], "removed": [sku…]}."""
    from pydantic import ValidationError

    from cloud.catalogue import service
    from cloud.catalogue.checking import CatalogueChange
    from cloud.db import Database
    from cloud.errors import HubError
    from cloud.settings import load

    try:
        change = CatalogueChange.model_validate_json(file.read_bytes())
        database = Database(load(settings_path).database)
        database.create()
        versions = service.apply(database, change)
        database.close()
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        message = f"{file} was not imported: {place}: {problem['msg']}. Nothing was changed."
        raise click.ClickException(message) from error
    except HubError as error:
        raise _in_words(error) from error
    click.echo(
        f"{len(change.products)} products and {len(change.prices)} prices read; "
        f"catalogue version {versions['catalogue']}, prices version {versions['prices']}."
    )


@hub.command()
@SETTINGS
def reproject(settings_path: Path) -> None:
    """Derives sales, stock and money anew from the facts. Facts are never touched."""
    from cloud.db import Database
    from cloud.errors import HubError
    from cloud.projection import forget
    from cloud.settings import load

    try:
        database = Database(load(settings_path).database)
        database.create()
    except HubError as error:
        raise _in_words(error) from error
    forget(database)
    database.close()
    click.echo("Forgotten. The running hub, or the next one to start, projects every fact again.")


def _in_words(error: Exception) -> click.ClickException:
    from cloud.errors import HubError

    assert isinstance(error, HubError)
    what_now = error.as_dict()["what_now"]
    return click.ClickException(f"{error.message} {what_now}")

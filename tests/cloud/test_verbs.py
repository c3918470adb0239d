"""`twinstore hub …` as somebody types it."""

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from cloud.catalogue.tables import CataloguePrice
from cloud.db import Database
from cloud.ingest.tables import ProjectionCursor
from cloud.verbs import hub

TOML = (
    'company = "maru"\ncompany_name = "Maru"\ndata_dir = "."\nbroker_url = "mqtt://127.0.0.1:1"\n'
)
PRICE = {"sku": "A", "currency": "KRW", "amount_minor": 100}


@pytest.fixture
def typed(tmp_path: Path):
    (tmp_path / "hub.toml").write_text(TOML)

    def typed(*words: str) -> Result:
        return CliRunner().invoke(hub, [*words, "--settings", str(tmp_path / "hub.toml")])

    return typed


def catalogue(tmp_path: Path, value: object) -> str:
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps(value))
    return str(path)


def test_a_catalogue_is_imported(tmp_path: Path, typed) -> None:
    result = typed("catalogue", "import", catalogue(tmp_path, {"prices": [PRICE]}))
    assert (result.exit_code, result.output) == (
        0,
        "0 products and 1 prices read; catalogue version 0, prices version 1.\n",
    )


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ({"amount_minor": 0}, "expected a price above zero for A, got 0"),
        ({"amount_minor": -1}, "prices.0.amount_minor: Input should be greater than or equal to 0"),
    ],
)
def test_a_wrong_price_is_named_and_nothing_changes(
    tmp_path: Path, typed, sqlite: Database, price, words
) -> None:
    result = typed("catalogue", "import", catalogue(tmp_path, {"prices": [PRICE | price]}))
    assert result.exit_code == 1
    assert words in result.output
    with sqlite.read() as session:
        assert session.exec(select(CataloguePrice)).all() == []


def test_reprojecting_forgets_what_was_derived(tmp_path: Path, typed, sqlite: Database) -> None:
    with sqlite.write() as session:
        session.add(ProjectionCursor(edge_id="a", epoch="e", seq=5))
    assert typed("reproject").exit_code == 0
    with sqlite.read() as session:
        assert session.exec(select(ProjectionCursor)).all() == []


def test_wrong_settings_are_said_in_words(tmp_path: Path, typed) -> None:
    result = CliRunner().invoke(hub, ["run", "--settings", str(tmp_path / "gone.toml")])
    assert result.exit_code == 1
    assert "it cannot be read (No such file or directory). The hub does not start." in result.output


def test_a_taken_port_is_said_in_words_and_nothing_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = tmp_path / "hub.toml"
        settings.write_text(TOML.replace('data_dir = "."', f'data_dir = "data"\nport = {port}'))
        result = CliRunner().invoke(hub, ["run", "--settings", str(settings)])
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        f"Error: Port {port} on 127.0.0.1 is taken by another program, or by this one started twice. "
        "Nothing was started, and nothing was changed. "
        "Stop the other one, or name another port in the settings."
    )
    assert not (tmp_path / "data").exists()

"""The books of a day, over HTTP: a shift's facts in double entry, and what Beancount makes of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.books.beancount import text
from cloud.books.endpoints import router
from cloud.books.journal import Entry, Occasion, Posting
from cloud.db import Database
from cloud.purchasing.repository import write_terms
from cloud.purchasing.tables import SupplierTerm
from cloud.settings import Settings

DAY = {"first": "2026-11-23", "last": "2026-11-23"}


@pytest.fixture
def client(database: Database, tmp_path: Path, box, bodies, arrive) -> TestClient:
    term = SupplierTerm(
        sku="SKU1", supplier="Dawn", unit_cost_minor=3_000, pack_size=1, lead_days=1, shelf_days=0
    )
    with database.write() as session:
        write_terms(session, [term])
    for body in bodies.whole_shift():
        box.log(body)
    arrive(box)
    app = FastAPI()
    settings = Settings(
        company="maru", company_name='Maru "M"', data_dir=tmp_path, broker_url="mqtt://127.0.0.1:1"
    )
    app.include_router(router(database, settings))
    return TestClient(app)


def checked(tmp_path: Path, journal: str) -> tuple[int, str]:
    """What Beancount itself says."""
    path = tmp_path / "journal.beancount"
    path.write_text(journal, encoding="utf-8")
    program = Path(sys.executable).parent / "bean-check"
    ran = subprocess.run([program, path], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stderr


def test_a_days_balances_follow_from_its_facts(client: TestClient) -> None:
    found = client.get("/api/books/journal", params=DAY).json()["balances"]
    assert {it["account"]: it["amount_minor"] for it in found} == {
        "Assets:Cash:Maru-office": 11_000 - 5_500 - 30_000 - 500,
        "Assets:Inventory:Maru-office": 9 * 3_000,
        "Assets:Safe": 30_000,
        "Equity:Opening-Inventory:Maru-office": -10 * 3_000,
        "Expenses:Cash-Over-Short:Maru-office": 500,
        "Expenses:Cost-Of-Goods:Maru-office": 3_000,
        "Income:Returns:Maru-office": 5_000,
        "Income:Sales:Maru-office": -10_000,
        "Liabilities:VAT:Standard": -500,
    }
    assert {it["currency"] for it in found} == {"KRW"}


def test_beancount_accepts_the_journal(client: TestClient, tmp_path: Path) -> None:
    answer = client.get("/api/books/journal.beancount", params=DAY)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert checked(tmp_path, answer.text) == (0, "")
    assert answer.text.startswith(
        'option "title" "Maru \\"M\\""\n\n2026-11-23 open Assets:Cash:Maru-office KRW\n'
    )


def test_beancount_would_not_accept_one_that_does_not_balance(tmp_path: Path) -> None:
    at = Occasion("2026-11-23", "서울 1", "CNY", "018f")
    good = text(
        "마루",
        [Entry(at, 'A "name"\nof two', (Posting("Assets:Safe", 5), Posting("Income:A", -5)))],
    )
    assert checked(tmp_path, good) == (0, "")
    status, said = checked(tmp_path, good.replace("-0.05", "-0.04"))
    assert (status, "does not balance" in said) == (1, True)


def test_worth_is_what_lies_there_at_its_cost(client: TestClient) -> None:
    assert client.get("/api/books/worth", params={"until": "2026-11-23"}).json() == [
        {"location_id": "maru-office", "sku": "SKU1", "quantity": 9, "worth_minor": 27_000}
    ]
    assert client.get("/api/books/worth", params={"until": "2026-11-22"}).json() == []


def test_another_place_and_another_day_have_books_of_their_own(client: TestClient) -> None:
    for asked in ({"location_id": "hillside"}, {"first": "2026-11-24", "last": "2026-11-25"}):
        found = client.get("/api/books/journal", params=DAY | asked).json()
        assert found == {"entries": [], "balances": []}

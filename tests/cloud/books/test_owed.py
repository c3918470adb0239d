"""What members are owed: booked as it comes and goes, to the minor unit, and Beancount agrees."""

import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import func, select

from cloud import identity
from cloud.books import owed
from cloud.books.endpoints import router
from cloud.books.journal import Occasion, balances
from cloud.books.owed import AGAINST, Change, Ledger
from cloud.db import Database
from cloud.members import programme, spending
from cloud.members.service import Members
from cloud.members.spending import Place
from cloud.members.tables import MemberAct, MemberEntry
from cloud.settings import Settings
from contract.members import MemberSpend, Programme, Tier
from tests.cloud.conftest import uid

START = datetime(2026, 11, 23, tzinfo=UTC)
TODAY = "2026-11-23"
SPEND = uid(501)
PROGRAMME = Programme(
    currency="KRW",
    tiers=(Tier(name="member", earn_bp=1_000),),
    point_value_minor=10,
    allowance=1_000,
    points_days=30,
    shops=("maru-office",),
)


@pytest.fixture
def members(database: Database, clock, tmp_path: Path) -> Members:
    made = Members(database, clock, identity.load(tmp_path / "key"), "KRW", lambda: None)
    made.publish_key()
    clock.jump(-40 * 86_400)
    programme.publish(made, PROGRAMME)
    return made


@pytest.fixture
def client(members: Members, database: Database, clock, tmp_path: Path, box, bodies, arrive):
    """A gift 40 days ago; today it expires, and everything else happens."""
    minji = members.join({"name": "Minji"}, {}).member.member_id
    spending.gift(members, uid(500), minji, 400)
    clock.jump(40 * 86_400)
    spending.top_up(members, uid(502), minji, 8_000)
    spending.compensate(members, "order-credit-1-1", minji, 1_500, "order-1")
    wanted = MemberSpend(member_id=minji, what="stored_value", amount=3_000, currency="KRW")
    spending.spend(members, Place(SPEND, "maru-office"), wanted)
    mixed = [
        {"kind": "cash", "amount_minor": 7_500, "tendered_minor": 7_500},
        {"kind": "points", "amount_minor": 500, "tendered_minor": 500},
        {
            "kind": "stored_value",
            "amount_minor": 3_000,
            "tendered_minor": 3_000,
            "payment_id": SPEND,
        },
    ]
    box.log(bodies.sale(1, member_id=minji, points_earned=110))
    box.log(bodies.sale(2, member_id=minji, points_earned=105, tenders=mixed))
    box.log(bodies.returned(3, of_sale=1))
    arrive(box)
    app = FastAPI()
    settings = Settings(
        company="maru", company_name="Maru", data_dir=tmp_path, broker_url="mqtt://127.0.0.1:1"
    )
    app.include_router(router(database, settings))
    return TestClient(app)


def asked(client: TestClient, first: str) -> dict[str, Any]:
    answer = client.get("/api/books/journal", params={"first": first, "last": TODAY})
    found: dict[str, Any] = answer.json()
    return found


def told(found: dict[str, Any]) -> list[tuple[str, dict[str, int]]]:
    return sorted(
        (
            (it["narration"], {p["account"]: p["amount_minor"] for p in it["postings"]})
            for it in found["entries"]
        ),
        key=str,
    )


def test_the_whole_journal_of_a_day(client: TestClient) -> None:
    cash, points, stored = (
        "Assets:Cash:Maru-office",
        "Liabilities:Points",
        "Liabilities:Stored-Value",
    )
    sales, vat = "Income:Sales:Maru-office", "Liabilities:VAT:Standard"
    points_paid, stored_paid = "Assets:Clearing:Points", "Assets:Clearing:Stored-Value"
    earned = "Expenses:Points-Earned"
    assert told(asked(client, TODAY)) == sorted(
        [
            ("Sale", {cash: 11_000, sales: -10_000, vat: -1_000}),
            (
                "Sale",
                {cash: 7_500, points_paid: 500, stored_paid: 3_000, sales: -10_000, vat: -1_000},
            ),
            ("Return", {cash: -5_500, "Income:Returns:Maru-office": 5_000, vat: 500}),
            ("Points: earned", {earned: 1_100, points: -1_100}),
            ("Points: earned", {earned: 1_050, points: -1_050}),
            ("Points: spent", {points_paid: -500, points: 500}),
            ("Points: taken back", {earned: -550, points: 550}),
            ("Points: expired", {"Income:Points-Expired": -4_000, points: 4_000}),
            ("Stored value: top up", {"Assets:Clearing:Top-Up": 8_000, stored: -8_000}),
            ("Stored value: compensation", {"Expenses:Compensation": 1_500, stored: -1_500}),
            ("Stored value: spent", {stored_paid: -3_000, stored: 3_000}),
        ],
        key=str,
    )


def test_owed_is_what_the_ledgers_hold(client: TestClient, database: Database) -> None:
    sums = {it["account"]: it["amount_minor"] for it in asked(client, "2026-10-01")["balances"]}
    held: Counter[str] = Counter()
    with database.read() as session:
        for table in (MemberEntry, MemberAct):
            query = select(table.unit, func.sum(table.amount)).group_by(table.unit)
            for unit, amount in session.exec(query):
                held[unit] += int(amount)
    assert held == {"points": 110, "stored_value": 6_500}
    assert sums["Liabilities:Points"] == -10 * held["points"]
    assert sums["Liabilities:Stored-Value"] == -held["stored_value"]
    assert not {account for account in sums if account.startswith("Assets:Clearing:S")}


def test_a_point_that_is_worth_more_is_owed_more(client: TestClient, members: Members) -> None:
    programme.publish(members, PROGRAMME.model_copy(update={"point_value_minor": 12}))
    sums = {it["account"]: it["amount_minor"] for it in asked(client, "2026-10-01")["balances"]}
    assert sums["Liabilities:Points"] == -12 * 110


def test_beancount_accepts_it(client: TestClient, tmp_path: Path) -> None:
    days = {"first": "2026-10-01", "last": TODAY}
    path = tmp_path / "journal.beancount"
    text = client.get("/api/books/journal.beancount", params=days).text
    assert re.search(r"Liabilities:Points  4000 KRW", text)
    path.write_text(text, encoding="utf-8")
    program = Path(sys.executable).parent / "bean-check"
    ran = subprocess.run([program, path], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@st.composite
def moves(draw: st.DrawFn) -> list[Ledger]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        at = START + timedelta(minutes=draw(st.integers(0, 6_000)))
        unit, kind = draw(st.sampled_from([*sorted(AGAINST), ("points", "of tomorrow")]))
        occasion = Occasion(at.date().isoformat(), "office", "CNY", f"m{number}")
        made.append(Ledger(occasion, at, unit, kind, draw(st.integers(-(10**6), 10**6))))
    return made


@st.composite
def worths(draw: st.DrawFn) -> list[Change]:
    times = sorted(draw(st.sets(st.integers(0, 6_000), max_size=4)))
    made = []
    for number in times:
        at = START + timedelta(minutes=number)
        occasion = Occasion(at.date().isoformat(), "", "CNY", f"programme:{number}")
        made.append(Change(occasion, at, draw(st.integers(1, 100))))
    return made


@given(moves(), worths())
def test_on_every_day_exactly_what_is_held_is_owed(
    made: list[Ledger], values: list[Change]
) -> None:
    entries = list(owed.entries(made, values))
    assert all(sum(it.amount_minor for it in entry.postings) == 0 for entry in entries)
    for passed in range(6):
        day = (START + timedelta(days=passed)).date().isoformat()
        sums = balances(entry for entry in entries if entry.occasion.business_date <= day)
        known = [it.value_minor for it in values if it.occasion.business_date <= day]
        value = (known or [it.value_minor for it in values[:1]] or [1])[-1]
        held: Counter[str] = Counter()
        for move in made:
            if move.occasion.business_date <= day:
                held[move.unit] += move.amount
        assert sums.get(("Liabilities:Points", "CNY"), 0) == -value * held["points"]
        assert sums.get(("Liabilities:Stored-Value", "CNY"), 0) == -held["stored_value"]

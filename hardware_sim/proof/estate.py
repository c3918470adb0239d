"""A shop made ready for a proof, and what is found of it afterwards: in the box's file and at the hub's doors."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

from hardware_sim.processes import Company, Party
from hardware_sim.proof.judgement import Evidence, Receipt
from hardware_sim.proof.outside import PRODUCTS, HeadOffice, Json, Till, until

DATABASE = Path("data") / "box" / "box.sqlite3"
CATALOGUE_WITHIN_S = 30.0
HEALED_WITHIN_S = 60.0


def start(*parties: Party) -> None:
    for party in parties:
        party.start()
    for party in parties:
        party.wait_until_ready()


def open_shop(till: Till, office: HeadOffice) -> None:
    office.stock_shelves()
    if not until(lambda: till.state()["prices_version"] >= len(PRODUCTS), CATALOGUE_WITHIN_S):
        raise RuntimeError(
            f"Expected the catalogue to reach the box within {CATALOGUE_WITHIN_S:g} s, got nothing."
        )
    till.open_shift()


def some_lines(rng: random.Random) -> list[Json]:
    chosen = rng.sample(PRODUCTS, rng.randint(1, 5))
    return [{"sku": product["sku"], "quantity": rng.randint(1, 3)} for product in chosen]


def drained(company: Company, till: Till, office: HeadOffice) -> bool:
    """Whether, in time, nothing waits in the box and the hub's books are as far as its inbox."""
    edge_id = company.shop.edge_id

    def is_stored() -> bool:
        line = till.state()["line"]
        return not line["waiting"] and bool(office.box(edge_id)["hub_high"] == line["high"])

    def is_entered() -> bool:
        return sales <= {sale["sale_id"] for sale in office.sales(edge_id)}

    if not until(is_stored, HEALED_WITHIN_S):
        return False
    bodies = (
        json.loads(fact["body"]) for facts in office.facts(edge_id).values() for fact in facts
    )
    sales = {body["sale_id"] for body in bodies if body["type"] == "sale.completed"}
    return until(is_entered, HEALED_WITHIN_S)


def collect(
    company: Company, office: HeadOffice, receipts: list[Receipt], database: Path | None = None
) -> Evidence:
    """`database` is where the box's file is seen from here, where that is not in the company's folder."""
    edge_id = company.shop.edge_id
    path = database or company.folder / DATABASE
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as box:
        rows = box.execute("SELECT epoch, seq, body FROM outbox").fetchall()
        heads = dict(box.execute("SELECT epoch, chain FROM stream").fetchall())
    return Evidence(
        receipts=receipts,
        streams=office.facts(edge_id),
        rows={(epoch, seq): body for epoch, seq, body in rows},
        books=[sale["sale_id"] for sale in office.sales(edge_id)],
        heads=heads,
    )

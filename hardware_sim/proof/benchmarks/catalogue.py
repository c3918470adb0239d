"""A whole catalogue to an empty box, then a thousand prices: what goes over the line, counted by the line itself."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from hardware_sim.processes import Company, Ports, stopped
from hardware_sim.proof.estate import start
from hardware_sim.proof.outside import HeadOffice, Json, Till, gtin13, until

PRODUCTS = 100_000
CHANGED = 1_000
ROWS_A_REQUEST = 5_000
IMPORT_TIMEOUT_S = 120.0
WITHIN_S = 180.0
MOST_RATIO = 0.01
WORDS = (
    *("organic", "whole", "fresh", "mango", "rice", "oil", "tea", "soap", "cotton", "blue", "pack"),
    *("family", "light", "crisp", "salted", "butter", "cookie", "juice", "cola", "shampoo"),
    *("almond", "honey", "wheat", "cream", "serum", "mask"),
)


def catalogue(progress: Callable[[str], object]) -> dict[str, Any]:
    """100,000 products to an empty box, then 1,000 changed prices: bytes on the line, and seconds."""
    with tempfile.TemporaryDirectory(prefix="twinstore-catalogue-") as folder:
        company = Company(Path(folder), Ports.free())
        with stopped(company):
            start(company.broker, company.hub, company.line)
            with Till(company.box.url) as till, HeadOffice(company.hub.url) as office:
                office.client.timeout = httpx.Timeout(IMPORT_TIMEOUT_S)
                return _measured(company, till, office, progress)


def _measured(
    company: Company, till: Till, office: HeadOffice, progress: Callable[[str], object]
) -> dict[str, Any]:
    rng = random.Random(1)
    versions = _import(office, rng, progress)
    progress("catalogue: the empty box fetches all of it")
    before, started_s = _bytes_down(company), time.perf_counter()
    start(company.box)
    _wait_for(till, versions)
    snapshot_s, snapshot_bytes = time.perf_counter() - started_s, _bytes_down(company) - before
    progress(f"catalogue: {CHANGED:,} changed prices")
    before, started_s = _bytes_down(company), time.perf_counter()
    changed = [_price(number, rng) for number in rng.sample(range(PRODUCTS), CHANGED)]
    versions = office.ask("PUT", "/api/prices", {"prices": changed})
    _wait_for(till, versions)
    delta_s, delta_bytes = time.perf_counter() - started_s, _bytes_down(company) - before
    ratio = delta_bytes / snapshot_bytes
    return {
        "products": PRODUCTS,
        "snapshot_bytes": snapshot_bytes,
        "snapshot_s": round(snapshot_s, 2),
        "changed_prices": CHANGED,
        "delta_bytes": delta_bytes,
        "delta_s": round(delta_s, 3),
        "ratio": round(ratio, 5),
        "ok": ratio <= MOST_RATIO,
    }


def _import(
    office: HeadOffice, rng: random.Random, progress: Callable[[str], object]
) -> dict[str, int]:
    versions: dict[str, int] = {}
    for first in range(0, PRODUCTS, ROWS_A_REQUEST):
        numbers = range(first, first + ROWS_A_REQUEST)
        products = [_product(number, rng) for number in numbers]
        prices = [_price(number, rng) for number in numbers]
        versions = office.ask("PUT", "/api/catalogue", {"products": products, "prices": prices})
        progress(f"catalogue: head office imports, {numbers.stop:,} of {PRODUCTS:,}")
    return versions


def _product(number: int, rng: random.Random) -> Json:
    name = " ".join(rng.choices(WORDS, k=4)).title()
    return {
        "sku": f"SKU-{number:06d}",
        "gtins": [gtin13(number)],
        "names": {"en": name, "ko": f"마루 {name}"},
        "tax_group": rng.choice(("standard", "free")),
        "tax_rate_bp": 1000,
        "category": rng.choice(("bakery", "skin", "hair", "home")),
    }


def _price(number: int, rng: random.Random) -> Json:
    return {
        "sku": f"SKU-{number:06d}",
        "currency": "KRW",
        "amount_minor": 10 * rng.randint(50, 9_999),
    }


def _wait_for(till: Till, versions: dict[str, int]) -> None:
    def has_all() -> bool:
        state = till.state()
        return bool(
            state["catalogue_version"] >= versions["catalogue"]
            and state["prices_version"] >= versions["prices"]
        )

    if not until(has_all, WITHIN_S):
        raise RuntimeError(f"Expected versions {versions} in the box within {WITHIN_S:g} s.")


def _bytes_down(company: Company) -> int:
    return int(httpx.get(company.line_control_url, trust_env=False).json()["bytes_down"])

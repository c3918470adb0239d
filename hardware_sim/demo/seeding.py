"""The first morning: a catalogue at the hub, stock on the shelves, a shift at the till.

All of it goes through the doors that people use. A file in the data folder remembers what was done, so
that a second start in the same folder goes on with the same shop.
"""

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from hardware_sim.demo.products import Product, catalogue, opening_stock
from hardware_sim.processes import Company, PartyError

CATALOGUE_WITHIN_S = 30.0
POLL_S = 0.1
FLOAT_MINOR = 100_000
PLACE = {
    "latitude": 37.5665,
    "longitude": 126.9780,
    "delivery_radius_m": 9_000,
    "delivery_min": 40,
    "delivery_fee_minor": 3_000,
    "ship_days": 2,
    "ship_fee_minor": 2_500,
}
RIGHT = {"cap": 10, "keep": 1}
CASHIERS = {"ko": "김하늘", "zh": "李晴", "en": "Haneul Kim"}


class SeedingError(PartyError):
    """A process refused what the first morning needs."""


def seed(company: Company, items: list[Product]) -> None:
    """Does what this folder's shop still lacks. Raises SeedingError where a process will not have it."""
    with httpx.Client(timeout=10.0, trust_env=False) as client:
        once(company.folder, "catalogue", lambda: send_catalogue(client, company, items))
        wait_for_catalogue(client, company)
        once(company.folder, "stock", lambda: fill_shelves(client, company, items))
        once(company.folder, "promises", lambda: allow_promises(client, company))
        open_shift(client, company)


def once(folder: Path, name: str, act: Callable[[], None]) -> None:
    done = folder / "done" / name
    if done.exists():
        return
    act()
    done.parent.mkdir(exist_ok=True)
    done.touch()


def send_catalogue(client: httpx.Client, company: Company, items: list[Product]) -> None:
    body = catalogue(items, company.shop.currency)
    accepted(client.put(f"{company.hub.url}/api/catalogue", json=body), "the hub", "its catalogue")


def wait_for_catalogue(client: httpx.Client, company: Company) -> None:
    """The box has it when the hub's feed has come down the line."""
    deadline_s = time.monotonic() + CATALOGUE_WITHIN_S
    while not has_catalogue(client, company):
        if time.monotonic() > deadline_s:
            raise SeedingError(
                f"The catalogue did not reach the box in {CATALOGUE_WITHIN_S:g} s, so there is nothing "
                f"to sell yet. What the box says, in {company.box.log}:\n{company.box.log_tail()}"
            )
        time.sleep(POLL_S)


def has_catalogue(client: httpx.Client, company: Company) -> bool:
    state = client.get(f"{company.box.url}/api/state").json()
    return bool(state["catalogue_version"] and state["prices_version"])


def fill_shelves(client: httpx.Client, company: Company, items: list[Product]) -> None:
    answer = client.post(f"{company.box.url}/api/stock/moves", json=opening_stock(items))
    accepted(answer, "the box", "its opening stock")


def allow_promises(client: httpx.Client, company: Company) -> None:
    """What head office says of the shop, so that the online shop has ways to offer."""
    place = {
        "location_id": company.shop.location_id,
        "names": dict(company.shop.location_name),
        "timezone": company.shop.timezone,
        **PLACE,
    }
    right = {"location_id": company.shop.location_id, "sku": "*", **RIGHT}
    told = client.put(f"{company.hub.url}/api/shops", json={"shops": [place]})
    accepted(told, "the hub", "its shop")
    allowed = client.put(f"{company.hub.url}/api/rights", json={"rights": [right]})
    accepted(allowed, "the hub", "what it may promise")


def open_shift(client: httpx.Client, company: Company) -> None:
    """Nothing to do where yesterday's shift is still open."""
    if client.get(f"{company.box.url}/api/state").json()["shift"] is not None:
        return
    body = {"cashier": CASHIERS[company.shop.language], "float_minor": FLOAT_MINOR}
    accepted(client.post(f"{company.box.url}/api/shifts", json=body), "the box", "a shift")


def accepted(answer: httpx.Response, who: str, what: str) -> None:
    if answer.is_error:
        raise SeedingError(
            f"Asked for {what}, {who} answered {answer.status_code}: {answer.text[:300]}"
        )

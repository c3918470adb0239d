"""The first morning: a catalogue at the hub, stock on the shelves, a shift at each till.

All of it goes through the doors that people use. A file in the data folder remembers what was done, so
that a second start in the same folder goes on with the same shop.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from hardware_sim.demo.chain import Branch, Chain
from hardware_sim.demo.products import catalogue, opening_stock
from hardware_sim.processes import Company, PartyError

CATALOGUE_WITHIN_S = 30.0
POLL_S = 0.1
FLOAT_MINOR = 100_000
RIGHT = {"cap": 10, "keep": 1}


class SeedingError(PartyError):
    """A process refused what the first morning needs."""


def seed(chain: Chain) -> None:
    """Does what this folder's shops still lack. Raises SeedingError where a process will not have it."""
    with httpx.Client(timeout=10.0, trust_env=False) as client:
        once(chain.folder, "catalogue", lambda: send_catalogue(client, chain))
        for branch in chain.branches:
            folder = branch.company.folder
            wait_for_catalogue(client, branch.company)
            once(folder, "stock", partial(fill_shelves, client, branch))
            open_shift(client, branch)
        once(chain.folder, "promises", lambda: allow_promises(client, chain))


def once(folder: Path, name: str, act: Callable[[], None]) -> None:
    done = folder / "done" / name
    if done.exists():
        return
    act()
    done.parent.mkdir(exist_ok=True)
    done.touch()


def send_catalogue(client: httpx.Client, chain: Chain) -> None:
    body = catalogue(chain.items, chain.office.shop.currency)
    told = client.put(f"{chain.office.hub.url}/api/catalogue", json=body)
    accepted(told, "the hub", "its catalogue")


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


def fill_shelves(client: httpx.Client, branch: Branch) -> None:
    body = opening_stock(branch.carried)
    answer = client.post(f"{branch.company.box.url}/api/stock/moves", json=body)
    accepted(answer, "the box", "its opening stock")


def allow_promises(client: httpx.Client, chain: Chain) -> None:
    """What head office says of its shops, so that there are ways to offer."""
    hub = f"{chain.office.hub.url}/api"
    told = client.put(f"{hub}/shops", json={"shops": [place_of(it) for it in chain.branches]})
    accepted(told, "the hub", "its shops")
    rights = [{"location_id": it.shop.location_id, "sku": "*", **RIGHT} for it in chain.branches]
    allowed = client.put(f"{hub}/rights", json={"rights": rights})
    accepted(allowed, "the hub", "what it may promise")


def place_of(branch: Branch) -> dict[str, Any]:
    shop = branch.shop
    return {
        "location_id": shop.location_id,
        "names": dict(shop.location_name),
        "timezone": shop.timezone,
        **branch.place,
    }


def open_shift(client: httpx.Client, branch: Branch) -> None:
    """Nothing to do where yesterday's shift is still open."""
    box = f"{branch.company.box.url}/api"
    if client.get(f"{box}/state").json()["shift"] is not None:
        return
    body = {"cashier": branch.cashier, "float_minor": FLOAT_MINOR}
    accepted(client.post(f"{box}/shifts", json=body), "the box", "a shift")


def accepted(answer: httpx.Response, who: str, what: str) -> None:
    if answer.is_error:
        raise SeedingError(
            f"Asked for {what}, {who} answered {answer.status_code}: {answer.text[:300]}"
        )

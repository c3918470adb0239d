"""What the tour's buttons do: the same doors that a hand on the scanner, the till or the plug uses."""

import time
from collections.abc import Callable

import httpx

from hardware_sim.demo.products import Product
from hardware_sim.processes import Company

BASKET_WITHIN_S = 3.0
POLL_S = 0.05
NOTE_MINOR = 10_000


class ActionError(Exception):
    """The shop would not do it. The message is what the page shows."""


def act(step: str, company: Company, items: list[Product]) -> None:
    """Takes one step of the tour for the visitor. Raises ActionError, KeyError for an unknown step."""
    actions: dict[str, Callable[[httpx.Client], None]] = {
        "scan": lambda client: scan(client, company, items[0]),
        "pay": lambda client: pay(client, company),
        "pull": lambda client: put_line(client, company, "cut"),
        "sell": lambda client: sell(client, company, items[1]),
        "back": lambda client: put_line(client, company, "up"),
    }
    with httpx.Client(timeout=5.0, trust_env=False) as client:
        try:
            actions[step](client)
        except httpx.TransportError as error:
            raise ActionError(f"{error.request.url} did not answer: {error}") from error


def scan(client: httpx.Client, company: Company, item: Product) -> None:
    answer = client.post(f"{company.sim.url}/api/scanner/scan", json={"data": item.gtin})
    accepted(answer)


def pay(client: httpx.Client, company: Company) -> None:
    """Cash, in the notes that a customer would hand over."""
    body = {"tendered_minor": notes_for(basket_total(client, company))}
    accepted(client.post(f"{company.box.url}/api/basket/tenders/cash", json=body))


def sell(client: httpx.Client, company: Company, item: Product) -> None:
    scan(client, company, item)
    deadline_s = time.monotonic() + BASKET_WITHIN_S
    while not basket_total(client, company) and time.monotonic() < deadline_s:
        time.sleep(POLL_S)
    pay(client, company)


def basket_total(client: httpx.Client, company: Company) -> int:
    """What is to be paid now, 0 with an empty counter."""
    basket = client.get(f"{company.box.url}/api/state").json()["basket"]
    return int(basket["total_minor"]) if basket else 0


def notes_for(total_minor: int) -> int:
    return -(-total_minor // NOTE_MINOR) * NOTE_MINOR


def put_line(client: httpx.Client, company: Company, state: str) -> None:
    accepted(client.post(f"{company.line_control_url}/", json={"state": state}))


def accepted(answer: httpx.Response) -> None:
    if answer.is_error:
        raise ActionError(said(answer))


def said(answer: httpx.Response) -> str:
    """The refusal in the shop's own words, where it has some."""
    try:
        body = answer.json()
        return f"{body['message']} {body.get('what_now', '')}".strip()
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code}: {answer.text[:200]}"

"""A till and a head office as somebody outside sees them: over HTTP, with a list of what was promised."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Self

import httpx

TIMEOUT_S = 10.0
POLL_S = 0.05
ROWS_A_PAGE = 1_000

Json = dict[str, Any]


def gtin13(number: int) -> str:
    """A GTIN-13 of company 880000 (Korea's prefix), its check digit by GS1 General Specifications 7.9."""
    digits = f"880000{number:06d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-weighted % 10)


PRODUCTS: list[Json] = [
    {
        "sku": f"BREAD-{number}",
        "gtins": [gtin13(number)],
        "names": {"ko": f"소금빵 {number}", "en": f"Salt bread {number}", "zh": f"盐面包 {number}"},
        "tax_group": "standard",
        "tax_rate_bp": 1000,
    }
    for number in range(1, 7)
]
PRICES: list[Json] = [
    {"sku": product["sku"], "currency": "KRW", "amount_minor": 1_000 + 170 * number}
    for number, product in enumerate(PRODUCTS, 1)
]


class Refused(Exception):
    """A program said no, in its own words."""

    def __init__(self, status: int, error: Json) -> None:
        self.status = status
        self.key = str(error.get("key", ""))
        self.what_now = str(error.get("what_now", ""))
        super().__init__(f"{status}: {error.get('message', error)}")


class Program:
    """One program behind its HTTP address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def ask(self, method: str, path: str, body: Any = None, **parameters: str | int) -> Any:
        """The JSON of the answer; raises Refused for what is not 2xx."""
        answer = self.client.request(method, path, json=body, params=parameters)
        if answer.is_success:
            return answer.json()
        raise Refused(answer.status_code, _error(answer))


class Till(Program):
    """The box's API as a cashier's hands would use it."""

    def state(self) -> Json:
        return self._json("GET", "/api/state")

    def open_shift(self, float_minor: int = 100_000, cashier: str = "mina") -> Json:
        return self._json("POST", "/api/shifts", {"cashier": cashier, "float_minor": float_minor})

    def sell(self, lines: list[Json]) -> Json:
        """A whole cash sale with the exact money; back only when it is durable."""
        return self._json("POST", "/api/sales", {"lines": lines})

    def waiting(self) -> int:
        return int(self.state()["line"]["waiting"])

    def _json(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = self.ask(method, path, body)
        assert isinstance(answer, dict)
        return answer


class HeadOffice(Program):
    """The hub's API."""

    def stock_shelves(self) -> None:
        self.ask("PUT", "/api/catalogue", {"products": PRODUCTS, "prices": PRICES})

    def box(self, edge_id: str) -> Json:
        box = self.ask("GET", f"/api/boxes/{edge_id}")
        assert isinstance(box, dict)
        return box

    def facts(self, edge_id: str) -> dict[str, list[Json]]:
        """The inbox of one box: by epoch, oldest epoch first, in the order of its stream."""
        epochs = [str(stream["epoch"]) for stream in self.box(edge_id)["epochs"]]
        return {epoch: list(self._stream(edge_id, epoch)) for epoch in epochs}

    def sales(self, edge_id: str) -> list[Json]:
        """What the hub's books hold of one box, in the order in which it was entered."""
        found: list[Json] = []
        while page := self._page("/api/sales", found, "position", edge_id=edge_id):
            found += page
        return found

    def _stream(self, edge_id: str, epoch: str) -> list[Json]:
        found: list[Json] = []
        while page := self._page("/api/facts", found, "seq", edge_id=edge_id, epoch=epoch):
            found += page
        return found

    def _page(self, path: str, found: list[Json], key: str, **parameters: str) -> list[Json]:
        after = int(found[-1][key]) if found else 0
        page = self.ask("GET", path, after=after, limit=ROWS_A_PAGE, **parameters)
        assert isinstance(page, list)
        return page


def until(is_true: Callable[[], bool], within_s: float) -> bool:
    """Whether it became true in time. A program that cannot be reached just now is not true yet."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        try:
            if is_true():
                return True
        except (httpx.TransportError, Refused):
            pass  # being killed and restarted is what it is here for
        time.sleep(POLL_S)
    return False


def _error(answer: httpx.Response) -> Json:
    try:
        found = answer.json()
    except ValueError:
        return {"message": answer.text[:200]}
    return found if isinstance(found, dict) else {"message": str(found)}

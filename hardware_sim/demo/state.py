"""What the shops are like now, asked of each process over HTTP: one picture for the drawing and the tour."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from hardware_sim.demo.chain import Chain
from hardware_sim.processes import Company

ASK_WITHIN_S = 2.0


@dataclass(frozen=True)
class Basket:
    lines: int
    total_minor: int


@dataclass(frozen=True)
class Till:
    """What the box says of itself. `waiting` counts facts that the hub has not confirmed."""

    is_online: bool
    waiting: int
    high: int
    basket: Basket | None
    last_sale: str
    has_shift: bool
    peripherals: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Head:
    """What the hub says of the box."""

    is_online: bool
    box_high: int
    hub_high: int
    is_chain_equal: bool


@dataclass(frozen=True)
class Counter:
    """One shop. None stands for a process that does not answer."""

    till: Till | None = None
    head: Head | None = None
    sim_answers: bool = False
    line_is_alive: bool = False

    @property
    def numbers_meet(self) -> bool:
        """Box and hub hold the same facts up to the same number."""
        return (
            self.till is not None
            and self.head is not None
            and self.till.waiting == 0
            and self.head.hub_high == self.till.high
            and self.head.is_chain_equal
        )


@dataclass(frozen=True)
class Picture:
    """Head office, and the counters in the order of the chain's branches; the tour walks at the first."""

    counters: tuple[Counter, ...]
    hub_answers: bool = False
    broker_is_alive: bool = False
    wallets_are_alive: bool = False

    @property
    def first(self) -> Counter:
        return self.counters[0]


async def look(client: httpx.AsyncClient, chain: Chain) -> Picture:
    """Asks all at once; what does not answer is left out of the picture."""
    office = chain.office
    boxes, *counters = await asyncio.gather(
        ask(client, f"{office.hub.url}/api/boxes"),
        *(asked(client, branch.company) for branch in chain.branches),
    )
    return Picture(
        counters=tuple(
            replace(counter, head=head_of(boxes or [], branch.shop.edge_id))
            for counter, branch in zip(counters, chain.branches, strict=True)
        ),
        hub_answers=boxes is not None,
        broker_is_alive=office.broker.is_alive,
        wallets_are_alive=office.wallets.is_alive,
    )


async def asked(client: httpx.AsyncClient, company: Company) -> Counter:
    """The counter as it is seen without the hub."""
    state, sales, sim = await asyncio.gather(
        ask(client, f"{company.box.url}/api/state"),
        ask(client, f"{company.box.url}/api/sales?limit=1"),
        ask(client, f"{company.sim.url}/api/shop"),
    )
    return Counter(
        till=till_of(state, sales) if state is not None else None,
        sim_answers=sim is not None,
        line_is_alive=company.line.is_alive,
    )


async def ask(client: httpx.AsyncClient, url: str) -> Any:
    """The answer's JSON, None where there was no good one."""
    try:
        answer = await client.get(url, timeout=ASK_WITHIN_S)
    except httpx.TransportError:
        return None
    return answer.json() if answer.is_success else None


def till_of(state: dict[str, Any], sales: Any) -> Till:
    line = state["line"]
    return Till(
        is_online=line["online"],
        waiting=line["waiting"],
        high=line.get("high", 0),  # a box that never wrote a fact has no stream yet
        basket=basket_of(state["basket"]),
        last_sale=newest(sales),
        has_shift=state["shift"] is not None,
        peripherals={
            it["name"]: (it["state"], tuple(it.get("reasons", ()))) for it in state["peripherals"]
        },
    )


def basket_of(basket: dict[str, Any] | None) -> Basket | None:
    lines = [line for line in basket["lines"] if not line.get("is_void")] if basket else []
    if not basket or not lines:
        return None
    return Basket(lines=len(lines), total_minor=basket["total_minor"])


def newest(sales: Any) -> str:
    """The id of the last sale, "" before the first one."""
    rows = sales.get("sales", []) if isinstance(sales, dict) else sales or []
    return str(rows[0]["sale_id"]) if rows else ""


def head_of(boxes: list[dict[str, Any]], edge_id: str) -> Head | None:
    for box in boxes:
        if box["edge_id"] == edge_id:
            return Head(
                is_online=bool(box["online"]),
                box_high=box["box_high"] or 0,
                hub_high=box["hub_high"] or 0,
                is_chain_equal=bool(box["chain_equal"]),
            )
    return None

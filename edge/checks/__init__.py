"""Questions about the box's health, one a file: each gets what was seen and gives a problem in words, or None.

Adding a check is adding a file with `check`; nothing else lists it. A check looks at values only, never at a
peripheral or the network: `edge.main` gathers them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from contract.health import PeripheralHealth

Severity = Literal["warn", "bad"]


@dataclass(frozen=True, slots=True)
class Problem:
    """`key` is stable and translatable; `what` and `what_now` are its English."""

    key: str
    severity: Severity
    what: str
    what_now: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to judge. Times of the wall are aware UTC; `last_fact_at` is the newest fact's, None before it."""

    now: datetime
    disk_free_bytes: int
    is_reserve_released: bool = False
    last_fact_at: datetime | None = None
    outbox_bytes_a_day: int = 0
    waiting_facts: int = 0
    oldest_waiting_s: int = 0
    is_line_up: bool = True
    line_alarm: str = ""
    forks: int = 0
    catalogue_version: int = 0
    prices_version: int = 0
    feed_troubles: dict[str, str] = field(default_factory=dict)
    peripherals: tuple[PeripheralHealth, ...] = ()
    unknown_payments: int = 0
    pending_reversals: int = 0
    open_wallets: int = 0
    pending_wallet_refunds: int = 0
    unknown_print_jobs: int = 0
    held_print_jobs: int = 0


def counted(number: int, one: str, many: str) -> str:
    """How many of what.

    >>> counted(1, "receipt waits", "receipts wait")
    '1 receipt waits'
    """
    return f"{number} {one if number == 1 else many}"


Check = Callable[[Seen], Problem | None]


def checks() -> Iterator[tuple[str, Check]]:
    """(name, check) of every file of this folder, in the order of their names."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{__name__}.{found.name}")
        yield found.name, module.check


def problems(seen: Seen) -> list[Problem]:
    """The worst first."""
    found = [problem for _, check in checks() if (problem := check(seen)) is not None]
    return sorted(found, key=lambda problem: problem.severity != "bad")

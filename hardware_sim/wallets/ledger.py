"""A wallet provider's own book: the judge in every test of wallet payments. No payment code is ever in it.

One JSON line for each thing that happened, on disk before the answer leaves. The provider's memory after a restart is
what stands here.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

MOVING: Final = frozenset({"paid", "refunded"})


@dataclass(frozen=True, slots=True)
class Entry:
    """`event` is asked, paid, failed, closed or refunded. `amount_minor` moved: towards the shop, negative back."""

    provider: str
    event: str
    order_number: str
    transaction_id: str = ""
    amount_minor: int = 0
    currency: str = ""
    refund_number: str = ""
    asked_minor: int = 0


class Ledger:
    """In memory without a `path`."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.entries: list[Entry] = _read(path) if path else []

    def write(self, entry: Entry) -> None:
        self.entries.append(entry)
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(entry)) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def net_minor(self, order_number: str) -> int:
        """What the shop has of an order, after everything that was given back."""
        return sum(it.amount_minor for it in self.entries if it.order_number == order_number)

    @property
    def moved_minor(self) -> int:
        """What the shop has of all orders together."""
        return sum(it.amount_minor for it in self.entries)

    def times_charged(self) -> dict[str, int]:
        """How often each order moved money to the shop: more than once is what must never be."""
        return dict(Counter(it.order_number for it in self.entries if it.event == "paid"))

    def summary(self) -> dict[str, object]:
        return {
            "entries": [asdict(it) for it in self.entries],
            "orders": {number: self.net_minor(number) for number in _numbers(self.entries)},
            "moved_minor": self.moved_minor,
            "times_charged": self.times_charged(),
        }


def _numbers(entries: Iterable[Entry]) -> list[str]:
    return sorted({it.order_number for it in entries})


def _read(path: Path) -> list[Entry]:
    """A last line cut short by a kill was never answered: it is taken out, so that the next one stands alone."""
    if not path.exists():
        return []
    entries = []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines):
        try:
            entries.append(Entry(**json.loads(line)))
        except ValueError:
            path.write_text("".join(lines[:number]), encoding="utf-8")
            break
    return entries

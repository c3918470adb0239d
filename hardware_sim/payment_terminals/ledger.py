"""The simulated terminal's own book of what moved: the judge in every test of payments.

One JSON line for each movement and each final answer, on disk before the answer leaves, so that it survives its own
kill. The terminal's memory after a restart is what stands here.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """`result` "approved" moved `amount_minor` (negative for a reversal); every other result moved nothing.

    `original_id` is the transaction that a reversal gives back.
    """

    service_id: str
    category: str
    result: str
    condition: str = ""
    amount_minor: int = 0
    currency: str = ""
    transaction_id: str = ""
    timestamp: str = ""
    original_id: str = ""


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

    def answer_to(self, service_id: str) -> Entry | None:
        """The latest final answer to an exchange."""
        return next((it for it in reversed(self.entries) if it.service_id == service_id), None)

    def approved(self, transaction_id: str) -> Entry | None:
        return next(
            (
                it
                for it in self.entries
                if it.transaction_id == transaction_id
                and it.category == "Payment"
                and it.result == "approved"
            ),
            None,
        )

    def net_minor(self, transaction_id: str) -> int:
        """What is left of a payment after its reversals."""
        paid = self.approved(transaction_id)
        given_back = sum(it.amount_minor for it in self.entries if it.original_id == transaction_id)
        return (paid.amount_minor if paid else 0) + given_back

    @property
    def moved_minor(self) -> int:
        """What all customers together have paid."""
        return sum(it.amount_minor for it in self.entries)

    def times_charged(self) -> dict[str, int]:
        """How often each exchange moved money: more than once is what must never be."""
        approved = (
            it for it in self.entries if it.category == "Payment" and it.result == "approved"
        )
        return dict(Counter(it.service_id for it in approved))

    def rows(self) -> list[dict[str, object]]:
        return [asdict(it) for it in self.entries]


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

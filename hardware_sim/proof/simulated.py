"""The disks of the simulation. What is in them survives a crash; copies of them are what a restore brings back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from contract.envelope import GENESIS, Fact, chain
from contract.stream import Reception, Stand, Stored

FACTS_A_BATCH = 3  # small, so that a short schedule has many batches under way


class EpochLog:
    """The outbox of one epoch: `contract.stream.Log` over lists. `chains[0]` is the chain behind `first - 1`."""

    __slots__ = ("acked", "chains", "facts", "first")

    def __init__(self) -> None:
        self.first = 1
        self.facts: list[Fact] = []
        self.chains = [GENESIS]
        self.acked = 0

    @property
    def high(self) -> int:
        return self.first - 1 + len(self.facts)

    def chain_at(self, seq: int) -> str | None:
        place = seq - self.first + 1
        is_kept = 0 <= place < len(self.chains) and not (place == 0 and self.first > 1)
        return self.chains[place] if is_kept else None

    def read(self, first: int, max_facts: int, max_bytes: int) -> Sequence[Fact]:  # noqa: ARG002 - bodies are tiny
        start = first - self.first
        return self.facts[start : start + min(max_facts, FACTS_A_BATCH)]

    def append(self, fact: Fact) -> None:
        self.facts.append(fact)
        self.chains.append(chain(self.chains[-1], fact.uid, fact.body))

    def behind(self, seq: int) -> list[Fact]:
        return self.facts[max(0, seq - self.first + 1) :]

    def prune(self, through: int) -> None:
        """Keeps the last acknowledged fact: the next batch is tied to it."""
        count = min(through, self.acked) - self.first
        if count > 0:
            del self.facts[:count], self.chains[:count]
            self.first += count

    def copy(self) -> EpochLog:
        twin = EpochLog()
        twin.first, twin.acked = self.first, self.acked
        twin.facts, twin.chains = self.facts[:], self.chains[:]
        return twin


class BoxDisk:
    """Every epoch of one box; the last is the open one."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.logs = {epoch: EpochLog()}

    @property
    def log(self) -> EpochLog:
        return self.logs[self.epoch]

    def start_epoch(self, epoch: str, relogged: Iterable[Fact]) -> None:
        """One transaction: the old epoch is closed, the new one begins with `relogged`."""
        log = EpochLog()
        for fact in relogged:
            log.append(fact)
        self.logs[epoch] = log
        self.epoch = epoch

    def uids(self) -> set[str]:
        return {fact.uid for log in self.logs.values() for fact in log.facts}

    def copy(self) -> BoxDisk:
        twin = BoxDisk(self.epoch)
        twin.logs = {epoch: log.copy() for epoch, log in self.logs.items()}
        return twin


@dataclass(slots=True)
class HubDisk:
    """The hub's inbox. `applied` counts what the sales, stock and money tables took from each fact."""

    stands: dict[str, Stand] = field(default_factory=dict)
    facts: dict[str, list[Stored]] = field(default_factory=dict)
    applied: Counter[str] = field(default_factory=Counter)

    def store(self, epoch: str, stored: Sequence[Stored]) -> None:
        """Facts whose uid came before, in another epoch, are kept as aliases and not applied again."""
        self.facts.setdefault(epoch, []).extend(stored)
        for fact in stored:
            if fact.uid not in self.applied:
                self.applied[fact.uid] = 1

    def commit(self, epoch: str, reception: Reception) -> None:
        self.stands[epoch] = reception.stand
        self.store(epoch, reception.accepted)

    def uids(self) -> set[str]:
        return {fact.uid for stored in self.facts.values() for fact in stored}

    def copy(self) -> HubDisk:
        facts = {epoch: stored[:] for epoch, stored in self.facts.items()}
        return HubDisk(dict(self.stands), facts, self.applied.copy())

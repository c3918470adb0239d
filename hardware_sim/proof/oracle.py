"""What must be true, kept apart from everything it judges: its own journal of receipts, its own idea of loss."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from contract.envelope import GENESIS, Ack, Fact, chain
from contract.stream import Stand

if TYPE_CHECKING:
    from hardware_sim.proof.actors import Box
    from hardware_sim.proof.simulated import BoxDisk, HubDisk
    from hardware_sim.proof.simulation import World


class Violation(Exception):
    """One untrue thing, in words."""


class Oracle:
    """Watches a world. `uid`s are numbered as they are sold, so their order is the order of selling."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bodies: dict[str, str] = {}
        self.receipts: set[str] = set()
        self.destroyed: set[str] = set()
        self.had_twins = False
        self._raised_in: dict[tuple[int, str], int] = {}
        self._frozen_at: dict[str, int] = {}

    def committed(self, fact: Fact) -> None:
        self.bodies[fact.uid] = fact.body

    def receipt(self, fact: Fact) -> None:
        self.receipts.add(fact.uid)

    def restored(self) -> None:
        """What is on no disk right after a restore was destroyed by it: nobody can bring that back."""
        surviving = self.world.hub.disk.uids()
        for box in self.world.boxes:
            surviving |= box.disk.uids()
        self.destroyed |= self.receipts - surviving
        self._frozen_at.clear()

    def stored(self, epoch: str, stand: Stand) -> None:
        """A frozen epoch accepts nothing more."""
        high = self._frozen_at.get(epoch, stand.high)
        if stand.high != high:
            raise Violation(f"epoch {epoch} was frozen at {high} and went on to {stand.high}")
        if stand.is_frozen:
            self._frozen_at[epoch] = high

    def claimed(self, box: Box) -> None:
        """What a box holds as acknowledged is stored, as long as no restore took it from the hub."""
        hub = self.world.hub
        high = hub.disk.stands.get(box.disk.epoch, Stand()).high
        if box.sender.acked > high and hub.generation == 0:
            raise Violation(f"acked is {box.sender.acked}, but the hub holds {high}")

    def acked(self, box: Box, before: int, ack: Ack) -> None:
        """Only a hub that lost something may lower `acked`, and only by answering a hello."""
        after, generation = box.sender.acked, self.world.hub.generation
        place = (id(box), box.disk.epoch)
        if after > before:
            self._raised_in[place] = generation
        if after >= before:
            return
        if ack.hello is None:
            raise Violation(f"acked fell from {before} to {after} by an ack that answers no hello")
        if self._raised_in.get(place, -1) == generation:
            raise Violation(f"acked fell from {before} to {after} though the hub had lost nothing")

    def judge(self) -> None:
        """After the wire has healed."""
        hub = self.world.hub.disk
        stored = hub.uids()
        _none(self.receipts - self.destroyed - stored, "receipts lost")
        _none(stored - self.bodies.keys(), "phantoms at the hub")
        _none((uid for uid, count in hub.applied.items() if count != 1), "applied more than once")
        for epoch in hub.facts:
            self._judge_epoch(hub, epoch)
        for box in self.world.boxes:
            self._judge_box(hub, box.disk)

    def _judge_epoch(self, hub: HubDisk, epoch: str) -> None:
        facts = hub.facts[epoch]
        if [fact.seq for fact in facts] != list(range(1, len(facts) + 1)):
            raise Violation(f"epoch {epoch} has a gap or a double: {[fact.seq for fact in facts]}")
        _none((f.uid for f in facts if self.bodies[f.uid] != f.body), "bodies changed")
        order = [int(fact.uid) for fact in facts]
        if order != sorted(set(order)):
            raise Violation(f"epoch {epoch} is out of order: {order}")
        link = GENESIS
        for fact in facts:
            link = chain(link, fact.uid, fact.body)
        if link != hub.stands.get(epoch, Stand()).chain:
            raise Violation(f"the hub's chain of epoch {epoch} is not that of its facts")

    def _judge_box(self, hub: HubDisk, disk: BoxDisk) -> None:
        """The hub's stream begins with the box's, and is no longer, except where another box had the same disk.

        Such a twin may have sold in this epoch while this box rests; it is told when it next has something to say.
        """
        log, stored = disk.log, hub.facts.get(disk.epoch, [])
        if log.acked != log.high:
            raise Violation(f"a box keeps {log.high - log.acked} facts unacknowledged for ever")
        own = [Fact(fact.uid, fact.body) for fact in stored[log.first - 1 : log.high]]
        if own != log.facts or not (self.had_twins or len(stored) == log.high):
            words = f"{log.high} and {len(stored)}"
            raise Violation(f"box and hub differ in epoch {disk.epoch}: {words}")


def _none(found: Iterable[str], what: str) -> None:
    names = sorted(found)
    if names:
        raise Violation(f"{len(names)} {what}: {', '.join(names[:3])}")

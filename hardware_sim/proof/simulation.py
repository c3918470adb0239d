"""Deterministic simulation of the sync: the real sender and receiver on a simulated clock, net and disk.

One schedule is one seed: a few dozen to 150 random steps (sell, send, receive, drop, repeat, reorder, crash before and
after each commit, lose the broker, restore or clone a disk), then the wire heals *without* anybody being restarted,
and `oracle` judges; then one more fault strikes the resting world, which heals and is judged again.
The healing must not help: a reboot would hide a sender that never sends again.

Every third schedule is a disaster: disks are restored and cloned six times as often, so that two of them meet.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from contract.envelope import Ack, Batch, Fact
from contract.stream import Receiver, Sender
from hardware_sim.proof.actors import Asked, Box, Crash, Hub
from hardware_sim.proof.oracle import Oracle, Violation
from hardware_sim.proof.simulated import BoxDisk, HubDisk

HEALING_ROUNDS = 300
MOST_BOXES = 3


@dataclass(frozen=True, slots=True)
class Core:
    """What is under test. A mutant is a core with one class replaced."""

    sender: type[Sender] = Sender
    receiver: type[Receiver] = Receiver
    box: type[Box] = Box
    hub: type[Hub] = Hub


class World:
    """One box (and its clones), one hub, the wire between them, and everything that can go wrong."""

    def __init__(self, seed: int, core: Core) -> None:
        self.rng = random.Random(seed)
        self.core = core
        self.now_s = 0.0
        self.up: list[Asked | Batch] = []
        self.down: list[tuple[Box, Ack]] = []
        self.deaf: set[Box] = set()
        self.boxes: list[Box] = []
        self.oracle = Oracle(self)
        self._uid = 0
        self.hub = core.hub(self, HubDisk())
        self.boxes.append(core.box(self, BoxDisk(self.next_epoch())))
        self.box_copy = self.boxes[0].disk.copy()
        self.hub_backup = self.hub.disk.copy()

    # What the actors ask of their world.

    def next_fact(self) -> Fact:
        self._uid += 1
        return Fact(f"{self._uid:04d}", f"body {self._uid} {self.rng.getrandbits(16)}")

    def next_epoch(self) -> str:
        return f"{self.rng.getrandbits(32):08x}"

    def publish(self, ack: Ack) -> None:
        """All boxes of the same name hear it: a clone has subscribed to the same topic."""
        self.down.extend((box, ack) for box in self.boxes if box.is_connected)

    def announce_hub(self) -> None:
        """The retained presence of a hub that has started: every connected box will see it."""
        self.deaf.update(box for box in self.boxes if box.is_connected)

    def hang_up(self, box: Box) -> None:
        """A connection ends: the broker forgets what it had for this box (clean session)."""
        box.is_connected = False
        self.deaf.discard(box)
        self.down = [entry for entry in self.down if entry[0] is not box]

    # Steps.

    def some_box(self) -> Box:
        return self.boxes[int(self.rng.random() * len(self.boxes))]

    def crash(self) -> Crash:
        luck = self.rng.random()
        if luck < 0.9:
            return Crash.NONE
        return Crash.BEFORE_COMMIT if luck < 0.95 else Crash.AFTER_COMMIT

    def place(self, count: int) -> int:
        """Mostly the oldest message, sometimes any: the wire reorders."""
        return int(self.rng.random() * count) if self.rng.random() < 0.3 else 0

    def sell(self) -> None:
        self.some_box().sell(self.crash())

    def send(self) -> None:
        self.some_box().send(self.crash())

    def hub_takes(self) -> None:
        count = min(len(self.up), 1 + int(self.rng.random() * 3))
        messages = [self.up.pop(self.place(len(self.up))) for _ in range(count)]
        if messages:
            self.hub.take(messages, self.crash())

    def box_takes(self) -> None:
        if self.down:
            box, ack = self.down.pop(self.place(len(self.down)))
            box.take(ack, self.crash())

    def lose_up(self) -> None:
        if self.up:
            self.up.pop(self.place(len(self.up)))

    def repeat_up(self) -> None:
        if self.up:
            self.up.append(self.rng.choice(self.up))

    def lose_down(self) -> None:
        if self.down:
            self.down.pop(self.place(len(self.down)))

    def repeat_down(self) -> None:
        if self.down:
            self.down.append(self.rng.choice(self.down))

    def crash_box(self) -> None:
        self.some_box().boot()

    def crash_hub(self) -> None:
        self.hub.boot()

    def cut(self) -> None:
        box = self.some_box()
        box.sender.disconnected()
        self.hang_up(box)

    def connect(self) -> None:
        box = self.some_box()
        if not box.is_connected:
            box.connect()

    def notice_hub(self) -> None:
        for box in list(self.deaf):
            self.deaf.discard(box)
            box.hub_started()

    def lose_broker(self) -> None:
        self.up.clear()
        for box in self.boxes:
            box.sender.disconnected()
            self.hang_up(box)

    def wait(self) -> None:
        self.now_s += self.rng.random() * 5

    def copy_box(self) -> None:
        self.box_copy = self.some_box().disk.copy()

    def restore_box(self) -> None:
        """The card is put back as it was when it was copied: sequence numbers will be used twice."""
        box = self.some_box()
        self.oracle.had_twins = True
        box.disk = self.box_copy.copy()
        box.boot()
        self.oracle.restored()

    def clone_box(self) -> None:
        if len(self.boxes) < MOST_BOXES:
            self.oracle.had_twins = True
            clone = self.core.box(self, self.box_copy.copy())
            self.boxes.append(clone)
            clone.connect()

    def back_up_hub(self) -> None:
        self.hub_backup = self.hub.disk.copy()

    def restore_hub(self) -> None:
        """Takes minutes: nothing that the hub said before is still under way when it speaks again."""
        self.down.clear()
        self.hub.disk = self.hub_backup.copy()
        self.hub.generation += 1
        self.oracle.restored()
        self.hub.boot()

    def prune(self) -> None:
        """Old facts leave the box only when they are older than any backup of the hub."""
        disk = self.some_box().disk
        backup = self.hub_backup.stands.get(disk.epoch)
        if backup and backup.chain == disk.log.chain_at(backup.high):
            disk.log.prune(backup.high)

    # A schedule.

    def run(self, edges: Sequence[float]) -> None:
        for _ in range(30 + int(self.rng.random() * 120)):
            self.now_s += 0.01
            _STEPS[bisect(edges, self.rng.random() * edges[-1])](self)

    def strike(self) -> None:
        """One fault while everything rests and nobody sells: what is silent then stays silent for ever."""
        self.rng.choice(tuple(FAULTS))(self)

    def heal(self) -> None:
        for _ in range(HEALING_ROUNDS):
            self.now_s += 2.0
            self._round()
            if self._is_drained():
                return
        raise Violation(f"not drained {HEALING_ROUNDS} rounds after the wire had healed")

    def _round(self) -> None:
        self.notice_hub()
        for box in self.boxes:
            if not box.is_connected:
                box.connect()
            while box.send(Crash.NONE):
                pass
        if self.up:
            messages, self.up = self.up, []
            self.hub.take(messages, Crash.NONE)
        while self.down:
            box, ack = self.down.pop(0)
            box.take(ack, Crash.NONE)

    def _is_drained(self) -> bool:
        return not self.up and all(
            box.sender.is_greeted and box.sender.acked == box.disk.log.high for box in self.boxes
        )


Step = Callable[[World], None]
_WORK: dict[Step, float] = {
    World.sell: 20,
    World.send: 26,
    World.hub_takes: 20,
    World.box_takes: 18,
}
FAULTS: dict[Step, float] = {
    World.connect: 5,
    World.notice_hub: 2,
    World.wait: 3,
    World.lose_up: 1.5,
    World.repeat_up: 1.5,
    World.lose_down: 1.5,
    World.repeat_down: 1.5,
    World.crash_box: 1,
    World.crash_hub: 1,
    World.cut: 1,
    World.lose_broker: 0.5,
    World.copy_box: 1,
    World.restore_box: 0.4,
    World.clone_box: 0.2,
    World.back_up_hub: 1,
    World.restore_hub: 0.5,
    World.prune: 1,
}
_WEIGHTS = _WORK | FAULTS
_STEPS = tuple(_WEIGHTS)
_DISASTERS = {
    World.restore_box: 2.4,
    World.clone_box: 2.4,
    World.restore_hub: 4.0,
    World.prune: 0.2,
}
_CALM_EDGES = list(accumulate(_WEIGHTS.values()))
_DISASTER_EDGES = list(accumulate((_WEIGHTS | _DISASTERS).values()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One schedule: how many receipts it gave, and what was untrue ("" where nothing was)."""

    seed: int
    receipts: int
    violation: str = ""


def run_schedule(seed: int, core: Core) -> Outcome:
    world = World(seed, core)
    try:
        world.run(_CALM_EDGES if seed % 3 else _DISASTER_EDGES)
        world.heal()
        world.oracle.judge()
        world.strike()
        world.heal()
        world.oracle.judge()
    except Violation as violation:
        return Outcome(seed, len(world.oracle.receipts), str(violation))
    return Outcome(seed, len(world.oracle.receipts))

"""Box and hub of the simulation: thin shells around the real sender and receiver, killed at every step."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.envelope import Ack, Batch, Fact
from contract.stream import Reception, SayHello, Stand, Verdict
from hardware_sim.proof.simulated import BoxDisk, HubDisk

if TYPE_CHECKING:
    from hardware_sim.proof.simulation import World


class Crash(enum.Enum):
    """Where in a step the process dies, seen from its transaction."""

    NONE = "none"
    BEFORE_COMMIT = "before commit"
    AFTER_COMMIT = "after commit"


@dataclass(frozen=True, slots=True)
class Asked:
    """A hello as far as the receiver needs it."""

    epoch: str
    nonce: int


class Box:
    """One till. Its sender dies with the process, its disk does not."""

    def __init__(self, world: World, disk: BoxDisk) -> None:
        self.world = world
        self.disk = disk
        self.is_connected = False
        self.boot()

    def boot(self) -> None:
        self.world.hang_up(self)
        self.start_sender()

    def start_sender(self) -> None:
        log = self.disk.log
        nonce = self.world.rng.getrandbits(48)
        self.sender = self.world.core.sender(log, self.disk.epoch, log.acked, nonce)

    def connect(self) -> None:
        self.is_connected = True
        self.sender.connected()

    def hub_started(self) -> None:
        """The hub's retained presence has a new boot: it may have been restored, and only a hello tells."""
        self.sender.ask_again()

    def sell(self, crash: Crash) -> None:
        fact = self.world.next_fact()
        if crash is Crash.BEFORE_COMMIT:
            self.boot()
            return
        self.disk.log.append(fact)
        self.world.oracle.committed(fact)
        if crash is Crash.AFTER_COMMIT:
            self.boot()
            return
        self.world.oracle.receipt(fact)

    def send(self, crash: Crash) -> bool:
        """True where something went out."""
        action = self.sender.poll(self.world.now_s)
        if action is None:
            return False
        if isinstance(action, SayHello):
            self.world.up.append(Asked(self.disk.epoch, action.nonce))
        else:
            self.world.up.append(action.batch)
            self.published(action.batch)
        self.world.oracle.claimed(self)
        if crash is not Crash.NONE:
            self.boot()
        return True

    def published(self, batch: Batch) -> None:
        """The broker's PUBACK, which means nothing."""

    def take(self, ack: Ack, crash: Crash) -> None:
        before = self.sender.acked
        verdict = self.sender.acknowledged(ack, self.world.now_s)
        self.world.oracle.acked(self, before, ack)
        self.world.oracle.claimed(self)
        if crash is not Crash.BEFORE_COMMIT:
            self.store(verdict)
        if crash is not Crash.NONE:
            self.boot()

    def store(self, verdict: Verdict) -> None:
        if verdict in (Verdict.ADVANCED, Verdict.REWOUND):
            self.disk.log.acked = self.sender.acked
        if verdict is Verdict.FORKED:
            self.disk.start_epoch(self.world.next_epoch(), self.relogged())
            self.start_sender()
            if self.is_connected:
                self.sender.connected()

    def relogged(self) -> list[Fact]:
        return self.disk.log.behind(self.sender.relog_after)


class Hub:
    """Takes what came in one transaction, then answers. `generation` counts how often it was restored."""

    def __init__(self, world: World, disk: HubDisk) -> None:
        self.world = world
        self.disk = disk
        self.generation = 0
        self.receiver = world.core.receiver()

    def boot(self) -> None:
        self.world.announce_hub()

    def stand(self, epoch: str) -> Stand:
        return self.disk.stands.get(epoch, Stand())

    def take(self, messages: Sequence[Asked | Batch], crash: Crash) -> None:
        """Group commit: many messages, one transaction, then the answers."""
        held: dict[str, Stand] = {}
        receptions: list[tuple[str, Reception]] = []
        answers: list[Ack] = []
        for message in messages:
            stand = held.get(message.epoch) or self.stand(message.epoch)
            if isinstance(message, Asked):
                answers.append(
                    self.receiver.greet(stand, message.epoch, message.nonce, self.window())
                )
                continue
            reception = self.receiver.receive(stand, message)
            held[message.epoch] = reception.stand
            receptions.append((message.epoch, reception))
            answers.append(reception.ack(message.epoch, self.window()))
        self.finish(receptions, answers, crash)

    def finish(
        self, receptions: Sequence[tuple[str, Reception]], answers: Sequence[Ack], crash: Crash
    ) -> None:
        if crash is Crash.BEFORE_COMMIT:
            self.boot()
            return
        self.commit(receptions)
        if crash is Crash.AFTER_COMMIT:
            self.boot()
            return
        self.answer(answers)

    def commit(self, receptions: Sequence[tuple[str, Reception]]) -> None:
        for epoch, reception in receptions:
            self.disk.commit(epoch, reception)
            self.world.oracle.stored(epoch, reception.stand)

    def answer(self, answers: Sequence[Ack]) -> None:
        for ack in answers:
            self.world.publish(ack)

    def window(self) -> int:
        return 1 + int(self.world.rng.random() * 4)

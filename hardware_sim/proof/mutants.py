"""Seeded bugs. The simulation is worth what it finds: each of these must fall within a known number of schedules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from contract.envelope import Ack, Batch, Fact, chain
from contract.stream import Receiver, Reception, Sender, Stand, Stored, Verdict
from hardware_sim.proof.actors import Box, Crash, Hub
from hardware_sim.proof.simulation import Core


class PubackMeansStored(Box):
    def published(self, batch: Batch) -> None:
        self.sender.acked = max(self.sender.acked, batch.first + len(batch.facts) - 1)
        self.disk.log.acked = self.sender.acked


class ReceiptBeforeCommit(Box):
    def sell(self, crash: Crash) -> None:
        fact = self.world.next_fact()
        self.world.oracle.committed(fact)
        self.world.oracle.receipt(fact)
        if crash is not Crash.BEFORE_COMMIT:
            self.disk.log.append(fact)
        if crash is not Crash.NONE:
            self.boot()


class MissesTheHubsRestart(Box):
    """With nothing to send, a hub that was restored from a backup is never asked where it stands."""

    def hub_started(self) -> None:
        pass


class LogsOnlyUnacknowledgedAgain(Box):
    """Trusts that what was acknowledged is still at the hub, and that the histories agree so far."""

    def relogged(self) -> list[Fact]:
        return self.disk.log.behind(self.disk.log.acked)


class LogsNothingAgain(Box):
    def relogged(self) -> list[Fact]:
        return []


class AckBeforeCommit(Hub):
    def finish(
        self, receptions: Sequence[tuple[str, Reception]], answers: Sequence[Ack], crash: Crash
    ) -> None:
        self.answer(answers)
        super().finish(receptions, (), crash)


class StandInMemory(Hub):
    """The facts are committed, the stand dies with the process."""

    def boot(self) -> None:
        self.disk.stands.clear()
        super().boot()


class CommitsStandFirst(Hub):
    """Two transactions where one belongs: a crash between them leaves a stand without its facts."""

    def finish(
        self, receptions: Sequence[tuple[str, Reception]], answers: Sequence[Ack], crash: Crash
    ) -> None:
        for epoch, reception in receptions:
            self.disk.stands[epoch] = reception.stand
        super().finish(receptions, answers, crash)


class AppliesAliases(Hub):
    """Takes a fact that was logged again in a new epoch for a new one."""

    def commit(self, receptions: Sequence[tuple[str, Reception]]) -> None:
        for epoch, reception in receptions:
            known = [fact.uid for fact in reception.accepted if fact.uid in self.disk.applied]
            self.disk.commit(epoch, reception)
            self.disk.applied.update(known)


class Thaws(Hub):
    """Forgets that an epoch was frozen: the next batch that fits is accepted."""

    def stand(self, epoch: str) -> Stand:
        return replace(super().stand(epoch), is_frozen=False)


class NoGapCheck(Receiver):
    def receive(self, stand: Stand, batch: Batch) -> Reception:
        if batch.first > stand.high + 1:
            return super().receive(Stand(batch.first - 1, batch.prev), batch)
        return super().receive(stand, batch)


class NoDedupe(Receiver):
    def receive(self, stand: Stand, batch: Batch) -> Reception:
        reception = super().receive(stand, batch)
        repeats = tuple(
            Stored(seq, uid, body)
            for seq, (uid, body) in enumerate(batch.facts, batch.first)
            if seq <= stand.high and not reception.stand.is_frozen
        )
        return replace(reception, accepted=repeats + reception.accepted)


class NoChainCheck(Receiver):
    """Believes `first` and looks at no link: neither at the seam nor in an overlap."""

    def receive(self, stand: Stand, batch: Batch) -> Reception:
        if batch.first > stand.high + 1:
            return Reception(stand, is_gap=True)
        link, accepted = stand.chain, []
        for seq, (uid, body) in enumerate(batch.facts, batch.first):
            if seq > stand.high:
                link = chain(link, uid, body)
                accepted.append(Stored(seq, uid, body))
        return Reception(Stand(stand.high + len(accepted), link), tuple(accepted))


class OverlapUnchecked(Receiver):
    """Checks the seam of a batch that begins behind the stand, but cuts an overlap off unseen."""

    def receive(self, stand: Stand, batch: Batch) -> Reception:
        known = stand.high + 1 - batch.first
        if 0 < known < len(batch.facts):
            tail = Batch.model_construct(
                epoch=batch.epoch, first=stand.high + 1, prev=stand.chain, facts=batch.facts[known:]
            )
            return super().receive(stand, tail)
        return super().receive(stand, batch)


class NoForkCheck(Sender):
    def _contradicts(self, ack: Ack) -> bool:  # noqa: ARG002 - looks at nothing: that is the bug
        return False


class ForkByCountOnly(Sender):
    """Sees an ack beyond its own log, but not that an ack within it is of another history."""

    def _contradicts(self, ack: Ack) -> bool:
        return ack.fork or ack.high > self.log.high


class NoTimeout(Sender):
    def poll(self, now_s: float):  # type: ignore[no-untyped-def]  # noqa: ANN201 - the parent's own
        self._heard_at_s = now_s
        return super().poll(now_s)


class NeverFalls(Sender):
    """Cumulative acks by maximum alone: a hub restored from a backup stays poorer for ever."""

    def _greeted(self, ack: Ack, now_s: float) -> Verdict:
        return super()._greeted(ack.model_copy(update={"high": max(ack.high, self.acked)}), now_s)


class AnyHelloWillDo(Sender):
    """Takes an answer to whichever hello, however old."""

    def acknowledged(self, ack: Ack, now_s: float) -> Verdict:
        if ack.hello is not None and ack.epoch == self.epoch:
            self.is_greeted = False
            ack = ack.model_copy(update={"hello": self._nonce})
        return super().acknowledged(ack, now_s)


class AnyEpochWillDo(Sender):
    def acknowledged(self, ack: Ack, now_s: float) -> Verdict:
        return super().acknowledged(ack.model_copy(update={"epoch": self.epoch}), now_s)


class SkipsAfterHello(Sender):
    """Greets, but goes on sending where it was instead of where the hub stands."""

    def _rewind(self, high: int) -> None:
        self.next_seq = max(self.next_seq, high + 1)
        self._in_flight.clear()


MUTANTS: dict[str, Core] = {
    "PUBACK taken for an ack": Core(box=PubackMeansStored),
    "receipt before commit": Core(box=ReceiptBeforeCommit),
    "ack before commit": Core(hub=AckBeforeCommit),
    "stand not durable": Core(hub=StandInMemory),
    "stand committed before its facts": Core(hub=CommitsStandFirst),
    "no gap check": Core(receiver=NoGapCheck),
    "no dedupe": Core(receiver=NoDedupe),
    "no chain check": Core(receiver=NoChainCheck),
    "overlap unchecked": Core(receiver=OverlapUnchecked),
    "frozen epoch thaws": Core(hub=Thaws),
    "alias applied again": Core(hub=AppliesAliases),
    "no fork check": Core(sender=NoForkCheck),
    "fork seen by count only": Core(sender=ForkByCountOnly),
    "no time-out": Core(sender=NoTimeout),
    "acked never falls": Core(sender=NeverFalls),
    "stale hello accepted": Core(sender=AnyHelloWillDo),
    "ack of an old epoch taken": Core(sender=AnyEpochWillDo),
    "no rewind": Core(sender=SkipsAfterHello),
    "hub's restart missed": Core(box=MissesTheHubsRestart),
    "fork logs only the unacknowledged again": Core(box=LogsOnlyUnacknowledgedAgain),
    "fork logs nothing again": Core(box=LogsNothingAgain),
}

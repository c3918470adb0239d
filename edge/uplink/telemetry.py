"""Health to the hub once a minute and soon after a change, at QoS 0: the first thing left out under pressure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from contract.envelope import to_json
from contract.health import Health
from contract.topics import Up, up
from edge.clock import Clock
from edge.uplink.log_tail import LogTail
from edge.uplink.pressure import LOG, SHED, Asked, Strain, is_sent, strain
from edge.uplink.wire import Outgoing, Wire

EVERY_S: Final = 60.0
JITTER_S: Final = 10.0  # a thousand boxes that came back together must not stay together
APART_S: Final = 5.0  # a printer that works changes its state twice a receipt


class Telemetry:
    """`step` sends when it is time and gives the seconds until the next. `asked` is the hub's last word on pressure."""

    def __init__(
        self,
        wire: Wire,
        edge_id: str,
        collect: Callable[[], Health],
        clock: Clock,
        uniform: Callable[[float, float], float],
        asked: Callable[[], Asked],
        tail: LogTail,
    ) -> None:
        self.left_out = 0
        self._wire = wire
        self._topic = up(edge_id, Up.HEALTH)
        self._collect = collect
        self._clock = clock
        self._uniform = uniform
        self._asked = asked
        self._tail = tail
        self._told = Strain.NONE
        self._said = 0
        self._due_at_s = clock.monotonic()
        self._sent_at_s = -EVERY_S

    def connected(self) -> None:
        """The console should not wait a minute for a box that has just come back."""
        self._due_at_s = self._clock.monotonic()

    def changed(self) -> bool:
        """Something that the console shows is different. True where health is due sooner than it was."""
        soon_s = max(self._clock.monotonic(), self._sent_at_s + APART_S)
        is_sooner = soon_s < self._due_at_s
        if is_sooner:
            self._due_at_s = soon_s
        return is_sooner

    def step(self) -> float:
        now_s = self._clock.monotonic()
        if now_s >= self._due_at_s:
            # Before the look, so that what changes during it is due again.
            self._sent_at_s = now_s
            self._due_at_s = now_s + EVERY_S + self._uniform(-JITTER_S, JITTER_S)
            self._send()
        return self._due_at_s - now_s

    def _send(self) -> None:
        health = self._collect()
        now = strain(self._asked(), self._clock.monotonic(), health.disk_free_bytes)
        said = self._tail.said
        if not is_sent(now, self._told, has_news=said > self._said):
            self.left_out += 1
            return
        report = self._beside(health, SHED[now])
        if self._wire.send(Outgoing(self._topic, to_json(report), 0)):
            self._told, self._said = now, said

    def _beside(self, health: Health, sheds: tuple[str, ...]) -> Health:
        """What only the line knows, put beside what the box has collected."""
        log = () if LOG in sheds else self._tail.lines()
        return health.model_copy(update={"log": log, "sheds": sheds, "left_out": self.left_out})

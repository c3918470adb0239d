"""Health to the hub once a minute and soon after a change, at QoS 0: the first thing left out when room is short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from contract.envelope import to_json
from contract.health import Health
from contract.topics import Up, up
from edge.clock import Clock
from edge.uplink.wire import Outgoing, Wire

EVERY_S: Final = 60.0
JITTER_S: Final = 10.0  # a thousand boxes that came back together must not stay together
APART_S: Final = 5.0  # a printer that works changes its state twice a receipt
# Below this the disk is kept for sales; a box writes no more than a few megabytes a day.
SHED_BELOW_BYTES: Final = 200_000_000


class Telemetry:
    """`step` sends when it is time and gives the seconds until the next."""

    def __init__(
        self,
        wire: Wire,
        edge_id: str,
        collect: Callable[[], Health],
        clock: Clock,
        uniform: Callable[[float, float], float],
    ) -> None:
        self.shed = 0
        self._wire = wire
        self._topic = up(edge_id, Up.HEALTH)
        self._collect = collect
        self._clock = clock
        self._uniform = uniform
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
        if health.disk_free_bytes < SHED_BELOW_BYTES:
            self.shed += 1
            return
        self._wire.send(Outgoing(self._topic, to_json(health), 0))

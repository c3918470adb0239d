"""The line put together: who hears what, and in which thread it is worked on.

    line     paho's owner thread: connects, carries, only enqueues
    relay    facts up and acks down
    down     feeds, commands and telemetry; may take long over a snapshot

paho and the HTTP client are imported when the threads start, after the screens are served.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

from pydantic import ValidationError

from contract.capabilities import Capabilities, spoken
from contract.envelope import State
from contract.health import Health
from contract.topics import Address, Down
from edge import changes
from edge.changes import Changes
from edge.clock import Clock
from edge.domain.errors import Broken
from edge.services.feed_stores import stores_of
from edge.services.shop import Shop
from edge.settings import Settings
from edge.uplink.asking import Asking
from edge.uplink.commands import Commands, print_test, resync_feed
from edge.uplink.feed_replica import BoxReplica
from edge.uplink.feeds import Feeds, SnapshotFetcher
from edge.uplink.hub_key import PinnedHubKey
from edge.uplink.log_tail import LogTail
from edge.uplink.outbox_stream import OutboxStream
from edge.uplink.relay import About, LineTruth, Relay
from edge.uplink.telemetry import Telemetry
from edge.uplink.wire import LineStatus, Outgoing

log = logging.getLogger(__name__)

SHOWN_BY_THE_CONSOLE: Final = (
    changes.PERIPHERALS,
    changes.SHIFT,
    changes.CATALOGUE,
    changes.PRICES,
)
MAX_DOWN: Final = 256
AFTER_BROKEN_S: Final = 5.0


class Uplink:
    """Starts and stops the line's threads; `truth`, `status` and `troubles` are for screens and checks."""

    def __init__(
        self,
        shop: Shop,
        watchers: Changes,
        boot: str,
        software: str,
        collect: Callable[[], Health],
    ) -> None:
        settings = shop.settings
        self.status = LineStatus()
        self.counters: Counter[str] = Counter()
        self._shop = shop
        self._boot = boot
        self._hub_boot = ""
        self._changes = watchers
        self._stopping = threading.Event()
        self._down: queue.Queue[Callable[[], None]] = queue.Queue(MAX_DOWN)
        self._send: Callable[[Outgoing], bool] = lambda _: False
        self._stop_line: Callable[[], None] = lambda: None
        self._threads: list[threading.Thread] = []
        self.feeds = _feeds(self, shop, watchers)
        self.commands = Commands(
            shop,
            {
                "print_test": print_test,
                "resync_feed": resync_feed(self.feeds.repair, self.feeds.names),
            },
        )
        self.asking = Asking(self, settings.edge_id, shop.clock, lambda: self.truth.is_online)
        about = About(
            settings.edge_id,
            settings.location_id,
            boot,
            software,
            shop.key.public,
            {str(language): name for language, name in settings.location_name.items()},
            cache(lambda: capabilities(self.commands.verbs, self.feeds.names, settings)),
        )
        stream = OutboxStream.open(shop.database, shop.clock)
        self.relay = Relay(self, stream, about, shop.clock, watchers)
        self.tail = LogTail(shop.clock)
        self.telemetry = Telemetry(
            self,
            settings.edge_id,
            collect,
            shop.clock,
            random.SystemRandom().uniform,
            lambda: self.relay.asked,
            self.tail,
        )
        watchers.on(changes.OUTBOX, self.relay.wake)
        for topic in SHOWN_BY_THE_CONSOLE:
            watchers.on(topic, self._health_changed)

    @property
    def truth(self) -> LineTruth:
        return self.relay.truth

    def send(self, outgoing: Outgoing) -> bool:
        return self._send(outgoing)

    def start(self) -> None:
        from edge.uplink.mqtt import Line

        settings = self._shop.settings
        line = Line(
            settings.broker,
            settings.edge_id,
            self._boot,
            self._shop.clock,
            self,
            settings.reconnect_limit_s,
        )
        self.status, self._send, self._stop_line = line.status, line.send, line.stop
        self.tail.listen()
        for name, target in (("relay", self._run_relay), ("down", self._run_down)):
            thread = threading.Thread(target=target, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        line.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        self._stop_line()
        self._stopping.set()
        self.relay.wake()
        self._enqueue(lambda: None)
        for thread in self._threads:
            thread.join(timeout_s)
        self.tail.close()

    # --- called by the line's thread ---

    def connected(self) -> None:
        self.relay.connected()
        self._enqueue(self.feeds.connected)
        self._enqueue(self.telemetry.connected)

    def disconnected(self) -> None:
        self.relay.disconnected()
        self.asking.disconnected()
        self._enqueue(self.feeds.disconnected)

    def received(self, address: Address, payload: bytes) -> None:
        if address.channel is Down.ACK:
            self.relay.take_ack(payload)
        elif address.channel is Down.ANSWER:
            self.asking.take(payload)
        elif address.channel is Down.OPS:
            self._enqueue(lambda: self.feeds.take_ops(payload))
        elif address.channel is Down.HEAD:
            self._enqueue(lambda: self.feeds.take_head(payload))
        elif address.channel is Down.COMMAND:
            self._enqueue(lambda: self.commands.take(payload))

    def hub_state(self, payload: bytes) -> None:
        try:
            state = State.model_validate_json(payload)
        except ValidationError as error:
            self.counters["refused_hub_state"] += 1
            log.warning("Refused the hub's state: %s", error.errors()[0]["msg"])
            return
        is_fresh, self._hub_boot = state.boot != self._hub_boot, state.boot
        self.relay.hub_is(online=state.online, is_fresh=is_fresh)
        if state.online and is_fresh:
            self._enqueue(self.feeds.connected)
            self._enqueue(self.telemetry.connected)

    # --- threads ---

    def _enqueue(self, work: Callable[[], None]) -> None:
        try:
            self._down.put_nowait(work)
        except queue.Full:
            # Everything that comes down is asked for or sent again by the hub.
            self.counters["down_full"] += 1

    def _health_changed(self) -> None:
        if self.telemetry.changed():
            self._enqueue(lambda: None)

    def _run_relay(self) -> None:
        self._endure(lambda: self.relay.run(self._stopping))

    def _run_down(self) -> None:
        self._endure(self.step_down)

    def _endure(self, work: Callable[[], None]) -> None:
        """Does `work` again and again, whatever ends it, until the box stops."""
        while not self._stopping.is_set():
            try:
                work()
            except Broken as error:
                log.warning("The line to the hub waits for the disk: %s", error)
            except Exception:
                # The only thread of its kind: without it no fact leaves the box until somebody restarts it.
                self.counters["failed"] += 1
                log.exception("The line to the hub met a defect and goes on")
            else:
                continue
            self._stopping.wait(AFTER_BROKEN_S)

    def step_down(self) -> None:
        wait_s = min(self.feeds.step(), self.telemetry.step())
        try:
            work = self._down.get(timeout=wait_s)
        except queue.Empty:
            return
        work()


def capabilities(verbs: Iterable[str], feeds: Iterable[str], settings: Settings) -> Capabilities:
    """What this box tells the hub that it can do."""
    return Capabilities(
        verbs=frozenset(verbs),
        feeds=frozenset(feed.partition("@")[0] for feed in feeds),
        peripherals=frozenset(f"{it.kind}:{it.driver}" for it in settings.peripherals.values()),
        messages=spoken(),
    )


def _feeds(uplink: Uplink, shop: Shop, watchers: Changes) -> Feeds:
    from edge.keys import verify

    settings: Settings = shop.settings
    clock: Clock = shop.clock
    pinned = PinnedHubKey(settings.hub_key, settings.data_dir / "hub.key", settings.hub_url)
    fetcher = SnapshotFetcher(settings.hub_url, settings.snapshots_dir, pinned, verify)
    stores = stores_of(settings.location_id)
    return Feeds(
        wire=uplink,
        replica=BoxReplica(shop, stores),
        names=tuple(stores),
        fetch_snapshot=fetcher,
        edge_id=settings.edge_id,
        zone=settings.zone,
        clock=clock,
        changes=watchers,
        uniform=random.SystemRandom().uniform,
    )

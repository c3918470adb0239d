"""Feeds down from the hub, pulled with a cursor.

A pull says how far this box is, and so acknowledges everything before; the answer is operations or, where the cursor
is too old, a snapshot to fetch. Operations and cursor are one transaction. Heads and commands are only reasons to
pull: losing one costs time, never content. Once a night the digests of all buckets are compared, and what drifted is
repaired.

Runs in the down-link's own thread: a large catalogue must not hold up a sale on its way to the hub.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from contract.envelope import to_json
from contract.feeds import Head, Ops, Pull, SnapshotReference, decompress
from contract.topics import Up, up
from edge.changes import NOTICES, Changes
from edge.clock import Clock
from edge.uplink import snapshots
from edge.uplink.snapshots import SnapshotError
from edge.uplink.wire import Outgoing, Wire

log = logging.getLogger(__name__)

PULL_TIMEOUT_S: Final = 5.0
LOOK_EVERY_S: Final = 600.0  # also without a head: the hint may have been lost
RETRY_FIRST_S: Final = 2.0
RETRY_LIMIT_S: Final = 300.0
NIGHT_HOUR: Final = 3
NIGHT_S: Final = 2 * 3600.0


class FeedReplica(Protocol):
    """The box's own copy of the feeds. Each call is one transaction with its cursor."""

    def cursor(self, feed: str) -> int: ...
    def apply(self, ops: Ops) -> None:
        """Operations, or the whole content of repaired buckets, and the cursor behind them."""
        ...

    def load(self, feed: str, version: int, staged: Path) -> None:
        """Replaces the whole feed by the rows of a verified snapshot."""
        ...

    def digest(self, feed: str) -> str:
        """The joined bucket digests of `contract.feeds.digests`."""
        ...


SnapshotSource = Callable[[SnapshotReference], Path]


@dataclass(slots=True)
class FeedState:
    """Where one feed stands. Times are monotonic seconds; `trouble` is in words for the screen."""

    due_at_s: float = 0.0
    asked_at_s: float | None = None
    digest_at_s: float = 0.0
    is_repairing: bool = False
    failures: int = 0
    hinted: int = 0
    trouble: str = ""


class Feeds:
    """`step` is called by the down-link's thread; it gives the seconds until the next look is due."""

    def __init__(  # noqa: PLR0913 - everything from outside, by name
        self,
        *,
        wire: Wire,
        replica: FeedReplica,
        fetch_snapshot: SnapshotSource,
        names: Sequence[str],
        edge_id: str,
        zone: ZoneInfo,
        clock: Clock,
        changes: Changes,
        uniform: Callable[[float, float], float],
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._wire = wire
        self._replica = replica
        self._fetch_snapshot = fetch_snapshot
        self._edge_id = edge_id
        self._zone = zone
        self._clock = clock
        self._changes = changes
        self._uniform = uniform
        self._is_connected = False
        self._feeds = {name: FeedState() for name in names}
        for state in self._feeds.values():
            state.digest_at_s = self._next_night_s()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._feeds)

    @property
    def troubles(self) -> dict[str, str]:
        """What is wrong with a feed, in words, by its name; empty where all is well."""
        return {name: state.trouble for name, state in self._feeds.items() if state.trouble}

    def connected(self) -> None:
        self._is_connected = True
        for name in self._feeds:
            self.ask(name)

    def disconnected(self) -> None:
        self._is_connected = False

    def ask(self, feed: str) -> None:
        """Pulls at the next step, whatever the back-off says."""
        state = self._feeds[feed]
        state.due_at_s = self._clock.monotonic()
        state.asked_at_s = None

    def repair(self, feed: str) -> None:
        """Compares digests at the next step: for a person who does not believe what the box holds."""
        self._feeds[feed].digest_at_s = self._clock.monotonic()
        self.ask(feed)

    def take_head(self, payload: bytes) -> None:
        try:
            head = Head.model_validate_json(payload)
        except ValidationError as error:
            self._refuse("head", error)
            return
        for name, version in head.feeds.items():
            if name in self._feeds and version > self._replica.cursor(name):
                self._feeds[name].hinted = version
                self.ask(name)

    def take_ops(self, payload: bytes) -> None:
        try:
            ops = Ops.model_validate_json(decompress(payload))
        except ValueError as error:
            self._refuse("ops", error)
            return
        state = self._feeds.get(ops.feed)
        if state is None or state.asked_at_s is None:
            self.counters["unasked"] += 1
            return
        if ops.after != self._replica.cursor(ops.feed):
            self.counters["stale"] += 1
            return
        self._answered(state, ops)

    def step(self) -> float:
        if not self._is_connected:
            return LOOK_EVERY_S
        now_s = self._clock.monotonic()
        for name, state in self._feeds.items():
            is_lost = state.asked_at_s is not None and now_s - state.asked_at_s >= PULL_TIMEOUT_S
            if is_lost or (state.asked_at_s is None and now_s >= state.due_at_s):
                self._pull(name, state, now_s)
        return max(0.0, min(self._next_look_s(state) for state in self._feeds.values()) - now_s)

    def _next_look_s(self, state: FeedState) -> float:
        return state.due_at_s if state.asked_at_s is None else state.asked_at_s + PULL_TIMEOUT_S

    def _pull(self, name: str, state: FeedState, now_s: float) -> None:
        state.is_repairing = now_s >= state.digest_at_s
        pull = Pull(
            feed=name,
            after=self._replica.cursor(name),
            digest=self._replica.digest(name) if state.is_repairing else None,
        )
        state.asked_at_s = now_s
        self._wire.send(Outgoing(up(self._edge_id, Up.PULL), to_json(pull), 1))

    def _answered(self, state: FeedState, ops: Ops) -> None:
        state.asked_at_s = None
        try:
            if ops.reset is not None:
                self._load(ops.reset)
            else:
                self._apply(state, ops)
        except (SnapshotError, ValueError) as error:
            self._failed(state, ops.feed, error)
            return
        state.failures, state.trouble = 0, ""
        is_behind = ops.has_more or ops.reset is not None or state.hinted > ops.through
        is_behind |= ops.through != ops.after  # the next pull acknowledges what was applied
        state.due_at_s = self._clock.monotonic() + (0.0 if is_behind else LOOK_EVERY_S)
        state.hinted = 0

    def _apply(self, state: FeedState, ops: Ops) -> None:
        if ops.operations or ops.through != ops.after or ops.repaired_buckets:
            self._replica.apply(ops)
        self.counters["operations"] += len(ops.operations)
        if ops.repaired_buckets is not None:
            self.counters["repaired_buckets"] += len(ops.repaired_buckets)
            if not ops.has_more:
                state.digest_at_s = self._next_night_s()

    def _load(self, reference: SnapshotReference) -> None:
        staged = self._fetch_snapshot(reference)
        try:
            self._replica.load(reference.feed, reference.version, staged)
        finally:
            staged.unlink(missing_ok=True)
        self.counters["snapshots"] += 1

    def _failed(self, state: FeedState, feed: str, error: Exception) -> None:
        """Back-off for what failed; what the shop sells from is as it was."""
        state.failures += 1
        wait_s = min(RETRY_LIMIT_S, RETRY_FIRST_S * 2.0 ** (state.failures - 1))
        state.due_at_s = self._clock.monotonic() + self._uniform(wait_s / 2, wait_s)
        state.trouble = in_words(feed, error)
        self.counters["failed"] += 1
        log.warning("%s", state.trouble)
        self._changes.bump(NOTICES)

    def _refuse(self, what: str, error: ValueError) -> None:
        self.counters[f"refused_{what}"] += 1
        log.warning("Refused a message from the hub (%s): %s", what, str(error).splitlines()[0])

    def _next_night_s(self) -> float:
        local = self._clock.now().astimezone(self._zone)
        return self._clock.monotonic() + seconds_until_night(local) + self._uniform(0.0, NIGHT_S)


def seconds_until_night(local: datetime) -> float:
    """From `local` to the next 03:00 of the shop's own time."""
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    if night <= local:
        night += timedelta(days=1)
    return (night - local).total_seconds()


def in_words(feed: str, error: Exception) -> str:
    if isinstance(error, SnapshotError):
        return str(error)
    detail = str(error)
    if isinstance(error, ValidationError):
        problem = error.errors()[0]
        detail = f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
    return f"The hub's {feed} were refused: {detail}. The shop sells on from what it had."


class SnapshotFetcher:
    """Fetches, verifies and unpacks; the key that must have signed is pinned at the first contact."""

    def __init__(
        self,
        hub_url: str,
        folder: Path,
        hub_key: Callable[[], str],
        is_signed_by: snapshots.Verify,
        fetch: snapshots.Fetch = snapshots.http_fetch,
    ) -> None:
        self._hub_url = hub_url
        self._folder = folder
        self._hub_key = hub_key
        self._fetch = fetch
        self._is_signed_by = is_signed_by

    def __call__(self, reference: SnapshotReference) -> Path:
        try:
            hub_key = self._hub_key()
        except OSError as error:
            raise snapshots.SnapshotUnavailableError(
                reference.feed, reference.version, f"the hub's key is not known: {error}"
            ) from error
        part = snapshots.download(reference, self._hub_url, self._folder, self._fetch)
        snapshots.verify(part, reference, hub_key, self._is_signed_by)
        staged = snapshots.unpack(part, reference)
        part.unlink(missing_ok=True)
        return staged

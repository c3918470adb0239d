"""The box put together: the only place that knows every room.

Order of a start: settings, key, database, what a crash left behind, screens and api, listening. Only then come the
peripherals and the line, in threads of their own: a page is served while drivers are still being imported.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NoReturn

import uvicorn
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from contract.health import Health, PeripheralHealth
from drivers.events import ScanRead
from edge import api, changes, checks, screens
from edge.changes import Changes
from edge.checks import Problem, Seen
from edge.clock import Clock, clock_of
from edge.db import outbox
from edge.db.tables import Payment
from edge.db.unit_of_work import Database, Reader
from edge.db.watched import WatchedDatabase
from edge.domain.basket import EnteredCode
from edge.domain.errors import Broken, ShopError
from edge.keys import load_or_make
from edge.peripherals.conditions import Condition
from edge.peripherals.manager import Manager
from edge.peripherals.resolver import recover
from edge.peripherals.scanning import entered_code
from edge.services import catalogue, payments, printing, shifts
from edge.services.notices import Notices
from edge.services.retention import forget_old
from edge.services.shop import Shop, open_shop
from edge.settings import Settings
from edge.uplink.uplink import Uplink
from ui.security import OwnNames
from ui.serving import open_port

if TYPE_CHECKING:
    from edge.uplink.wallet_desk import WalletDesk

log = logging.getLogger(__name__)

GRACEFUL_S: Final = 1  # uvicorn would wait for the pages' open streams for ever
FIRST_PAGE_S: Final = (
    1.0  # a browser that opens with the box comes first; without one, nobody waits longer
)
ASK_S: Final = 2.0
BYTES_A_FACT: Final = 750  # a sale with its outbox row, indexes and all
HOUR_S: Final = 3600
DAY_S: Final = 86_400
# A receipt's first byte waits for one thread to hand over to another; Python's own 5 ms is half of what it may take.
SWITCH_S: Final = 0.001
HOUSEKEEPING_S: Final = 3600.0
GIVE_BACK_S: Final = 60.0
SMAPS: Final = Path("/proc/self/smaps_rollup")
ROOM_FOR_RESERVE_BYTES: Final = 1_000_000_000


class RunsAlreadyError(Exception):
    """Another process works with this box's data. What one finds half done is what the other is doing."""


def alone_in(folder: Path) -> int:
    """Takes the folder for this process until the handle is closed or the process ends, however it ends.

    A second box would give up the payments and print jobs that the first one has under way.
    """
    handle = os.open(folder / "box.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise RunsAlreadyError(
            f"A box runs already with the data in {folder}; this one was not started and nothing was changed. "
            "Stop the other one first, or name another data_dir in the settings."
        ) from error
    return handle


class Box:
    """Everything of one running box. `start` and `stop` are for what works in the background."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.boot = secrets.token_hex(8)
        self.software = version("twinstore")
        self.clock: Clock = clock_of(settings.clock_url)
        self.started_s = self.clock.monotonic()
        self.changes = Changes()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._alone = alone_in(settings.data_dir)
        self.database: Database = WatchedDatabase(settings.database_path, self.changes)
        key = load_or_make(settings.key_path)
        self.notices = Notices(self.clock, lambda: self.changes.bump(changes.NOTICES))
        self.shop: Shop = open_shop(settings, self.database, self.clock, key, self.notices.told)
        recover(self.shop)
        self.uplink = Uplink(self.shop, self.changes, self.boot, self.software, self.health)
        self.screens = screens.Screens(self._for_screens())
        self.peripherals = Manager(self.shop, self.changes, self.notices, self.screens.desk.scanned)
        self._stopping = threading.Event()

    @cached_property
    def wallets(self) -> WalletDesk:
        """Made with the api, once: whatever else may ask for it waits until that stands."""
        from edge.uplink.wallet_desk import WalletDesk

        return WalletDesk(
            self.shop,
            self._ask_hub,
            lambda: self.uplink.truth.is_online,
            self.clock,
            self.notices,
        )

    def start(self) -> None:
        """Everything that the first page need not wait for. Nothing, where the box was stopped meanwhile."""
        if self._stopping.is_set():
            return
        self.peripherals.start()
        self.uplink.start()
        for topic in (changes.PAYMENTS, changes.LINE):
            self.changes.on(topic, self.wallets.wake)
        threading.Thread(
            target=self.wallets.run, args=(self._stopping,), name="wallets", daemon=True
        ).start()
        threading.Thread(target=self._keep_house, name="housekeeping", daemon=True).start()
        threading.Thread(target=self._give_back, name="giving back", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        self.wallets.wake()
        is_idle = self.peripherals.stop()
        self.uplink.stop()
        self.database.checkpoint()
        # A payment under way still has its outcome to write down, if it comes before the process ends.
        if is_idle:
            self.database.close()
        os.close(self._alone)

    def app(self) -> FastAPI:
        app = self.pages()
        self.add_api(app)
        return app

    def pages(self) -> FastAPI:
        """The app without the api, which may be added while it serves."""
        app = FastAPI(title="Twinstore box", docs_url=None, redoc_url=None)
        api.answer_errors(app, self.screens.refusal)
        self.screens.add_to(app)
        app.add_middleware(api.BodyLimit)
        app.add_middleware(OwnNames, names=self.settings.host_names)
        return app

    def add_api(self, app: FastAPI) -> None:
        for router in api.routers(self._for_api()):
            app.include_router(router)

    # --- what the others may see ---

    def health(self) -> Health:
        seen = self.seen()
        return Health(
            at=seen.now,
            boot=self.boot,
            uptime_s=int(self.clock.monotonic() - self.started_s),
            disk_free_bytes=seen.disk_free_bytes,
            waiting_facts=seen.waiting_facts,
            oldest_waiting_s=seen.oldest_waiting_s,
            catalogue_version=seen.catalogue_version,
            prices_version=seen.prices_version,
            memory_bytes=memory_bytes(),
            shift_open=shifts.current(self.shop) is not None,
            peripherals=seen.peripherals,
            problems=tuple(problem.key for problem in checks.problems(seen)),
        )

    def problems(self) -> list[Problem]:
        return checks.problems(self.seen())

    def seen(self) -> Seen:
        return look(
            self.shop,
            is_line_up=self.uplink.truth.is_online,
            line_alarm=self.uplink.status.alarm,
            forks=self.uplink.truth.forks,
            feed_troubles=self.uplink.feeds.troubles,
            peripherals=self.peripherals.health(),
        )

    def _for_api(self) -> api.Box:
        return api.Box(
            shop=self.shop,
            software=self.software,
            boot=self.boot,
            read_code=read_code,
            is_online=lambda: self.uplink.truth.is_online,
            peripherals=lambda: [
                peripheral.model_dump(mode="json") for peripheral in self.peripherals.health()
            ],
            ask_hub=self._ask_hub,
            pay_by_wallet=self.wallets.pay,
        )

    def _for_screens(self) -> screens.Box:
        return screens.Box(
            shop=self.shop,
            changes=self.changes,
            notices=self.notices,
            conditions=self._conditions,
            line=self._line_seen,
            ask_to_stop=self._ask_to_stop,
            ask_hub=self._ask_hub,
            pay_by_wallet=self._pay_by_wallet,
        )

    # The screens are made before the peripherals, whose scans they take.

    def _conditions(self) -> tuple[Condition, ...]:
        return self.peripherals.conditions()

    def _pay_by_wallet(self, code: str, amount_minor: int | None = None) -> Payment:
        return self.wallets.pay(code, amount_minor)

    def _ask_to_stop(self, payment_id: str) -> None:
        if payments.get(self.shop, payment_id).kind == "wallet":
            self.wallets.stop(payment_id)
        else:
            self.peripherals.abort_payment(payment_id)

    def _ask_hub(
        self, verb: str, arguments: Mapping[str, Any], *, ask_id: str, timeout_s: float
    ) -> dict[str, Any]:
        return self.uplink.asking.ask(verb, arguments, ask_id=ask_id, timeout_s=timeout_s)

    def _line_seen(self) -> screens.LineSeen:
        truth = self.uplink.truth
        return screens.LineSeen(truth.is_online, truth.waiting)

    def _give_back(self) -> None:
        from edge.services.giving_back import give_back

        while not self._stopping.wait(GIVE_BACK_S):
            try:
                give_back(self.shop, self._ask_hub)
            except ShopError as error:
                log.warning("What the hub holds for nobody waits: %s", error)

    def _keep_house(self) -> None:
        while not self._stopping.wait(HOUSEKEEPING_S):
            try:
                forgotten = forget_old(self.shop)
            except Broken as error:
                log.warning("Nothing was forgotten: %s", error)
                continue
            log.info("%s rows that nobody needs any more were forgotten", forgotten)
            if shutil.disk_usage(self.settings.data_dir).free > ROOM_FOR_RESERVE_BYTES:
                self.database.reserve.fill()


def look(shop: Shop, **beside: Any) -> Seen:
    """What the database and the disk say, with what only the running box knows `beside` it."""
    from edge.services import wallets

    database = shop.database
    now = shop.clock.now()
    with database.read() as reader:
        head = outbox.head(reader)
        last_ms = outbox.last_ms(reader)
        oldest_ms = oldest_waiting_ms(reader, head) if head else None
    waiting = head.waiting if head else 0
    oldest_s = 0 if oldest_ms is None else max(0, int(now.timestamp() - oldest_ms / 1000))
    versions = catalogue.cursors(database)
    jobs = [job.state for job in printing.unfinished(shop)]
    return Seen(
        now=now,
        disk_free_bytes=shutil.disk_usage(database.path.parent).free,
        is_reserve_released=database.reserve.is_released,
        last_fact_at=datetime.fromtimestamp(last_ms / 1000, UTC) if last_ms else None,
        waiting_facts=waiting,
        oldest_waiting_s=oldest_s,
        outbox_bytes_a_day=BYTES_A_FACT * waiting * DAY_S // oldest_s if oldest_s > HOUR_S else 0,
        catalogue_version=versions["catalogue"],
        prices_version=versions["prices"],
        unknown_payments=len(payments.of_kind(shop, "card", "UNKNOWN")),
        pending_reversals=len(payments.of_kind(shop, "card", "REVERSING", "REVERSAL_PENDING")),
        open_wallets=len(
            payments.of_kind(shop, "wallet", "UNKNOWN", "REVERSING", "REVERSAL_PENDING")
        ),
        pending_wallet_refunds=len(wallets.pending_refunds(shop)),
        unknown_print_jobs=jobs.count("UNKNOWN"),
        held_print_jobs=jobs.count("HELD"),
        **beside,
    )


def oldest_waiting_ms(reader: Reader, head: outbox.Head) -> int | None:
    """When the oldest fact that the hub has not acknowledged was made: the time in its UUIDv7."""
    row = reader.sql(
        "SELECT uid FROM outbox WHERE epoch = ? AND seq = ?", (head.epoch, head.acked + 1)
    ).fetchone()
    return None if row is None else int(row[0].replace("-", "")[:12], 16)


def read_code(data: str, symbology: str) -> EnteredCode:
    return entered_code(ScanRead(symbology, data, is_terminated=True, monotonic_s=0.0))


def examine(settings: Settings) -> list[Problem]:
    """The problems of the box at `settings`, without starting it; a running one is asked about its peripherals."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_path)
    clock = clock_of(settings.clock_url)
    try:
        shop = open_shop(settings, database, clock, load_or_make(settings.key_path))
        state = ask_running(f"http://{settings.host}:{settings.port}/api/state")
        is_online = bool(state.get("line", {}).get("online"))
        told = tuple(PeripheralHealth.model_validate(it) for it in state.get("peripherals", ()))
        return checks.problems(look(shop, is_line_up=is_online, peripherals=told))
    finally:
        database.close()


def ask_running(url: str) -> dict[str, Any]:
    """The running box's own answer, {} where none runs."""
    import urllib.request  # a quarter of a hundred modules, for the doctor alone

    try:
        with urllib.request.urlopen(url, timeout=ASK_S) as response:  # noqa: S310 - our own address
            state: dict[str, Any] = json.load(response)
    except (OSError, ValueError):
        return {}
    return state


def memory_bytes() -> int:
    """This process's share of the memory (PSS, proc(5)), 0 where the system does not say."""
    with contextlib.suppress(OSError):
        for line in SMAPS.read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


class FirstPage:
    """The app, and an event that is set once it has answered for the first time.

    `complete` gives it what the counter's page does without; whoever asks for anything else first waits for it.
    """

    def __init__(self, app: FastAPI, complete: Callable[[FastAPI], None]) -> None:
        self.served = threading.Event()
        self._app = app
        self._complete = complete
        self._lock = threading.Lock()
        self._is_complete = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_complete and scope["path"] != "/":
            await run_in_threadpool(self.complete)
        if self.served.is_set():
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self.served.set()

    def complete(self) -> None:
        """Once, whoever comes first; any thread."""
        with self._lock:
            if not self._is_complete:
                self._complete(self._app)
                self._is_complete = True


class Server(uvicorn.Server):
    """uvicorn that says when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listening()


def supervise() -> asyncio.Task[None] | None:
    """Tells systemd that the box is ready, and from then on that it lives (sd_notify(3)); without systemd, nothing."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return None
    notify(address, "READY=1")
    interval_us = os.environ.get("WATCHDOG_USEC", "")
    if not interval_us.isdigit():
        return None
    return asyncio.get_running_loop().create_task(_live(address, int(interval_us) / 2e6))


async def _live(address: str, interval_s: float) -> None:
    """Runs in the loop that serves the pages: where that hangs, systemd restarts the box."""
    while True:
        notify(address, "WATCHDOG=1")
        await asyncio.sleep(interval_s)


def notify(address: str, text: str) -> None:
    """One datagram; "@" begins an abstract address."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.setblocking(False)
        with contextlib.suppress(OSError):
            wire.sendto(text.encode(), address.replace("@", "\0", 1))


def run(settings: Settings) -> None:
    """Until SIGINT or SIGTERM. May be called with the garbage collector off: it is on once the app is whole."""
    sys.setswitchinterval(SWITCH_S)
    with open_port(settings.host, settings.port) as doors:
        _serve(settings, doors)


def _serve(settings: Settings, doors: list[socket.socket]) -> None:
    box = Box(settings)
    page = FirstPage(box.pages(), box.add_api)
    config = uvicorn.Config(
        page,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACEFUL_S,
    )

    living: list[asyncio.Task[None] | None] = []  # the loop itself keeps no task alive

    def listening() -> None:
        log.info("Serving http://%s:%s", settings.host, settings.port)
        threading.Thread(target=start, name="start", daemon=True).start()
        living.append(supervise())

    def start() -> None:
        page.served.wait(FIRST_PAGE_S)
        page.complete()
        # Nothing of the start is ever thrown away: the collector need not look at it again.
        gc.freeze()
        gc.enable()
        box.start()

    # The server gives a signal that it has obeyed back to whoever had it before: to us, not to sudden death.
    signal.signal(signal.SIGTERM, _end)
    try:
        asyncio.run(Server(config, listening).serve(doors))
    finally:
        box.stop()


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)

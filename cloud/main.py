"""The hub's one wiring: settings, database, ingest thread, API and console."""

from __future__ import annotations

import contextlib
import gc
import importlib.metadata
import logging
import secrets
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from cloud import answers, identity
from cloud.books import endpoints as books_endpoints
from cloud.catalogue import endpoints as catalogue_endpoints
from cloud.catalogue import service as catalogue
from cloud.changes import Changes
from cloud.clock import Clock, clock_of
from cloud.console.endpoints import Console
from cloud.console.member_forms import MemberForms
from cloud.db import Database
from cloud.feeds.service import FeedService
from cloud.feeds.snapshots import Snapshots
from cloud.fleet import endpoints as fleet_endpoints
from cloud.fleet.sending import CommandSender
from cloud.ingest.inbox import Inbox
from cloud.ingest.leases import Leases
from cloud.ingest.mqtt import MqttWire
from cloud.ingest.worker import Worker, WorkerThread
from cloud.members import asks as member_asks
from cloud.members import endpoints as member_endpoints
from cloud.members.service import Members
from cloud.members.sweeping import Sweeper
from cloud.money import endpoints as money_endpoints
from cloud.orders import asks as orders_asks
from cloud.orders import endpoints as orders_endpoints
from cloud.orders import forgetting, settling
from cloud.orders.following import OrderKeeper
from cloud.orders.shops import rights_acknowledged
from cloud.payments import asks as payment_asks
from cloud.payments import endpoints as payment_endpoints
from cloud.payments.service import WalletService, WalletWatch
from cloud.payments.setup import providers
from cloud.projection import FactProjector
from cloud.purchasing import endpoints as purchasing_endpoints
from cloud.questions import QuestionDesk
from cloud.sales import endpoints as sales_endpoints
from cloud.settings import Settings
from cloud.stock import endpoints as stock_endpoints
from cloud.storefront import earning
from cloud.storefront import money as storefront_money
from cloud.storefront.account import Account
from cloud.storefront.endpoints import Keys, Storefront
from cloud.storefront.paying import Paying
from ui.security import OwnNames
from ui.serving import open_port

log = logging.getLogger(__name__)
STOP_TIMEOUT_S = 5.0


class Hub:
    """Everything of one hub process; nothing runs before `start`."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or clock_of(settings.clock_url)
        self.boot = secrets.token_hex(8)
        self.changes = Changes()
        self.database = Database(settings.database)
        self.database.create()
        catalogue.key_missing(self.database)
        self.identity = identity.load(settings.key_path)
        self.snapshots = Snapshots(self.database, settings.snapshots_dir, self.identity, self.clock)
        self.feeds = FeedService(self.database, self.snapshots, self.clock)
        worker = identity.worker_name(settings.data_dir / "worker.id")
        self.wire = MqttWire(settings.broker, worker, self.boot, self.clock)
        self.feeds.on_acknowledged = rights_acknowledged
        self.worker = Worker(
            self.wire,
            Inbox(self.database, self.clock),
            Leases(self.database, self.clock, worker),
            self.feeds,
            FactProjector(self.database, self.clock),
            self.clock,
        )
        self.worker.on_change = self.changes.announce
        self.commands = CommandSender(self.database, self.clock, self.changes.announce)
        self.worker.commands = self.commands
        self._held = contextlib.ExitStack()
        self.wallets = WalletService(
            self.database,
            self.clock,
            providers(settings.wallets, self.clock, self._held),
            settings.company_name,
        )
        self.members_key = identity.load(settings.members_key_path)
        self.members = Members(
            self.database,
            self.clock,
            self.members_key,
            settings.currency,
            self.catalogue_changed,
        )
        self.worker.keeper = OrderKeeper(self.database, self.clock, self.orders_followed)
        verbs = {
            **payment_asks.verbs(self.wallets),
            **member_asks.verbs(self.members),
            **orders_asks.verbs(self.database, self.clock, self.orders_changed),
        }
        self.questions = QuestionDesk(self.database, self.clock, verbs, self.wire.wake)
        self.worker.questions = self.questions
        self._thread = WorkerThread(self.worker)
        self.paying = Paying(
            self.database, self.clock, self.wallets, settings.address, self.orders_changed
        )
        self._wallet_watch = WalletWatch(
            self.wallets.watch,
            self.paying.watch,
            self.count_points,
            self.forget_orders,
            Sweeper(self.members, settings.zone).step,
        )

    def start(self) -> None:
        self.members.publish_key()
        self._thread.start()
        self._wallet_watch.start()

    def stop(self) -> None:
        self._thread.stop(STOP_TIMEOUT_S)
        self._wallet_watch.stop(STOP_TIMEOUT_S)
        self.close()

    def close(self) -> None:
        """All that a hub holds open before it is started, too."""
        self.questions.close()
        self._held.close()
        self.feeds.close()
        self.database.close()

    def catalogue_changed(self) -> None:
        self.feeds.look_now()
        self.wire.wake()
        self.changes.announce()

    def orders_changed(self) -> None:
        """Jobs or rights have been written to the feeds of shops."""
        self.catalogue_changed()

    def orders_followed(self) -> None:
        """The same from the ingest's own thread, which needs no waking."""
        settling.to_members(self.members)
        self._wallet_watch.wake()
        self.feeds.look_now()
        self.changes.announce()

    def count_points(self) -> None:
        """What members earn with orders that they placed online. Looks before it takes the write lock."""
        with self.database.read() as session:
            if not earning.to_earn(session) and not earning.to_take_back(session):
                return
        with self.database.write() as session:
            earning.earn(session, self.clock.now(), self.settings.currency)
            earning.take_back(session, self.clock.now())
        self.changes.announce()

    def forget_orders(self) -> None:
        """Looks before it takes the write lock, for it is asked every few seconds."""
        with self.database.read() as session:
            if not forgetting.to_forget(session):
                return
        with self.database.write() as session:
            forgetting.forget(session)
        self.orders_changed()

    def command_asked(self) -> None:
        self.commands.look_now()
        self.wire.wake()
        self.changes.announce()

    def health(self) -> dict[str, Any]:
        return {
            "status": "ok",
            "company": self.settings.company,
            "software": software(),
            "boot": self.boot,
            "broker": self.wire.is_connected,
            "shards": len(self.worker.shards),
        }


def software() -> str:
    return importlib.metadata.version("twinstore")


def build_app(hub: Hub) -> FastAPI:
    app = FastAPI(title="Twinstore hub", lifespan=_lifespan, docs_url=None, redoc_url=None)
    app.state.hub = hub
    database, clock = hub.database, hub.clock
    for router in (
        fleet_endpoints.router(database, clock, hub.command_asked),
        sales_endpoints.router(database),
        stock_endpoints.router(database, hub.catalogue_changed),
        money_endpoints.router(database),
        storefront_money.router(database, clock, hub.paying),
        payment_endpoints.router(database),
        catalogue_endpoints.router(database, hub.snapshots, hub.catalogue_changed),
        purchasing_endpoints.router(database, hub.settings, clock, hub.catalogue_changed),
        books_endpoints.router(database, hub.settings),
        member_endpoints.router(hub.members, hub.settings.zone),
        orders_endpoints.router(database, clock, hub.orders_changed),
    ):
        app.include_router(router)
    app.add_api_route("/health", hub.health)
    app.add_api_route("/.well-known/twinstore", lambda: _about(hub))
    console = Console(
        hub.settings, database, clock, hub.changes, hub.command_asked, hub.catalogue_changed
    )
    console.add_to(app)
    MemberForms(hub.members, hub.settings.zone).add_to(app)
    secret = hub.identity.secret("storefront cookies")
    storefront = Storefront(
        hub.settings,
        hub.members,
        hub.changes,
        Keys(secret, hub.members_key),
        hub.paying,
        hub.orders_changed,
    )
    storefront.add_to(app)
    Account(storefront, hub.members).add_to(app)
    answers.add_to(app, answers.by_face(console.refusal, {"shop": storefront.refusal}))
    app.add_middleware(OwnNames, names=hub.settings.own_names)
    return app


def run(settings: Settings) -> None:
    """Until SIGINT or SIGTERM. Raises PortError or HubError where it cannot start.

    May be called with the garbage collector off: it is on once the app is whole.
    """
    with open_port(settings.host, settings.port) as doors:
        app = build_app(Hub(settings))
        # Nothing of the start is ever thrown away: the collector need not look at it again.
        gc.freeze()
        gc.enable()
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,  # uvicorn would wait for open streams
        )
        server = uvicorn.Server(config)
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn has obeyed, and hands it on
            server.run(sockets=doors)
    if not server.started:
        sys.exit(1)


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    hub: Hub = app.state.hub
    hub.start()
    try:
        yield
    finally:
        await run_in_threadpool(hub.stop)


def _about(hub: Hub) -> dict[str, Any]:
    return {
        "v": 1,
        "company": hub.settings.company,
        "company_name": hub.settings.company_name,
        "public_key": hub.identity.public_key,
        "address": hub.settings.address,
    }

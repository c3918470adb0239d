"""A real broker on a free port, and a shop in front of it; a counter with a hub and wallet providers behind it."""

import queue
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cloud.db import Database as HubDatabase
from cloud.payments import asks
from cloud.payments.service import WalletService
from cloud.payments.setup import providers
from cloud.questions import QuestionDesk
from contract.topics import Address
from edge.changes import Changes
from edge.clock import Clock
from edge.db.watched import WatchedDatabase
from edge.keys import load_or_make
from edge.services import shifts
from edge.services.notices import Notices
from edge.services.shop import Shop, open_shop
from edge.settings import Settings
from tests.wallet_counter import Counter, Line
from tests.wallets import Bench, served_bench

PATIENCE_S = 10.0


@dataclass
class Ear:
    """A listener that keeps what it hears, to be waited for."""

    connections: "queue.Queue[bool]" = field(default_factory=queue.Queue)
    messages: "queue.Queue[tuple[Address, bytes]]" = field(default_factory=queue.Queue)
    hub_states: "queue.Queue[bytes]" = field(default_factory=queue.Queue)

    def connected(self) -> None:
        self.connections.put(True)

    def disconnected(self) -> None:
        self.connections.put(False)

    def received(self, address: Address, payload: bytes) -> None:
        self.messages.put((address, payload))

    def hub_state(self, payload: bytes) -> None:
        self.hub_states.put(payload)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Broker:
    """mosquitto, started and killed at will on one port."""

    def __init__(self, folder: Path, *lines: str) -> None:
        """`lines` are of its one listener. Started by root it stays root, or it could not read a test's files."""
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._file = folder / "mosquitto.conf"
        self._file.write_text(
            f"listener {self.port} 127.0.0.1\n"
            + "".join(f"{line}\n" for line in lines)
            + "user root\npersistence false\nset_tcp_nodelay true\nlog_dest stderr\n"
        )
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._process = subprocess.Popen(
            [program, "-c", str(self._file)], stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if line.rstrip().endswith("running"):
                return
        raise AssertionError("mosquitto ended before it was running")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    started: list[Broker] = []

    def make_broker(*lines: str) -> Broker:
        started.append(Broker(tmp_path, *lines))
        started[-1].start()
        return started[-1]

    yield make_broker
    for broker in started:
        broker.kill()


@pytest.fixture
def broker(make_broker: Callable[..., Broker]) -> Broker:
    return make_broker("allow_anonymous true")


@pytest.fixture
def watchers() -> Changes:
    return Changes()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        edge_id="maru-1",
        location_id="maru",
        location_name={"en": "Maru", "ko": "마루"},
        company_name="Maru",
        data_dir=tmp_path,
        broker_url="mqtt://127.0.0.1:1",
        hub_url="http://127.0.0.1:1",
        language="en",
        reconnect_limit_s=0.2,
    )


@pytest.fixture
def shop(settings: Settings, clock: Clock, watchers: Changes) -> Iterator[Shop]:
    database = WatchedDatabase(settings.database_path, watchers)
    yield open_shop(settings, database, clock, load_or_make(settings.key_path))
    database.close()


@pytest.fixture(scope="session")
def servers() -> Iterator[Bench]:
    with served_bench() as bench:
        yield bench


@pytest.fixture
def bench(servers) -> Bench:
    servers.renew()
    return servers


@pytest.fixture
def make_counter(bench, clock, tmp_path):
    hubs: dict[str, tuple[HubDatabase, WalletService]] = {}
    with ExitStack() as held:

        def make(shop, folder="hub") -> Counter:
            """Named with the same `folder`, they are shops of one company with one hub."""
            if folder not in hubs:
                hubs[folder] = hub_in(folder)
            database, service = hubs[folder]
            questions = QuestionDesk(database, clock, asks.verbs(service), lambda: None)
            held.callback(questions.close)
            notices = Notices(clock, lambda: None)
            line = Line(shop.settings.edge_id, questions, clock)
            return Counter(shop, bench, line, clock, notices, service, database)

        def hub_in(folder) -> tuple[HubDatabase, WalletService]:
            database = HubDatabase(f"sqlite:///{tmp_path / folder}.sqlite3")
            database.create()
            held.callback(database.close)
            service = WalletService(database, clock, providers(bench.settings, clock, held), "Maru")
            return database, service

        yield make


@pytest.fixture
def counter(make_counter, make_shop) -> Counter:
    shop = make_shop()
    shifts.open_shift(shop, "Kim", 50_000)
    return make_counter(shop)

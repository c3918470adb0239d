"""A hub's database on SQLite and on a real PostgreSQL, boxes that speak the contract, and a clock that jumps."""

import contextlib
import itertools
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cloud.db import Database
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.projection import FactProjector
from contract.envelope import GENESIS, Batch, Fact, Hello, chain, make_uid
from contract.topics import SHARDS
from tests.made_once import hub_file
from tests.wallets import Bench, served_bench

EVERY_SHARD = frozenset(range(SHARDS))
NUMBERS = itertools.count(1)
NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class FakeClock:
    def __init__(self) -> None:
        self.at = NOON
        self.seconds = 1_000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def jump(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make_clock() -> Callable[[], FakeClock]:
    return FakeClock


# -- databases ---------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_user() -> dict[str, int]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid}


def postgres_folder() -> Path:
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[psycopg.Connection[Any]]:
    """A cluster of this test run's own: nothing in it has to outlive a loss of power, or this run."""
    folder = Path(
        tempfile.mkdtemp(prefix="hub-postgres-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    )
    user = plain_user()
    if user:
        os.chown(folder, user["user"], user["group"])
    data, port = folder / "data", free_port()
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "port": port,
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
    }
    flags = " ".join(f"-c {name}={value}" for name, value in options.items())
    kind = ["-U", "hub", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]

    def run(program: str, *words: str) -> None:
        command = [postgres_folder() / program, "-D", data, *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **user)  # type: ignore[call-overload] # user and group, or nothing

    run("initdb", *kind)
    run("pg_ctl", "start", "-w", "-t", "30", "-l", str(folder / "log"), "-o", flags)
    with psycopg.connect(f"host=127.0.0.1 port={port} user=hub dbname=postgres") as connection:
        connection.autocommit = True
        yield connection
    run("pg_ctl", "stop", "-m", "immediate")
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_template(postgres: psycopg.Connection[Any]) -> str:
    """A database with the hub's tables, to be copied: making them takes twenty times as long."""
    postgres.execute("CREATE DATABASE made")
    made = Database(url_of(postgres, "made"))
    made.create()
    made.close()
    return "made"


@pytest.fixture
def make_postgres(request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """The address of a database that is this test's own, made like another one."""
    held = contextlib.ExitStack()

    def make(template: str) -> str:
        server: psycopg.Connection[Any] = request.getfixturevalue("postgres")
        name = f"hub_{next(NUMBERS)}"
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        held.callback(server.execute, f"DROP DATABASE {name} WITH (FORCE)")
        return url_of(server, name)

    with held:
        yield make


def url_of(server: psycopg.Connection[Any], name: str) -> str:
    return f"postgresql+psycopg://hub@127.0.0.1:{server.info.port}/{name}"


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.requires("postgresql"))]
)
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path, make_postgres: Callable[[str], str]) -> str:
    """Of a database without tables: what is there before a hub's first start."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    return make_postgres("template0")


@pytest.fixture
def made_url(
    request: pytest.FixtureRequest,
    database_kind: str,
    tmp_path: Path,
    make_postgres: Callable[[str], str],
) -> str:
    """Of a database with the hub's tables."""
    if database_kind == "postgresql":
        return make_postgres(request.getfixturevalue("postgres_template"))
    return f"sqlite:///{hub_file(tmp_path / 'hub.sqlite3')}"


@pytest.fixture
def database(made_url: str) -> Iterator[Database]:
    database = Database(made_url)
    database.create()
    yield database
    database.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """Where the database's kind does not matter."""
    database = Database(f"sqlite:///{hub_file(tmp_path / 'hub.sqlite3')}")
    database.create()
    yield database
    database.close()


# -- boxes -------------------------------------------------------------------------------------


def uid(number: int) -> str:
    """A UUIDv7 that says its number."""
    return make_uid(1_700_000_000_000 + number, lambda size: number.to_bytes(size, "big"))


@dataclass
class Box:
    """What a box has logged, and the messages that it would send."""

    edge_id: str = "maru-office-1"
    epoch: str = "e1"
    facts: list[Fact] = field(default_factory=list)
    chains: list[str] = field(default_factory=lambda: [GENESIS])

    @property
    def high(self) -> int:
        return len(self.facts)

    def log(self, body: dict[str, Any] | str, fact_uid: str | None = None) -> str:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        fact = Fact(fact_uid or uid(hash((self.edge_id, self.epoch)) % 10**9 + self.high), text)
        self.facts.append(fact)
        self.chains.append(chain(self.chains[-1], *fact))
        return fact.uid

    def batch(self, first: int = 1, last: int | None = None) -> Batch:
        facts = self.facts[first - 1 : last or self.high]
        return Batch(epoch=self.epoch, first=first, prev=self.chains[first - 1], facts=tuple(facts))

    def hello(self, nonce: int = 1, **more: Any) -> Hello:
        return Hello(
            **{
                "nonce": nonce,
                "boot": "boot-1",
                "epoch": self.epoch,
                "high": self.high,
                "acked": 0,
                "chain": self.chains[-1],
                "software": "0.1.0",
                "location_id": "maru-office",
                **more,
            }
        )


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def make_box() -> Callable[..., Box]:
    return Box


SHIFT = uid(1)
COMMON = {
    "version": 1,
    "occurred_at": "2026-11-23T03:00:00Z",
    "hlc": "1.0.maru-office-1",
    "business_date": "2026-11-23",
    "location_id": "maru-office",
    "workstation_id": "till-1",
}


class Bodies:
    """Bodies of facts as a box would log them; every figure of the shift follows from its sales."""

    shift_id = SHIFT
    common = COMMON

    def sale(self, number: int = 1, **more: Any) -> dict[str, Any]:
        """Two pieces of SKU1 at 5,500 with 1,000 of tax, paid in cash."""
        line = {"line": 1, "sku": "SKU1", "name": "립스틱", "quantity": 2, "tax_group": "standard"}
        amounts = {
            "unit_price_minor": 5_500,
            "amount_minor": 11_000,
            "rate_bp": 1_000,
            "tax_minor": 1_000,
        }
        tax = {"tax_group": "standard", "rate_bp": 1_000, "gross_minor": 11_000, "tax_minor": 1_000}
        tender = {"kind": "cash", "amount_minor": 11_000, "tendered_minor": 20_000}
        return {
            **COMMON,
            "type": "sale.completed",
            "sale_id": uid(1_000 + number),
            "receipt_number": number,
            "shift_id": SHIFT,
            "cashier": "Kim",
            "currency": "KRW",
            "lines": [{**line, **amounts}],
            "tax": [tax],
            "tenders": [{**tender, "change_minor": 9_000}],
            "total_minor": 11_000,
            **more,
        }

    def returned(self, number: int = 2, of_sale: int = 1, **more: Any) -> dict[str, Any]:
        """One of the two pieces comes back."""
        line = {"line": 1, "original_line": 1, "sku": "SKU1", "name": "립스틱", "quantity": 1}
        amounts = {
            "amount_minor": 5_500,
            "tax_group": "standard",
            "rate_bp": 1_000,
            "tax_minor": 500,
        }
        tender = {"kind": "cash", "amount_minor": 5_500, "tendered_minor": 5_500}
        return {
            **COMMON,
            "type": "return.completed",
            "return_id": uid(2_000 + number),
            "original_sale_id": uid(1_000 + of_sale),
            "original_edge_id": "maru-office-1",
            "receipt_number": number,
            "shift_id": SHIFT,
            "cashier": "Kim",
            "currency": "KRW",
            "reason": "colour",
            "lines": [{**line, **amounts}],
            "tenders": [tender],
            "total_minor": 5_500,
            **more,
        }

    def opened(self, **more: Any) -> dict[str, Any]:
        own = {"shift_id": SHIFT, "number": 7, "cashier": "Kim", "currency": "KRW"}
        return {**COMMON, "type": "shift.opened", **own, "float_minor": 100_000, **more}

    def cash(self, direction: str = "out", amount_minor: int = 30_000) -> dict[str, Any]:
        own = {"movement_id": uid(3_000), "shift_id": SHIFT, "cashier": "Kim", "currency": "KRW"}
        moved = {"direction": direction, "amount_minor": amount_minor, "reason": "bank"}
        return {**COMMON, "type": "cash.moved", **own, **moved}

    def stocked(self, quantity: int = 10) -> dict[str, Any]:
        own = {"movement_id": uid(4_000), "reason": "opening", "cashier": "Kim"}
        return {
            **COMMON,
            "type": "stock.moved",
            **own,
            "moves": [{"sku": "SKU1", "quantity": quantity}],
        }

    def closed(self, **more: Any) -> dict[str, Any]:
        """The Z report of one sale, one return and 30,000 taken out."""
        tax = {"tax_group": "standard", "rate_bp": 1_000, "gross_minor": 5_500, "tax_minor": 500}
        return {
            **COMMON,
            "type": "shift.closed",
            "shift_id": SHIFT,
            "number": 7,
            "cashier": "Kim",
            "currency": "KRW",
            "sale_count": 1,
            "return_count": 1,
            "gross_minor": 11_000,
            "refund_minor": 5_500,
            "discount_minor": 0,
            "rounding_minor": 0,
            "tax": [tax],
            "tenders": [{"kind": "cash", "count": 1, "amount_minor": 11_000}],
            "refunds": [{"kind": "cash", "count": 1, "amount_minor": 5_500}],
            "cash_in_minor": 0,
            "cash_out_minor": 30_000,
            "float_minor": 100_000,
            "expected_cash_minor": 75_500,
            "counted_cash_minor": 75_000,
            "variance_minor": -500,
            "first_receipt_number": 1,
            "last_receipt_number": 2,
            **more,
        }

    def finished(
        self, command_id: str, outcome: str = "done", detail: str = "queued"
    ) -> dict[str, Any]:
        own = {"command_id": command_id, "verb": "print_test", "outcome": outcome}
        return {**COMMON, "type": "command.finished", **own, "detail": detail}

    def whole_shift(self, **differing: Any) -> list[dict[str, Any]]:
        """A shift from its opening to its Z report, which `differing` falsifies."""
        closed = self.closed(**differing)
        return [self.opened(), self.stocked(), self.sale(), self.returned(), self.cash(), closed]


@pytest.fixture
def bodies() -> Bodies:
    return Bodies()


@pytest.fixture
def arrive(database: Database, clock: FakeClock) -> Callable[[Box], None]:
    """Stores a box's facts and projects them to the end."""
    inbox, projector = Inbox(database, clock), FactProjector(database, clock)

    def arrive(box: Box, first: int = 1) -> None:
        while first <= box.high:
            batch = box.batch(first, min(box.high, first + 199))
            inbox.commit([Admitted(box.edge_id, batch)], Allowance(8, 0))
            first += 200
        while projector.step(EVERY_SHARD):
            pass

    return arrive


# -- programs ----------------------------------------------------------------------------------


@pytest.fixture
def program() -> Callable[[str], str]:
    """The path of a program of the machine; Debian keeps some of them in /usr/sbin."""

    def program(name: str) -> str:
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
        assert found is not None
        return found

    return program


# -- wallets -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def servers() -> Iterator[Bench]:
    with served_bench() as bench:
        yield bench


@pytest.fixture
def bench(servers) -> Bench:
    """The same servers for all tests; what is behind them is each test's own."""
    servers.renew()
    return servers

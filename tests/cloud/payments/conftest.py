"""The hub's wallets against the real simulated providers: servers on loopback, with ledgers of their own."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cloud.db import Database
from cloud.payments.service import WalletService
from cloud.payments.setup import providers


@pytest.fixture
def database(sqlite: Database) -> Database:
    """SQLite alone: the statements here are the plainest, and the providers are what is tried."""
    return sqlite


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def service(bench, database, clock, held) -> WalletService:
    return WalletService(database, clock, providers(bench.settings, clock, held), "Maru")

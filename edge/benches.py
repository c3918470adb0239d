"""Benchmarks that need the box's code in process; run by `twinstore bench NAME` (entry points `twinstore.benches`)."""

from __future__ import annotations

import gc
import itertools
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

LEAST_RATIO = 0.2  # clean code first: a till needs one sale a second
MOST_VERIFIED_MS = 2.0
MOST_ADDED_BYTES = 60_000_000
MEMBERS = 1_000_000
REVOKED_IN_TEN_THOUSAND = 500
CODES = 2_000
ROUNDS = 20
SALES_A_ROUND = 60
PRODUCTS = 200
LINES = 5

Progress = Callable[[str], object]


def sale(progress: Progress) -> dict[str, Any]:
    """Durable sales of five lines a second, over bare SQLite commits a second of as many bytes.

    Both with `synchronous=FULL` on a real file of the same folder, in turns within one run, so that a busy machine
    slows both. A sale's bytes are what its database file grows by: rows, receipt, fact and indexes.
    """
    with tempfile.TemporaryDirectory() as folder:
        shop = _shop(Path(folder))
        orders = _orders()
        size_bytes = _bytes_a_sale(shop, orders)
        bare = _Bare(Path(folder) / "bare.sqlite3", size_bytes)
        gc.freeze()  # as a box does once it has started
        rates = []
        for number in range(1, ROUNDS + 1):
            sales_s = _rate(lambda: _sell(shop, next(orders)))
            commits_s = _rate(bare.commit)
            rates.append((sales_s, commits_s))
            progress(
                f"round {number} of {ROUNDS}: {sales_s:,.0f} sales/s, {commits_s:,.0f} bare commits/s"
            )
        bare.close()
        shop.database.close()
    return _figures(rates, size_bytes)


def members(progress: Progress) -> dict[str, Any]:
    """Member codes judged at a cut-off box of a chain of 1,000,000 members, a random twentieth of them revoked.

    A code is read, its signature checked, and its bit looked up in the rows of the feed, nothing kept between two.
    Memory is what this process grows by (PSS) from before the feed came to after the last code, imports included;
    the hub's part is done in a process of its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        shop = _shop(Path(folder))
        progress(f"signing {CODES:,} codes, making {MEMBERS:,} bits")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as hub:
            revoked, ops = hub.submit(_status_list).result()
            key, codes = hub.submit(_codes, int(shop.clock.now().timestamp())).result()
        before_bytes = _memory_bytes()
        _follow(shop, ops, key)
        progress("judging")
        times_ms, right = _judge(shop, codes, revoked)
        added_bytes = _memory_bytes() - before_bytes
        attach_ms = _attach(shop, codes, revoked)
        shop.database.close()
    p50_ms = statistics.median(times_ms)
    return {
        "ok": p50_ms <= MOST_VERIFIED_MS
        and added_bytes <= MOST_ADDED_BYTES
        and right == len(codes),
        "members": MEMBERS,
        "revoked": len(revoked),
        "codes": len(codes),
        "judged_right": right,
        "p50_ms": round(p50_ms, 3),
        "p99_ms": round(statistics.quantiles(times_ms, n=100)[98], 3),
        "attach_p50_ms": round(attach_ms, 3),
        "memory_added_mb": round(added_bytes / 1e6, 1),
        "feed_mb": round(sum(len(str(it.value)) for op in ops for it in op.operations) / 1e6, 2),
    }


def _status_list() -> tuple[frozenset[int], list[Any]]:
    """Who is revoked, and the operations of the feed as they come: a chunk is one row."""
    import random

    from contract import members as contract
    from contract.feeds import Operation, Ops

    luck = random.Random(1)  # noqa: S311 - a benchmark's members
    revoked = frozenset(luck.sample(range(MEMBERS), MEMBERS * REVOKED_IN_TEN_THOUSAND // 10_000))
    chunks: dict[str, list[int]] = {}
    for credential in revoked:
        chunks.setdefault(contract.status_key(credential), []).append(credential)
    operations = [
        Operation(key=key, version=1, value=contract.chunk_of(chunk).model_dump())
        for key, chunk in sorted(chunks.items())
    ]
    ops = [
        Ops(feed="members", after=at, through=at + 1, operations=(operation,))
        for at, operation in enumerate(operations)
    ]
    return revoked, ops


def _codes(now_s: int) -> tuple[str, list[tuple[int, str]]]:
    """The hub's public key, and the codes of random members by their credential, made now."""
    import random
    import uuid

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from contract import members as contract

    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw().hex()
    luck = random.Random(2)  # noqa: S311 - a benchmark's members
    codes = []
    for credential in luck.sample(range(MEMBERS), CODES):
        member_id = str(uuid.UUID(int=credential))
        code = contract.MemberCode(
            contract.kid_of(public), member_id, credential, 0, 1_000, 500, now_s, 65_535
        )
        codes.append((credential, contract.issue(code, private.sign)))
    return public, codes


def _follow(shop: Any, ops: list[Any], public_key: str) -> None:
    from contract import members as contract
    from contract.feeds import Operation, Ops
    from edge.services import feeds

    value = contract.MembersKey(public_key=public_key).model_dump()
    entry = contract.key_entry(contract.kid_of(public_key))
    key = Ops(
        feed="keys", after=0, through=1, operations=(Operation(key=entry, version=1, value=value),)
    )
    for answer in (key, *ops):
        with shop.write() as work:
            feeds.apply(work.unit, feeds.RowStore(answer.feed), answer)


def _judge(
    shop: Any, codes: list[tuple[int, str]], revoked: frozenset[int]
) -> tuple[list[float], int]:
    """How long each took, and how many were judged right."""
    from edge.domain.member_errors import MemberCodeRevoked
    from edge.services import members as use_cases

    times_ms, right = [], 0
    for credential, code in codes:
        started_s = time.perf_counter()
        is_good = True
        try:
            with shop.read() as reader:
                use_cases.judge(reader, code, shop.clock.now())
        except MemberCodeRevoked:
            is_good = False
        times_ms.append((time.perf_counter() - started_s) * 1000)
        right += is_good is (credential not in revoked)
    return times_ms, right


def _attach(shop: Any, codes: list[tuple[int, str]], revoked: frozenset[int]) -> float:
    """The whole use case, durable: the member is on the basket."""
    from edge.services import members as use_cases

    times_ms = []
    for _, code in [it for it in codes if it[0] not in revoked][:200]:
        started_s = time.perf_counter()
        use_cases.attach(shop, code)
        times_ms.append((time.perf_counter() - started_s) * 1000)
    return statistics.median(times_ms)


def _memory_bytes() -> int:
    """This process's share of the memory (PSS, proc(5))."""
    text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    [line] = [line for line in text.splitlines() if line.startswith("Pss:")]
    return int(line.split()[1]) * 1024


class _Bare:
    """The limit: nothing but the bytes and the commit."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE bare (body BLOB)")
        self._body = os.urandom(size_bytes)

    def commit(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO bare VALUES (?)", (self._body,))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def _rate(step: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    for _ in range(SALES_A_ROUND):
        step()
    return SALES_A_ROUND / (time.perf_counter() - started_s)


def _figures(rates: list[tuple[float, float]], size_bytes: int) -> dict[str, Any]:
    sales_s = statistics.median(rate for rate, _ in rates)
    commits_s = statistics.median(rate for _, rate in rates)
    ratio = statistics.median(sale / bare for sale, bare in rates)
    return {
        "ok": ratio >= LEAST_RATIO,
        "sales_per_s": round(sales_s, 1),
        "bare_commits_per_s": round(commits_s, 1),
        "bytes_per_sale": size_bytes,
        "rounds": len(rates),
        "ratio": round(ratio, 3),
    }


def _shop(folder: Path) -> Any:
    """A shop with products, prices and an open shift, on the machine's own clock."""
    from edge import keys
    from edge.clock import SystemClock
    from edge.db.unit_of_work import Database
    from edge.services import shifts
    from edge.services.shop import open_shop
    from edge.settings import Settings

    settings = Settings(
        edge_id="bench-1",
        location_id="bench",
        location_name={"ko": "마루 오피스타워점"},
        company_name="Maru",
        business_number="123-45-67890",
        data_dir=folder,
        broker_url="mqtt://127.0.0.1:1883",
        hub_url="http://127.0.0.1:8100",
        cash_rounding_minor=10,
    )
    shop = open_shop(
        settings,
        Database(settings.database_path),
        SystemClock(),
        keys.load_or_make(settings.key_path),
    )
    _stock_up(shop.database)
    shifts.open_shift(shop, "Kim", 50_000)
    return shop


def _stock_up(database: Any) -> None:
    from contract.feeds import Operation, Ops
    from edge.services import catalogue

    rows: dict[str, list[dict[str, Any]]] = {"catalogue": [], "prices": []}
    for number in range(PRODUCTS):
        sku = f"MARU-{number:04d}"
        names = {"ko": f"마루 수분 크림 {number}", "en": f"Maru cream {number}"}
        rows["catalogue"].append(
            {"sku": sku, "names": names, "tax_group": "A", "tax_rate_bp": 1000}
        )
        rows["prices"].append({"sku": sku, "currency": "KRW", "amount_minor": 1_000 + 37 * number})
    for feed, values in rows.items():
        operations = tuple(Operation(key=value["sku"], version=1, value=value) for value in values)
        catalogue.apply(database, Ops(feed=feed, after=0, through=1, operations=operations))


def _orders() -> Any:
    """Different goods in every sale, round the catalogue."""
    from edge.services.selling import Ordered

    numbers = itertools.cycle(range(PRODUCTS))
    while True:
        yield [Ordered(f"MARU-{next(numbers):04d}") for _ in range(LINES)]


def _sell(shop: Any, ordered: Any) -> None:
    from edge.services import selling

    selling.sell(shop, ordered)


def _bytes_a_sale(shop: Any, orders: Any) -> int:
    """What the database file grows by, over a hundred sales (they also warm both ends up)."""
    shop.database.checkpoint()
    before = shop.database.path.stat().st_size
    for _ in range(100):
        _sell(shop, next(orders))
    shop.database.checkpoint()
    return int(shop.database.path.stat().st_size - before) // 100

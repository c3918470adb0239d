"""The power fails at every write of the box's database; nothing that was promised may be missing afterwards.

The box's real process sells under the recording VFS. For each sale the length of the journal is noted at the moment
its 201 arrives. Then, for every record of the journal, the disk is rebuilt as of a power cut behind it, opened with
plain sqlite3, and asked for every sale that was promised by then: its row, its lines, its fact, and the chain.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from contract.envelope import GENESIS, chain
from hardware_sim.processes import Company, Ports, stopped, twinstore
from hardware_sim.proof.estate import DATABASE, open_shop, some_lines, start
from hardware_sim.proof.journal import File, Record, decode
from hardware_sim.proof.outside import HeadOffice, Till
from hardware_sim.proof.platter import ForgetfulPlatter, Platter
from hardware_sim.proof.report import Layer, Progress
from hardware_sim.proof.vfs import StaticallyLinked, linked_library

CONTROL_CUTS = 200
SHARES_A_CORE = 8

_SALES = """
SELECT sale.sale_id, sale.total_minor, sum(sale_line.amount_minor), count(*)
FROM sale JOIN sale_line USING (sale_id) GROUP BY sale_id
"""
_FACTS = "SELECT uid, body, chain FROM outbox ORDER BY epoch, seq"
_FACT_SALES = """
SELECT body ->> 'sale_id', body ->> 'total_minor', json_array_length(body, '$.lines')
FROM outbox WHERE body ->> 'type' = 'sale.completed'
"""


@dataclass(frozen=True, slots=True)
class Promised:
    """A sale that the customer was told of: `position` is how long the journal was by then."""

    position: int
    sale_id: str
    total_minor: int
    line_count: int


@dataclass(frozen=True, slots=True)
class Recording:
    """`quiet_at` is the journal's length before the first sale."""

    journal: Path
    promised: tuple[Promised, ...]
    quiet_at: int

    def records(self) -> Iterator[Record]:
        return decode(self.journal.read_bytes())


@dataclass(frozen=True, slots=True)
class Found:
    """What a rebuilt database said: how many promised sales are missing, and what else is wrong ("" = nothing)."""

    lost: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Cuts:
    """Many power cuts together. `first` tells the first that went wrong."""

    count: int
    lost: int
    unsound: int
    first: str = ""

    def plus(self, other: Cuts) -> Cuts:
        return Cuts(
            self.count + other.count,
            max(self.lost, other.lost),
            self.unsound + other.unsound,
            self.first or other.first,
        )


NO_CUTS = Cuts(0, 0, 0)


def prove(sales: int, seed: int, progress: Progress) -> Layer:
    """Records `sales` real sales, then cuts the power at every write of them."""
    try:
        linked_library()
    except StaticallyLinked as reason:
        return Layer("power cut", ok=False, figures={"reason": str(reason)}, lines=(str(reason),))
    with tempfile.TemporaryDirectory(prefix="twinstore-power-cut-") as folder:
        recording = record(Path(folder), sales, seed, progress)
        cuts = cut_everywhere(recording, seed, progress)
        control = cut_without_syncs(recording, seed)
    return verdict(recording, cuts, control)


def verdict(recording: Recording, cuts: Cuts, control: Cuts) -> Layer:
    figures = {
        "power_cut_sales": len(recording.promised),
        "power_cuts": cuts.count,
        "power_cut_lost": cuts.lost,
        "power_cut_unsound": cuts.unsound,
        "power_cut_lost_without_syncs": control.lost,
    }
    ok = bool(recording.promised) and not cuts.lost and not cuts.unsound and control.lost > 0
    lines = [
        (
            f"{cuts.count:,} cuts through {len(recording.promised)} sales: "
            f"{cuts.lost} acknowledged sales lost, {cuts.unsound} databases unsound"
        ),
        f"the check can fail: with every sync left out, {control.lost} are lost",
        *([f"first: {cuts.first}"] if cuts.first else []),
    ]
    return Layer("power cut", ok, figures, tuple(lines))


# -- the recording -----------------------------------------------------------------------------


def record(folder: Path, sales: int, seed: int, progress: Progress) -> Recording:
    """Runs hub, broker, line and the box under the recording VFS, and sells."""
    company = Company(folder, Ports.free())
    journal = company.folder / "journal"
    company.box.command = recorded(company.folder / DATABASE, journal)
    with stopped(company):
        start(company.broker, company.hub, company.line, company.box)
        with Till(company.box.url) as till, HeadOffice(company.hub.url) as office:
            open_shop(till, office)
            quiet_at = journal.stat().st_size
            promised = tuple(_sell(till, journal, sales, random.Random(seed), progress))
        company.box.stop()
    return Recording(journal, promised, quiet_at)


def recorded(database: Path, journal: Path) -> list[str]:
    """The command line of the box, with the VFS registered before anything of it is loaded."""
    verb = twinstore("edge", "run", "--settings", "edge.toml")
    words = verb[verb.index("edge") :]
    launcher = "hardware_sim.proof.vfs_launcher"
    return [sys.executable, "-P", "-m", launcher, str(database), str(journal), *words]


def _sell(
    till: Till, journal: Path, sales: int, rng: random.Random, progress: Progress
) -> Iterator[Promised]:
    for number in range(sales):
        lines = some_lines(rng)
        sale = till.sell(lines)
        yield Promised(journal.stat().st_size, sale["sale_id"], sale["total_minor"], len(lines))
        progress(f"power cut: recorded {number + 1} of {sales} sales")


# -- the cuts ----------------------------------------------------------------------------------


def cut_everywhere(recording: Recording, seed: int, progress: Progress) -> Cuts:
    """In shares on every core: each replays the whole journal and cuts at its part of the records."""
    workers = os.cpu_count() or 1
    shares = SHARES_A_CORE * workers
    work = partial(_cut_share, recording, seed, shares)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        total = NO_CUTS
        for share in pool.map(work, range(shares)):
            total = total.plus(share)
            progress(f"power cut: {total.count:,} cuts, {total.lost} lost")
    return total


def _cut_share(recording: Recording, seed: int, shares: int, share: int) -> Cuts:
    platter, total = Platter(), NO_CUTS
    with tempfile.TemporaryDirectory(prefix="twinstore-cut-") as folder:
        for number, written in enumerate(recording.records()):
            platter.take(written)
            if number % shares == share:
                files = platter.cut(random.Random(seed * 1_000_003 + number))
                found = examine(Path(folder), files, before(recording.promised, written.end))
                total = total.plus(_one(number, found))
    return total


def cut_without_syncs(recording: Recording, seed: int) -> Cuts:
    """The same journal as if the box had never synced after its first sale (`synchronous=OFF`)."""
    platter, total = ForgetfulPlatter(), NO_CUTS
    records = list(recording.records())
    every = max(1, len(records) // CONTROL_CUTS)
    with tempfile.TemporaryDirectory(prefix="twinstore-cut-") as folder:
        for number, written in enumerate(records):
            platter.take(written)
            if written.end <= recording.quiet_at:
                platter.settle()
            elif number % every == 0:
                files = platter.cut(random.Random(seed * 1_000_003 + number))
                found = examine(Path(folder), files, before(recording.promised, written.end))
                total = total.plus(_one(number, found))
    return total


def _one(number: int, found: Found) -> Cuts:
    words = found.fault or (f"{found.lost} lost" if found.lost else "")
    first = f"behind record {number}: {words}" if words else ""
    return Cuts(1, found.lost, int(bool(found.fault)), first)


def before(promised: Sequence[Promised], end: int) -> list[Promised]:
    """What was promised while the journal was no longer than this."""
    return [promise for promise in promised if promise.position <= end]


def examine(folder: Path, files: dict[File, bytes], promised: Sequence[Promised]) -> Found:
    """Opens the rebuilt database as the box would after the power came back."""
    path = folder / "box.sqlite3"
    path.with_name(path.name + "-shm").unlink(missing_ok=True)  # shared memory is gone
    for file in File:
        target = path.with_name(path.name + file.suffix)
        target.unlink(missing_ok=True)
        if file in files:
            target.write_bytes(files[file])
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return questioned(connection, promised)
    except sqlite3.DatabaseError as error:
        return Found(len(promised), str(error) if promised else _unborn(error))


def _unborn(error: sqlite3.DatabaseError) -> str:
    """Before the first promise the tables may not be there yet; anything else is a fault."""
    return "" if "no such table" in str(error) else str(error)


def questioned(connection: sqlite3.Connection, promised: Sequence[Promised]) -> Found:
    """Every promised sale with its lines and its fact, no fact without its sale, and the chain."""
    sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if sound != "ok":
        return Found(0, f"integrity_check says {sound}")
    sold = {row[0]: tuple(row[1:]) for row in connection.execute(_SALES)}
    told = {row[0]: tuple(row[1:]) for row in connection.execute(_FACT_SALES)}
    lost = [
        promise.sale_id
        for promise in promised
        if sold.get(promise.sale_id)
        != (promise.total_minor, promise.total_minor, promise.line_count)
        or told.get(promise.sale_id) != (promise.total_minor, promise.line_count)
    ]
    if sold.keys() != told.keys():
        return Found(len(lost), "sales and facts differ")
    return Found(len(lost), _chain_fault(connection))


def _chain_fault(connection: sqlite3.Connection) -> str:
    link = GENESIS
    for uid, body, linked in connection.execute(_FACTS):
        link = chain(link, uid, body)
        if link != linked:
            return f"the chain is broken at {uid}"
    head = connection.execute("SELECT chain FROM stream").fetchone()
    return "" if head is None or head[0] == link else "the stream's head is not the chain's"

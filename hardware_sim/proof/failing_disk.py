"""Every write and every sync of a sale fails in its turn: the sale is whole on the disk, or refused and nowhere.

The box's real process sells under the VFS of `vfs`. Each fault comes twice: once, and until it is lifted. After each
try the file is asked from outside for all that was promised, and for nothing else; then the same process must sell on.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hardware_sim.processes import Company, Ports, stopped
from hardware_sim.proof.disk_faults import FULL, IOERR_FSYNC, IOERR_WRITE, Fault, FaultOrder
from hardware_sim.proof.estate import DATABASE, collect, drained, open_shop, some_lines, start
from hardware_sim.proof.full_disk import full_disk
from hardware_sim.proof.journal import File, Kind
from hardware_sim.proof.judgement import Receipt, judge
from hardware_sim.proof.outside import HeadOffice, Json, Refused, Till
from hardware_sim.proof.power_cut import Promised, questioned, recorded
from hardware_sim.proof.report import Layer, Progress
from hardware_sim.proof.untrue import Untrue
from hardware_sim.proof.vfs import StaticallyLinked, linked_library

MOST_CALLS = 200  # of one kind in one sale; it makes some forty writes
MOST_SALES = 400  # between two times that the log is written back into the file
REFUSALS = {
    FULL: (507, "box.disk_full"),
    IOERR_WRITE: (503, "box.disk_failed"),
    IOERR_FSYNC: (503, "box.disk_failed"),
}
FAULTS = {
    "no room at the n-th write": Fault(FULL, Kind.WRITE),
    "EIO at the n-th write": Fault(IOERR_WRITE, Kind.WRITE),
    "EIO at the n-th sync": Fault(IOERR_FSYNC, Kind.SYNC),
}
# What one sale leaves: rows by table, for so many lines.
_ROWS_OF_A_SALE = {"sale": 1, "sale_tender": 1, "print_job": 1}
_ROWS_OF_A_LINE = {"sale_line": 1, "stock_move": 1}


@dataclass
class Scene:
    """The shop, its customers' receipts, and the disk that obeys."""

    company: Company
    till: Till
    office: HeadOffice
    order: FaultOrder
    rng: random.Random
    promised: list[Promised] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def sell(self) -> None:
        lines = some_lines(self.rng)
        sale = self.till.sell(lines)
        self.receipts.append(Receipt.of(sale))
        self.promised.append(Promised(0, sale["sale_id"], sale["total_minor"], len(lines)))

    def try_to_sell(self, fault: Fault) -> bool:
        """Whether it was sold. Raises Untrue for a refusal in other words than the fault's."""
        try:
            self.sell()
        except Refused as refusal:
            self.counts["disk_refused"] += 1
            if (refusal.status, refusal.key) != REFUSALS[fault.code] or not refusal.what_now:
                raise Untrue(
                    f"expected {REFUSALS[fault.code]} and what to do, got {refusal}"
                ) from None
            return False
        return True

    def look(self) -> None:
        """Raises Untrue unless the file holds what was promised, whole, and nothing else."""
        path = self.company.folder / DATABASE
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as box:
            box.execute("BEGIN")  # one moment of it: the drawer logs its facts meanwhile
            found = questioned(box, self.promised)
            rows = {table: _rows(box, table) for table in _ROWS_OF_A_SALE | _ROWS_OF_A_LINE}
        if found.lost or found.fault:
            raise Untrue(f"{found.lost} acknowledged sales are lost; {found.fault or 'sound'}")
        if rows != (expected := _expected(self.promised)):
            raise Untrue(f"expected the rows {expected}, got {rows}: something was half stored")


def prove(seed: int, progress: Progress) -> Layer:
    try:
        linked_library()
    except StaticallyLinked as reason:
        return Layer("disk", ok=False, figures={"reason": str(reason)}, lines=(str(reason),))
    lines: list[str] = []
    figures: Json = {}
    try:
        for told, found in _parts(seed, progress):
            lines.append(told)
            figures |= found
    except Untrue as untrue:
        lines.append(f"NOT TRUE: {untrue}")
        return Layer("disk", ok=False, figures=figures, lines=tuple(lines))
    return Layer("disk", ok=True, figures=figures, lines=tuple(lines))


def _parts(seed: int, progress: Progress) -> Iterator[tuple[str, Json]]:
    """What each part saw, in words, and the figures so far."""
    with _opened(seed) as scene:
        for words in _play(scene, progress):
            yield words, dict(scene.counts)
    progress("disk: a file system without room")
    yield full_disk(seed)


@contextmanager
def _opened(seed: int) -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="twinstore-disk-") as folder:
        company = Company(Path(folder), Ports.free())
        journal = company.folder / "journal"
        company.box.command = recorded(company.folder / DATABASE, journal)
        with stopped(company), Till(company.box.url) as till, HeadOffice(company.hub.url) as office:
            start(company.broker, company.hub, company.line, company.box)
            open_shop(till, office)
            yield Scene(company, till, office, FaultOrder(journal), random.Random(seed))


def _play(scene: Scene, progress: Progress) -> Iterator[str]:
    pid = scene.company.box.pid
    for name, fault in FAULTS.items():
        for meant in (replace(fault, times=1), fault):
            progress(f"disk: {name}, {scene.counts['disk_faults']} struck")
            yield _everywhere(scene, f"{name}, {_lasting(meant)}", meant)
    yield _checkpoint(scene)
    if scene.company.box.pid != pid or not scene.company.box.is_alive:
        raise Untrue("expected the very process that met the faults to sell on")
    yield _killed_meanwhile(scene)
    yield _arrived(scene)


def _lasting(fault: Fault) -> str:
    return "until it is lifted" if fault.times is None else "once"


def _everywhere(scene: Scene, name: str, fault: Fault) -> str:
    """Strikes later and later, until a sale is over before its call has come."""
    before = scene.counts["disk_refused"]
    for number in range(MOST_CALLS):
        with scene.order.during(replace(fault, after=number)):
            is_sold = scene.try_to_sell(fault)
            has_struck = scene.order.has_struck
        scene.look()
        if is_sold and not has_struck:
            refused = scene.counts["disk_refused"] - before
            return f"{name}: {number} places, {refused} sales refused, the others whole"
        scene.counts["disk_faults"] += 1
        scene.sell()  # by the same process, at once
        scene.look()
    raise Untrue(f"expected a sale to end within {MOST_CALLS} calls, {name}")


def _checkpoint(scene: Scene) -> str:
    """The log cannot be written back into the file: no reason to refuse a sale, it is safe in the log."""
    sales = 0
    with scene.order.during(Fault(IOERR_WRITE, Kind.WRITE, file=File.MAIN)):
        while not scene.order.has_struck and sales < MOST_SALES:
            scene.sell()
            sales += 1
        if not scene.order.has_struck:
            raise Untrue(f"expected the log to be written back within {MOST_SALES} sales")
        scene.sell()
    scene.look()
    scene.sell()
    return f"EIO while the log is written back: {sales + 2} sales, none refused"


def _killed_meanwhile(scene: Scene) -> str:
    """What was refused because it could not be synced is not sold after all, once the box wakes again."""
    fault = FAULTS["EIO at the n-th sync"]
    scene.sell()
    with scene.order.during(fault):
        if scene.try_to_sell(fault):
            raise Untrue("expected a refusal where nothing is synced, got a sale")
        scene.company.box.kill()
    start(scene.company.box)
    scene.look()
    scene.sell()
    return "refused, killed and started again: what was refused is nowhere"


def _arrived(scene: Scene) -> str:
    if not drained(scene.company, scene.till, scene.office):
        raise Untrue("expected the box to be drained, facts still wait")
    found = judge(collect(scene.company, scene.office, scene.receipts))
    if not found.is_clean:
        raise Untrue(f"expected nothing lost, doubled or changed at the hub, got {found}")
    return f"{len(scene.receipts)} receipts, each once at the hub"


def _rows(box: sqlite3.Connection, table: str) -> int:
    """Of sales alone: goods come into the shop and receipts are copied by other ways, which nobody goes here."""
    return int(box.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names of ours


def _expected(promised: list[Promised]) -> dict[str, int]:
    lines = sum(promise.line_count for promise in promised)
    sales = {table: count * len(promised) for table, count in _ROWS_OF_A_SALE.items()}
    return sales | {table: count * lines for table, count in _ROWS_OF_A_LINE.items()}

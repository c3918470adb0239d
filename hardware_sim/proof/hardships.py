"""What else befalls a shop, once each, with the real processes: a clock that jumps, old copies put back.

In every one the same is asked: does each receipt that was given stand in the hub's books, exactly once?
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hardware_sim.processes import Company, Ports, stopped
from hardware_sim.proof.estate import DATABASE, drained, open_shop, some_lines, start
from hardware_sim.proof.outside import HeadOffice, Till
from hardware_sim.proof.report import Layer, Progress
from hardware_sim.proof.untrue import Untrue
from hardware_sim.settings_files import Shop

SALES = 5
YEAR_S = 365 * 86_400
HUB_DATA = Path("data") / "hub"


@dataclass
class Scene:
    """The shop, and the receipts that its customers hold."""

    company: Company
    till: Till
    office: HeadOffice
    seed: int
    receipts: list[str] = field(default_factory=list)

    def sell(self) -> None:
        rng = random.Random(self.seed + len(self.receipts))
        for _ in range(SALES):
            self.receipts.append(str(self.till.sell(some_lines(rng))["sale_id"]))

    def judge(self) -> None:
        """Raises Untrue unless box and hub have come to rest with every receipt once in the books."""
        if not drained(self.company, self.till, self.office):
            raise Untrue("expected the box to be drained, facts still wait")
        edge_id = self.company.shop.edge_id
        books = Counter(sale["sale_id"] for sale in self.office.sales(edge_id))
        missing = [sale_id for sale_id in self.receipts if books[sale_id] != 1]
        if missing:
            raise Untrue(
                f"expected every receipt once in the books, got {books[missing[0]]} of {missing[0]}"
            )
        if not self.office.box(edge_id)["chain_equal"]:
            raise Untrue("expected the chains of box and hub to be equal")

    def epochs(self) -> int:
        return len(self.office.box(self.company.shop.edge_id)["epochs"])


def prove(seed: int, progress: Progress) -> Layer:
    with tempfile.TemporaryDirectory(prefix="twinstore-hardships-") as folder:
        clock_url = f"file:{Path(folder) / 'clock'}"
        company = Company(Path(folder), Ports.free(), Shop(clock_url=clock_url))
        with stopped(company), Till(company.box.url) as till, HeadOffice(company.hub.url) as office:
            start(company.broker, company.hub, company.line, company.box)
            open_shop(till, office)
            return _layer(Scene(company, till, office, seed), progress)


def _layer(scene: Scene, progress: Progress) -> Layer:
    lines, passed = [], 0
    for name, hardship in HARDSHIPS.items():
        progress(f"hardships: {name}")
        try:
            lines.append(f"{name}: {hardship(scene)}")
        except Untrue as untrue:
            lines.append(f"{name}: NOT TRUE: {untrue}")
            break  # what follows would stand on it
        passed += 1
    figures = {"hardships": len(HARDSHIPS), "hardships_survived": passed}
    return Layer("hardships", passed == len(HARDSHIPS), figures, tuple(lines))


def clock_jumps(scene: Scene) -> str:
    """Order comes from the sequence, never from the clock."""
    clock = scene.company.folder / "clock"
    for jump_s in (-YEAR_S, YEAR_S):
        clock.write_text(f"{jump_s}\n", encoding="ascii")
        scene.sell()
    clock.unlink()
    scene.sell()
    scene.judge()
    return f"{3 * SALES} sales with the clock a year behind, a year ahead and right again"


def hub_put_back(scene: Scene) -> str:
    """The hub's database as of a backup: the box sends again what the hub had acknowledged."""
    data, backup = scene.company.folder / HUB_DATA, scene.company.folder / "hub-backup"
    scene.judge()
    scene.company.hub.stop()
    shutil.copytree(data, backup)
    start(scene.company.hub)
    scene.sell()
    scene.judge()
    scene.company.hub.stop()
    shutil.rmtree(data)
    backup.rename(data)
    start(scene.company.hub)
    scene.judge()
    return f"{SALES} acknowledged sales came again from the box"


def box_put_back(scene: Scene) -> str:
    """The box's card as of a copy: numbers are used twice. Nothing sold later may be taken for something old."""
    data, copy = scene.company.folder / DATABASE.parent, scene.company.folder / "box-copy"
    epochs = scene.epochs()
    scene.company.box.stop()
    shutil.copytree(data, copy)
    start(scene.company.box)
    scene.sell()
    scene.judge()
    scene.company.box.stop()
    shutil.rmtree(data)
    copy.rename(data)
    start(scene.company.box)
    scene.sell()
    scene.judge()
    if scene.epochs() != epochs + 1:
        raise Untrue(f"expected one new epoch, got {scene.epochs() - epochs}")
    return "seen as a fork; a new epoch, and nothing doubled"


HARDSHIPS: dict[str, Callable[[Scene], str]] = {
    "clock jumps": clock_jumps,
    "hub put back from a backup": hub_put_back,
    "box put back from a copy": box_put_back,
}

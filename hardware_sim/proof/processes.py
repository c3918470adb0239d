"""Two real boxes of one company, their hub and broker, killed at random while the lines between them fail.

Each shop has a box, a line and a seller of its own; hub and broker serve both. The oracle is each seller's own journal:
a receipt is written down (and synced) when the box's 201 has arrived, in a file that no program under test knows.
After the faults the lines are put back, nothing is restarted that lives, and each box and the hub must agree fact for
fact; what one shop sold and the books say of the other is a phantom.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Self

import httpx

from hardware_sim.processes import Company, Party, Ports, stopped
from hardware_sim.proof.estate import collect, drained, open_shop, some_lines, start
from hardware_sim.proof.judgement import Judgement, Receipt, judge
from hardware_sim.proof.outside import HeadOffice, Refused, Till
from hardware_sim.proof.report import Layer, Progress
from hardware_sim.settings_files import HILLSIDE

PAUSE_S = (0.1, 1.2)  # between two faults
DEAD_S = (0.0, 0.5)  # how long a killed process stays away
SHARED = ("hub", "hub", "broker")
OF_EACH_SHOP = ("box", "box", "cut", "hole", "hole_up", "hole_down", "slow", "up")
KILLED = frozenset({"box", "hub", "broker"})


def pack_of(shops: int) -> list[tuple[str, int]]:
    """Every fault with the number of the shop that it strikes: dealt from a pack, also a short run has some of each."""
    return [(what, 0) for what in SHARED] + [
        (what, shop) for shop in range(shops) for what in OF_EACH_SHOP
    ]


class Seller:
    """Sells without a pause in its own thread, and keeps the receipts it was given."""

    def __init__(self, url: str, journal: Path, seed: int) -> None:
        self.receipts: list[Receipt] = []
        self._till = Till(url)
        self._journal = journal
        self._rng = random.Random(seed)
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._sell_all, name="seller", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_closing.set()
        self._thread.join()
        self._till.client.close()

    def _sell_all(self) -> None:
        with self._journal.open("a", encoding="utf-8") as journal:
            while not self._is_closing.is_set():
                try:
                    receipt = Receipt.of(self._till.sell(some_lines(self._rng)))
                except (httpx.TransportError, Refused):
                    # The box is dead or not yet awake. Whether it sold is open: no receipt, no claim.
                    self._is_closing.wait(0.05)
                    continue
                journal.write(json.dumps(receipt) + "\n")
                journal.flush()
                os.fsync(journal.fileno())
                self.receipts.append(receipt)


class Trouble:
    """Kills and cuts, dealt with a seed to any of the shops; counts what it did."""

    def __init__(self, shops: Sequence[Company], seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self._shops = shops
        self._rng = random.Random(seed)
        self._pack: list[tuple[str, int]] = []

    def strike(self) -> None:
        if not self._pack:
            pack = pack_of(len(self._shops))
            self._pack = self._rng.sample(pack, len(pack))
        what, number = self._pack.pop()
        shop = self._shops[number]
        if what in KILLED:
            self._kill(shop.party(what))
        else:
            self._spoil_line(shop, what)
        time.sleep(self._rng.uniform(*PAUSE_S))

    def heal(self) -> None:
        for shop in self._shops:
            set_line(shop, "up")
            start(*(party for party in shop.parties if party.name != "sim"))

    def _kill(self, party: Party) -> None:
        party.kill()
        self.counts[f"{party.name}_kills"] += 1
        time.sleep(self._rng.uniform(*DEAD_S))
        party.start()
        if self._rng.random() < 0.5:  # the other half is hit again before it has woken
            party.wait_until_ready()

    def _spoil_line(self, shop: Company, state: str) -> None:
        self.counts["line_faults"] += state != "up"
        set_line(shop, state, is_mid_packet=self._rng.random() < 0.5)


def set_line(shop: Company, state: str, **more: Any) -> None:
    body = {"state": state, **more}
    httpx.post(shop.line_control_url, json=body, trust_env=False).raise_for_status()


@dataclass
class Branch:
    """One of the shops, with its till and whoever sells there."""

    shop: Company
    till: Till
    seller: Seller

    @classmethod
    def opened(cls, shop: Company, office: HeadOffice, seed: int) -> Self:
        till = Till(shop.box.url)
        open_shop(till, office)
        return cls(shop, till, Seller(shop.box.url, shop.folder / "receipts.jsonl", seed))

    def is_drained(self, office: HeadOffice) -> bool:
        return drained(self.shop, self.till, office)

    def judged(self, office: HeadOffice) -> Judgement:
        return judge(collect(self.shop, office, self.seller.receipts))


def prove(seconds: float, seed: int, progress: Progress) -> Layer:
    with tempfile.TemporaryDirectory(prefix="twinstore-prove-") as folder:
        first = Company(Path(folder), Ports.free())
        shops = [first, first.another("hillside", HILLSIDE)]
        with ExitStack() as ending:
            for shop in shops:
                ending.enter_context(stopped(shop))
            start(first.broker, first.hub, *(party for it in shops for party in (it.line, it.box)))
            office = ending.enter_context(HeadOffice(first.hub.url))
            branches = [
                Branch.opened(shop, office, seed + number) for number, shop in enumerate(shops)
            ]
            for branch in branches:
                ending.enter_context(branch.till)
            return _prove(branches, office, seconds, Trouble(shops, seed), progress)


def _prove(
    branches: Sequence[Branch],
    office: HeadOffice,
    seconds: float,
    trouble: Trouble,
    progress: Progress,
) -> Layer:
    sellers = [branch.seller for branch in branches]
    for seller in sellers:
        seller.start()
    try:
        _trouble_for(seconds, trouble, sellers, progress)
    finally:
        for seller in sellers:
            seller.stop()
    trouble.heal()
    healed_at_s = time.monotonic()
    is_drained = all(branch.is_drained(office) for branch in branches)
    heal_s = time.monotonic() - healed_at_s
    found = [branch.judged(office) for branch in branches]
    receipts = [len(seller.receipts) for seller in sellers]
    return layer_of(receipts, trouble.counts, found, heal_s if is_drained else None)


def _trouble_for(
    seconds: float, trouble: Trouble, sellers: Sequence[Seller], progress: Progress
) -> None:
    deadline_s = time.monotonic() + seconds
    while time.monotonic() < deadline_s:
        trouble.strike()
        left_s = max(0.0, deadline_s - time.monotonic())
        kills = sum(n for name, n in trouble.counts.items() if name.endswith("_kills"))
        receipts = " + ".join(f"{len(seller.receipts):,}" for seller in sellers)
        progress(
            f"processes: {receipts} receipts, {kills} kills, "
            f"{trouble.counts['line_faults']} line faults, {left_s:.0f} s left"
        )


def layer_of(
    receipts: Sequence[int],
    counts: Mapping[str, int],
    found: Sequence[Judgement],
    heal_s: float | None,
) -> Layer:
    """`receipts` and `found` of each box in turn; `heal_s` is None where something never arrived."""
    total = reduce(Judgement.plus, found)
    figures = {"boxes": len(receipts), "receipts": sum(receipts)} | asdict(total) | dict(counts)
    figures["heal_s"] = None if heal_s is None else round(heal_s, 2)
    lines = (_words_of_trouble(receipts, counts, heal_s), _words_of(total))
    ok = total.is_clean and heal_s is not None and all(receipts)
    return Layer("processes", ok, figures, lines)


def _words_of_trouble(
    receipts: Sequence[int], counts: Mapping[str, int], heal_s: float | None
) -> str:
    sold = " + ".join(f"{count:,}" for count in receipts)
    faults = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    healed = f"drained {heal_s:.1f} s after healing" if heal_s is not None else "never drained"
    return f"{sold} receipts of {len(receipts)} boxes over {faults}; {healed}"


def _words_of(found: Judgement) -> str:
    return (
        f"lost {found.lost}, doubled {found.doubled}, out of order {found.out_of_order}, "
        f"bodies unequal {found.bodies_unequal}, phantoms {found.phantoms}, gaps {found.gaps}, "
        f"chains unequal {found.chains_unequal}"
    )

"""Real box, hub and broker, killed at random while the line between them fails; then everything is counted.

The oracle is the prover's own journal: a receipt is written down (and synced) when the box's 201 has arrived, in a
file that no program under test knows. After the faults the line is put back, nothing is restarted that lives, and box
and hub must agree fact for fact.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from hardware_sim.processes import Company, Party, Ports, stopped
from hardware_sim.proof.estate import collect, drained, open_shop, some_lines, start
from hardware_sim.proof.judgement import Judgement, Receipt, judge
from hardware_sim.proof.outside import HeadOffice, Refused, Till
from hardware_sim.proof.report import Layer, Progress

PAUSE_S = (0.1, 1.2)  # between two faults
DEAD_S = (0.0, 0.5)  # how long a killed process stays away
# Dealt from a shuffled pack, so that also a short run has some of each.
PACK = (
    "box",
    "box",
    "hub",
    "hub",
    "broker",
    "cut",
    "cut",
    "hole",
    "hole_up",
    "hole_down",
    "slow",
    "up",
)
KILLED = frozenset({"box", "hub", "broker"})


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
    """Kills and cuts, dealt with a seed; counts what it did."""

    def __init__(self, company: Company, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self._company = company
        self._rng = random.Random(seed)
        self._pack: list[str] = []

    def strike(self) -> None:
        self._pack = self._pack or self._rng.sample(PACK, len(PACK))
        what = self._pack.pop()
        if what in KILLED:
            self._kill(self._company.party(what))
        else:
            self._spoil_line(what)
        time.sleep(self._rng.uniform(*PAUSE_S))

    def heal(self) -> None:
        self.set_line("up")
        start(*(party for party in self._company.parties if party.name != "sim"))

    def set_line(self, state: str, **more: Any) -> None:
        body = {"state": state, **more}
        httpx.post(self._company.line_control_url, json=body, trust_env=False).raise_for_status()

    def _kill(self, party: Party) -> None:
        party.kill()
        self.counts[f"{party.name}_kills"] += 1
        time.sleep(self._rng.uniform(*DEAD_S))
        party.start()
        if self._rng.random() < 0.5:  # the other half is hit again before it has woken
            party.wait_until_ready()

    def _spoil_line(self, state: str) -> None:
        self.counts["line_faults"] += state != "up"
        self.set_line(state, is_mid_packet=self._rng.random() < 0.5)


def prove(seconds: float, seed: int, progress: Progress) -> Layer:
    with tempfile.TemporaryDirectory(prefix="twinstore-prove-") as folder:
        company = Company(Path(folder), Ports.free())
        with stopped(company):
            start(company.broker, company.hub, company.line, company.box)
            return _prove(company, seconds, seed, progress)


def _prove(company: Company, seconds: float, seed: int, progress: Progress) -> Layer:
    with Till(company.box.url) as till, HeadOffice(company.hub.url) as office:
        open_shop(till, office)
        seller = Seller(company.box.url, company.folder / "receipts.jsonl", seed)
        trouble = Trouble(company, seed)
        seller.start()
        _trouble_for(seconds, trouble, seller, progress)
        seller.stop()
        trouble.heal()
        healed_at_s = time.monotonic()
        is_drained = drained(company, till, office)
        heal_s = time.monotonic() - healed_at_s
        found = judge(collect(company, office, seller.receipts))
    return _layer(seller, trouble, found, heal_s if is_drained else None)


def _trouble_for(seconds: float, trouble: Trouble, seller: Seller, progress: Progress) -> None:
    deadline_s = time.monotonic() + seconds
    while time.monotonic() < deadline_s:
        trouble.strike()
        left_s = max(0.0, deadline_s - time.monotonic())
        kills = sum(n for name, n in trouble.counts.items() if name.endswith("_kills"))
        progress(
            f"processes: {len(seller.receipts):,} receipts, {kills} kills, "
            f"{trouble.counts['line_faults']} line faults, {left_s:.0f} s left"
        )


def _layer(seller: Seller, trouble: Trouble, found: Judgement, heal_s: float | None) -> Layer:
    figures = {"receipts": len(seller.receipts)} | asdict(found) | dict(trouble.counts)
    figures["heal_s"] = round(heal_s, 2) if heal_s is not None else None
    faults = ", ".join(
        f"{count} {name.replace('_', ' ')}" for name, count in trouble.counts.items()
    )
    healed = f"drained {heal_s:.1f} s after healing" if heal_s is not None else "never drained"
    lines = (
        f"{len(seller.receipts):,} receipts over {faults}; {healed}",
        (
            f"lost {found.lost}, doubled {found.doubled}, out of order {found.out_of_order}, "
            f"bodies unequal {found.bodies_unequal}, phantoms {found.phantoms}, gaps {found.gaps}, "
            f"chains unequal {found.chains_unequal}"
        ),
    )
    ok = found.is_clean and heal_s is not None and bool(seller.receipts)
    return Layer("processes", ok, figures, lines)

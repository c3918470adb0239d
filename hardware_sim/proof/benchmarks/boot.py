"""How long a till takes to show its first page after a power cut, and what it holds in memory."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from hardware_sim.processes import Company, Party, Ports, stopped
from hardware_sim.proof.estate import open_shop, start
from hardware_sim.proof.outside import HeadOffice, Till

ROUNDS = 7
IDLE_S = 10.0
POLL_S = 0.002
WITHIN_S = 30.0
MOST_RATIO = 2.5
MOST_PSS_MB = 120.0


def boot(progress: Callable[[str], object]) -> dict[str, Any]:
    """Start of the box → its first page, over an empty FastAPI app; memory of the idle box (PSS)."""
    with tempfile.TemporaryDirectory(prefix="twinstore-boot-") as folder:
        company = Company(Path(folder), Ports.free())
        with stopped(company):
            start(company.broker, company.hub, company.line, company.box)
            with Till(company.box.url) as till, HeadOffice(company.hub.url) as office:
                open_shop(till, office)
            company.box.stop()
            pairs = [_round(company, number, progress) for number in range(ROUNDS)]
            pss_mb = _idle_memory(company.box, progress)
    return _figures(pairs, pss_mb)


def _round(company: Company, number: int, progress: Callable[[str], object]) -> tuple[float, float]:
    """Box and empty app in turn, so that a busy machine slows both."""
    progress(f"boot: round {number + 1} of {ROUNDS}")
    return _timed(company.box), _timed(_bare(company))


def _timed(party: Party) -> float:
    """Seconds from the start of the process to the whole first page."""
    started_s = time.perf_counter()
    party.start()
    with httpx.Client(trust_env=False, timeout=5.0) as client:
        while not _is_served(client, party.url):
            if time.perf_counter() - started_s > WITHIN_S:
                raise RuntimeError(f"Expected a page of {party.name} in {WITHIN_S:g} s, got none.")
            time.sleep(POLL_S)
    taken_s = time.perf_counter() - started_s
    party.stop()
    return taken_s


def _is_served(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url + "/").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _bare(company: Company) -> Party:
    port = company.ports.landing
    command = [sys.executable, "-P", "-m", "hardware_sim.proof.benchmarks.bare_app", str(port)]
    url = f"http://127.0.0.1:{port}"
    return Party("bare", command, url=url, is_ready=lambda: True, folder=company.folder)


def _idle_memory(box: Party, progress: Callable[[str], object]) -> float:
    """Proportional set size of the box and its children, after a while in which nobody asks for anything."""
    box.start()
    box.wait_until_ready()
    progress(f"boot: idle for {IDLE_S:g} s")
    time.sleep(IDLE_S)
    process = psutil.Process(box.pid)
    family = [process, *process.children(recursive=True)]
    return sum(one.memory_full_info().pss for one in family) / 1e6


def _figures(pairs: list[tuple[float, float]], pss_mb: float) -> dict[str, Any]:
    ratio = statistics.median(box / bare for box, bare in pairs)
    return {
        "box_s": round(statistics.median(box for box, _ in pairs), 3),
        "empty_app_s": round(statistics.median(bare for _, bare in pairs), 3),
        "rounds": len(pairs),
        "pss_mb": round(pss_mb, 1),
        "ratio": round(ratio, 2),
        "ok": ratio <= MOST_RATIO and pss_mb <= MOST_PSS_MB,
    }

"""`twinstore prove bounds`: random histories of what may be given away while the line is down.

A bound is a module of the entry-point group `twinstore.bounds`, of whichever program decides: `CLAIM`, the words of
what is proven; `BUGS`, the names of seeded bugs; and `history(seed, bug)`, one random history on the real functions,
with the named one of them replaced where a bug is named. It gives the first violation in words, "" where there is none.
A bound whose histories are days of a shop says in `DAYS` how many each has.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, NamedTuple, Protocol

from hardware_sim.proof.report import Layer, Progress, last_line, say, tell

GROUP: Final = "twinstore.bounds"
CHUNK: Final = 5_000
BUG_LIMIT: Final = 20_000
SHOWN: Final = 5


class Bound(Protocol):
    CLAIM: str
    BUGS: tuple[str, ...]

    def history(self, seed: int, bug: str = "") -> str: ...


class Found(NamedTuple):
    seed: int
    violation: str


class _Job(NamedTuple):
    """Histories of these seeds; with a bug, until the first violation."""

    point: EntryPoint
    seeds: range
    bug: str = ""


def points() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def run(*, histories: int, seed: int, as_json: bool, seconds: float | None = None) -> int:
    """Exit status 0 only where nothing was violated and every seeded bug was caught.

    With `seconds`, the bounds share so long for their histories and may play fewer: the figures say how many.
    """
    progress, started_s = Progress(), time.monotonic()
    layers, every = [], points()
    for point in every:
        share_s = math.inf if seconds is None else seconds / len(every)
        layer = prove(point, seed, histories, progress, time.monotonic() + share_s)
        progress.end()
        tell(layer)
        layers.append(layer)
    ok = bool(layers) and all(layer.ok for layer in layers)
    figures: dict[str, Any] = {layer.name: layer.figures for layer in layers}
    figures |= {
        "violations": sum(layer.figures["violations"] for layer in layers),
        "bugs": sum(layer.figures["bugs"] for layer in layers),
        "bugs_caught": sum(layer.figures["bugs_caught"] for layer in layers),
        "seconds": round(time.monotonic() - started_s, 1),
        "seed": seed,
    }
    say(f"{'Every bound held.' if ok else 'Not proven.'} Seed {seed}, {figures['seconds']} s.")
    if as_json:
        say(last_line("prove bounds", ok=ok, figures=figures))
    return 0 if ok else 1


def prove(
    point: EntryPoint, seed: int, histories: int, progress: Progress, until_s: float = math.inf
) -> Layer:
    bound: Bound = point.load()
    first = seed * 10_000_000
    played, found = 0, []
    for chunk, violations in _sweep(point, range(first, first + histories), progress, until_s):
        played += chunk
        found += violations
    caught = _hunt(point, bound, first, progress)
    alive = [bug for bug, seen in caught.items() if seen is None]
    figures = {
        "histories": played,
        "violations": len(found),
        "bugs": len(caught),
        "bugs_caught": len(caught) - len(alive),
    }
    days = played * getattr(bound, "DAYS", 0)
    figures |= {"days": days} if days else {}
    counted = f"{played:,} histories, {days:,} days" if days else f"{played:,} histories"
    lines = [bound.CLAIM, f"{counted}: {len(found)} violations"]
    lines += [f"seed {one.seed}: {one.violation}" for one in found[:SHOWN]]
    lines.append(f"{len(caught) - len(alive)} of {len(caught)} seeded bugs caught")
    lines += [f"{bug}: {seen.violation}" for bug, seen in caught.items() if seen]
    lines += [f"{bug}: alive after {BUG_LIMIT:,} histories" for bug in alive]
    return Layer(point.name, not found and not alive, figures, tuple(lines))


def _sweep(
    point: EntryPoint, seeds: range, progress: Progress, until_s: float
) -> Iterator[tuple[int, list[Found]]]:
    """How many histories each chunk had, and what they violated."""
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    jobs = [_Job(point, chunk) for chunk in chunks]
    for number, found in enumerate(_everywhere(jobs, until_s), 1):
        progress(f"{point.name}: {min(number * CHUNK, len(seeds)):,} of {len(seeds):,} histories")
        yield len(chunks[number - 1]), found


def _hunt(
    point: EntryPoint, bound: Bound, first: int, progress: Progress
) -> dict[str, Found | None]:
    progress(f"{point.name}: {len(bound.BUGS)} seeded bugs")
    seeds = range(first, first + BUG_LIMIT)
    found = _everywhere([_Job(point, seeds, bug) for bug in bound.BUGS], math.inf)
    return {bug: seen[0] if seen else None for bug, seen in zip(bound.BUGS, found, strict=True)}


def _play(job: _Job) -> list[Found]:
    bound: Bound = job.point.load()
    found = []
    for seed in job.seeds:
        violation = bound.history(seed, job.bug)
        if violation:
            found.append(Found(seed, violation))
            if job.bug:
                break
    return found


def _everywhere(jobs: Sequence[_Job], until_s: float) -> Iterator[list[Found]]:
    """In their order, on every core; none is begun after `until_s`, but the first are."""
    cores = os.cpu_count() or 1
    wave = len(jobs) if until_s == math.inf else cores
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=context) as pool:
        for start in range(0, len(jobs), max(1, wave)):
            if start and time.monotonic() >= until_s:
                return
            yield from pool.map(_play, jobs[start : start + wave])

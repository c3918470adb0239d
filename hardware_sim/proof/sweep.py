"""Many schedules on every core, in chunks, so that progress can be shown and a seed can be named."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from hardware_sim.proof.mutants import MUTANTS
from hardware_sim.proof.simulation import Core, Outcome, run_schedule

CHUNK = 500
MUTANT_LIMIT = 20_000

Progress = Callable[[str], None]
_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Sweep:
    schedules: int
    receipts: int
    seconds: float
    violations: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Caught:
    """One mutant: after how many schedules it fell, by which seed, and what was seen; seed None where it lived."""

    name: str
    schedules: int
    seed: int | None
    violation: str


@dataclass(frozen=True, slots=True)
class _Part:
    schedules: int
    receipts: int
    violations: tuple[Outcome, ...]


def sweep(first_seed: int, count: int, progress: Progress) -> Sweep:
    """Runs `count` schedules of the real core. Violations are kept; the first of them name their seeds."""
    started = time.monotonic()
    seeds = range(first_seed, first_seed + count)
    chunks = [seeds[start : start + CHUNK] for start in range(0, count, CHUNK)]
    parts: list[_Part] = []
    for part in _everywhere(_run_part, chunks):
        parts.append(part)
        done = sum(part.schedules for part in parts)
        progress(f"simulation: {done:,} of {count:,} schedules")
    return Sweep(
        sum(part.schedules for part in parts),
        sum(part.receipts for part in parts),
        time.monotonic() - started,
        tuple(outcome for part in parts for outcome in part.violations),
    )


def hunt(first_seed: int, progress: Progress) -> list[Caught]:
    """Every mutant until its first violation, at most MUTANT_LIMIT schedules each."""
    caught: list[Caught] = []
    for one in _everywhere(hunt_one, [(name, first_seed) for name in MUTANTS]):
        caught.append(one)
        progress(f"mutants: {len(caught)} of {len(MUTANTS)}")
    return caught


def _run_part(seeds: range) -> _Part:
    outcomes = [run_schedule(seed, Core()) for seed in seeds]
    violations = tuple(outcome for outcome in outcomes if outcome.violation)
    return _Part(len(outcomes), sum(outcome.receipts for outcome in outcomes), violations)


def hunt_one(job: tuple[str, int]) -> Caught:
    name, first_seed = job
    for tried in range(MUTANT_LIMIT):
        outcome = run_schedule(first_seed + tried, MUTANTS[name])
        if outcome.violation:
            return Caught(name, tried + 1, outcome.seed, outcome.violation)
    return Caught(name, MUTANT_LIMIT, None, "")


def _everywhere(work: Callable[[_Job], _Result], jobs: Iterable[_Job]) -> Iterator[_Result]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        yield from pool.map(work, jobs)

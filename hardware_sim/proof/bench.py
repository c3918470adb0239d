"""`twinstore bench`: one benchmark by name, each beside the bare limit of this very machine in the same run.

A benchmark is a function of the entry-point group `twinstore.benches`: it takes a progress callback and gives its
figures; where it has one, `ratio` is to the bare limit and `ok` says whether it is as good as promised.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from hardware_sim.processes import PartyError
from hardware_sim.proof.report import Progress, last_line, plain, say

GROUP = "twinstore.benches"

Benchmark = Callable[[Callable[[str], object]], dict[str, Any]]


def benches() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP))}


def lines() -> list[str]:
    """Every name with its first words."""
    found = benches()
    width = max(map(len, found), default=0)
    return [f"{name:<{width}}  {_words(point.load())}" for name, point in found.items()]


def run(name: str, *, as_json: bool) -> int:
    """Exit status: 0 where the figures are as promised, 1 where not, 2 for an unknown name."""
    found = benches()
    if name not in found:
        sys.stderr.write(f"Expected a benchmark of {', '.join(found)}, got {name!r}.\n")
        return 2
    benchmark: Benchmark = found[name].load()
    progress = Progress()
    figures = _tried(benchmark, progress)
    progress.end()
    is_ok = bool(figures.pop("ok", True))
    say(f"{name}: {_words(benchmark)}")
    for key, value in figures.items():
        say(f"  {key:<28} {plain(value)}")
    if as_json:
        say(last_line(name, ok=is_ok, figures=figures))
    return 0 if is_ok else 1


def _tried(benchmark: Benchmark, progress: Progress) -> dict[str, Any]:
    """A process that does not start, or a wait in vain, is a figure too: `reason`, and not ok."""
    try:
        return benchmark(progress)
    except (PartyError, RuntimeError) as reason:
        return {"ok": False, "reason": str(reason)}


def _words(benchmark: Benchmark) -> str:
    return (benchmark.__doc__ or "").strip().splitlines()[0] if benchmark.__doc__ else ""

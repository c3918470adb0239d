"""`twinstore prove`: every layer in turn, scaled by --seconds, one verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hardware_sim.processes import PartyError
from hardware_sim.proof.outside import Refused
from hardware_sim.proof.report import Layer, Progress, last_line, say, tell

SCHEDULES_A_SECOND = 1_000  # so that 60 s mean more than 50,000
FEWEST_SECONDS = 6.0  # of kills and cuts: below that hardly anything has happened
KILLS_SHARE = 0.4  # of the whole; simulation and disk take the rest
SALES_A_SECOND = 0.5  # of the power cut's recording: some fifty cuts each
FEWEST_SALES = 12
HARDSHIPS_FROM_S = (
    20  # they and the failing disk are fixed sequences, and have a test of their own each
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What `seconds` buys of each layer."""

    schedules: int
    kill_seconds: float
    power_cut_sales: int
    rule_examples: int
    has_hardships: bool

    @classmethod
    def of(cls, seconds: int) -> Plan:
        return cls(
            schedules=SCHEDULES_A_SECOND * seconds,
            kill_seconds=max(FEWEST_SECONDS, KILLS_SHARE * seconds),
            power_cut_sales=max(FEWEST_SALES, int(SALES_A_SECOND * seconds)),
            rule_examples=max(20, seconds),
            has_hardships=seconds >= HARDSHIPS_FROM_S,
        )


def run(*, seconds: int, seed: int, as_json: bool) -> int:
    """Exit status 0 only where every layer is ok."""
    plan, progress, started = Plan.of(seconds), Progress(), time.monotonic()
    layers: list[Layer] = []
    for prove in _layers(plan, seed, progress):
        layer = _tried(prove)
        progress.end()
        tell(layer)
        layers.append(layer)
    ok = all(layer.ok for layer in layers)
    figures = {"seconds": round(time.monotonic() - started, 1), "seed": seed}
    for layer in layers:
        figures |= layer.figures
    say(
        f"{'Nothing lost, nothing doubled.' if ok else 'Not proven.'} Seed {seed}, {figures['seconds']} s."
    )
    if as_json:
        say(last_line("prove", ok=ok, figures=figures))
    return 0 if ok else 1


def _tried(prove: Callable[[], Layer]) -> Layer:
    """A process that does not start proves nothing: that is the layer's verdict, in the process's own words."""
    try:
        return prove()
    except (PartyError, Refused) as reason:
        words = str(reason)
        return Layer(
            "processes", ok=False, figures={"reason": words}, lines=tuple(words.splitlines())
        )


def _layers(plan: Plan, seed: int, progress: Progress) -> Iterator[Callable[[], Layer]]:
    from hardware_sim.proof import failing_disk, hardships, power_cut, processes

    yield lambda: simulate(plan.schedules, seed, progress)
    yield lambda: find_mutants(seed, progress)
    yield lambda: try_rules(plan.rule_examples, seed, progress)
    yield lambda: processes.prove(plan.kill_seconds, seed, progress)
    if plan.has_hardships:
        yield lambda: hardships.prove(seed, progress)
        yield lambda: failing_disk.prove(seed, progress)
    yield lambda: power_cut.prove(plan.power_cut_sales, seed, progress)


def simulate(schedules: int, seed: int, progress: Progress) -> Layer:
    from hardware_sim.proof.sweep import sweep

    found = sweep(seed * 10_000_000, schedules, progress)
    figures = {
        "schedules": found.schedules,
        "schedule_seconds": round(found.seconds, 2),
        "violations": len(found.violations),
    }
    lines = [
        (
            f"{found.schedules:,} schedules with {found.receipts:,} receipts in {found.seconds:.1f} s: "
            f"{len(found.violations)} violations"
        )
    ]
    lines += [f"seed {outcome.seed}: {outcome.violation}" for outcome in found.violations[:5]]
    return Layer("simulation", not found.violations, figures, tuple(lines))


def find_mutants(seed: int, progress: Progress) -> Layer:
    from hardware_sim.proof.sweep import MUTANT_LIMIT, hunt

    found = hunt(seed * 10_000_000, progress)
    alive = [one for one in found if one.seed is None]
    figures = {"mutants": len(found), "mutants_caught": len(found) - len(alive)}
    lines = [f"{len(found) - len(alive)} of {len(found)} seeded bugs caught"]
    lines += [
        f"{one.name}: schedule {one.schedules:,}, seed {one.seed}" for one in found if one.seed
    ]
    lines += [f"{one.name}: alive after {MUTANT_LIMIT:,} schedules" for one in alive]
    return Layer("mutants", not alive, figures, tuple(lines))


def try_rules(examples: int, seed: int, progress: Progress) -> Layer:
    """The rule machine needs hypothesis, which only a developer's environment has."""
    try:
        from hardware_sim.proof.stateful import run_rules
    except ImportError:
        words = "left out: hypothesis is not installed"
        return Layer("rules", ok=True, figures={"rule_examples": 0}, lines=(words,))
    progress(f"rules: {examples} examples")
    violation = run_rules(examples, seed)
    words = violation or f"{examples} examples of the rule machine: no violation"
    return Layer("rules", not violation, {"rule_examples": examples}, (words,))

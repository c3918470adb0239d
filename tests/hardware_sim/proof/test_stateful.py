from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from hardware_sim.proof.mutants import MUTANTS
from hardware_sim.proof.oracle import Violation
from hardware_sim.proof.stateful import SyncMachine

QUICK = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_the_real_core_keeps_its_word() -> None:
    run_state_machine_as_test(SyncMachine, settings=QUICK)


@pytest.mark.parametrize(
    "name", ["PUBACK taken for an ack", "no dedupe", "fork logs nothing again"]
)
def test_the_machine_finds_seeded_bugs(name: str) -> None:
    machine = type("Mutant", (SyncMachine,), {"core": MUTANTS[name]})
    hunting = settings(QUICK, max_examples=300, phases=[Phase.generate])
    with pytest.raises(Violation):
        run_state_machine_as_test(machine, settings=hunting)

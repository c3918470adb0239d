"""The same simulated world as a hypothesis rule machine: chance chooses worse, and shrinks what it finds.

The machine's rules are the world's own steps. Imported by the tests and, where hypothesis is installed, by `prove`.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from hardware_sim.proof.actors import Box, Crash
from hardware_sim.proof.oracle import Violation
from hardware_sim.proof.simulation import FAULTS, MOST_BOXES, Core, Step, World

boxes = st.integers(0, MOST_BOXES - 1)
crashes = st.sampled_from(Crash)


class SyncMachine(RuleBasedStateMachine):
    """Rules are split so that shrinking leaves the few steps that matter."""

    core = Core()

    @initialize(seed=st.integers(0, 99))
    def start(self, seed: int) -> None:
        self.world = World(seed, self.core)
        self.world.boxes[0].connect()

    @rule(box=boxes, crash=crashes)
    def sell(self, box: int, crash: Crash) -> None:
        self._box(box).sell(crash)

    @rule(box=boxes, crash=crashes)
    def send(self, box: int, crash: Crash) -> None:
        self._box(box).send(crash)

    @rule(place=st.integers(0, 3), crash=crashes)
    def hub_takes(self, place: int, crash: Crash) -> None:
        if self.world.up:
            self.world.hub.take([self.world.up.pop(place % len(self.world.up))], crash)

    @rule(place=st.integers(0, 3), crash=crashes)
    def box_takes(self, place: int, crash: Crash) -> None:
        if self.world.down:
            box, ack = self.world.down.pop(place % len(self.world.down))
            box.take(ack, crash)

    @rule(step=st.sampled_from(tuple(FAULTS)))
    def fault(self, step: Step) -> None:
        step(self.world)

    def teardown(self) -> None:
        self.world.heal()
        self.world.oracle.judge()

    def _box(self, number: int) -> Box:
        return self.world.boxes[number % len(self.world.boxes)]


def run_rules(examples: int, seed: int) -> str:
    """The first violation in words, "" where there is none."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    machine = hypothesis_seed(seed)(type("SeededMachine", (SyncMachine,), {}))
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except Violation as violation:
        return str(violation)
    return ""

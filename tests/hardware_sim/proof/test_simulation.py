"""The simulation itself: repeatable, clean on the real core, and sharp: it finds every seeded bug."""

from __future__ import annotations

import pytest

from contract.envelope import Ack, Fact
from contract.stream import Stand, Stored
from hardware_sim.proof.actors import Crash
from hardware_sim.proof.mutants import MUTANTS
from hardware_sim.proof.oracle import Violation
from hardware_sim.proof.simulation import FAULTS, Core, Step, World, run_schedule
from hardware_sim.proof.sweep import MUTANT_LIMIT, hunt_one, sweep


def test_a_seed_is_a_schedule() -> None:
    assert run_schedule(11, Core()) == run_schedule(11, Core())
    assert run_schedule(11, Core()) != run_schedule(12, Core())


def test_the_real_core_is_clean() -> None:
    said: list[str] = []
    found = sweep(first_seed=1, count=2_000, progress=said.append)
    assert (found.schedules, found.violations) == (2_000, ())
    assert said[-1] == "simulation: 2,000 of 2,000 schedules"
    assert found.receipts > 10_000


@pytest.mark.parametrize("name", MUTANTS)
def test_every_seeded_bug_is_found(name: str) -> None:
    caught = hunt_one((name, 1))
    assert caught.seed is not None, f"{name!r} lived through {MUTANT_LIMIT:,} schedules"
    assert caught.schedules == caught.seed


def test_a_violation_names_its_seed_and_what_is_untrue() -> None:
    outcome = run_schedule(1, MUTANTS["PUBACK taken for an ack"])
    assert (outcome.seed, outcome.violation) == (1, "acked is 3, but the hub holds 0")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_after_any_single_fault_everything_arrives(fault: Step) -> None:
    world = world_with_sales(3)
    fault(world)
    world.boxes[0].sell(Crash.NONE)
    world.heal()
    world.oracle.judge()


# -- the oracle sees each untrue thing ---------------------------------------------------------


def world_with_sales(count: int) -> World:
    world = World(1, Core())
    world.boxes[0].connect()
    for _ in range(count):
        world.boxes[0].sell(Crash.NONE)
    return world


def healed() -> World:
    world = world_with_sales(3)
    world.heal()
    world.oracle.judge()
    return world


def judged(world: World) -> str:
    with pytest.raises(Violation) as violation:
        world.oracle.judge()
    return str(violation.value)


def epoch_of(world: World) -> str:
    return world.boxes[0].disk.epoch


def test_a_lost_receipt_is_seen() -> None:
    world = healed()
    world.hub.disk.facts[epoch_of(world)].pop()
    assert judged(world) == "1 receipts lost: 0003"


def test_what_a_restore_destroyed_on_every_disk_is_not_a_loss_of_the_sync() -> None:
    world = world_with_sales(2)
    world.restore_box()
    world.heal()
    world.oracle.judge()
    assert world.oracle.destroyed == {"0001", "0002"}


def test_a_phantom_is_seen() -> None:
    world = healed()
    world.hub.disk.store("e9", [Stored(1, "0099", "never sold")])
    assert judged(world) == "1 phantoms at the hub: 0099"


def test_a_double_application_is_seen() -> None:
    world = healed()
    world.hub.disk.applied["0002"] += 1
    assert judged(world) == "1 applied more than once: 0002"


def test_a_gap_is_seen() -> None:
    world = healed()
    facts = world.hub.disk.facts[epoch_of(world)]
    facts[1] = Stored(4, facts[1].uid, facts[1].body)
    assert judged(world) == f"epoch {epoch_of(world)} has a gap or a double: [1, 4, 3]"


def test_a_changed_body_is_seen() -> None:
    world = healed()
    world.hub.disk.facts[epoch_of(world)][1] = Stored(2, "0002", "another price")
    assert judged(world) == "1 bodies changed: 0002"


def test_a_wrong_order_is_seen() -> None:
    world = healed()
    first, second, third = world.hub.disk.facts[epoch_of(world)]
    swapped = [first, Stored(2, third.uid, third.body), Stored(3, second.uid, second.body)]
    world.hub.disk.facts[epoch_of(world)] = swapped
    assert judged(world) == f"epoch {epoch_of(world)} is out of order: [1, 3, 2]"


def test_a_wrong_chain_is_seen() -> None:
    world = healed()
    world.hub.disk.stands[epoch_of(world)] = Stand(3, "f" * 32)
    assert judged(world) == f"the hub's chain of epoch {epoch_of(world)} is not that of its facts"


def test_a_box_that_waits_for_ever_is_seen() -> None:
    world = healed()
    world.boxes[0].disk.log.append(Fact("0004", "body"))
    assert judged(world) == "a box keeps 1 facts unacknowledged for ever"


def test_a_wire_that_never_drains_is_seen() -> None:
    world = world_with_sales(1)
    world.hub.answer = lambda answers: None  # type: ignore[method-assign]
    with pytest.raises(Violation, match="not drained 300 rounds"):
        world.heal()


def test_acked_falling_without_a_question_is_seen() -> None:
    world = healed()
    box = world.boxes[0]
    box.sender.acked = 1
    with pytest.raises(Violation, match="acked fell from 3 to 1 by an ack that answers no hello"):
        world.oracle.acked(box, 3, Ack(epoch=epoch_of(world), high=1, chain="0" * 32))


def test_acked_falling_though_the_hub_lost_nothing_is_seen() -> None:
    world = healed()
    box = world.boxes[0]
    box.sender.acked = 1
    with pytest.raises(Violation, match="acked fell from 3 to 1 though the hub had lost nothing"):
        world.oracle.acked(box, 3, Ack(epoch=epoch_of(world), high=1, chain="0" * 32, hello=1))


def test_acked_beyond_the_hub_is_seen() -> None:
    world = healed()
    world.boxes[0].sender.acked = 4
    with pytest.raises(Violation, match="acked is 4, but the hub holds 3"):
        world.oracle.claimed(world.boxes[0])


def test_a_frozen_epoch_that_goes_on_is_seen() -> None:
    world = healed()
    world.oracle.stored("e9", Stand(3, "f" * 32, is_frozen=True))
    with pytest.raises(Violation, match="epoch e9 was frozen at 3 and went on to 4"):
        world.oracle.stored("e9", Stand(4, "f" * 32))


def test_a_hub_that_knows_more_than_the_only_box_is_seen() -> None:
    world = healed()
    world.boxes[0].disk.log.acked -= 1
    del world.boxes[0].disk.log.facts[-1], world.boxes[0].disk.log.chains[-1]
    assert judged(world) == f"box and hub differ in epoch {epoch_of(world)}: 2 and 3"


def test_a_resting_twin_need_not_know_what_the_other_sold() -> None:
    """Found by schedule 30048855: the twin is told when it next has something to say."""
    world = healed()
    world.oracle.had_twins = True
    world.boxes[0].disk.log.acked -= 1
    del world.boxes[0].disk.log.facts[-1], world.boxes[0].disk.log.chains[-1]
    world.oracle.judge()


def test_another_history_at_the_hub_is_seen_even_of_twins() -> None:
    world = healed()
    world.oracle.had_twins = True
    world.boxes[0].disk.log.facts[1] = Fact("0002", "another price")
    assert judged(world) == f"box and hub differ in epoch {epoch_of(world)}: 3 and 3"

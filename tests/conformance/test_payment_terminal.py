"""What every payment terminal promises (`drivers.interfaces.PaymentTerminal`): the judge is its own ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from drivers import registry
from drivers.errors import PeripheralError, Unavailable, UnknownOutcome
from drivers.events import PaymentOutcome, PaymentResult
from drivers.interfaces import PaymentTerminal
from hardware_sim.hosts import Host
from hardware_sim.payment_terminals.ledger import Ledger
from hardware_sim.payment_terminals.nexo import NexoInterface, TerminalUnit

KIND = "payment_terminal"
AMOUNT = 12_900
FAST = 100.0


@dataclass
class Desk:
    """A simulated terminal and its book."""

    interface: Any
    ledger: Ledger
    set_script: Callable[[list[str]], None]
    arm: Callable[[str], None]


@dataclass
class Stand:
    profile: str
    cables: tuple[str, ...]
    make: Callable[[], Desk]


def _nexo() -> Desk:
    unit = TerminalUnit(speed=FAST)
    return Desk(NexoInterface(unit), unit.ledger, unit.set_script, unit.arm)


STANDS = {"nexo": Stand("generic", ("tcp", "sim"), _nexo)}
PLACES = [(name, cable) for name, stand in STANDS.items() for cable in stand.cables]


@dataclass
class Place:
    driver: Any
    host: Host
    desk: Desk

    def pay(self, reference: str, deadline_s: float = 20.0) -> PaymentOutcome:
        outcome: PaymentOutcome = self.driver.pay(reference, AMOUNT, "KRW", deadline_s)
        return outcome


@pytest.fixture(params=PLACES, ids=lambda it: f"{it[0]}-{it[1]}")
def place(request: pytest.FixtureRequest, wires: Any) -> Iterator[Place]:
    name, cable = request.param
    desk = STANDS[name].make()
    opener, host, clock = wires.put(cable, desk.interface)
    driver = registry.build(KIND, name, STANDS[name].profile, opener, clock)
    driver.open()
    yield Place(driver, host, desk)
    driver.close()


def test_every_payment_terminal_stands_here(entries_of: Callable[[str], set[str]]) -> None:
    assert entries_of(KIND) == set(STANDS)


def test_it_is_a_payment_terminal(place: Place) -> None:
    assert isinstance(place.driver, PaymentTerminal)


def test_an_approval_moves_the_money_once(place: Place) -> None:
    outcome = place.pay("A1")
    assert outcome.result is PaymentResult.APPROVED
    assert (outcome.reference, outcome.amount_minor, outcome.currency) == ("A1", AMOUNT, "KRW")
    assert outcome.terminal_transaction_id
    assert place.desk.ledger.times_charged() == {"A1": 1}


@pytest.mark.parametrize(("step", "result"), [("decline", "declined"), ("cancel", "cancelled")])
def test_a_refusal_is_a_result_and_moves_nothing(place: Place, step: str, result: str) -> None:
    with place.host.changing():
        place.desk.set_script([step])
    assert place.pay("A1").result == result
    assert place.desk.ledger.moved_minor == 0


def test_a_query_tells_what_became_of_it(place: Place) -> None:
    paid = place.pay("A1")
    assert place.driver.query("A1", "KRW", 5.0) == paid
    assert place.driver.query("NEVER", "KRW", 5.0).result is PaymentResult.NOT_FOUND


def test_a_reversal_undoes_it(place: Place) -> None:
    paid = place.pay("A1")
    assert place.driver.reverse("R1", paid, 5.0).result is PaymentResult.APPROVED
    assert place.desk.ledger.moved_minor == 0
    assert place.driver.query("R1", "KRW", 5.0).result is PaymentResult.APPROVED


def test_a_lost_answer_is_unknown_and_resolved_without_sending_again(place: Place) -> None:
    with place.host.changing():
        place.desk.arm("drop_after_host")
    with pytest.raises(UnknownOutcome):
        place.pay("A1")
    place.driver.open()
    assert place.driver.query("A1", "KRW", 5.0).result is PaymentResult.APPROVED
    assert place.desk.ledger.times_charged() == {"A1": 1}


def test_a_lost_line_before_the_first_byte_is_unavailable(place: Place) -> None:
    place.host.unplug()
    with pytest.raises(Unavailable):
        place.pay("A1")
    place.host.replug()
    place.driver.open()
    assert place.driver.query("A1", "KRW", 5.0).result is PaymentResult.NOT_FOUND
    assert place.pay("A2").result is PaymentResult.APPROVED
    assert place.desk.ledger.times_charged() == {"A2": 1}


def test_no_full_card_number_comes_out_of_it(place: Place) -> None:
    with place.host.changing():
        place.desk.arm("leak")
    outcome = place.pay("A1")
    assert "4111111111111111" not in repr(outcome)
    assert place.driver.health().counters["CardDataDroppedCount"] > 0


@pytest.mark.parametrize("name", STANDS)
def test_on_a_bad_wire_every_payment_is_charged_at_most_once_and_none_is_believed_in_vain(
    name: str, spoilt: Any, wires: Any
) -> None:
    """What the driver calls approved is in the ledger, and what it does not know stays unknown to everybody."""
    desk = STANDS[name].make()
    opener, host, clock = wires.in_process(desk.interface)
    driver = registry.build(KIND, name, STANDS[name].profile, opener, clock)
    approved = set()
    host.interface = spoilt(desk.interface)
    for number in range(8):
        reference = f"B{number}"
        try:
            driver.open()
            if driver.pay(reference, AMOUNT, "KRW", 10.0).result is PaymentResult.APPROVED:
                approved.add(reference)
        except PeripheralError:
            clock.sleep(1.0)
    driver.close()
    charged = desk.ledger.times_charged()
    assert set(charged.values()) <= {1}
    assert approved <= set(charged)

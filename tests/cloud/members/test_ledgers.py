"""Points follow from sales and returns, by line and once, whichever box is heard first."""

from typing import Any

import pytest
from sqlmodel import select

from cloud.db import Database
from cloud.ingest.tables import Alarm, Quarantined
from cloud.members import programme
from cloud.members.standing import Standing
from cloud.members.tables import MemberEntry
from cloud.projection import forget
from tests.cloud.members.conftest import PROGRAMME


def entries(database: Database) -> list[tuple[str, int, int]]:
    with database.read() as session:
        rows = session.exec(select(MemberEntry).order_by(MemberEntry.entry_id)).all()
        return [(row.kind, row.line, row.amount) for row in rows]


def alarms(database: Database) -> dict[str, str]:
    with database.read() as session:
        assert session.exec(select(Quarantined)).all() == []
        return {row.key: row.detail for row in session.exec(select(Alarm)).all()}


def stand(members: Any, name: str) -> Standing:
    return members.person(name).standing


def points_tender(points: int, payment_id: str = "") -> dict[str, Any]:
    return {"kind": "points", "amount_minor": points, "tendered_minor": points} | (
        {"payment_id": payment_id} if payment_id else {}
    )


def cash(amount_minor: int) -> dict[str, Any]:
    return {"kind": "cash", "amount_minor": amount_minor, "tendered_minor": amount_minor}


def test_a_sale_earns_by_line(members, chain, minji) -> None:
    chain.sale(minji)
    chain.arrive()
    assert entries(members.database) == [("earned", 1, 110)]
    assert stand(members, minji).balance == 110
    assert alarms(members.database) == {}


def test_a_member_who_gave_the_number_earns_as_well(members, chain, minji) -> None:
    chain.sale(members.person(minji).member.number)
    chain.arrive()
    assert stand(members, minji).balance == 110


def test_what_arrives_twice_counts_once(members, chain, minji) -> None:
    sale = chain.sale(minji)
    chain.back(sale)
    chain.arrive()
    chain.arrive()
    forget(members.database)
    chain.arrive()
    assert entries(members.database) == [("earned", 1, 110), ("taken_back", 1, -55)]


@pytest.mark.parametrize(
    "order", [("maru-office", "maru-hillside"), ("maru-hillside", "maru-office")]
)
def test_a_return_takes_back_by_line_even_before_its_sale_is_heard(
    members, chain, minji, order
) -> None:
    sale = chain.sale(minji)
    chain.back(sale, "maru-hillside")
    chain.arrive(*order)
    assert stand(members, minji).balance == 55
    chain.back(sale, "maru-hillside")
    chain.arrive(*order)
    assert stand(members, minji).balance == 0


def test_points_that_paid_are_spent_and_come_back_with_a_return(members, chain, minji) -> None:
    chain.sale(minji)
    sale = chain.sale(minji, 109, tenders=[points_tender(100), cash(10_900)])
    chain.back(sale, tenders=[points_tender(50), cash(5_450)])
    chain.arrive()
    assert entries(members.database) == [
        ("earned", 1, 110),
        ("earned", 1, 109),
        ("spent", 0, -100),
        ("taken_back", 1, -55),
        ("given_back", 0, 50),
    ]
    assert alarms(members.database) == {}


def test_what_the_box_promised_stands_and_head_office_hears_of_it(members, chain, minji) -> None:
    sale = chain.sale(minji, 999)
    chain.arrive()
    assert stand(members, minji).balance == 999
    expected = f"Expected 110 points for sale {sale}, got 999."
    assert alarms(members.database) == {"members.points_differ": expected}


def test_a_box_that_was_cut_off_may_go_by_the_programme_it_knows(members, chain, minji) -> None:
    members.clock.jump(3_600)
    doubled = PROGRAMME.tiers[0].model_copy(update={"earn_bp": 150})
    changed = PROGRAMME.model_copy(update={"tiers": (doubled, PROGRAMME.tiers[1])})
    programme.publish(members, changed)
    chain.sale(minji, 110)
    chain.sale(minji, 165)
    chain.arrive()
    assert stand(members, minji).balance == 275
    assert alarms(members.database) == {}


def test_a_sale_of_nobody_stands_and_is_told(members, chain, an_id) -> None:
    sale = chain.sale(an_id(99))
    chain.arrive()
    assert entries(members.database) == []
    expected = f"Expected a member in sale {sale}, got an id that nobody has."
    assert alarms(members.database) == {"members.unknown_member": expected}


def test_spending_rises_a_tier_and_the_box_may_count_by_either(members, chain, minji) -> None:
    for _ in range(5):
        chain.sale(minji)
    chain.arrive()
    assert stand(members, minji).tier == 1
    chain.sale(minji, 110)
    chain.sale(minji, 220)
    chain.arrive()
    assert stand(members, minji).balance == 880
    assert alarms(members.database) == {}


def test_an_overspend_is_a_debt_that_blocks_and_is_capped(members, chain, minji) -> None:
    chain.sale(minji)
    for shop in chain.boxes:
        chain.sale(minji, 100, shop, tenders=[points_tender(1_000), cash(10_000)])
    chain.arrive()
    owing = stand(members, minji)
    assert (owing.balance, owing.debt, owing.lost) == (-1_690, 500, 1_190)
    assert (owing.is_blocked, owing.available, owing.allowance(PROGRAMME)) == (True, 0, 0)


def test_one_member_in_two_shops_at_once_is_told_and_not_refused(members, chain, minji) -> None:
    at = "2026-11-23T03:00:00Z"
    for shop in chain.boxes:
        chain.sale(minji, shop=shop, occurred_at=at)
    chain.arrive()
    assert stand(members, minji).balance == 220
    number = members.person(minji).member.number
    assert alarms(members.database) == {
        "members.code_shared": f"Member {number} bought at maru-hillside and at maru-office within 5 minutes."
    }


def test_stored_value_that_nobody_gave_is_told(members, chain, minji) -> None:
    tender = {"kind": "stored_value", "amount_minor": 11_000, "tendered_minor": 11_000}
    sale = chain.sale(minji, tenders=[tender])
    chain.arrive()
    expected = f"Expected stored value that the hub gave for sale {sale}, got 11000 of nobody."
    assert alarms(members.database) == {"members.unpaid_stored_value": expected}
    assert stand(members, minji).stored_minor == 0

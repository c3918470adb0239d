"""What a customer is owed is given once: as stored value, or paid back by head office."""

import pytest
from sqlmodel import select

from cloud import identity
from cloud.db import Database
from cloud.errors import AlreadySettledError, NotFoundError
from cloud.members.service import Members
from cloud.members.tables import MemberAct
from cloud.orders import settling
from cloud.orders.service import WantedHold, WantedLine, hold
from cloud.orders.settling import PaidBack
from cloud.storefront import refunding

OFFICE, HARBOUR, CAKE = "office", "harbour", "CAKE"
RECEIPT = PaidBack(by="cash", reference="A-12")


@pytest.fixture
def one_cake() -> tuple[WantedLine, ...]:
    return (WantedLine(sku=CAKE, quantity=1),)


@pytest.fixture
def members(database: Database, clock, tmp_path) -> Members:
    return Members(database, clock, identity.load(tmp_path / "key"), "KRW", lambda: None)


def broken(chain, jobs, lines, member_id: str = "", channel: str = "counter") -> str:
    """An order that no shop could keep: 30,000 to be given back, 1,500 for the trouble."""
    chain.allow(HARBOUR, cap=0)
    wanted = WantedHold(
        offer_id=chain.quote()[0].offer_id,
        lines=lines,
        key="k",
        member_id=member_id,
        channel=channel,
    )
    with chain.database.write() as session:
        order_id = hold(session, chain.clock.now(), wanted).order_id
    chain.place(order_id)
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "declined", reason="damaged"))
    return order_id


def now_text(chain) -> str:
    return chain.clock.now().isoformat().replace("+00:00", "Z")


def pay(chain, order_id: str, number: int, paid: PaidBack = RECEIPT):
    with chain.database.write() as session:
        return settling.pay_back(session, chain.clock.now(), order_id, number, paid)


def owed(chain):
    with chain.database.read() as session:
        return settling.owed(session, 100)


def test_a_members_compensation_becomes_stored_value_once(chain, jobs, one_cake, members) -> None:
    person = members.join({"name": "Mina"}, {})
    order_id = broken(chain, jobs, one_cake, person.member.member_id)
    assert settling.to_members(members) == 1
    assert members.person(person.member.member_id).standing.stored_minor == 1_500
    refund, compensation = chain.view(order_id)["credits"]
    assert (refund["settled_at"], compensation["settled_at"]) == (None, now_text(chain))
    assert compensation["settled_by"] == f"stored_value:order-credit-{order_id}-2"
    assert settling.to_members(members) == 0
    assert members.person(person.member.member_id).standing.stored_minor == 1_500
    with (
        chain.database.read() as session
    ):  # nobody loaded it: the books must tell one from the other
        assert session.exec(select(MemberAct.kind)).all() == ["compensation"]


def test_a_hub_killed_between_value_and_debt_gives_it_once(
    chain, jobs, one_cake, members, monkeypatch
) -> None:
    person = members.join({"name": "Mina"}, {})
    order_id = broken(chain, jobs, one_cake, person.member.member_id)
    with monkeypatch.context() as killed:
        killed.delattr(settling, "settle")
        with pytest.raises(NameError):
            settling.to_members(members)
    assert chain.view(order_id)["credits"][1]["settled_at"] is None
    assert settling.to_members(members) == 1
    assert members.person(person.member.member_id).standing.stored_minor == 1_500


def test_nobody_and_the_erased_are_paid_back_by_hand(chain, jobs, one_cake, members) -> None:
    person = members.join({"name": "Mina"}, {})
    broken(chain, jobs, one_cake, person.member.member_id)
    members.erase(person.member.member_id)
    assert settling.to_members(members) == 0
    assert [(it["kind"], it["amount_minor"]) for it in owed(chain)] == [
        ("refund", 30_000),
        ("compensation", 1_500),
    ]


def test_what_a_wallet_gives_back_is_not_given_twice(chain, jobs, one_cake, members) -> None:
    """Orders of the online shop: its wallet has no more to give back than was paid, and that is for the refund."""
    person = members.join({"name": "Mina"}, {})
    broken(chain, jobs, one_cake, person.member.member_id, channel="storefront")
    with chain.database.read() as session:
        assert refunding.owed(session) == []
    assert settling.to_members(members) == 1
    assert members.person(person.member.member_id).standing.stored_minor == 1_500


def test_head_office_pays_back_and_says_how(chain, jobs, one_cake) -> None:
    order_id = broken(chain, jobs, one_cake)
    now = now_text(chain)
    assert pay(chain, order_id, 1) == {
        "number": 1,
        "kind": "refund",
        "amount_minor": 30_000,
        "currency": "KRW",
        "reason": "broken",
        "owed_at": now,
        "settled_at": now,
        "settled_by": "cash:A-12",
    }
    assert [it["number"] for it in owed(chain)] == [2]
    assert chain.view(order_id)["story"][-1]["fields"] == {
        "kind": "refund",
        "amount_minor": 30_000,
        "by": "cash:A-12",
    }


def test_the_same_word_again_changes_nothing_and_another_is_refused(chain, jobs, one_cake) -> None:
    order_id = broken(chain, jobs, one_cake)
    first = pay(chain, order_id, 1)
    chain.clock.jump(60)
    assert pay(chain, order_id, 1) == first
    with pytest.raises(AlreadySettledError) as refused:
        pay(chain, order_id, 1, PaidBack(by="bank", reference="T-9"))
    assert refused.value.message == (
        "Debt 1 of this order is settled already (cash:A-12). Nothing was changed."
    )
    with pytest.raises(NotFoundError):
        pay(chain, order_id, 3)

"""Points expire, the oldest first; what was earned is spent, expired or still there, whatever came when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from cloud.errors import NotEnoughError
from cloud.members import programme, spending
from cloud.members.expiring import Move, played
from cloud.members.spending import Place
from cloud.members.tables import MemberAct
from contract.members import MemberSpend

DAY = datetime(2026, 1, 1, tzinfo=UTC)
MOVES = st.lists(
    st.builds(
        lambda day, amount: Move(DAY + timedelta(days=day), amount),
        st.integers(0, 400),
        st.integers(-50, 100).filter(bool),
    )
)


@given(MOVES, st.integers(0, 200), st.integers(0, 500))
def test_what_was_earned_is_spent_expired_or_there(moves, days, later) -> None:
    now = DAY + timedelta(days=400 + later)
    outcome = played(moves, days, now)
    earned = sum(move.amount for move in moves if move.amount > 0)
    spent = -sum(move.amount for move in moves if move.amount < 0)
    assert earned == spent + outcome.expired + outcome.stands
    assert 0 <= outcome.expired <= earned
    assert days or not outcome.expired


@given(MOVES, st.integers(1, 200))
def test_nothing_good_is_older_than_its_life_and_nothing_younger_goes(moves, days) -> None:
    now = DAY + timedelta(days=401)
    outcome = played(moves, days, now)
    young = sum(m.amount for m in moves if m.amount > 0 and m.at + timedelta(days=days) > now)
    assert outcome.stands <= young
    assert outcome.next_at is None or now < outcome.next_at <= now + timedelta(days=days)


@given(st.permutations([Move(DAY + timedelta(days=n), a) for n, a in ((0, 90), (9, -40), (20, 5))]))
def test_in_whatever_order_the_facts_come(moves) -> None:
    assert played(moves, 15, DAY + timedelta(days=16)).expired == 50


def of(members, name: str):
    return members.person(name).standing


@pytest.fixture
def short(members) -> None:
    """Points are good for 30 days."""
    with members.database.read() as session:
        known = members.programme_in(session)
    programme.publish(members, known.model_copy(update={"points_days": 30}))


def test_points_go_on_their_day_oldest_first_and_the_ledger_says_so(
    members, short, minji, an_id
) -> None:
    spending.gift(members, an_id(1), minji, 100)
    members.clock.jump(10 * 86_400)
    spending.gift(members, an_id(2), minji, 50)
    stand = of(members, minji)
    assert (stand.balance, stand.next_points) == (150, 100)
    assert stand.next_at == members.clock.now() + timedelta(days=20)
    members.clock.jump(20 * 86_400)
    assert of(members, minji).balance == 50
    with pytest.raises(NotEnoughError):
        spending.spend(members, Place(an_id(3), "maru-office"), points(minji, 60))
    assert members.code(minji).credential
    members.code(minji)
    with members.database.read() as session:
        [act] = session.exec(select(MemberAct).where(MemberAct.kind == "expired"))
    assert (act.amount, act.done_at) == (-100, members.clock.now())
    assert of(members, minji).balance == 50


def points(member_id: str, amount: int) -> MemberSpend:
    return MemberSpend(member_id=member_id, what="points", amount=amount, currency="KRW")


def test_points_that_are_held_for_a_sale_do_not_go_under_it(members, short, minji, an_id) -> None:
    spending.gift(members, an_id(1), minji, 100)
    members.clock.jump(29 * 86_400)
    spending.spend(members, Place(an_id(2), "maru-office"), points(minji, 80))
    members.clock.jump(86_400)
    assert of(members, minji).balance == 80
    spending.give_back(members, an_id(2))
    assert of(members, minji).balance == 0


def test_a_purchase_that_is_told_late_takes_points_that_were_good_on_its_day(
    members, chain, short, minji, an_id
) -> None:
    """Its shop was cut off: nobody is in debt for points that were written off meanwhile."""
    spending.gift(members, an_id(1), minji, 1_000)
    paid = [
        {"kind": "points", "amount_minor": 1_000, "tendered_minor": 1_000},
        {"kind": "cash", "amount_minor": 10_000, "tendered_minor": 10_000},
    ]
    chain.sale(minji, 100, tenders=paid)
    members.clock.jump(31 * 86_400)
    members.code(minji)
    assert of(members, minji).balance == 0
    chain.arrive()
    stand = of(members, minji)
    assert (stand.balance, stand.is_blocked) == (0, False)
    members.code(minji)
    with members.database.read() as session:
        acts = session.exec(select(MemberAct).where(MemberAct.kind == "expired"))
        assert sum(act.amount for act in acts) == -100

"""What boxes ask about members: answered once, and refused in words that a cashier can say."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from cloud.errors import HubError
from cloud.ingest.tables import Alarm
from cloud.members import asks, spending
from cloud.questions import Asker
from tests.cloud.members.test_ledgers import cash, points_tender

OFFICE, HILLSIDE = ("maru-office-1", "maru-office"), ("maru-hillside-1", "maru-hillside")


@pytest.fixture
def ask(members, an_id) -> Callable[..., dict[str, Any]]:
    """Answers as they travel: as JSON."""
    verbs = asks.verbs(members)

    def ask(verb: str, which: int = 1, /, at: tuple[str, str] = OFFICE, **arguments: Any) -> Any:
        body = verbs[f"members.{verb}"](Asker(*at, an_id(which)), arguments)
        return json.loads(json.dumps(body))

    return ask


def refusal(run: Callable[[], object]) -> str:
    with pytest.raises(HubError) as caught:
        run()
    return caught.value.key


def points(members: Any, name: str, amount: int, act_id: str) -> None:
    spending.gift(members, act_id, name, amount)


def test_who_it_is_by_code_and_by_number(ask, members, minji) -> None:
    person = members.person(minji)
    expected = {
        "member_id": minji,
        "number": person.member.number,
        "name": "Minji",
        "language": "ko",
        "tier": 0,
        "tier_name": "회원",
        "balance": 0,
        "available": 0,
        "stored_minor": 0,
        "currency": "KRW",
        "is_blocked": False,
    }
    assert ask("look", code=members.code(minji).code) == expected
    assert ask("look", number=person.member.number) == expected


def test_codes_that_are_no_good_are_refused_each_in_its_words(ask, members, minji) -> None:
    text = members.code(minji).code
    assert refusal(lambda: ask("look", code="TWM1.no")) == "members.code_forged"
    forged = text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:]
    assert refusal(lambda: ask("look", code=forged)) == "members.code_forged"
    members.clock.jump(86_400)
    assert refusal(lambda: ask("look", code=text)) == "members.code_old"
    assert refusal(lambda: ask("look", number="0000000000")) == "members.unknown"


def test_a_lost_phones_code_is_refused_and_the_new_ones_is_not(ask, members, minji) -> None:
    text = members.code(minji).code
    fresh = members.lost_phone(minji)
    assert refusal(lambda: ask("look", code=text)) == "members.code_revoked"
    assert members.code(minji).credential == fresh
    assert ask("look", code=members.code(minji).code)["member_id"] == minji


def test_the_same_phone_in_two_shops_is_told_and_not_refused(ask, members, minji) -> None:
    text = members.code(minji).code
    ask("look", code=text)
    members.clock.jump(60)
    assert ask("look", at=HILLSIDE, code=text)["member_id"] == minji
    with members.database.read() as session:
        [alarm] = session.exec(select(Alarm)).all()
    assert (alarm.edge_id, alarm.key) == ("maru-hillside-1", "members.code_shared")
    assert alarm.detail == (
        "Credential 1 was shown at maru-office and at maru-hillside within 5 minutes."
    )


def test_points_are_held_once_and_go_with_their_sale(ask, members, chain, minji, an_id) -> None:
    points(members, minji, 300, an_id(50))
    wanted = {"member_id": minji, "what": "points", "amount": 200, "currency": "KRW"}
    first = ask("spend", **wanted)
    assert first == {"spend_id": an_id(1), "amount": 200, "left": 100}
    assert ask("spend", **wanted) == first
    assert refusal(lambda: ask("spend", 2, **wanted)) == "members.not_enough"
    chain.sale(minji, 108, tenders=[points_tender(200, an_id(1)), cash(10_800)])
    chain.arrive()
    stand = members.person(minji).standing
    assert (stand.balance, stand.held, stand.available) == (208, 0, 208)


def test_a_hold_that_no_sale_came_of_is_given_back_or_runs_out(ask, members, minji, an_id) -> None:
    points(members, minji, 300, an_id(50))
    wanted = {"member_id": minji, "what": "points", "amount": 200, "currency": "KRW"}
    ask("spend", 1, **wanted)
    ask("give_back", 2, spend_id=an_id(1))
    assert members.person(minji).standing.available == 300
    assert refusal(lambda: ask("spend", 1, **wanted)) == "members.spend_differs"
    ask("spend", 3, **wanted)
    members.clock.jump(7 * 86_400 + 1)
    assert members.person(minji).standing.available == 300


def test_a_spend_that_was_given_back_before_it_came_is_never_taken(ask, members, minji, an_id):
    points(members, minji, 300, an_id(50))
    ask("give_back", 2, spend_id=an_id(1))
    wanted = {"member_id": minji, "what": "points", "amount": 200, "currency": "KRW"}
    assert refusal(lambda: ask("spend", 1, **wanted)) == "members.spend_differs"


def test_stored_value_goes_at_once_and_never_below_zero(ask, members, minji, an_id) -> None:
    for _ in range(2):
        spending.top_up(members, an_id(50), minji, 30_000)
    wanted = {"member_id": minji, "what": "stored_value", "amount": 20_000, "currency": "KRW"}
    for _ in range(2):
        assert ask("spend", 1, **wanted) == {"spend_id": an_id(1), "amount": 20_000, "left": 10_000}
    assert refusal(lambda: ask("spend", 2, **wanted)) == "members.not_enough"
    assert refusal(lambda: ask("spend", 3, **{**wanted, "currency": "CNY"})) == "members.currency"
    ask("give_back", 4, spend_id=an_id(1))
    ask("give_back", 5, spend_id=an_id(1))
    assert members.person(minji).standing.stored_minor == 30_000


def test_stored_value_of_a_sale_is_not_given_back_twice(ask, members, chain, minji, an_id) -> None:
    spending.top_up(members, an_id(50), minji, 11_000)
    ask("spend", 1, member_id=minji, what="stored_value", amount=11_000, currency="KRW")
    tender = {"kind": "stored_value", "amount_minor": 11_000, "tendered_minor": 11_000}
    sale = chain.sale(minji, tenders=[{**tender, "payment_id": an_id(1)}])
    chain.arrive()
    ask("give_back", 2, spend_id=an_id(1))
    assert members.person(minji).standing.stored_minor == 0
    half = {"kind": "stored_value", "amount_minor": 5_500, "tendered_minor": 5_500}
    chain.back(sale, tenders=[half])
    chain.arrive()
    assert members.person(minji).standing.stored_minor == 5_500


def test_who_is_in_debt_spends_no_points(ask, members, chain, minji) -> None:
    chain.sale(minji, 100, tenders=[points_tender(1_000), cash(10_000)])
    chain.arrive()
    wanted = {"member_id": minji, "what": "points", "amount": 1, "currency": "KRW"}
    assert refusal(lambda: ask("spend", 1, **wanted)) == "members.blocked"
    seen = ask("look", number=members.person(minji).member.number)
    assert (seen["balance"], seen["available"], seen["is_blocked"]) == (-900, 0, True)


def test_points_of_an_erased_member_are_refused_in_words(ask, members, minji, an_id) -> None:
    points(members, minji, 300, an_id(50))
    text, number = members.code(minji).code, members.person(minji).member.number
    members.erase(minji)
    wanted = {"member_id": minji, "what": "points", "amount": 200, "currency": "KRW"}
    assert refusal(lambda: ask("spend", 1, **wanted)) == "members.erased"
    assert refusal(lambda: ask("look", code=text)) == "members.erased"
    assert refusal(lambda: ask("look", number=number)) == "members.erased"

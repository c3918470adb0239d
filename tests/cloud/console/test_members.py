"""The members' pages: who they are, how they stand, and only what they agreed to."""

import re
from datetime import timedelta
from html import unescape

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

from cloud.ingest.tables import Edge
from cloud.members import programme, projection, spending
from cloud.members.profile import PURPOSES
from cloud.members.service import Said
from contract.members import Programme, Tier
from contract.topics import shard_of
from tests.cloud.conftest import uid
from tests.cloud.console.test_pages import LOCALES

TIERS = (
    Tier(name="member", names={"en": "Member", "ko": "회원", "zh": "会员"}, earn_bp=100),
    Tier(name="gold", names={"en": "Gold", "ko": "골드", "zh": "金卡"}, threshold_minor=90_000, earn_bp=200),
)  # fmt: skip


@pytest.fixture
def minji(hub, day, bodies, arrive, clock) -> str:
    """Comes every Monday, has points, stored value, and a phone that was lost."""
    rules = Programme(currency="KRW", tiers=TIERS, allowance=1_000, coupon_offline_limit=1)
    programme.publish(hub.members, rules)
    person = hub.members.join({"name": "Minji", "language": "ko"}, {"insight": Said(True)})
    member = person.member
    for week in range(10):
        at = (clock.now() - timedelta(days=7 * (10 - week))).isoformat()
        own = {"member_id": member.member_id, "points_earned": 110, "occurred_at": at}
        day.log(bodies.sale(20 + week, **own))
    arrive(day)
    spending.top_up(hub.members, uid(90), member.member_id, 30_000)
    hub.members.lost_phone(member.number)
    return member.number


@pytest.fixture
def client(app) -> TestClient:
    return TestClient(app)


def words(client: TestClient, path: str, language: str = "en") -> str:
    answer = client.get(path, headers={"Cookie": f"look=language={language}"})
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_an_empty_list_says_what_to_do_first(client) -> None:
    assert (
        "Nobody is a member yet. Members join in the online shop, or through POST /api/members."
        in words(client, "/members")
    )


@pytest.mark.parametrize("language", ["en", "ko", "zh"])
def test_both_pages_in_every_language(client, minji, language) -> None:
    assert "Minji" in words(client, "/members", language)
    assert minji in words(client, f"/members/{minji}", language)


def test_the_list_says_how_everybody_stands_and_what_is_at_risk(client, minji) -> None:
    text = words(client, "/members")
    assert (
        "1 member. If every shop were cut off now, each of them would take at most 1,000 points of a member; "
        "of one shop's coupons at most 0 could be used twice, of all at most 0."
    ) in text
    assert f"{minji} Minji Gold 1,100 ₩ 30,000 Regular 16 Nov 2026" in text
    assert minji in words(client, f"/members?search={minji[:5]}")
    assert "No member fits." in words(client, "/members?search=nowhere")


def test_a_member_is_told_in_one_sentence_with_the_bound(client, minji) -> None:
    text = words(client, f"/members/{minji}")
    assert (
        "Gold since 23 Nov 2026. If every shop were cut off now, at most 0 points could be spent beyond the balance."
        in text
    )
    assert "Comes regularly. Usually every 7 days, most often on Monday around 12:00." in text
    assert "립스틱 100%" in text
    assert "Credential 1 Reported lost 23 Nov 2026 Credential 2 Its code is good" in text
    assert "Topped up Head office ₩ 30,000" in text


@pytest.mark.parametrize(
    ("hours", "said"),
    [(3, "Usually several times a day"), (24, "Usually every day"), (72, "Usually every 3 days")],
)
def test_how_often_somebody_comes_is_said_as_people_say_it(
    client, hub, day, bodies, arrive, clock, hours: int, said: str
) -> None:
    member = hub.members.join({"name": "Jun"}, {"insight": Said(True)}).member
    for visit in range(5):
        at = (clock.now() - timedelta(hours=hours * (5 - visit))).isoformat()
        day.log(bodies.sale(20 + visit, member_id=member.member_id, occurred_at=at))
    arrive(day)
    assert f"{said}, most often on" in words(client, f"/members/{member.number}")


def test_nothing_is_learnt_of_who_did_not_agree(client, minji, hub) -> None:
    hub.members.change(minji, [], {"insight": Said(False)})
    text = words(client, f"/members/{minji}")
    assert "The member has not agreed that the shop learns from purchases." in text
    assert "Usually every" not in text
    assert "100%" not in text
    assert "not agreed" in words(client, "/members")


def test_an_erased_member_is_not_there(client, minji, hub) -> None:
    hub.members.erase(minji)
    assert client.get(f"/members/{minji}").status_code == 404
    assert "Minji" not in words(client, "/members")


def test_what_members_raise_and_agree_to_is_said_in_words() -> None:
    with (LOCALES / "en.po").open("rb") as file:
        known = {message.id for message in read_po(file, locale="en")}
    keys = {
        f"alarm.{value}"
        for value in vars(projection).values()
        if isinstance(value, str) and value.startswith("members.")
    }
    assert len(keys) == 6
    assert (keys | {f"{key}.now" for key in keys}) - known == set()
    assert {f"consent.{purpose}" for purpose in PURPOSES} - known == set()


def test_the_bound_is_said_by_what_a_box_may_still_hold(client, minji, hub) -> None:
    """Head office has lowered both limits; neither box has said that it heard of it."""
    chain = ("maru-office", "maru-hillside")
    with hub.database.write() as session:
        for location_id in chain:
            edge_id = f"{location_id}-9"
            session.add(
                Edge(
                    edge_id=edge_id,
                    shard=shard_of(edge_id),
                    location_id=location_id,
                    last_seen=hub.members.clock.now(),
                )
            )
    rules = Programme(currency="KRW", tiers=TIERS, allowance=100, shops=chain)
    programme.publish(hub.members, rules)
    text = words(client, "/members")
    assert "would take at most 1,000 points of a member" in text
    assert "of one shop's coupons at most 1 could be used twice, of all at most 2." in text
    text = words(client, f"/members/{minji}")
    assert "at most 1,900 points could be spent beyond the balance." in text

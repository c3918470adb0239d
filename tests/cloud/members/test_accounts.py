"""Accounts: joined, changed from several ends, merged, erased and handed over to the member."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from cloud import answers
from cloud.answers import as_json
from cloud.errors import (
    ErasedMemberError,
    MemberCodeRevokedError,
    MergeError,
    ProfileError,
    ProgrammeError,
)
from cloud.feeds import repository as feeds
from cloud.members import programme, spending, telling
from cloud.members.endpoints import router
from cloud.members.profile import Written, order_of
from cloud.members.service import Said, member_keys
from cloud.members.tables import ConsentStatement, MemberEntry, MemberField
from cloud.sales.tables import Sale
from contract import members as contract
from contract.members import PROGRAMME_KEY, StatusChunk
from tests.cloud.members.conftest import PROGRAMME

SEOUL = ZoneInfo("Asia/Seoul")
EARLY, LATE = "1795402800000.0.maru-office-1", "1795402800000.1.maru-hillside-1"


def is_revoked(members, credential: int) -> bool:
    with members.database.read() as session:
        rows = {key: body for key, _, body in feeds.live_rows(session, "members")}
    chunks = {
        int(key.partition(":")[2]): contract.chunk_bytes(StatusChunk.model_validate_json(body))
        for key, body in rows.items()
    }
    return contract.is_revoked(chunks.get, credential)


# -- profile and consent -----------------------------------------------------------------------


@pytest.mark.parametrize("order", [(EARLY, LATE), (LATE, EARLY)])
def test_a_field_belongs_to_its_last_writer_in_whatever_order_they_come(
    members, minji, order
) -> None:
    for hlc in order:
        members.change(minji, [Written("phone", f"written at {hlc}", hlc)], {})
    assert members.person(minji).fields["phone"] == f"written at {LATE}"


def test_a_write_of_the_hub_is_behind_what_it_knows(members, minji) -> None:
    ahead = f"{order_of(LATE)[0] + 3_600_000}.7.maru-office-1"
    members.change(minji, [Written("note", "far ahead", ahead)], {})
    members.change(minji, [Written("note", "afterwards", "")], {})
    assert members.person(minji).fields["note"] == "afterwards"


@pytest.mark.parametrize(
    ("write", "detail"),
    [
        (("shoe", "37", EARLY), "expected one of name, language, phone"),
        (("name", "x" * 201, EARLY), "expected at most 200 characters in name, got 201"),
        (("name", "x", "noon"), "Expected a clock like 1764000000000.0.origin, got 'noon'"),
        (("name", "x", "1995402800000.0.box"), "expected a clock of these days"),
    ],
)
def test_what_no_profile_holds_is_refused_and_nothing_written(
    members, minji, write, detail
) -> None:
    with pytest.raises(ProfileError) as refusal:
        members.change(minji, [Written("phone", "1", ""), Written(*write)], {})
    assert refusal.value.fields["detail"].startswith(detail)
    assert members.person(minji).fields == {"name": "Minji", "language": "ko"}


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_the_most_restrictive_consent_wins_until_the_member_confirms(members, minji, order) -> None:
    for number, is_granted in enumerate(order):
        said = Said(is_granted, "maru-office-1", is_confirmed=False, hlc=f"{number}.0.box")
        members.change(minji, [], {"insight": said})
    assert members.person(minji).consents == {"insight": False, "news": False}
    members.change(minji, [], {"insight": Said(True)})
    assert members.person(minji).consents == {"insight": True, "news": False}
    members.change(minji, [], {"insight": Said(False, "maru-office-1", is_confirmed=False)})
    assert members.person(minji).consents == {"insight": False, "news": False}


# -- merge -------------------------------------------------------------------------------------


def test_a_merge_takes_points_phones_and_history_and_both_ids_lead_there(
    members, chain, minji
) -> None:
    other = members.join({"phone": "010"}, {"news": Said(True)}).member.member_id
    text = members.code(other)
    for name in (minji, other):
        chain.sale(name)
    chain.arrive()
    members.merge(minji, other)
    merged = members.merge(minji, other)
    assert merged.standing.balance == 220
    assert merged.fields == {"name": "Minji", "language": "ko", "phone": "010"}
    chain.sale(other)
    chain.arrive()
    for name in (minji, other):
        assert members.person(name).member.member_id == minji
        assert members.person(name).standing.balance == 330
    assert members.code(minji, text.credential).member_id == minji


def test_merged_twice_every_id_leads_to_the_last(members, minji) -> None:
    second, third = (members.join({}, {}).member.member_id for _ in range(2))
    members.merge(second, minji)
    members.merge(third, second)
    members.merge(minji, third)
    assert {members.person(name).member.member_id for name in (minji, second, third)} == {third}


def test_a_consent_that_one_of_two_withheld_is_withheld(members, minji) -> None:
    members.change(minji, [], {"news": Said(False, hlc=LATE)})
    other = members.join({}, {"news": Said(True, hlc=LATE)}).member.member_id
    assert members.merge(minji, other).consents["news"] is False


def test_what_cannot_be_merged_is_refused(members, minji) -> None:
    with pytest.raises(MergeError):
        members.merge(minji, minji)
    other = members.join({}, {}).member.member_id
    members.erase(other)
    with pytest.raises(ErasedMemberError):
        members.merge(minji, other)


# -- lost phone and erase ----------------------------------------------------------------------


def test_a_lost_phones_bit_is_set_and_no_other(members, minji, changes) -> None:
    other = members.code(members.join({}, {}).member.member_id).credential
    lost = members.code(minji).credential
    before = len(changes)
    fresh = members.lost_phone(minji, lost)
    assert [is_revoked(members, one) for one in (lost, other, fresh)] == [True, False, False]
    assert len(changes) == before + 1
    with pytest.raises(MemberCodeRevokedError):
        members.code(minji, lost)


def test_an_erased_member_leaves_a_ledger_of_nobody(members, chain, minji) -> None:
    members.change(minji, [], {"news": Said(True)})
    phone = members.code(minji).credential
    chain.sale(minji)
    chain.arrive()
    members.erase(minji)
    members.erase(minji)
    with members.database.read() as session:
        assert session.exec(select(MemberField)).all() == []
        assert session.exec(select(ConsentStatement)).all() == []
        assert [sale.member_id for sale in session.exec(select(Sale))] == [minji]
        assert [entry.amount for entry in session.exec(select(MemberEntry))] == [110]
    assert is_revoked(members, phone)
    for refused in (members.person, members.code, members.lost_phone):
        with pytest.raises(ErasedMemberError):
            refused(minji)


def test_a_sale_that_is_heard_after_the_erasure_stands(members, chain, minji) -> None:
    chain.sale(minji)
    members.erase(minji)
    chain.arrive()
    with members.database.read() as session:
        assert [entry.amount for entry in session.exec(select(MemberEntry))] == [110]


# -- what is told ------------------------------------------------------------------------------


def test_the_member_gets_everything_as_json(members, chain, minji, an_id) -> None:
    spending.top_up(members, an_id(50), minji, 30_000)
    sale = chain.sale(minji)
    back = chain.back(sale)
    chain.arrive()
    told = json.loads(json.dumps(telling.export(members, minji, SEOUL), default=str))
    assert (told["member_id"], told["fields"]["name"]) == (minji, "Minji")
    assert sorted(entry["amount"] for entry in told["ledger"]) == [-55, 110]
    assert [act["amount"] for act in told["acts"]] == [30_000]
    assert [one["sale_id"] for one in told["sales"]] == [sale]
    assert [line["sku"] for line in told["sales"][0]["lines"]] == ["SKU1"]
    assert [one["return_id"] for one in told["returns"]] == [back]
    assert told["insight"] is None


def test_the_owner_learns_only_from_who_agreed(members, chain, minji, clock) -> None:
    for day in range(4):
        at = (clock.now() + timedelta(days=7 * day)).isoformat()
        chain.sale(minji, occurred_at=at)
    chain.arrive()
    clock.jump(22 * 86_400)
    with members.database.read() as session:
        assert telling.learn(session, members.person(minji), clock.now(), SEOUL) is None
    person = members.change(minji, [], {"insight": Said(True)})
    with members.database.read() as session:
        learnt = telling.learn(session, person, clock.now(), SEOUL)
    assert learnt is not None
    assert (learnt.visits, learnt.pause_days, learnt.weekday, learnt.hour) == (4, 7.0, 0, 12)
    assert (learnt.segment, learnt.average_minor) == ("regular", 11_000)
    assert learnt.basket == (("SKU1", "립스틱", 10_000),)


# -- the programme and the key -----------------------------------------------------------------


def test_every_box_hears_of_the_programme_and_of_the_key(members, minji) -> None:
    with members.database.read() as session:
        offers = {key: body for key, _, body in feeds.live_rows(session, "offers")}
        keys = member_keys(session)
    assert json.loads(offers[PROGRAMME_KEY]) == PROGRAMME.model_dump(mode="json")
    shown = contract.parse(members.code(minji).code)
    assert shown is not None
    assert list(keys) == [shown.code.kid]


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"currency": "CNY"}, "expected it in KRW, got CNY"),
        ({"tiers": PROGRAMME.tiers[::-1]}, "expected tiers that rise from 0, got [50000, 0]"),
        (
            {"shops": ("maru-hillside",)},
            "expected shops that begin with maru-office, maru-hillside: by their order each coupon has its own",
        ),
    ],
)
def test_a_programme_that_makes_no_sense_is_refused(members, change, detail) -> None:
    with pytest.raises(ProgrammeError) as refusal:
        programme.publish(members, PROGRAMME.model_copy(update=change))
    assert refusal.value.fields == {"detail": detail}


# -- HTTP --------------------------------------------------------------------------------------


@pytest.fixture
def client(members) -> TestClient:
    app = FastAPI()
    app.include_router(router(members, SEOUL))
    answers.add_to(app, lambda _, error: as_json(error))
    return TestClient(app)


def test_a_life_over_http(client, an_id) -> None:
    made = client.post(
        "/api/members",
        json={"fields": {"name": "Jun"}, "consents": {"news": {"is_granted": True}}},
    )
    assert made.status_code == 201
    member = made.json()
    home = f"/api/members/{member['number']}"
    assert client.put(home, json={"fields": {"name": "Jun-ho"}}).json()["fields"] == {
        "name": "Jun-ho"
    }
    topped = client.post(f"{home}/top-up", json={"id": an_id(1), "amount": 5_000}).json()
    assert (topped["stored_minor"], topped["consents"]["news"]) == (5_000, True)
    assert client.get(f"{home}/code").json()["code"].startswith("TWM1.")
    assert client.post(f"{home}/lost-phone", json={}).status_code == 200
    assert client.get(f"{home}/export").json()["number"] == member["number"]
    assert client.post(f"{home}/erase").status_code == 204
    gone = client.get(home)
    assert (gone.status_code, gone.json()["key"]) == (410, "members.erased")

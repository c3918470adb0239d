"""What head office does with a member by a button, and what it is told when it may not."""

from datetime import timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient

from cloud.errors import ErasedMemberError, MemberCodeRevokedError
from cloud.feeds import repository as feeds
from contract import members as contract
from tests.cloud.console.test_members import words


@pytest.fixture
def client(app) -> TestClient:
    return TestClient(app, headers={"Accept": "text/html"}, follow_redirects=False)


@pytest.fixture
def sora(hub) -> str:
    return hub.members.join({"name": "Sora"}, {}).member.number


def test_a_lost_phones_code_is_dead_at_once_and_in_the_list_for_the_boxes(
    hub, client, sora
) -> None:
    hub.members.publish_key()
    shown = hub.members.code(sora)
    form = {"credential": shown.credential}
    answer = client.post(f"/members/{sora}/lost-phone", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/members/{sora}#phones")
    with pytest.raises(MemberCodeRevokedError):
        hub.members.of_code(shown.code, "maru-office", "maru-office-1")
    with hub.database.read() as session:
        bodies = {key: body for key, _, body in feeds.live_rows(session, "members")}
    chunk = contract.StatusChunk.model_validate_json(bodies[contract.status_key(shown.credential)])
    assert contract.is_revoked(lambda _: contract.chunk_bytes(chunk), shown.credential)
    assert hub.members.code(sora).credential != shown.credential


def test_two_accounts_become_one_and_both_numbers_lead_there(hub, client, sora) -> None:
    other = hub.members.join({"name": "Sora K."}, {}).member.number
    answer = client.post(f"/members/{sora}/merge", data={"other": f" {other} "})
    assert answer.headers["location"] == f"/members/{sora}"
    assert hub.members.person(other).member.number == sora


def test_erasing_takes_the_number_once_more(hub, client, sora) -> None:
    wrong = client.post(f"/members/{sora}/erase", data={"number": "0123456782"})
    assert wrong.status_code == 409
    assert f"The number typed is not {sora}. Nothing was erased." in unescape(wrong.text)
    assert hub.members.person(sora)
    assert client.post(f"/members/{sora}/erase", data={"number": sora}).status_code == 303
    with pytest.raises(ErasedMemberError):
        hub.members.person(sora)


def test_an_export_is_a_file_for_the_member(client, sora) -> None:
    answer = client.get(f"/members/{sora}/export")
    assert answer.headers["content-disposition"] == f'attachment; filename="member-{sora}.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["fields"] == {"name": "Sora"}


REFUSALS = [
    ("en", "There is no member 9 here. Nothing was changed."),
    ("ko", "9(이)라는 회원이 없습니다. 바뀐 것은 없습니다."),
    ("zh", "没有会员 9。未作任何更改。"),
]


@pytest.mark.parametrize(("language", "says"), REFUSALS)
def test_a_refusal_is_in_the_readers_language(client, sora, language, says) -> None:
    answer = client.post(
        f"/members/{sora}/merge",
        data={"other": "9"},
        headers={"Cookie": f"look=language={language}"},
    )
    assert answer.status_code == 404
    assert says in unescape(answer.text)


def test_two_people_with_one_code_are_seen_and_said(client, hub, day, bodies, arrive, sora) -> None:
    at = hub.clock.now() - timedelta(hours=2)
    for number, shop, later in ((50, "maru-office", 0), (51, "maru-hillside", 4)):
        own = {"member_id": sora, "location_id": shop}
        moment = (at + timedelta(minutes=later)).isoformat()
        day.log(bodies.sale(number, **own, occurred_at=moment))
    arrive(day)
    text = words(client, f"/members/{sora}")
    assert "and, within five minutes, at maru-hillside" in text
    assert "Nobody was refused." in text

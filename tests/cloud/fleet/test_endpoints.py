"""POST and GET /api/boxes/{edge_id}/commands: what a program is told."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.main import Hub, build_app
from contract.topics import SHARDS
from tests.hubs import open_hub

EVERY_SHARD = frozenset(range(SHARDS))


@pytest.fixture
def hub(tmp_path: Path, clock, box):
    with open_hub(tmp_path, clock) as hub:
        Inbox(hub.database, clock).commit([Admitted(box.edge_id, box.hello())], Allowance(8, 0))
        yield hub


@pytest.fixture
def client(hub: Hub) -> TestClient:
    return TestClient(build_app(hub))


@pytest.fixture
def path(box) -> str:
    return f"/api/boxes/{box.edge_id}/commands"


def test_a_command_is_taken_and_told(client, path, hub) -> None:
    asked = client.post(path, json={"verb": "print_test", "not_after_s": 60})
    row = asked.json()
    assert asked.status_code == 202
    assert row == {
        "command_id": row["command_id"],
        "edge_id": "maru-office-1",
        "verb": "print_test",
        "arguments": {},
        "asked_at": "2026-11-23T03:00:00Z",
        "asked_by": "",
        "not_after": "2026-11-23T03:01:00Z",
        "sent_at": None,
        "state": "waiting",
        "detail": "",
        "finished_at": None,
    }
    assert client.get(path).json() == [row]
    assert len(hub.commands.due(EVERY_SHARD)) == 1
    assert client.get(path).json() == [{**row, "state": "sent", "sent_at": "2026-11-23T03:00:00Z"}]


def test_a_request_wakes_the_sender_between_two_looks(client, path, hub) -> None:
    assert hub.commands.due(EVERY_SHARD) == []
    client.post(path, json={"verb": "print_test"})
    assert len(hub.commands.due(EVERY_SHARD)) == 1


def test_the_newest_is_told_first(client, path, clock) -> None:
    for feed in ("catalogue", "prices"):
        client.post(path, json={"verb": "resync_feed", "arguments": {"feed": feed}})
        clock.jump(1)
    assert [row["arguments"]["feed"] for row in client.get(path).json()] == ["prices", "catalogue"]
    assert len(client.get(path, params={"limit": 1}).json()) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_box_that_nobody_knows_is_named(client, method) -> None:
    answer = client.request(method, "/api/boxes/nobody/commands", json={"verb": "print_test"})
    assert (answer.status_code, answer.json()) == (
        404,
        {
            "key": "hub.not_found",
            "message": "There is no box 'nobody' here.",
            "what_now": "Check the name; the list shows what there is.",
            "fields": {"what": "box", "name": "nobody"},
        },
    )


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "body.verb"),
        ({"verb": "Print it"}, "body.verb"),
        ({"verb": "print_test", "not_after_s": 0}, "body.not_after_s"),
        ({"verb": "print_test", "not_after_s": 604_801}, "body.not_after_s"),
        ({"verb": "print_test", "arguments": []}, "body.arguments"),
        ({"verb": "print_test", "asked_by": "me"}, "body.asked_by"),
    ],
)
def test_a_malformed_request_asks_for_nothing(client, path, body, place) -> None:
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.json()["fields"]["place"]) == (422, place)
    assert client.get(path).json() == []


def test_arguments_that_cannot_be_sent_are_refused(client, path) -> None:
    body = b'{"verb": "print_test", "arguments": {"text": "\\ud800"}}'
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["key"]) == (409, "hub.command")
    assert client.get(path).json() == []

"""What a person must look at is on the overview, on the box's page and under Data, in words and in every language."""

import re
from html import unescape
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

import cloud
import cloud.console
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from contract.envelope import State
from contract.errors import WireError

LOCALES = Path(cloud.console.__file__).parent / "locale"


@pytest.fixture
def client(app) -> TestClient:
    return TestClient(app)


def words(client: TestClient, path: str) -> str:
    """What a reader sees, without tags and in single spaces."""
    html = client.get(path, headers={"Cookie": "look=language=en"}).text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.fixture
def seen(client, box):
    """What is read where alarms are shown."""

    def seen() -> list[str]:
        return [words(client, path) for path in ("/", f"/boxes/{box.edge_id}", "/data")]

    return seen


@pytest.mark.parametrize(
    ("changes", "alarm"),
    [
        ({"type": "loyalty.burned"}, "A fact of a kind this hub does not know."),
        ({"version": 99}, "A fact of a kind this hub does not know."),
        ({"lines": []}, "A fact could not be turned into figures."),
        ({"sale_id": None}, "A fact could not be turned into figures."),
    ],
    ids=["unknown type", "unknown version", "failing", "failing too"],
)
def test_a_parked_fact_is_an_alarm_and_the_sale_behind_it_counts(
    client, box, bodies, arrive, seen, changes, alarm
) -> None:
    box.log(bodies.sale(1) | changes)
    box.log(bodies.sale(2))
    arrive(box)
    for text in seen():
        assert alarm in text
        assert f"{box.edge_id} · once, " in text
    [parked] = client.get("/api/quarantine").json()
    assert (parked["edge_id"], parked["seq"], parked["uid"]) == (box.edge_id, 1, box.facts[0].uid)
    assert [sale["receipt_number"] for sale in client.get("/api/sales").json()] == [2]
    assert client.get(f"/api/boxes/{box.edge_id}").json()["hub_high"] == 2


def test_two_boxes_under_one_name_are_an_alarm_and_in_the_boxs_sentence(
    client, hub, box, clock, seen
) -> None:
    for boot in ("a", "b", "a"):
        online = State(online=True, boot=boot)
        arrivals = [Admitted(box.edge_id, m) for m in (online, box.hello(boot=boot))]
        Inbox(hub.database, clock).commit(arrivals, Allowance(8, 0))
    for text in seen():
        assert "Two boxes use one name." in text
    assert "another box uses its name" in words(client, f"/boxes/{box.edge_id}")
    clock.jump(600)
    assert "another box uses its name" not in words(client, f"/boxes/{box.edge_id}")
    assert "Two boxes use one name." in words(client, "/")


@pytest.mark.parametrize("language", ["en", "ko", "zh"])
def test_every_alarm_of_the_wire_is_in_words_and_says_what_to_do(language) -> None:
    with (LOCALES / f"{language}.po").open("rb") as file:
        said = {message.id for message in read_po(file, locale=language) if message.string}
    keys = {f"alarm.{error}" for error in WireError if error is not WireError.UNKNOWN}
    assert keys | {f"{key}.now" for key in keys} <= said


RAISED = re.compile(r"raise_alarm\(\s*[^,]+,\s*[^,]+,\s*([A-Z_]+)")
NAMED = re.compile(r'^([A-Z_]+)(?:: Final)? = "([a-z]+\.[a-z_]+)"$', re.MULTILINE)


def raised() -> set[str]:
    """Every key that a module of the hub raises an alarm under by its name."""
    sources = [path.read_text() for path in Path(cloud.__file__).parent.rglob("*.py")]
    named = {name: key for text in sources for name, key in NAMED.findall(text)}
    return {named[name] for text in sources for name in RAISED.findall(text)}


@pytest.mark.parametrize("language", ["en", "ko", "zh"])
def test_every_alarm_of_the_hubs_own_is_in_words_and_says_what_to_do(language) -> None:
    with (LOCALES / f"{language}.po").open("rb") as file:
        said = {message.id for message in read_po(file, locale=language) if message.string}
    assert {"payments.answered_after_reversal", "orders.returned_twice"} <= raised()
    keys = {f"alarm.{key}" for key in raised()}
    assert (keys | {f"{key}.now" for key in keys}) - said == set()

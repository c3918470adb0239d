"""What boxes ask: answered by verb, refused in words, and nothing of it in a log."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from cloud.db import Database
from cloud.errors import CatalogueError
from cloud.ingest.admission import Packet, Rejected, admit
from cloud.ingest.tables import Edge
from cloud.questions import Asker, QuestionDesk
from contract import topics
from contract.asks import Answer, Ask

BOX = "maru-office-1"
ID = "018f2f4e-0006-7abc-8def-0123456789ab"


class Wanted(BaseModel):
    sku: str


def look(asker: Asker, arguments: dict[str, Any]) -> dict[str, Any]:
    wanted = Wanted.model_validate(arguments)
    if wanted.sku == "GONE":
        raise CatalogueError(detail="it is gone")
    if wanted.sku == "FAULT":
        raise RuntimeError(wanted.sku)
    return {"sku": wanted.sku, "for": [*asker]}


@pytest.fixture
def wakes() -> list[str]:
    return []


@pytest.fixture
def desk(database: Database, clock, wakes) -> Iterator[QuestionDesk]:
    with database.write() as session:
        session.add(Edge(edge_id=BOX, shard=1, location_id="office", last_seen=clock.now()))
    desk = QuestionDesk(database, clock, {"look": look}, lambda: wakes.append("woken"))
    yield desk
    desk.close()


@pytest.fixture
def ask(clock):
    def ask(verb: str = "look", **arguments: Any) -> Ask:
        until = clock.now() + timedelta(seconds=5)
        return Ask(id=ID, verb=verb, not_after=until, arguments=arguments)

    return ask


def test_an_answer_is_sent_to_the_box_that_asked(desk, ask, wakes) -> None:
    desk.take(BOX, ask(sku="CAKE"))
    desk.close()
    answer = Answer(id=ID, outcome="done", body={"sku": "CAKE", "for": [BOX, "office", ID]})
    ((topic, payload, is_retained),) = desk.due()
    assert (topic, is_retained) == (topics.down(BOX, topics.Down.ANSWER), False)
    assert (Answer.model_validate_json(payload), wakes) == (answer, ["woken"])
    assert desk.due() == []


def test_a_refusal_travels_with_its_key_and_its_words(desk, ask) -> None:
    assert desk.answer(BOX, ask(sku="GONE")) == Answer(
        id=ID,
        outcome="refused",
        key="hub.catalogue",
        text="The catalogue was not changed: it is gone. Correct the entry and send the whole list again.",
        fields={"detail": "it is gone"},
    )


def test_what_fits_no_verb_is_refused_and_names_the_field(desk, ask) -> None:
    assert desk.answer(BOX, ask(sku=[])) == Answer(
        id=ID,
        outcome="refused",
        key="hub.malformed",
        text="sku: Input should be a valid string.",
    )
    assert desk.answer(BOX, ask("dance")).outcome == "unknown_verb"


def test_a_question_that_came_too_late_is_not_carried_out(desk, ask, clock) -> None:
    late = ask(sku="CAKE")
    clock.jump(6)
    assert desk.answer(BOX, late).outcome == "expired"


def test_a_fault_is_said_and_nothing_that_was_asked_is_logged(desk, ask, caplog) -> None:
    assert desk.answer(BOX, ask(sku="FAULT")).outcome == "failed"
    assert caplog.messages == ["A question of maru-office-1 (look) failed: RuntimeError."]


def test_of_a_refused_question_nothing_is_kept() -> None:
    topic = topics.up(BOX, topics.Up.ASK)
    refused = admit(Packet(topic, json.dumps({"code": "134567890123456789"}).encode()))
    assert isinstance(refused, Rejected)
    assert (refused.kept, refused.size_bytes) == ("", 30)

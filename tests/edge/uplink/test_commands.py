"""Commands: each answered by exactly one fact, whatever it is."""

import json
from datetime import timedelta

import pytest

from contract.commands import Command, CommandFinished
from contract.envelope import make_uid, to_json
from drivers.interfaces import PrintDocument
from edge.domain.errors import Broken
from edge.services import printing
from edge.uplink.commands import Commands, print_test, resync_feed


@pytest.fixture
def repaired():
    return []


@pytest.fixture
def commands(shop, repaired):
    def broken(work, arguments):
        printing.queue(work, "test", "x", PrintDocument("en", ()))
        raise Broken

    return Commands(
        shop,
        {
            "print_test": print_test,
            "resync_feed": resync_feed(repaired.append, ("catalogue", "prices")),
            "broken": broken,
        },
    )


def command(clock, verb, number=1, late_s=-60.0, **arguments) -> bytes:
    uid = make_uid(number, lambda count: b"\1" * count)
    not_after = clock.now() - timedelta(seconds=late_s)
    message = Command(id=uid, verb=verb, not_after=not_after, arguments=arguments)
    return to_json(message).encode()


def results(shop) -> list[tuple[str, str, str]]:
    with shop.read() as reader:
        rows = reader.sql("SELECT body FROM outbox ORDER BY seq").fetchall()
    facts = [CommandFinished.model_validate(json.loads(text)) for (text,) in rows]
    return [(fact.verb, fact.outcome, fact.detail) for fact in facts]


def test_print_test_queues_one_page_and_says_so(shop, commands, clock):
    commands.take(command(clock, "print_test"))
    assert results(shop) == [("print_test", "done", "queued")]
    assert [(job.kind, job.state) for job in printing.recent(shop)] == [("test", "QUEUED")]
    assert "打印测试" in printing.recent(shop)[0].document


def test_a_repeated_command_is_done_once_and_answered_once(shop, commands, clock):
    for _ in range(3):
        commands.take(command(clock, "print_test"))
    assert (len(results(shop)), len(printing.recent(shop))) == (1, 1)
    assert commands.counters == {"done": 1, "repeated": 2}


def test_too_late_is_not_carried_out(shop, commands, clock):
    commands.take(command(clock, "print_test", late_s=1.0))
    assert results(shop)[0][:2] == ("print_test", "expired")
    assert printing.recent(shop) == []


def test_an_unknown_verb_is_answered(shop, commands, clock):
    commands.take(command(clock, "dance"))
    assert results(shop) == [
        ("dance", "unknown_verb", "this box knows broken, print_test, resync_feed")
    ]


def test_resync_feed_repairs_what_it_names(shop, commands, clock, repaired):
    commands.take(command(clock, "resync_feed", feed="prices"))
    commands.take(command(clock, "resync_feed", number=2, feed="members"))
    assert repaired == ["prices"]
    assert results(shop) == [
        ("resync_feed", "done", "prices is compared with the hub's"),
        ("resync_feed", "failed", "Expected one of the feeds catalogue, prices, got 'members'."),
    ]


def test_a_verb_that_fails_leaves_nothing_but_its_result(shop, commands, clock):
    commands.take(command(clock, "broken"))
    assert results(shop)[0][:2] == ("broken", "failed")
    assert printing.recent(shop) == []


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b'{"id":"no uid","verb":"x"}'])
def test_what_is_no_command_is_refused_and_counted(shop, commands, payload):
    commands.take(payload)
    assert (commands.counters["refused"], results(shop)) == (1, [])

"""Questions to the hub: answered, refused, unanswered; never sent while the line is down."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from contract.asks import Answer, Ask
from contract.envelope import to_json
from contract.topics import Up, up
from edge.domain.errors import HubRefused, HubSilent, HubUnreachable
from edge.services.hub import nobody
from edge.uplink.asking import Asking

ID = "018f2f4e-0006-7abc-8def-0123456789ab"


class Wire:
    """`on_sent` is what the far end does with what was sent."""

    def __init__(self) -> None:
        self.sent = []
        self.is_open = True
        self.on_sent: Callable[[], None] = lambda: None

    def send(self, outgoing) -> bool:
        if self.is_open:
            self.sent.append(outgoing)
            self.on_sent()
        return self.is_open


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def asking(wire, clock) -> Asking:
    return Asking(wire, "maru-1", clock, lambda: True)


def answering(asking: Asking, wire: Wire, **answer) -> None:
    payload = to_json(Answer(**({"id": ID, "outcome": "done"} | answer))).encode()
    wire.on_sent = lambda: asking.take(payload)


def test_the_answers_body_comes_back(asking, wire, clock) -> None:
    answering(asking, wire, body={"offers": [1]})
    assert asking.ask("orders.quote", {"sku": "A"}, ask_id=ID, timeout_s=5) == {"offers": [1]}
    (sent,) = wire.sent
    assert (sent.topic, sent.qos, sent.is_retained) == (up("maru-1", Up.ASK), 1, False)
    assert Ask.model_validate_json(sent.payload) == Ask(
        id=ID,
        verb="orders.quote",
        not_after=clock.now() + timedelta(seconds=5),
        arguments={"sku": "A"},
    )


def test_a_refusal_says_what_the_hub_says(asking, wire) -> None:
    answering(
        asking, wire, outcome="refused", key="orders.gone", text="It is gone.", fields={"n": 1}
    )
    with pytest.raises(HubRefused, match=r"^It is gone\.$") as refused:
        asking.ask("orders.hold", {}, ask_id=ID, timeout_s=5)
    assert (refused.value.hub_key, refused.value.fields) == (
        "orders.gone",
        {"n": 1, "text": "It is gone."},
    )


@pytest.mark.parametrize("outcome", ["expired", "unknown_verb"])
def test_what_was_certainly_not_done_is_a_refusal(asking, wire, outcome) -> None:
    answering(asking, wire, outcome=outcome, text="No.")
    with pytest.raises(HubRefused) as refused:
        asking.ask("orders.hold", {}, ask_id=ID, timeout_s=5)
    assert refused.value.hub_key == f"hub.{outcome}"


def test_nothing_is_sent_while_nobody_is_there(wire, clock) -> None:
    with pytest.raises(HubUnreachable):
        Asking(wire, "maru-1", clock, lambda: False).ask("x", {}, ask_id=ID, timeout_s=5)
    assert wire.sent == []
    with pytest.raises(HubUnreachable):
        nobody("x", {}, ask_id=ID, timeout_s=5)


def test_a_line_that_takes_nothing_is_unreachable(asking, wire) -> None:
    wire.is_open = False
    with pytest.raises(HubUnreachable):
        asking.ask("x", {}, ask_id=ID, timeout_s=5)


def test_a_line_that_goes_meanwhile_leaves_it_unknown_at_once(asking, wire) -> None:
    wire.on_sent = asking.disconnected
    with pytest.raises(HubSilent, match="nobody knows yet whether it was done"):
        asking.ask("x", {}, ask_id=ID, timeout_s=60)


def test_a_hub_that_failed_leaves_it_unknown(asking, wire) -> None:
    answering(asking, wire, outcome="failed")
    with pytest.raises(HubSilent):
        asking.ask("x", {}, ask_id=ID, timeout_s=60)


def test_no_answer_in_time_leaves_it_unknown_and_a_late_one_reaches_nobody(asking, wire) -> None:
    with pytest.raises(HubSilent, match="within 0 s"):
        asking.ask("x", {}, ask_id=ID, timeout_s=0)
    asking.take(to_json(Answer(id=ID, outcome="done")).encode())
    asking.take(b"{")


def test_two_who_ask_the_same_get_the_same_answer(asking, wire) -> None:
    both = threading.Barrier(2)
    answers = []

    def ask() -> None:
        answers.append(asking.ask("x", {}, ask_id=ID, timeout_s=60))

    def when_both_wait() -> None:
        if len(wire.sent) == 2:
            both.wait(10)
            asking.take(to_json(Answer(id=ID, outcome="done", body={"a": 1})).encode())
        else:
            both.wait(10)

    wire.on_sent = when_both_wait
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers == [{"a": 1}, {"a": 1}]

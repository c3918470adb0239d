"""The sender by hand, rule by rule. What no example thinks of is in tests/hardware_sim/proof."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from contract.envelope import GENESIS, Ack, Fact, chain
from contract.stream import (
    ACK_TIMEOUT_S,
    BACKOFF_LIMIT,
    HELLO_TIMEOUT_S,
    SayHello,
    SendBatch,
    Sender,
    Verdict,
    batch_limit,
)

EPOCH = "e1"
NONCE = 100


class ListLog:
    """An outbox of facts "u1", "u2" …, two to a batch; `asked` are the limits that batches were read under."""

    def __init__(self, count: int, first: int = 1) -> None:
        self.first = first
        self.asked: list[tuple[int, int]] = []
        self.facts = [Fact(f"u{seq}", f"body {seq}") for seq in range(1, count + 1)]

    @property
    def high(self) -> int:
        return len(self.facts)

    def chain_at(self, seq: int) -> str | None:
        if seq > self.high or 0 < seq < self.first:
            return None
        link = GENESIS
        for fact in self.facts[:seq]:
            link = chain(link, fact.uid, fact.body)
        return link

    def read(self, first: int, max_facts: int, max_bytes: int) -> Sequence[Fact]:
        self.asked.append((max_facts, max_bytes))
        return self.facts[first - 1 : first + 1]


def ack(log: ListLog, high: int, **more: object) -> Ack:
    return Ack.model_validate(
        {"epoch": EPOCH, "high": high, "chain": log.chain_at(high) or "f" * 32} | more
    )


def greeted(log: ListLog, acked: int = 0, window: int = 8) -> Sender:
    sender = Sender(log, EPOCH, acked, NONCE)
    sender.connected()
    assert isinstance(sender.poll(0), SayHello)
    sender.acknowledged(ack(log, acked, hello=NONCE + 1, window=window), 0)
    return sender


def sent(sender: Sender, now_s: float = 0) -> list[tuple[int, int]]:
    """First and last number of every batch that is sent now."""
    ranges = []
    while (action := sender.poll(now_s)) is not None:
        assert isinstance(action, SendBatch)
        ranges.append((action.batch.first, action.batch.first + len(action.batch.facts) - 1))
    return ranges


def test_nothing_is_sent_before_the_line_is_up() -> None:
    assert Sender(ListLog(3), EPOCH, 0).poll(0) is None


def test_the_first_thing_said_is_a_hello_and_then_nothing() -> None:
    sender = Sender(ListLog(3), EPOCH, 0, NONCE)
    sender.connected()
    assert [sender.poll(0), sender.poll(0)] == [SayHello(NONCE + 1), None]


def test_an_unanswered_hello_is_asked_again_with_the_same_number() -> None:
    """On a line slower than the time-out any answer to the question will do, or nobody would ever be greeted."""
    log = ListLog(3)
    sender = Sender(log, EPOCH, 0, NONCE)
    sender.connected()
    asked = [sender.poll(0), sender.poll(HELLO_TIMEOUT_S), sender.poll(2 * HELLO_TIMEOUT_S)]
    assert asked == [SayHello(NONCE + 1)] * 3
    assert sender.acknowledged(ack(log, 1, hello=NONCE + 1), 9) is Verdict.ADVANCED


def test_every_boot_numbers_its_hellos_elsewhere() -> None:
    """An answer to the boot before, still under way, must not look like ours."""
    asked = set()
    for _ in range(4):
        sender = Sender(ListLog(1), EPOCH, 0)
        sender.connected()
        asked.add(sender.poll(0))
    assert len(asked) == 4


def test_batches_follow_the_greeting_up_to_the_window() -> None:
    assert sent(greeted(ListLog(9), window=3)) == [(1, 2), (3, 4), (5, 6)]


def test_a_batch_is_tied_to_the_fact_before_it() -> None:
    log = ListLog(4)
    action = greeted(log, acked=2).poll(0)
    assert isinstance(action, SendBatch)
    assert (action.batch.epoch, action.batch.first, action.batch.prev) == (
        EPOCH,
        3,
        log.chain_at(2),
    )
    assert action.batch.facts == (("u3", "body 3"), ("u4", "body 4"))


def test_an_ack_opens_the_window_again() -> None:
    log = ListLog(6)
    sender = greeted(log, window=1)
    assert sent(sender) == [(1, 2)]
    assert sender.acknowledged(ack(log, 2, window=2), 0) is Verdict.ADVANCED
    assert sent(sender) == [(3, 4), (5, 6)]


def test_a_pause_of_the_hub_is_kept() -> None:
    log = ListLog(4)
    sender = greeted(log, window=1)
    sent(sender)
    sender.acknowledged(ack(log, 2, pause_ms=500), 1)
    assert sent(sender, 1.4) == []
    assert sent(sender, 1.5) == [(3, 4)]


@pytest.mark.parametrize(
    ("window", "limit"),
    [
        (64, (200, 64_000)),
        (8, (200, 64_000)),
        (4, (100, 32_000)),
        (2, (50, 16_000)),
        (1, (25, 8_000)),
    ],
)
def test_a_narrow_window_also_asks_for_small_batches(window: int, limit: tuple[int, int]) -> None:
    log = ListLog(2)
    sent(greeted(log, window=window))
    assert (batch_limit(window), log.asked[0]) == (limit, limit)


@pytest.mark.parametrize(("window", "pause_ms"), [(1, 0), (1, 60_000), (2, 500)])
def test_no_fact_is_left_out_whatever_the_hub_asks_for(window: int, pause_ms: int) -> None:
    log = ListLog(9)
    sender, now_s, told = greeted(log, window=window), 0.0, []
    while sender.acked < log.high:
        for _, last in sent(sender, now_s):
            told.append(last)
            sender.acknowledged(ack(log, last, window=window, pause_ms=pause_ms), now_s)
        now_s += 1.0
    assert told == [2, 4, 6, 8, 9]


def test_a_greeting_may_ask_for_a_pause_as_well() -> None:
    """A thousand boxes that come back together all say hello first."""
    log = ListLog(2)
    sender = Sender(log, EPOCH, 0, NONCE)
    sender.connected()
    sender.poll(0)
    sender.acknowledged(ack(log, 0, hello=NONCE + 1, pause_ms=500), 0)
    assert sent(sender, 0.4) == []
    assert sent(sender, 0.5) == [(1, 2)]


def test_late_acks_send_everything_again_less_and_less_often() -> None:
    sender = greeted(ListLog(2))
    assert sent(sender) == [(1, 2)]
    again, now_s = [], 0.0
    for _ in range(600):
        now_s += 0.5
        again += [now_s] * len(sent(sender, now_s))
    waits = [later - earlier for earlier, later in zip([0.0, *again], again, strict=False)]
    assert waits[:4] == pytest.approx([ACK_TIMEOUT_S * n + 0.5 for n in (1, 2, 4, 8)])
    assert max(waits) == ACK_TIMEOUT_S * BACKOFF_LIMIT + 0.5


def test_one_lost_batch_is_gone_back_for_once() -> None:
    """Every batch behind the lost one earns a nack."""
    log = ListLog(8)
    sender = greeted(log)
    sent(sender)
    verdicts, again = [], []
    for _ in range(3):
        verdicts.append(sender.acknowledged(ack(log, 2, nack=True), 0))
        again.append(sent(sender))
    assert verdicts == [Verdict.ADVANCED, Verdict.UNCHANGED, Verdict.UNCHANGED]
    assert again == [[(3, 4), (5, 6), (7, 8)], [], []]


def test_an_ack_of_another_epoch_means_nothing() -> None:
    log = ListLog(3)
    sender = greeted(log)
    assert sender.acknowledged(ack(log, 3, epoch="e0"), 0) is Verdict.IGNORED
    assert sender.acked == 0


def test_an_old_ack_does_not_lower_what_is_acknowledged() -> None:
    log = ListLog(3)
    sender = greeted(log, acked=3)
    assert sender.acknowledged(ack(log, 1), 0) is Verdict.UNCHANGED
    assert sender.acked == 3


def test_only_the_answer_to_a_hello_lowers_what_is_acknowledged() -> None:
    """A hub restored from a backup: asked again, it says where it stands, and gets the rest again."""
    log = ListLog(4)
    sender = greeted(log, acked=4)
    sender.ask_again()
    assert sender.poll(0) == SayHello(NONCE + 2)
    assert sender.acknowledged(ack(log, 1, hello=NONCE + 2), 0) is Verdict.REWOUND
    assert (sender.acked, sent(sender)) == (1, [(2, 3), (4, 4)])


@pytest.mark.parametrize("nonce", [NONCE + 1, NONCE + 3, 0])
def test_an_answer_to_another_hello_means_nothing(nonce: int) -> None:
    log = ListLog(4)
    sender = greeted(log, acked=4)
    sender.ask_again()
    sender.poll(0)
    assert sender.acknowledged(ack(log, 1, hello=nonce), 0) is Verdict.IGNORED
    assert (sender.acked, sender.is_greeted) == (4, False)


def test_a_second_answer_to_the_same_hello_means_nothing() -> None:
    """QoS 1 may deliver it twice, and the second time it is an old truth."""
    log = ListLog(4)
    sender = greeted(log)
    sent(sender)
    sender.acknowledged(ack(log, 4), 0)
    assert sender.acknowledged(ack(log, 0, hello=NONCE + 1), 0) is Verdict.IGNORED
    assert sender.acked == 4


def test_before_the_answer_no_other_ack_counts() -> None:
    log = ListLog(4)
    sender = Sender(log, EPOCH, 0, NONCE)
    sender.connected()
    sender.poll(0)
    assert sender.acknowledged(ack(log, 4), 0) is Verdict.IGNORED
    assert sender.acked == 0


def test_a_nack_below_what_is_acknowledged_makes_the_box_ask() -> None:
    log = ListLog(4)
    sender = greeted(log, acked=4)
    assert sender.acknowledged(ack(log, 1, nack=True), 0) is Verdict.UNCHANGED
    assert (sender.acked, sender.poll(0)) == (4, SayHello(NONCE + 2))


def test_after_a_cut_nothing_counts_until_the_hub_has_answered_again() -> None:
    log = ListLog(4)
    sender = greeted(log)
    sent(sender)
    sender.disconnected()
    assert sender.acknowledged(ack(log, 4), 0) is Verdict.IGNORED
    assert sender.poll(0) is None
    sender.connected()
    assert isinstance(sender.poll(0), SayHello)


@pytest.mark.parametrize(
    "contradiction",
    [
        {"high": 4, "chain": "0" * 32},
        {"high": 2, "chain": "f" * 32},
        {"high": 2, "chain": None, "fork": True},
    ],
    ids=["beyond our log", "another history", "frozen by the hub"],
)
def test_a_contradiction_is_a_fork(contradiction: dict[str, object]) -> None:
    log = ListLog(3)
    sender = greeted(log)
    told = contradiction | {"chain": contradiction["chain"] or log.chain_at(2)}
    assert sender.acknowledged(Ack.model_validate({"epoch": EPOCH} | told), 0) is Verdict.FORKED
    assert sender.acked == 0


def test_after_a_fork_everything_still_kept_is_logged_again() -> None:
    """What was acknowledged too: a hub restored from a backup may have taken a clone's facts instead of ours."""
    log = ListLog(9, first=4)
    sender = greeted(log, acked=8)
    assert sender.acknowledged(ack(log, 12), 0) is Verdict.FORKED
    assert sender.relog_after == 3


def test_a_hub_that_stands_where_the_box_has_pruned_is_a_fork() -> None:
    log = ListLog(9, first=6)
    sender = Sender(log, EPOCH, 8, NONCE)
    sender.connected()
    sender.poll(0)
    assert sender.acknowledged(ack(log, 3, hello=NONCE + 1), 0) is Verdict.FORKED


def test_a_late_ack_of_what_is_pruned_is_no_fork() -> None:
    log = ListLog(9, first=6)
    assert greeted(log, acked=8).acknowledged(ack(log, 3), 0) is Verdict.UNCHANGED


def test_a_box_that_kept_nothing_and_lost_nothing_is_no_fork() -> None:
    log = ListLog(3, first=4)
    sender = Sender(log, EPOCH, 3, NONCE)
    sender.connected()
    sender.poll(0)
    assert sender.acknowledged(ack(log, 3, hello=NONCE + 1), 0) is Verdict.UNCHANGED

from __future__ import annotations

import pytest

from contract.envelope import GENESIS, Ack, Batch, chain
from contract.stream import Receiver, Reception, Stand, Stored

EPOCH = "e1"
FACTS = [(f"u{seq}", f"body {seq}") for seq in range(1, 8)]


def link(seq: int, facts: list[tuple[str, str]] = FACTS) -> str:
    value = GENESIS
    for uid, body in facts[:seq]:
        value = chain(value, uid, body)
    return value


def batch(first: int, last: int, facts: list[tuple[str, str]] = FACTS) -> Batch:
    return Batch.model_construct(
        epoch=EPOCH, first=first, prev=link(first - 1, facts), facts=tuple(facts[first - 1 : last])
    )


def stored(first: int, last: int) -> tuple[Stored, ...]:
    return tuple(Stored(seq, *FACTS[seq - 1]) for seq in range(first, last + 1))


AT_3 = Stand(3, link(3))
FROZEN = Stand(3, link(3), is_frozen=True)
OTHER = [*FACTS[:1], ("x2", "sold on the clone"), *FACTS[2:]]


@pytest.mark.parametrize(
    ("stand", "arrived", "reception"),
    [
        (Stand(), batch(1, 3), Reception(AT_3, stored(1, 3))),
        (AT_3, batch(4, 5), Reception(Stand(5, link(5)), stored(4, 5))),
        (AT_3, batch(2, 5), Reception(Stand(5, link(5)), stored(4, 5))),
        (AT_3, batch(1, 3), Reception(AT_3)),
        (AT_3, batch(1, 2), Reception(AT_3)),
        (AT_3, batch(5, 6), Reception(AT_3, is_gap=True)),
        (AT_3, batch(4, 5, OTHER), Reception(FROZEN, is_fork=True)),
        (AT_3, batch(2, 5, OTHER), Reception(FROZEN, is_fork=True)),
        (AT_3, batch(2, 3, OTHER), Reception(FROZEN, is_fork=True)),
        (FROZEN, batch(4, 5), Reception(FROZEN)),
        (FROZEN, batch(6, 7), Reception(FROZEN)),
    ],
    ids=[
        "first", "next", "overlap", "repeat", "old repeat", "gap", "other seam", "other overlap",
        "other repeat", "frozen", "frozen and gap",
    ],
)  # fmt: skip
def test_what_a_batch_means(stand: Stand, arrived: Batch, reception: Reception) -> None:
    assert Receiver().receive(stand, arrived) == reception


@pytest.mark.parametrize(
    ("reception", "nack", "fork"),
    [
        (Reception(AT_3), False, False),
        (Reception(AT_3, is_gap=True), True, False),
        (Reception(FROZEN, is_fork=True), False, True),
        (Reception(FROZEN), False, True),
    ],
)
def test_how_a_batch_is_answered(reception: Reception, nack: bool, fork: bool) -> None:
    assert reception.ack(EPOCH, window=4, pause_ms=20) == Ack(
        epoch=EPOCH, high=3, chain=link(3), window=4, pause_ms=20, nack=nack, fork=fork
    )


@pytest.mark.parametrize(("stand", "fork"), [(AT_3, False), (FROZEN, True)])
def test_a_hello_is_answered_with_its_number(stand: Stand, fork: bool) -> None:
    answer = Receiver().greet(stand, EPOCH, nonce=77, window=4, pause_ms=200)
    assert answer == Ack(
        epoch=EPOCH, high=3, chain=link(3), window=4, pause_ms=200, fork=fork, hello=77
    )

"""The proofs prove something: nothing is violated, and each seeded bug is seen."""

import pytest

from edge.proofs import coupons, fefo, points, rights

HISTORIES = 300
EVERY = [(bound, bug) for bound in (coupons, fefo, points, rights) for bug in bound.BUGS]


@pytest.mark.parametrize("bound", [coupons, fefo, points, rights])
def test_no_history_breaks_what_was_said(bound) -> None:
    assert [seed for seed in range(HISTORIES) if bound.history(seed)] == []


@pytest.mark.parametrize(("bound", "bug"), EVERY, ids=[bug for _, bug in EVERY])
def test_a_seeded_bug_is_caught(bound, bug: str) -> None:
    assert any(bound.history(seed, bug) for seed in range(5_000))


def test_a_history_is_the_same_each_time_it_is_played() -> None:
    bug = "the same goods set aside twice"
    assert rights.history(83, bug) == rights.history(83, bug) != ""

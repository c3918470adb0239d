"""A refund over what an order was paid with: nothing is lost or made, and it is the till's own rule."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.orders.splitting import OF_MEMBER, Part, split
from edge.domain import returns
from edge.domain.sale import MemberPart, Sold

KINDS = ("coupon", "points", "stored_value", "wallet")


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Part], list[int]]:
    """What an order was paid with, a point being worth `value`, and the refunds that gave all of it back."""
    value = draw(st.sampled_from((1, 7, 10)))
    kinds = draw(st.permutations(KINDS))[: draw(st.integers(1, 4))]
    parts = []
    for number, kind in enumerate(kinds, 1):
        points = draw(st.integers(1, 400)) if kind == "points" else 0
        amount = points * value or draw(st.integers(1, 4_000))
        parts.append(Part(number, kind, amount, points))
    total = sum(part.amount_minor for part in parts)
    cuts = sorted(draw(st.lists(st.integers(0, total), max_size=8)))
    return parts, [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]


@given(histories())
@settings(max_examples=150, deadline=None)
def test_the_parts_always_add_up(history: tuple[list[Part], list[int]]) -> None:
    parts, refunds = history
    before, minor, points = 0, dict.fromkeys(KINDS, 0), 0
    for amount in refunds:
        shares = split(parts, before, amount)
        assert sum(share.amount_minor for share in shares) == amount
        assert all(share.amount_minor >= 0 and share.points >= 0 for share in shares)
        before += amount
        for share in shares:
            minor[share.kind] += share.amount_minor
            points += share.points
    for part in parts:
        assert minor[part.kind] == part.amount_minor
    assert points == sum(part.points for part in parts)
    assert split(parts, before, 1_000) == ()


@given(histories())
@settings(max_examples=60, deadline=None)
def test_a_till_gives_a_member_the_same_share(history: tuple[list[Part], list[int]]) -> None:
    parts, refunds = history
    kinds: dict[str, Any] = {kind: kind for kind in OF_MEMBER}
    own = tuple(
        MemberPart(kinds[part.kind], part.amount_minor) for part in parts if part.kind in kinds
    )
    total = sum(part.amount_minor for part in parts)
    sale = Sold("s", "b", 1, "2026-11-23", "KRW", total, 0, (), own)
    before = 0
    for amount in refunds:
        at_till = {it.kind: it.amount_minor for it in returns.back_to_member(sale, before, amount)}
        online = {
            it.kind: it.amount_minor
            for it in split(parts, before, amount)
            if it.kind != "wallet" and it.amount_minor
        }
        assert online == at_till
        before += amount

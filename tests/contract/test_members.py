"""Member codes, the status list, the programme's sums and coupons, as both ends run them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from contract import members
from contract.members import (
    BITS_A_CHUNK,
    LIFETIME_S,
    SKEW_S,
    Coupon,
    CouponUse,
    CouponVerdict,
    MemberCode,
    Programme,
    StatusChunk,
    Tier,
    Verdict,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
KID = members.kid_of(PUBLIC)
NOON = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
CODE = MemberCode(
    kid=KID,
    member_id="018f2f4e-0010-7abc-8def-0123456789ab",
    credential=70_001,
    tier=1,
    balance=4_200,
    allowance=3_000,
    issued_at=int(NOON.timestamp()),
    expires_s=LIFETIME_S,
)
TEXT = (
    "TWM1.AROeOUABjy9OABB6vI3vASNFZ4mrAAERcQEAABBoAAALuGsKQ7AAWvcfGP2pmk4Uezy"
    "tELUUqNUU4DT568LrmYJE5oPK2K_2rIuU0BXojUBccnUlF3u7dk3GmBWaN1TQYMs3Lqss0A4"
)
PROGRAMME = Programme(
    currency="KRW",
    tiers=(
        Tier(name="member", earn_bp=100),
        Tier(name="gold", threshold_minor=500_000, earn_bp=200),
    ),
    coupon_offline_limit=1,
    shops=("office", "hillside"),
)
HASH = members.coupon_hash("TWC1.MARUCAKE23456722")
COUPON = Coupon(
    amount_minor=5_000,
    currency="KRW",
    least_basket_minor=20_000,
    valid_from=NOON,
    valid_until=NOON + timedelta(days=30),
    escrow={"office": 2},
)


def verify(public_key: str, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def judged(
    text: str,
    at: datetime = NOON,
    revoked: tuple[int, ...] = (),
    keys: tuple[str, ...] = (PUBLIC,),
) -> Verdict:
    shown = members.parse(text)
    assert shown is not None
    chunks = {
        number // BITS_A_CHUNK: members.chunk_bytes(members.chunk_of([number]))
        for number in revoked
    }
    known = {members.kid_of(key): key for key in keys}
    return members.verdict(shown, known, verify, chunks.get, at)


def test_a_code_is_the_same_text_on_every_machine() -> None:
    assert members.issue(CODE, KEY.sign) == TEXT


def test_a_code_says_what_was_signed() -> None:
    shown = members.parse(f" {members.issue(CODE, KEY.sign)}\n")
    assert shown is not None
    assert shown.code == CODE
    assert members.issued_at(shown.code) == NOON
    assert members.fresh_until(shown.code) == NOON + timedelta(seconds=LIFETIME_S + SKEW_S)


@pytest.mark.parametrize("late_s", [-SKEW_S, 0, LIFETIME_S + SKEW_S])
def test_a_fresh_code_is_good(late_s: int) -> None:
    text = members.issue(CODE, KEY.sign)
    assert judged(text, NOON + timedelta(seconds=late_s)) is Verdict.GOOD


def test_yesterdays_code_is_old_and_tomorrows_is_of_the_future() -> None:
    text = members.issue(CODE, KEY.sign)
    assert judged(text, NOON + timedelta(days=1)) is Verdict.OLD
    assert judged(text, NOON + timedelta(seconds=LIFETIME_S + SKEW_S + 1)) is Verdict.OLD
    assert judged(text, NOON - timedelta(seconds=SKEW_S + 1)) is Verdict.FUTURE


def test_a_code_of_another_chain_has_an_unknown_key() -> None:
    assert judged(members.issue(CODE, KEY.sign), keys=()) is Verdict.UNKNOWN_KEY


@given(at=st.integers(0, 39), bit=st.integers(0, 7))
def test_whatever_is_changed_in_a_code_it_is_never_good(at: int, bit: int) -> None:
    shown = members.parse(members.issue(CODE, KEY.sign))
    assert shown is not None
    forged = bytearray(shown.payload)
    forged[at] ^= 1 << bit
    text = _text_of(bytes(forged), shown.signature)
    assert members.parse(text) is None or judged(text) in (Verdict.FORGED, Verdict.UNKNOWN_KEY)


def _text_of(payload: bytes, signature: bytes) -> str:
    return members.PREFIX + base64.urlsafe_b64encode(payload + signature).rstrip(b"=").decode()


def test_a_lost_phone_is_revoked_and_its_neighbours_are_not() -> None:
    text = members.issue(CODE, KEY.sign)
    assert judged(text, revoked=(70_001,)) is Verdict.REVOKED
    assert judged(text, revoked=(70_000,)) is Verdict.GOOD
    assert judged(text, revoked=(70_001 - BITS_A_CHUNK,)) is Verdict.GOOD


@pytest.mark.parametrize("text", ["", "8801234500012", "TWM1.AAAA", "TWM1." + "A" * 139])
def test_what_is_no_code_is_none(text: str) -> None:
    assert members.parse(text) is None


def test_a_debt_travels_as_no_balance() -> None:
    shown = members.parse(members.issue(CODE._replace(balance=-50, allowance=0), KEY.sign))
    assert shown is not None
    assert shown.code.balance == 0
    assert members.may_redeem_offline(shown.code, 0) == 0


@given(revoked=st.sets(st.integers(0, BITS_A_CHUNK - 1), max_size=50))
def test_a_chunk_has_these_bits_and_no_others(revoked: set[int]) -> None:
    bits = members.chunk_bytes(members.chunk_of(sorted(revoked)))
    found = {n for n in range(BITS_A_CHUNK) if bits[n // 8] >> n % 8 & 1}
    assert found == revoked


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        ("@@", "Expected base64 of zlib data, got '@@'."),
        ("eJwDAAAAAAE=", "Expected 8192 bytes of bits, got 0 or more."),
    ],
)
def test_a_chunk_that_is_none_is_refused(bits: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        members.chunk_bytes(StatusChunk(bits=bits))
    assert str(refusal.value) == message


def test_keys_of_the_feeds() -> None:
    assert members.status_key(0) == "status:0000"
    assert members.status_key(1_000_000) == "status:0015"
    assert members.key_entry("66687aad") == "hub:66687aad"


@pytest.mark.parametrize(
    ("spend_minor", "tier"), [(0, 0), (499_999, 0), (500_000, 1), (9_000_000, 1)]
)
def test_a_tier_is_reached_by_what_was_spent(spend_minor: int, tier: int) -> None:
    assert members.tier_at(PROGRAMME, spend_minor) == tier


def test_lines_earn_half_up_on_what_is_left_of_them() -> None:
    assert members.points_of_lines(PROGRAMME, 0, (38_000, 4_550, 49)) == (380, 46, 0)
    assert members.points_of_lines(PROGRAMME, 1, (38_000, 4_550, 49)) == (760, 91, 1)
    assert members.points_of_lines(PROGRAMME, 0, (30_000, 10_000), 20_000) == (150, 50)
    assert members.points_of_lines(PROGRAMME, 0, (30_000, 10_000), 99_999) == (0, 0)


@given(amount=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1))
def test_shares_give_away_all_and_never_more_than_a_rounding(
    amount: int, weights: list[int]
) -> None:
    given_away = members.shares(amount, weights)
    assert sum(given_away) == amount
    if sum(weights):
        assert all(
            abs(share * sum(weights) - amount * weight) < sum(weights)
            for share, weight in zip(given_away, weights, strict=True)
        )


@given(earned=st.integers(0, 10**6), parts=st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_a_line_that_comes_back_in_parts_loses_exactly_what_it_earned(
    earned: int, parts: list[int]
) -> None:
    quantity, returned, taken = sum(parts), 0, 0
    for part in parts:
        before, returned = returned, returned + part
        step = members.points_taken_back(earned, quantity, returned) - members.points_taken_back(
            earned, quantity, before
        )
        assert step >= 0
        taken += step
    assert taken == earned


def test_offline_at_most_the_allowance_since_the_hub_was_heard() -> None:
    assert members.may_redeem_offline(CODE, 0) == 3_000
    assert members.may_redeem_offline(CODE, 2_900) == 100
    assert members.may_redeem_offline(CODE, 3_500) == 0
    assert members.may_redeem_offline(CODE._replace(balance=70), 0) == 70


@given(
    boxes=st.integers(1, 6),
    allowance=st.integers(0, 500),
    balance=st.integers(0, 2_000),
    wanted=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 400)), max_size=40),
)
def test_cut_off_boxes_never_take_more_than_the_bound(
    boxes: int, allowance: int, balance: int, wanted: list[tuple[int, int]]
) -> None:
    code = CODE._replace(balance=balance, allowance=allowance)
    taken = [0] * 6
    for box, points in wanted:
        if box < boxes:
            taken[box] += min(points, members.may_redeem_offline(code, taken[box]))
    assert sum(taken) - balance <= members.overspend_bound(boxes, allowance, balance)


def test_a_mistyped_number_is_none() -> None:
    assert members.is_member_number(members.member_number(12_345_678))
    assert not members.is_member_number("0123456783")
    assert not members.is_member_number("1023456782")
    assert not members.is_member_number("8801234500012")


def offered(
    location_id: str = "office",
    here: int = 0,
    foreign: int = 0,
    basket_minor: int = 20_000,
    at: datetime = NOON,
    coupon: Coupon = COUPON,
) -> CouponVerdict:
    used = CouponUse(here, foreign)
    return members.coupon_verdict(coupon, HASH, PROGRAMME, location_id, used, basket_minor, at)


def test_a_single_coupon_has_one_shop_of_its_own() -> None:
    assert members.owner_shop(HASH, PROGRAMME.shops) == "office"
    assert members.owner_shop(HASH, ()) == ""
    assert offered("office", foreign=9) is CouponVerdict.GOOD
    assert offered("hillside") is CouponVerdict.GOOD
    assert offered("hillside", foreign=1) is CouponVerdict.ASK_THE_HUB


def test_a_coupon_is_refused_for_what_it_lacks() -> None:
    assert offered(here=1) is CouponVerdict.SPENT
    assert offered(coupon=COUPON.model_copy(update={"is_spent": True})) is CouponVerdict.SPENT
    assert offered(basket_minor=19_999) is CouponVerdict.BASKET_TOO_SMALL
    assert offered(at=NOON - timedelta(seconds=1)) is CouponVerdict.NOT_YET
    assert offered(at=NOON + timedelta(days=31)) is CouponVerdict.OVER


def test_a_coupon_for_many_is_taken_as_often_as_the_shop_was_given() -> None:
    many = COUPON.model_copy(update={"is_single": False})
    assert offered(here=1, coupon=many) is CouponVerdict.GOOD
    assert offered(here=2, coupon=many) is CouponVerdict.ASK_THE_HUB
    assert offered("hillside", coupon=many) is CouponVerdict.ASK_THE_HUB


def test_a_coupon_pays_no_more_than_the_basket() -> None:
    assert members.coupon_worth_minor(COUPON, 20_000) == 5_000
    assert members.coupon_worth_minor(COUPON, 3_000) == 3_000
    tenth = COUPON.model_copy(update={"amount_minor": 0, "percent_bp": 1_000})
    assert members.coupon_worth_minor(tenth, 20_005) == 2_001


def test_what_is_a_coupon_code() -> None:
    assert members.is_coupon_code(" TWC1.MARUCAKE23456722\n")
    assert not members.is_coupon_code("TWC1.marucake")
    assert members.coupon_key(HASH) == f"coupon:{HASH}"
    assert members.coupon_bound(5, 2) == 8

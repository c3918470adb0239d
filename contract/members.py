"""Members: the code that a member shows, which codes are no longer good, what the programme gives, coupons.

    TWM1.BASE64URL(payload ‖ signature)

The payload is 40 bytes (see `pack`), the signature Ed25519 (RFC 8032) of the hub over "TWM1" ‖ payload. The phone has
a new code every 30 seconds; a box judges it with the line down, by the hub's keys (feed `keys`, "hub:KID") and the
list of credentials that are no longer good (feed `members`).

A sale says whose it is in `member_id`: the id from the code, or the number as it was typed where no code was shown. Its
tenders say what was spent: "points" (`payment_id` is the answer's `spend_id` where the hub was asked, "" where the
box relied on the allowance), "stored_value" (always a `spend_id`), "coupon" (the coupon's `coupon_hash`).
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import re
import struct
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple

from pydantic import AwareDatetime, ConfigDict, Field

from contract.envelope import Currency, Message, Uid

PREFIX: Final = "TWM1."
VERSION: Final = 1
ROTATION_S: Final = 30
LIFETIME_S: Final = 90  # a phone in a lift shows the code before the last one
SKEW_S: Final = 120  # either way: clocks of shops are not exact
SIGNATURE_BYTES: Final = 64
_PAYLOAD: Final = struct.Struct(">B4s16sIBIIIH")
_CODE: Final = re.compile(r"TWM1\.(?P<content>[A-Za-z0-9_-]{139})")
_UINT32: Final = 2**32 - 1

BITS_A_CHUNK: Final = 65_536
_CHUNK_BYTES: Final = BITS_A_CHUNK // 8

NUMBER_DIGITS: Final = 10
_NUMBER: Final = re.compile(r"[0-9]{10}")
_COUPON: Final = re.compile(r"TWC1\.[A-Z2-7]{16}")

Verify = Callable[[str, bytes, bytes], bool]
"""(public key as hex, message, signature) -> whether it is that key's signature of the message (Ed25519)."""


class MemberCode(NamedTuple):
    """What a code says. `kid` names the hub's key (8 hex digits), `credential` one phone's bit in the status list.

    `tier` counts in the programme's `tiers`; `balance` is the points that the hub knew of, never below 0, `allowance`
    how many of them a box may take without asking, 0 for somebody in debt.
    """

    kid: str
    member_id: str
    credential: int
    tier: int
    balance: int
    allowance: int
    issued_at: int
    expires_s: int


class SignedCode(NamedTuple):
    code: MemberCode
    payload: bytes
    signature: bytes


class Verdict(enum.StrEnum):
    GOOD = "good"
    OLD = "old"
    FUTURE = "future"
    FORGED = "forged"
    UNKNOWN_KEY = "unknown_key"
    REVOKED = "revoked"


def kid_of(public_key: str) -> str:
    """The name of a key (hex): the start of its SHA-256.

    >>> kid_of("00" * 32)
    '66687aad'
    """
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:8]


def key_entry(kid: str) -> str:
    """The key of the feed `keys` under which a hub's key for member codes stands."""
    return f"hub:{kid}"


def issue(code: MemberCode, sign: Callable[[bytes], bytes]) -> str:
    """The text of the QR symbol, 144 characters. `sign` gives the 64 bytes of an Ed25519 signature."""
    payload = pack(code)
    content = payload + sign(signed_text(payload))
    return PREFIX + base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def pack(code: MemberCode) -> bytes:
    """Big-endian: version 1 byte, kid 4, member 16, credential 4, tier 1, balance 4, allowance 4, issued 4, life 2."""
    return _PAYLOAD.pack(
        VERSION,
        bytes.fromhex(code.kid),
        uuid.UUID(code.member_id).bytes,
        code.credential,
        code.tier,
        min(max(code.balance, 0), _UINT32),
        min(code.allowance, _UINT32),
        code.issued_at,
        code.expires_s,
    )


def signed_text(payload: bytes) -> bytes:
    return b"TWM1" + payload


def parse(text: str) -> SignedCode | None:
    """None for anything that is no member code."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        return None
    content = base64.urlsafe_b64decode(found["content"] + "=")
    payload, signature = content[: _PAYLOAD.size], content[_PAYLOAD.size :]
    version, kid, member, *rest = _PAYLOAD.unpack(payload)
    if version != VERSION:
        return None
    code = MemberCode(kid.hex(), str(uuid.UUID(bytes=member)), *rest)
    return SignedCode(code, payload, signature)


def verdict(
    shown: SignedCode,
    keys: Mapping[str, str],
    verify: Verify,
    chunk: Callable[[int], bytes | None],
    now: datetime,
) -> Verdict:
    """What a box makes of a code, offline. `keys` are the hub's public keys by kid; `chunk` as in `is_revoked`."""
    code = shown.code
    key = keys.get(code.kid)
    if key is None:
        return Verdict.UNKNOWN_KEY
    if not verify(key, signed_text(shown.payload), shown.signature):
        return Verdict.FORGED
    if now.timestamp() < code.issued_at - SKEW_S:
        return Verdict.FUTURE
    if now.timestamp() > code.issued_at + code.expires_s + SKEW_S:
        return Verdict.OLD
    return Verdict.REVOKED if is_revoked(chunk, code.credential) else Verdict.GOOD


def issued_at(code: MemberCode) -> datetime:
    return datetime.fromtimestamp(code.issued_at, UTC)


# The status list: one bit a credential, set where it is no longer good, in chunks that are sent when they change.


class StatusChunk(Message):
    """Value of the feed `members`, key `status_key`: BITS_A_CHUNK bits, zlib (RFC 1950), base64.

    Bit n of the chunk is bit n % 8, the lowest first, of byte n // 8.
    """

    bits: str


def status_key(credential: int) -> str:
    """The key of the chunk in which `credential` has its bit.

    >>> status_key(65_536)
    'status:0001'
    """
    return chunk_key(credential // BITS_A_CHUNK)


def chunk_key(index: int) -> str:
    return f"status:{index:04}"


def is_revoked(chunk: Callable[[int], bytes | None], credential: int) -> bool:
    """`chunk` gives the bytes of a chunk by its index, None where there is none: no bit is set there."""
    index, bit = divmod(credential, BITS_A_CHUNK)
    bits = chunk(index)
    return bits is not None and bool(bits[bit // 8] >> bit % 8 & 1)


def chunk_of(revoked: Sequence[int]) -> StatusChunk:
    """The chunk of these credentials, which must all be of one chunk."""
    bits = bytearray(_CHUNK_BYTES)
    for credential in revoked:
        bit = credential % BITS_A_CHUNK
        bits[bit // 8] |= 1 << bit % 8
    return StatusChunk(bits=base64.b64encode(zlib.compress(bytes(bits), 9)).decode())


def chunk_bytes(chunk: StatusChunk) -> bytes:
    """Its bits. Raises ValueError for anything that is not BITS_A_CHUNK bits."""
    inflater = zlib.decompressobj()
    try:
        bits = inflater.decompress(base64.b64decode(chunk.bits, validate=True), _CHUNK_BYTES + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"Expected base64 of zlib data, got {chunk.bits[:8]!r}.") from error
    if len(bits) != _CHUNK_BYTES:
        raise ValueError(f"Expected {_CHUNK_BYTES} bytes of bits, got {len(bits)} or more.")
    return bits


class MembersKey(Message):
    """Value of the feed `keys`, key "hub:KID": a key with which this hub signs member codes."""

    use: Literal["members"] = "members"
    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")


# The programme: what members get. Value of the feed `offers`, key PROGRAMME_KEY.

PROGRAMME_KEY: Final = "programme"


class Tier(Message):
    """A step of the programme, for who has spent `threshold_minor` within its `rolling_days`.

    `earn_bp` is how much of what is paid comes back in points: 100 = 1 %.
    """

    name: str
    names: dict[str, str] = {}
    threshold_minor: int = Field(default=0, ge=0)
    earn_bp: int = Field(ge=0, le=10_000)


class Programme(Message):
    """`point_value_minor` is what one point pays; `allowance` how many points of a member a box may take unasked.

    `tiers` rise, the first one is everybody's. `debt_cap` is how much of an overspend a member is asked to earn back.
    `shops` are the chain's locations in an order that never changes but at its end: by it each single-use coupon has
    one shop of its own. `points_days` is how long points are good, 0 for ever. `coupon_offline_limit` is how many
    coupons of other shops a box takes while it is cut off.
    """

    model_config = ConfigDict(
        defer_build=False
    )  # the body of a request is read by a class that is whole

    v: int = 1
    currency: Currency
    tiers: tuple[Tier, ...] = Field(min_length=1)
    rolling_days: int = Field(default=365, ge=1)
    point_value_minor: int = Field(default=1, ge=1)
    allowance: int = Field(default=0, ge=0)
    debt_cap: int = Field(default=0, ge=0)
    coupon_offline_limit: int = Field(default=0, ge=0)
    points_days: int = Field(default=0, ge=0)
    shops: tuple[str, ...] = ()


def tier_at(programme: Programme, spend_minor: int) -> int:
    """The highest tier that a rolling spend reaches."""
    reached = [
        index
        for index, tier in enumerate(programme.tiers)
        if index == 0 or spend_minor >= tier.threshold_minor
    ]
    return reached[-1]


def tier_of(programme: Programme, index: int) -> Tier:
    """The tier that a code means; the highest where the programme has fewer by now."""
    return programme.tiers[min(index, len(programme.tiers) - 1)]


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of two numbers that are not negative, half rounded up.

    >>> half_up(5, 2), half_up(4, 3)
    (3, 1)
    """
    return (2 * numerator + denominator) // (2 * denominator)


def shares(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """`amount` spread over the weights by largest remainder, the earlier first; all on the first where all are 0."""
    total = sum(weights)
    if total == 0:
        return (amount, *(0 for _ in weights[1:])) if weights else ()
    floors = [amount * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % total), at))
    for at in order[: amount - sum(floors)]:
        floors[at] += 1
    return tuple(floors)


def points_of_lines(
    programme: Programme, tier: int, amounts_minor: Sequence[int], not_earning_minor: int = 0
) -> tuple[int, ...]:
    """The points that each line of a sale earns; the sale's `points_earned` is their sum.

    `not_earning_minor` was paid with points or coupons: each line earns on what is left of it, half-up.
    """
    rate, worth = tier_of(programme, tier).earn_bp, 10_000 * programme.point_value_minor
    given = shares(min(not_earning_minor, sum(amounts_minor)), amounts_minor)
    return tuple(
        half_up((amount - less) * rate, worth)
        for amount, less in zip(amounts_minor, given, strict=True)
    )


def points_taken_back(earned: int, quantity: int, returned: int) -> int:
    """Of the `earned` points of a line of `quantity`, what is gone when `returned` of it have come back in all.

    Each return takes the difference to what earlier ones took: however the line comes back, all of it takes all.
    """
    return half_up(earned * min(returned, quantity), quantity)


def points_for(programme: Programme, amount_minor: int) -> int:
    """How many points pay for an amount; what a point pays is never split.

    >>> points_for(Programme(currency="CNY", tiers=(Tier(name="a", earn_bp=0),), point_value_minor=10), 95)
    9
    """
    return amount_minor // programme.point_value_minor


def may_redeem_offline(code: MemberCode, redeemed_since_heard: int) -> int:
    """How many points a box may take now without asking.

    `redeemed_since_heard` are those that it took of this member since the hub had acknowledged everything.
    """
    return max(0, min(code.allowance, code.balance) - redeemed_since_heard)


def overspend_bound(boxes: int, allowance: int, balance: int) -> int:
    """The most points that cut-off boxes can take of one member beyond the balance.

    >>> overspend_bound(3, 1000, 1500)
    1500
    """
    return max(0, boxes * min(allowance, balance) - balance)


# The member's number, for who has no phone at hand.


def member_number(serial: int) -> str:
    """Nine digits and their check digit (ISO/IEC 7812-1, annex B).

    >>> member_number(12_345_678)
    '0123456782'
    """
    digits = f"{serial:0{NUMBER_DIGITS - 1}}"
    return digits + str(-_luhn(digits + "0") % 10)


def is_member_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and _luhn(text) % 10 == 0


def _luhn(digits: str) -> int:
    """Every second digit from the right doubled, cross-summed."""
    doubled = "0246813579"
    return sum(
        int(doubled[int(digit)]) if at % 2 else int(digit)
        for at, digit in enumerate(reversed(digits))
    )


# Coupons. Value of the feed `offers`, key `coupon_key`: boxes know a coupon's hash, never its code.


class Coupon(Message):
    """`is_single` is good once in the whole chain; others as often as `escrow` gives each shop to take unasked.

    `amount_minor` or `percent_bp` of the basket, whichever is not 0. `is_spent` where the hub knows that a single-use
    coupon is used up; `is_lent` where it was given to a basket of another shop than its own: from then on nobody takes
    it without the hub's word, its own shop neither.
    """

    v: int = 1
    names: dict[str, str] = {}
    is_single: bool = True
    amount_minor: int = Field(default=0, ge=0)
    percent_bp: int = Field(default=0, ge=0, le=10_000)
    currency: Currency
    least_basket_minor: int = Field(default=0, ge=0)
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    escrow: dict[str, int] = {}
    is_spent: bool = False
    is_lent: bool = False


class CouponVerdict(enum.StrEnum):
    GOOD = "good"
    NOT_YET = "not_yet"
    OVER = "over"
    SPENT = "spent"
    BASKET_TOO_SMALL = "basket_too_small"
    ASK_THE_HUB = "ask_the_hub"


class CouponUse(NamedTuple):
    """What a box knows of its own past. `here` counts this coupon's uses in this shop, ever.

    `foreign` counts coupons of other shops that it took since the hub had acknowledged everything.
    """

    here: int
    foreign: int


def is_coupon_code(text: str) -> bool:
    return bool(_COUPON.fullmatch(text.strip()))


def coupon_hash(code: str) -> str:
    """What is known of a coupon outside the hub: the SHA-256 of its code, hex."""
    return hashlib.sha256(code.strip().encode()).hexdigest()


def coupon_key(hashed: str) -> str:
    return f"coupon:{hashed}"


def owner_shop(hashed: str, shops: Sequence[str]) -> str:
    """The one shop that takes this single-use coupon without limit while it is cut off; "" in a chain without shops."""
    return shops[int(hashed, 16) % len(shops)] if shops else ""


def coupon_verdict(
    coupon: Coupon,
    hashed: str,
    programme: Programme,
    location_id: str,
    used: CouponUse,
    basket_minor: int,
    now: datetime,
) -> CouponVerdict:
    """What a box makes of a coupon, offline. ASK_THE_HUB: only with the hub's word (`members.coupon`)."""
    if now < coupon.valid_from:
        return CouponVerdict.NOT_YET
    if now > coupon.valid_until:
        return CouponVerdict.OVER
    if coupon.is_spent or (coupon.is_single and used.here):
        return CouponVerdict.SPENT
    if basket_minor < coupon.least_basket_minor:
        return CouponVerdict.BASKET_TOO_SMALL
    is_ours = owner_shop(hashed, programme.shops) == location_id
    if coupon.is_single and coupon.is_lent:
        return CouponVerdict.ASK_THE_HUB
    if coupon.is_single:
        may_take = is_ours or used.foreign < programme.coupon_offline_limit
    else:
        may_take = used.here < coupon.escrow.get(location_id, 0)
    return CouponVerdict.GOOD if may_take else CouponVerdict.ASK_THE_HUB


def coupon_worth_minor(coupon: Coupon, basket_minor: int) -> int:
    """What the coupon pays of a basket, never more than all of it."""
    share = half_up(basket_minor * coupon.percent_bp, 10_000)
    return min(basket_minor, coupon.amount_minor or share)


def coupon_bound(shops: int, limit: int) -> int:
    """How often single-use coupons of one shop can be taken too often through one cut, whoever is cut off and when.

    The hub's word adds nothing: it lends a coupon only once every box of the coupon's own shop knows that it is lent.
    """
    return max(0, shops - 1) * limit


def coupon_bound_of_chain(shops: int, limit: int) -> int:
    """As `coupon_bound`, of all coupons: the owner of some is a stranger to the others, and takes as many of them.

    >>> coupon_bound_of_chain(3, 2), coupon_bound_of_chain(1, 2)
    (6, 0)
    """
    return shops * limit if shops > 1 else 0


# Questions to the hub: arguments and answers of the verbs of `contract.asks`.


class MemberLook(Message):
    """`members.look`: whose `code` or `number` this is. One of them is ""."""

    code: str = ""
    number: str = ""


class MemberSeen(Message):
    """What a cashier needs: `name` is what to call out, "" where the member gave none or does not want it said.

    `available` are the points that can be spent now, `stored_minor` the stored value, `is_blocked` where a debt
    keeps points from being spent.
    """

    member_id: Uid
    number: str
    name: str = ""
    language: str = ""
    tier: int
    tier_name: str
    balance: int
    available: int
    stored_minor: int
    currency: Currency
    is_blocked: bool = False


class MemberSpend(Message):
    """`members.spend`: takes points or stored value for a sale. Idempotent by the question's id, the `spend_id`.

    Points are held for the sale and taken with it (`amount` is points); stored value is taken at once (minor units).
    """

    member_id: str
    what: Literal["points", "stored_value"]
    amount: int = Field(gt=0)
    currency: Currency
    reference: str = ""


class MemberSpent(Message):
    """`spend_id` goes into the tender's `payment_id`; `left` is what can still be spent."""

    spend_id: Uid
    amount: int
    left: int


class MemberGiveBack(Message):
    """`members.give_back`: the sale of `spend_id` did not come about. Idempotent; its answer is a MemberSpent of 0."""

    spend_id: Uid


class CouponClaim(Message):
    """`members.coupon`: may this sale have the coupon? Idempotent by `reference`, the basket's or sale's id."""

    hashed: str = Field(pattern=r"^[0-9a-f]{64}$")
    reference: str = Field(min_length=1)


class CouponClaimed(Message):
    hashed: str
    until: AwareDatetime


def fresh_until(code: MemberCode) -> datetime:
    """When every box takes the code for old."""
    return issued_at(code) + timedelta(seconds=code.expires_s + SKEW_S)

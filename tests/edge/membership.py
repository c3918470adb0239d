"""A hub's key and what it signs, as a box meets them: codes of members, the programme, coupons, the status list."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract import members
from contract.feeds import Operation, Ops
from contract.sales import SaleCompleted
from edge.db import outbox
from edge.domain.errors import HubRefused, HubSilent, HubUnreachable
from edge.services import feeds
from edge.services import members as services
from edge.services.selling import BasketView
from edge.services.shop import Shop

MEMBER = "0197a000-0000-7000-8000-00000000000a"
OTHER = "0197a000-0000-7000-8000-00000000000b"
SHOPS = ("maru-office-tower", "maru-hillside", "maru-station")
PROGRAMME = members.Programme(
    currency="KRW",
    tiers=(
        members.Tier(name="Green", names={"ko": "그린", "zh": "绿", "en": "Green"}, earn_bp=100),
        members.Tier(
            name="Gold",
            names={"ko": "골드", "zh": "金", "en": "Gold"},
            threshold_minor=300_000,
            earn_bp=300,
        ),
    ),
    allowance=1_000,
    debt_cap=5_000,
    coupon_offline_limit=1,
    shops=SHOPS,
)


class HubKey:
    """Signs member codes. `kid` names it."""

    def __init__(self, seed: int = 1) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self._private.public_key().public_bytes_raw().hex()
        self.kid = members.kid_of(self.public)

    def sign(self, words: bytes) -> bytes:
        return self._private.sign(words)

    def code(self, now: datetime, **changes: Any) -> str:
        values: dict[str, Any] = {
            "kid": self.kid,
            "member_id": MEMBER,
            "credential": 7,
            "tier": 1,
            "balance": 1_500,
            "allowance": PROGRAMME.allowance,
            "issued_at": int(now.timestamp()),
            "expires_s": members.LIFETIME_S,
        }
        return members.issue(members.MemberCode(**(values | changes)), self.sign)


@dataclass
class Hub:
    """What a box asks, and what a test lets it hear: an answer by verb, or the error that stands there."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)

    def __call__(
        self, verb: str, arguments: Any, *, ask_id: str, timeout_s: float
    ) -> dict[str, Any]:
        assert timeout_s > 0
        self.asked.append((verb, dict(arguments), ask_id))
        answer = self.answers.get(verb, HubUnreachable())
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


CUT_OFF = Hub()
SILENT = HubSilent(timeout_s=3)
NO_POINTS = HubRefused("points.not_enough", "The member has 200 points.", {"available": 200})


def put(shop: Shop, feed: str, **values: Any) -> None:
    """Rows of a feed, as the hub sends them."""
    store = feeds.RowStore(feed)
    with shop.write() as work:
        at = feeds.cursor(work.unit, feed)
        operations = tuple(
            Operation(key=key, version=at + 1, value=value.model_dump(mode="json"))
            for key, value in values.items()
        )
        ops = Ops(feed=feed, after=at, through=at + 1, operations=operations)
        feeds.apply(work.unit, store, ops)


def join(shop: Shop, key: HubKey, programme: members.Programme = PROGRAMME) -> None:
    """The box has the hub's key and the programme."""
    put(shop, "keys", **{members.key_entry(key.kid): members.MembersKey(public_key=key.public)})
    put(shop, "offers", **{members.PROGRAMME_KEY: programme})


def allow(shop: Shop, points: int) -> None:
    """The box hears of another allowance."""
    put(
        shop,
        "offers",
        **{members.PROGRAMME_KEY: PROGRAMME.model_copy(update={"allowance": points})},
    )


def revoke(shop: Shop, *credentials: int) -> None:
    put(shop, "members", **{members.status_key(credentials[0]): members.chunk_of(credentials)})


def coupon_of(owner: str, number: int = 0) -> str:
    """The code of a single-use coupon whose own shop is `owner`."""
    found = [
        code
        for code in (f"TWC1.{letters(at)}" for at in range(200))
        if members.owner_shop(members.coupon_hash(code), SHOPS) == owner
    ]
    return found[number]


def letters(number: int) -> str:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "".join(digits[number >> 5 * place & 31] for place in range(16))


def give_coupon(shop: Shop, code: str, now: datetime, **changes: Any) -> None:
    values: dict[str, Any] = {
        "amount_minor": 2_000,
        "currency": "KRW",
        "valid_from": now - timedelta(days=1),
        "valid_until": now + timedelta(days=30),
    }
    hashed = members.coupon_hash(code)
    put(shop, "offers", **{members.coupon_key(hashed): members.Coupon(**(values | changes))})


KEY = HubKey()


def sold(result: BasketView | SaleCompleted) -> SaleCompleted:
    assert isinstance(result, SaleCompleted)
    return result


def open_(result: BasketView | SaleCompleted) -> BasketView:
    assert isinstance(result, BasketView)
    return result


def all_heard(shop: Shop) -> None:
    """The hub acknowledges everything, now."""
    with shop.write() as work:
        head = outbox.head(work.unit)
        assert head is not None
        outbox.store_acked(work.unit, head.epoch, head.high, work.stamp)


def code(shop: Shop, **changes: Any) -> str:
    return KEY.code(shop.clock.now(), **changes)


def attach(shop: Shop, **changes: Any) -> BasketView:
    return services.attach(shop, code(shop, **changes))

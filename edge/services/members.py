"""Members at the counter: whose the basket is, and what of theirs pays for it. Imported by the first that shows a code.

Points are taken with the hub's word while the line is up, and within the allowance while it is down. Stored value is
taken with the hub's word only. A coupon is a tender, not a discount: what the lines cost stays as printed, so that a
return gives back a line's price, and the coupon's part of it as a coupon.

What the hub was asked to take is written down before it is asked (`points_use`): after a crash it is given back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from contract import members as contract
from contract.members import Coupon, CouponVerdict, Programme, Verdict
from contract.sales import SaleCompleted
from edge.db.member_tables import CouponUse, PointsUse
from edge.db.unit_of_work import Reader
from edge.domain import basket as baskets
from edge.domain import tender
from edge.domain.basket import Basket
from edge.domain.errors import (
    HubRefused,
    HubSilent,
    HubUnreachable,
    Malformed,
    ShopError,
)
from edge.domain.member import Member, Standing, What, limit_of, spendable_offline, unheard
from edge.domain.member_errors import (
    CouponBasketTooSmall,
    CouponNeedsHub,
    CouponNotYet,
    CouponOver,
    CouponSpent,
    CouponUnknown,
    MemberCodeForged,
    MemberCodeFromFuture,
    MemberCodeNeeded,
    MemberCodeOld,
    MemberCodeRevoked,
    MemberCodeUnknownKey,
    MemberCodeUnreadable,
    MemberHasPaid,
    NoMember,
    NoProgramme,
    PointsAboveDue,
    TooManyPoints,
)
from edge.domain.money import spelled
from edge.keys import verify
from edge.services import feeds, selling
from edge.services import member_books as books
from edge.services.hub import AskHub
from edge.services.selling import BasketView
from edge.services.shop import Shop, Work

ASK_S: Final = 3.0
LEFT_ALONE: Final = timedelta(minutes=1)  # after that, nobody waits for what the hub was asked

_WAITING = """
SELECT spend_id FROM points_use WHERE state = 'giving_back' OR (state = 'asked' AND made_at < ?) ORDER BY spend_id
"""


# Whose the basket is


def attach(shop: Shop, code: str) -> BasketView:
    """Puts the member of a scanned code on the basket; opens one where there is none.

    Raises what is wrong with the code. No part of a code is ever in an error, a log or the database.
    """
    with shop.write() as work:
        return _attach(work, _member(judge(work.unit, code, work.now)))


def attach_number(shop: Shop, ask_hub: AskHub, number: str) -> BasketView:
    """For who has no phone at hand: points are added, and none can be spent.

    The hub says whose number it is and their tier, if it can; else the sale goes by the number, in the first tier.
    """
    question = contract.MemberLook(number=number).model_dump(mode="json")
    try:
        answer = ask_hub("members.look", question, ask_id=_new_id(shop), timeout_s=ASK_S)
        seen = contract.MemberSeen.model_validate(answer)
        member = Member(seen.member_id, seen.tier)
    except (HubUnreachable, HubSilent):
        member = Member(number)
    with shop.write() as work:
        return _attach(work, member)


def _attach(work: Work, member: Member) -> BasketView:
    basket = selling.open_or_new(work)
    selling.refuse_while_paying(work.unit, basket)
    if basket.member_minor and basket.member and basket.member.member_id != member.member_id:
        raise _has_paid(basket)
    changed = replace(basket, member=member)
    selling.store(work, changed)
    return selling.view_of(work.unit, changed)


def judge(reader: Reader, code: str, now: datetime) -> contract.MemberCode:
    """What a code says, once it is proved: with the hub's keys and the status list of this box alone."""
    shown = contract.parse(code)
    if shown is None:
        raise MemberCodeUnreadable(got=f"{len(code.strip())} characters")
    said = shown.code
    found = contract.verdict(
        shown, _keys(reader, said.kid), _fits, lambda index: _chunk(reader, index), now
    )
    if found is not Verdict.GOOD:
        raise _REFUSALS[found](said, now)
    return said


def take_off(shop: Shop) -> BasketView:
    """Takes back what the member and coupons pay; where that is nothing, the member leaves the basket."""
    with shop.write() as work:
        basket = selling.open_basket(work)
        selling.refuse_while_paying(work.unit, basket)
        kept = tuple(it for it in basket.tenders if it.kind not in tender.OF_MEMBERS)
        is_paid = len(kept) < len(basket.tenders)
        books.let_go(work, basket.basket_id)
        changed = replace(basket, tenders=kept, member=basket.member if is_paid else None)
        selling.store(work, changed)
        return selling.view_of(work.unit, changed)


def standing(shop: Shop, member: Member, *, is_online: bool) -> Standing:
    """What the member may spend here now, and why not more."""
    with shop.read() as reader:
        return _standing(reader, member, is_online=is_online)


def _standing(reader: Reader, member: Member, *, is_online: bool) -> Standing:
    rules = books.programme(reader)
    if rules is None:
        return Standing(0, is_online, 0, "no_rules")
    member = replace(member, allowance=min(member.allowance, rules.allowance))
    taken = _unheard(reader, member)
    points = max(0, member.balance - taken) if is_online else spendable_offline(member, taken)
    twice = contract.overspend_bound(len(rules.shops), member.allowance, member.balance)
    limit = "hub" if is_online and member.as_of else limit_of(member, taken)
    tier = contract.tier_of(rules, member.tier)
    names = tuple(sorted(({"": tier.name} | tier.names).items()))
    return Standing(points, is_online, twice, limit, names)


def _member(code: contract.MemberCode) -> Member:
    made_at = contract.issued_at(code).isoformat()
    return Member(code.member_id, code.tier, code.balance, code.allowance, made_at)


def _keys(reader: Reader, kid: str) -> Mapping[str, str]:
    value = feeds.value(reader, "keys", contract.key_entry(kid))
    is_ours = value is not None and value.get("use") == "members"
    return {kid: str(value["public_key"])} if value is not None and is_ours else {}


def _chunk(reader: Reader, index: int) -> bytes | None:
    value = feeds.value(reader, "members", contract.chunk_key(index))
    if value is None:
        return None
    return contract.chunk_bytes(contract.StatusChunk.model_validate(value))


def _fits(public_key: str, message: bytes, signature: bytes) -> bool:
    return verify(public_key, signature, message)


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


_REFUSALS: Final[dict[Verdict, Callable[[contract.MemberCode, datetime], ShopError]]] = {
    Verdict.OLD: lambda code, _: MemberCodeOld(
        made_at=_clock(contract.issued_at(code)), seconds=code.expires_s
    ),
    Verdict.FUTURE: lambda code, now: MemberCodeFromFuture(
        made_at=_clock(contract.issued_at(code)), now=_clock(now)
    ),
    Verdict.FORGED: lambda _, __: MemberCodeForged(),
    Verdict.UNKNOWN_KEY: lambda code, _: MemberCodeUnknownKey(key_id=code.kid),
    Verdict.REVOKED: lambda _, __: MemberCodeRevoked(),
}


# Points and stored value


@dataclass(frozen=True, slots=True)
class _Spend:
    """What the hub is asked to take: written down as `asked` before the question leaves."""

    spend_id: str
    basket_id: str
    member_id: str
    what: What
    amount: int
    amount_minor: int
    currency: str


def tender_points(
    shop: Shop, ask_hub: AskHub, points: int | None = None
) -> BasketView | SaleCompleted:
    """Pays with points: as many as may be, or those named. With the hub's word, else within the allowance.

    Raises HubRefused where the hub says no, TooManyPoints where the line is down and the allowance holds less.
    """
    with shop.write() as work:
        basket, member, rules = _about_points(work)
        wanted = _wanted_points(work.unit, basket, member, rules, points, is_online=True)
        minor = wanted * rules.point_value_minor
        spend = _write_down(work, basket, member, "points", wanted, minor) if wanted else None
    if spend is not None and _has_word(shop, ask_hub, spend):
        return _take_asked(shop, spend)
    return shop.run(lambda work: _take_unasked(work, points))


def tender_stored_value(
    shop: Shop, ask_hub: AskHub, amount_minor: int | None = None
) -> BasketView | SaleCompleted:
    """Pays with stored value: all that is due or a part, and only with the hub's word."""
    with shop.write() as work:
        basket, member = _open(work), _member_of(work)
        due = baskets.due(basket)
        amount = tender.card_amount(due, amount_minor, basket.currency)
        spend = _write_down(work, basket, member, "stored_value", amount, amount)
    _ask(shop, ask_hub, spend)
    return _take_asked(shop, spend)


def give_back(shop: Shop, ask_hub: AskHub) -> int:
    """Tells the hub of what it took and no sale came of. What it does not hear now waits. Gives how many it heard."""
    with shop.read() as reader:
        before = (shop.clock.now() - LEFT_ALONE).isoformat()
        waiting = [row[0] for row in reader.sql(_WAITING, (before,))]
    heard = 0
    for spend_id in waiting:
        try:
            ask_hub(
                "members.give_back", {"spend_id": spend_id}, ask_id=_new_id(shop), timeout_s=ASK_S
            )
        except (HubUnreachable, HubSilent):
            return heard
        except HubRefused:
            pass  # it knows of no such spend: nothing was taken
        _set_state(shop, spend_id, "gone")
        heard += 1
    return heard


def _open(work: Work) -> Basket:
    basket = selling.open_basket(work)
    selling.refuse_while_paying(work.unit, basket)
    selling.refuse_unpayable(work, basket)
    return basket


def _member_of(work: Work) -> Member:
    """Who may spend: somebody whose code was shown. A number is known to many."""
    member = selling.open_basket(work).member
    if member is None:
        raise NoMember
    if not member.as_of:
        raise MemberCodeNeeded
    return member


def _about_points(work: Work) -> tuple[Basket, Member, Programme]:
    basket, member, rules = _open(work), _member_of(work), books.programme(work.unit)
    if rules is None:
        raise NoProgramme
    return basket, member, rules


def _wanted_points(
    reader: Reader,
    basket: Basket,
    member: Member,
    rules: Programme,
    points: int | None,
    *,
    is_online: bool,
) -> int:
    """How many points to take; 0 where none were named and none may be."""
    due = baskets.due(basket)
    payable = contract.points_for(rules, due)
    if points is None:
        return min(payable, _standing(reader, member, is_online=is_online).points)
    if points <= 0:
        raise Malformed(expected="a number of points above zero", got=points)
    if points > payable:
        amount = spelled(points * rules.point_value_minor, basket.currency)
        raise PointsAboveDue(due=spelled(due, basket.currency), amount=amount)
    return points


def _unheard(reader: Reader, member: Member) -> int:
    if not member.as_of:
        return 0
    made_at = datetime.fromisoformat(member.as_of)
    since = (made_at - timedelta(days=1)).isoformat()
    return unheard(books.uses(reader, member.member_id, since), made_at)


def _write_down(
    work: Work, basket: Basket, member: Member, what: What, amount: int, amount_minor: int
) -> _Spend:
    spend = _Spend(
        work.new_id(),
        basket.basket_id,
        member.member_id,
        what,
        amount,
        amount_minor,
        basket.currency,
    )
    _insert(work, spend, "asked", is_asked=True)
    return spend


def _insert(work: Work, spend: _Spend, state: str, *, is_asked: bool) -> None:
    row = {
        "spend_id": spend.spend_id,
        "basket_id": spend.basket_id,
        "member_id": spend.member_id,
        "what": spend.what,
        "amount": spend.amount,
        "amount_minor": spend.amount_minor,
        "is_asked": is_asked,
        "state": state,
        "made_at": work.stamp,
    }
    work.unit.insert(PointsUse, [row])


def _has_word(shop: Shop, ask_hub: AskHub, spend: _Spend) -> bool:
    """Whether the hub took it; False where the line does not let us know. Raises HubRefused."""
    try:
        _ask(shop, ask_hub, spend)
    except (HubUnreachable, HubSilent):
        return False
    return True


def _ask(shop: Shop, ask_hub: AskHub, spend: _Spend) -> None:
    """Where nobody knows whether the hub took it, it must hear that it is not wanted."""
    question = contract.MemberSpend(
        member_id=spend.member_id,
        what=spend.what,
        amount=spend.amount,
        currency=spend.currency,
        reference=spend.basket_id,
    )
    body = question.model_dump(mode="json")
    try:
        ask_hub("members.spend", body, ask_id=spend.spend_id, timeout_s=ASK_S)
    except (HubUnreachable, HubSilent, HubRefused) as error:
        is_unclear = isinstance(error, HubSilent)
        _set_state(shop, spend.spend_id, "giving_back" if is_unclear else "gone")
        raise


def _set_state(shop: Shop, spend_id: str, state: str) -> None:
    with shop.write() as work:
        work.unit.sql("UPDATE points_use SET state = ? WHERE spend_id = ?", (state, spend_id))


def _new_id(shop: Shop) -> str:
    with shop.write() as work:
        return work.new_id()


def _take_asked(shop: Shop, spend: _Spend) -> BasketView | SaleCompleted:
    """The hub has taken it: it pays the basket, or goes back where the basket is another one by now."""

    def use_case(work: Work) -> BasketView | SaleCompleted:
        basket = _open(work)
        if basket.basket_id != spend.basket_id or baskets.due(basket) < spend.amount_minor:
            raise PointsAboveDue(
                due=spelled(baskets.due(basket), basket.currency),
                amount=spelled(spend.amount_minor, basket.currency),
            )
        work.unit.sql("UPDATE points_use SET state = 'held' WHERE spend_id = ?", (spend.spend_id,))
        return _settle(work, basket, spend, spend.spend_id)

    try:
        return shop.run(use_case)
    except ShopError:
        _set_state(shop, spend.spend_id, "giving_back")
        raise


def _take_unasked(work: Work, points: int | None) -> BasketView | SaleCompleted:
    """Within the allowance: the whole of it is decided in this one transaction."""
    basket, member, rules = _about_points(work)
    wanted = _wanted_points(work.unit, basket, member, rules, points, is_online=False)
    most = _standing(work.unit, member, is_online=False).points
    if not 0 < wanted <= most:
        raise TooManyPoints(most=most, wanted=wanted or points or 1)
    minor = wanted * rules.point_value_minor
    spend = _Spend(
        work.new_id(), basket.basket_id, member.member_id, "points", wanted, minor, basket.currency
    )
    _insert(work, spend, "held", is_asked=False)
    return _settle(work, basket, spend, "")


def _settle(
    work: Work, basket: Basket, spend: _Spend, reference: str
) -> BasketView | SaleCompleted:
    paid = tender.of_member(spend.what, spend.amount_minor, reference)
    return selling.settle_or_store(work, "open", replace(basket, tenders=(*basket.tenders, paid)))


# Coupons


def tender_coupon(shop: Shop, ask_hub: AskHub, code: str) -> BasketView | SaleCompleted:
    """Pays with a coupon. Its own shop takes it always, another one with the hub's word or within the limit."""
    if not contract.is_coupon_code(code):
        raise CouponUnknown
    hashed = contract.coupon_hash(code)
    with shop.write() as work:
        basket = _open(work)
        found = _judged_coupon(work, basket, hashed)
        ask_id = work.new_id()
    has_word = found.needs_word and _claim(ask_hub, found, basket.basket_id, ask_id)
    return shop.run(lambda work: _take_coupon(work, hashed, has_word=has_word))


@dataclass(frozen=True, slots=True)
class _Judged:
    hashed: str
    coupon: Coupon
    verdict: Literal[CouponVerdict.GOOD, CouponVerdict.ASK_THE_HUB]
    is_foreign: bool

    @property
    def needs_word(self) -> bool:
        """While the line is up the hub knows best who else has it, also where this is its own shop."""
        return self.coupon.is_single or self.verdict is CouponVerdict.ASK_THE_HUB


def _judged_coupon(work: Work, basket: Basket, hashed: str) -> _Judged:
    """Raises what is wrong with the coupon, for this basket and this box."""
    coupon, rules = books.coupon(work.unit, hashed), books.programme(work.unit)
    if coupon is None or rules is None or coupon.currency != basket.currency:
        raise CouponUnknown
    location_id = work.shop.settings.location_id
    total = baskets.price(basket).total_minor
    used = books.coupon_uses(work.unit, hashed)
    found = contract.coupon_verdict(coupon, hashed, rules, location_id, used, total, work.now)
    if any(it.kind == "coupon" and it.payment_id == hashed for it in basket.tenders):
        raise CouponSpent
    if found is CouponVerdict.NOT_YET:
        raise CouponNotYet(valid_from=_local(work, coupon.valid_from))
    if found is CouponVerdict.OVER:
        raise CouponOver(valid_until=_local(work, coupon.valid_until))
    if found is CouponVerdict.SPENT:
        raise CouponSpent
    if found is CouponVerdict.BASKET_TOO_SMALL:
        least = spelled(coupon.least_basket_minor, basket.currency)
        raise CouponBasketTooSmall(least=least, total=spelled(total, basket.currency))
    is_ours = contract.owner_shop(hashed, rules.shops) == location_id
    return _Judged(hashed, coupon, found, is_foreign=coupon.is_single and not is_ours)


def _claim(ask_hub: AskHub, found: _Judged, reference: str, ask_id: str) -> bool:
    """Whether the hub gave its word. Raises HubRefused where it said no, CouponNeedsHub where it had to be asked."""
    question = contract.CouponClaim(hashed=found.hashed, reference=reference)
    try:
        ask_hub("members.coupon", question.model_dump(mode="json"), ask_id=ask_id, timeout_s=ASK_S)
    except (HubUnreachable, HubSilent) as error:
        if found.verdict is CouponVerdict.ASK_THE_HUB:
            raise CouponNeedsHub from error
        return False
    return True


def _take_coupon(work: Work, hashed: str, *, has_word: bool) -> BasketView | SaleCompleted:
    basket = _open(work)
    found = _judged_coupon(work, basket, hashed)
    if found.verdict is CouponVerdict.ASK_THE_HUB and not has_word:
        raise CouponNeedsHub
    total, due = baskets.price(basket).total_minor, baskets.due(basket)
    worth = min(due, contract.coupon_worth_minor(found.coupon, total))
    work.unit.sql(
        "DELETE FROM coupon_use WHERE hashed = ? AND basket_id = ?", (hashed, basket.basket_id)
    )
    row: dict[str, Any] = {
        "hashed": hashed,
        "basket_id": basket.basket_id,
        "amount_minor": worth,
        "is_foreign": found.is_foreign and not has_word,
        "state": "held",
        "made_at": work.stamp,
    }
    work.unit.insert(CouponUse, [row])
    paid = tender.of_member("coupon", worth, hashed)
    return selling.settle_or_store(work, "open", replace(basket, tenders=(*basket.tenders, paid)))


def _local(work: Work, moment: datetime) -> str:
    return f"{moment.astimezone(work.shop.settings.zone):%Y-%m-%d %H:%M}"


def _has_paid(basket: Basket) -> MemberHasPaid:
    return MemberHasPaid(amount=spelled(basket.member_minor, basket.currency))

"""What the shop refuses of members, points and coupons, and what to do about it."""

from __future__ import annotations

from edge.domain.errors import Malformed, Refused


class MemberCodeUnreadable(Malformed):
    key = "member.unreadable"
    template = "Expected the code of a member, got {got}."
    advice = "Let the customer show the code once more and scan it; selling goes on without it."


class MemberCodeOld(Refused):
    key = "member.old"
    template = "The member code is old: it was made at {made_at} and is good for {seconds} seconds."
    advice = "Let the customer open the app: it shows a new code every 30 seconds. A picture of a code is not enough."


class MemberCodeFromFuture(Refused):
    key = "member.future"
    template = (
        "The member code was made at {made_at}, but here it is {now}: one of the clocks is wrong."
    )
    advice = "Look at the box's clock, then scan a new code; selling goes on without it."


class MemberCodeForged(Refused):
    key = "member.forged"
    template = "The member code was changed after it was made: its signature does not fit."
    advice = (
        "Give nothing for it; sell without it, or let the customer show the code in the app itself."
    )


class MemberCodeUnknownKey(Refused):
    key = "member.unknown_key"
    template = "The member code was signed by the key {key_id}, which is none of this chain's."
    advice = "It may be a card of another company; sell without it."


class MemberCodeRevoked(Refused):
    key = "member.revoked"
    template = "This member code is no longer good: the phone was reported lost or the membership has ended."
    advice = "Sell without it; the customer can get a new code in the app or from head office."


class MemberCodeNeeded(Refused):
    key = "member.code_needed"
    template = "Only the member's number was typed: points are added for it, and none can be spent."
    advice = "Scan the code on the phone to spend; or take the money another way."


class NoMember(Refused):
    key = "member.none"
    template = "No member is on this basket."
    advice = "Scan the member code first."


class MemberHasPaid(Refused):
    key = "member.has_paid"
    template = "{amount} of the basket is paid with what belongs to the member or a coupon."
    advice = "Take that back first, then change the basket or the member."


class NoProgramme(Refused):
    key = "points.no_rules"
    template = "Head office has not sent the rules of points to this box yet."
    advice = "Take the money another way; the member still gets the points for this purchase."


class TooManyPoints(Refused):
    key = "points.too_many"
    template = "At most {most} points can be spent here now, got {wanted}."
    advice = "Spend at most that; the rest stays with the member until the line to the hub is back."


class PointsAboveDue(Refused):
    key = "points.above_due"
    template = "Points pay at most the {due} that is due, got {amount}."
    advice = "Type at most what is due; points give no change."


class CouponUnknown(Refused):
    key = "coupon.unknown"
    template = "This is no coupon of this chain, or head office has not sent it to this box yet."
    advice = "Give nothing for it; the basket is unchanged."


class CouponNotYet(Refused):
    key = "coupon.not_yet"
    template = "The coupon is good from {valid_from} on."
    advice = "The customer can use it then; the basket is unchanged."


class CouponOver(Refused):
    key = "coupon.over"
    template = "The coupon was good until {valid_until}."
    advice = "Give nothing for it; the basket is unchanged."


class CouponSpent(Refused):
    key = "coupon.spent"
    template = "The coupon has been used already."
    advice = "Give nothing for it; the basket is unchanged."


class CouponBasketTooSmall(Refused):
    key = "coupon.basket_too_small"
    template = "The coupon needs a basket of at least {least}; this one comes to {total}."
    advice = "Scan the coupon again when the basket has grown."


class CouponNeedsHub(Refused):
    key = "coupon.needs_hub"
    template = "Whether the coupon was used in another shop cannot be known here now: the hub must be asked."
    advice = "Let the customer keep it for another day, or try again when the line is back."

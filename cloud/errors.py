"""Errors of the hub: a stable key, what happened, what to do now, and the fields.

One class serves the console's language, the log and the API's answer.
"""

from __future__ import annotations

from typing import Any, ClassVar


class HubError(Exception):
    """`template` says what happened and what it means, `what_now` what to do; both take the fields."""

    key: ClassVar[str] = "hub.error"
    template: ClassVar[str] = "The hub could not do this."
    what_now: ClassVar[str] = "Look into the hub's log."
    status: ClassVar[int] = 500

    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        super().__init__(self.message)

    @property
    def message(self) -> str:
        return self.template.format(**self.fields)

    def as_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "message": self.message,
            "what_now": self.what_now.format(**self.fields),
            "fields": self.fields,
        }


class SettingsError(HubError):
    key = "hub.settings"
    template = "The settings {path} cannot be used: {detail}. The hub does not start."
    what_now = "Put this right in {path} and start again."


class EncryptionError(HubError):
    key = "hub.encryption"
    template = "The line to the broker cannot be encrypted: {detail}. The hub does not start."
    what_now = (
        "Put broker_ca, broker_certificate and broker_key right in the settings and start again."
    )


class DatabaseError(HubError):
    key = "hub.database"
    template = "The database cannot be used: {detail}. The hub does not start."
    what_now = "Start the database, or put database_url right in the settings, and start again."


class SchemaError(HubError):
    key = "hub.schema"
    template = (
        "The database was written by schema version {found}; this software knows {known}. "
        "The hub does not start, and nothing was changed."
    )
    what_now = "Start the version of the software that wrote it, or a newer one."


class StandMovedError(HubError):
    """Another worker moved a stream since it was read: this transaction must not commit."""

    key = "hub.stand_moved"
    template = "The stream {edge_id}/{epoch} is no longer at {high}: another hub worker has it now."
    what_now = "Nothing: boxes send again to the worker that holds the lease."


class NotFoundError(HubError):
    key = "hub.not_found"
    template = "There is no {what} {name!r} here."
    what_now = "Check the name; the list shows what there is."
    status = 404


class NoSuchAddressError(HubError):
    key = "hub.no_such_address"
    template = "There is nothing at {path} of this hub. Nothing was changed."
    what_now = "Check the address; /openapi.json lists those that there are."
    status = 404


class WrongMethodError(HubError):
    key = "hub.wrong_method"
    template = "Expected {allowed} at {path}, got {method}. Nothing was changed."
    what_now = "Send the request again with a method that the address takes."
    status = 405


class MalformedError(HubError):
    key = "hub.malformed"
    template = "{place}: {problem}. Nothing was changed."
    what_now = "Correct this field and send the request again."
    status = 422


class UnreadableError(HubError):
    """What the framework itself refuses, for a reason of its own words."""

    key = "hub.unreadable"
    template = "The request was not understood: {detail}. Nothing was changed."
    what_now = "Correct the request and send it again."
    status = 400


class CatalogueError(HubError):
    key = "hub.catalogue"
    template = "The catalogue was not changed: {detail}."
    what_now = "Correct the entry and send the whole list again."
    status = 409


class UnknownVerbError(HubError):
    key = "hub.unknown_verb"
    template = "The box {edge_id} does not know {verb!r}: it knows {known}. It was not asked."
    what_now = "Ask for what it knows, or install newer software on the box."
    status = 409


class UnknownMemberError(HubError):
    key = "members.unknown"
    template = "There is no member {name!r} here. Nothing was changed."
    what_now = "Ask the member for the code on the phone, or for the number again."
    status = 404


class ErasedMemberError(HubError):
    key = "members.erased"
    template = "This membership was given up, and what belonged to it with it: its points pay nothing any more."
    what_now = "Take another way to pay. Who wants to can become a member again."
    status = 410


class MemberCodeOldError(HubError):
    key = "members.code_old"
    template = "The member code is no longer fresh: it changes every {rotation_s} seconds."
    what_now = "Ask the member to open the code on the phone again, and scan that."
    status = 409


class MemberCodeForgedError(HubError):
    key = "members.code_forged"
    template = "The member code was not made by this company."
    what_now = "Ask for the code in the company's own page. Where it comes again, tell head office."
    status = 409


class MemberCodeRevokedError(HubError):
    key = "members.code_revoked"
    template = "The member code is of a phone that was reported lost."
    what_now = "Ask for the member number, and give no points away for this code."
    status = 409


class NotEnoughError(HubError):
    key = "members.not_enough"
    template = "{wanted} were asked for, {left} can be spent. Nothing was taken."
    what_now = "Take at most {left}, and the rest in another way."
    status = 409


class MemberBlockedError(HubError):
    """A debt: points that were spent twice while shops were cut off."""

    key = "members.blocked"
    template = (
        "{debt} points too many were spent while shops were cut off: "
        "no points can be spent until they are earned back."
    )
    what_now = "Take another way to pay: this purchase earns points as always."
    status = 409


class OtherCurrencyError(HubError):
    key = "members.currency"
    template = "Stored value here is in {ours}, {theirs} was asked for. Nothing was taken."
    what_now = "Take another way to pay."
    status = 409


class SpendDiffersError(HubError):
    """The same question with other arguments."""

    key = "members.spend_differs"
    template = "{act_id} was done before, for another member or amount. Nothing was changed."
    what_now = "Ask with a new id."
    status = 409


class MergeError(HubError):
    key = "members.merge"
    template = "The two memberships were not made one: {detail}."
    what_now = "Look at both, and merge memberships that are alive."
    status = 409


class NotSureError(HubError):
    """Erasure takes the number once more."""

    key = "members.not_sure"
    template = "The number typed is not {number}. Nothing was erased."
    what_now = "Go back, and type the number of the membership that is to be erased."
    status = 409


class ProfileError(HubError):
    key = "members.profile"
    template = "The profile was not changed: {detail}."
    what_now = "Correct the field and send it again."
    status = 422


class ProgrammeError(HubError):
    key = "members.programme"
    template = "The programme was not changed: {detail}."
    what_now = "Correct this and send the whole programme again."
    status = 422


class CouponUnknownError(HubError):
    key = "members.coupon_unknown"
    template = "There is no such coupon here."
    what_now = (
        "Take the sale without it. Where the customer has it from this company, tell head office."
    )
    status = 404


class CouponSpentError(HubError):
    key = "members.coupon_spent"
    template = "The coupon was used at {location_id}, {at}: it is good once."
    what_now = "Take the sale without it."
    status = 409


class CouponHeldError(HubError):
    key = "members.coupon_held"
    template = "The coupon lies in a basket at {location_id} until {until}: it is good once."
    what_now = "Take the sale without it, or finish or empty that basket first."
    status = 409


class CouponShopAwayError(HubError):
    """The coupon's own shop, or one that was given it for a basket, may have sold it: the hub cannot know."""

    key = "members.coupon_shop_away"
    template = (
        "The coupon may be in use at {location_id}, which was last heard at {since}: "
        "it is good once, and is not given out until that shop is heard again."
    )
    what_now = "Take the sale without it; the coupon stays good and can be used another day."
    status = 409


class CouponShopNotToldError(HubError):
    """The coupon's own shop has not acknowledged yet that it is lent."""

    key = "members.coupon_shop_not_told"
    template = "The coupon belongs to {location_id}, which has not answered yet. Nothing was taken."
    what_now = "Scan the coupon again in a moment, or take the sale without it."
    status = 409


class CouponNotNowError(HubError):
    key = "members.coupon_not_now"
    template = "The coupon is good from {valid_from} until {valid_until}."
    what_now = "Take the sale without it."
    status = 409


class BasketEmptyError(HubError):
    key = "shop.basket_empty"
    template = "The basket is empty: there is nothing to order."
    what_now = "Put something into the basket first."
    status = 409


class PriceChangedError(HubError):
    key = "shop.price_changed"
    template = "The total changed from {seen_minor} to {now_minor} {currency} meanwhile. Nothing was ordered."
    what_now = "Look at the new total, and choose again."
    status = 409


class NoSuchMemberError(HubError):
    key = "shop.no_such_member"
    template = "No member has this number and this name."
    what_now = "Look at the number once more, or become a member."
    status = 403


class CommandError(HubError):
    key = "hub.command"
    template = "The box {edge_id} was not asked: {detail}."
    what_now = "Correct the request and send it again."
    status = 409


class PurchaseError(HubError):
    key = "hub.purchase"
    template = "Nothing was ordered or changed: {detail}."
    what_now = "Correct the order, or the supplier's terms, and send it again."
    status = 409


class WalletNotSetUpError(HubError):
    key = "hub.wallet_not_set_up"
    template = (
        "This company takes no {provider}: the hub has no contract with it. Nothing was charged."
    )
    what_now = "Take another wallet, a card or cash."
    status = 409


class WalletMismatchError(HubError):
    key = "hub.wallet_mismatch"
    template = "The wallet payment {payment_id} was asked for before, with other figures. Nothing was done."
    what_now = "Call the person who looks after the box: this is a fault of it."
    status = 409


class WalletRefundError(HubError):
    key = "hub.wallet_refund"
    template = (
        "More was to go back to the wallet than the payment has left. Nothing was given back."
    )
    what_now = "Give back at most what is left of the payment, or give the money back in cash."
    status = 409


class NoticeRefusedError(HubError):
    key = "hub.notice_refused"
    template = "A word about a payment that claims to be {provider}'s is not believed ({reason}). Nothing was changed."
    what_now = (
        "Send it again, signed with the contract's key. What was paid is found by asking as well."
    )
    status = 400


class PlaceUnknownError(HubError):
    key = "orders.place_unknown"
    template = "No shop and no district here is called {place}. Nothing was asked for."
    what_now = "Type the name of one of the company's shops, or of the district."
    status = 404


class PlaceUnclearError(HubError):
    key = "orders.place_unclear"
    template = "{place} may be any of these: {places}. Nothing was asked for."
    what_now = "Type more of the name."
    status = 409


class OfferExpiredError(HubError):
    key = "orders.offer_expired"
    template = "This offer held until {expired_at}: nothing was set aside for it."
    what_now = "Ask again for the ways to get it, and choose one of them."
    status = 409


class OfferChangedError(HubError):
    key = "orders.offer_changed"
    template = "This way is no longer to be had as offered: {detail}. Nothing was set aside for it."
    what_now = "Ask again for the ways to get it, and choose one of them."
    status = 409


class GoodsGoneError(HubError):
    key = "orders.goods_gone"
    template = "{location_id} can no longer promise {quantity} of {sku}: it has {left} to promise."
    what_now = "Ask again for the ways to get it, and choose one of them."
    status = 409


class HoldLapsedError(HubError):
    key = "orders.hold_lapsed"
    template = "The goods of order {number} were held until {hold_until}, and are free again."
    what_now = "Ask again for the ways to get it. What has been paid already is kept all the same."
    status = 409


class ReturnTooLateError(HubError):
    key = "orders.return_too_late"
    template = "Goods of order {number} were taken back until {until}."
    what_now = "Ask in a shop or call us where something is wrong with them."
    status = 409


class DoubledKeyError(HubError):
    key = "orders.doubled_key"
    template = "Under this key another order was asked for before ({number}). Nothing was changed."
    what_now = "Send the same request again, or a new one under a new key."
    status = 409


class AlreadySettledError(HubError):
    key = "orders.already_settled"
    template = "Debt {number} of this order is settled already ({by}). Nothing was changed."
    what_now = "Do not pay it again. If money has gone out twice, ask for one of the two back."
    status = 409


class OrderStateError(HubError):
    key = "orders.state"
    template = "Order {number} is {state}: it cannot be {wanted}. Nothing was changed."
    what_now = "Look at the order; what was handed over can come back as a return at any shop."
    status = 409

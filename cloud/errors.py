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

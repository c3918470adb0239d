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


class CatalogueError(HubError):
    key = "hub.catalogue"
    template = "The catalogue was not changed: {detail}."
    what_now = "Correct the entry and send the whole list again."
    status = 409

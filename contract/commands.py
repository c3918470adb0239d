"""Requests from the hub to one box. The result comes back as a fact, in the stream, exactly once."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime

from contract.envelope import FactBody, Message, Uid


class Command(Message):
    """`not_after` keeps an old command from being carried out when the line returns days later.

    A box that does not know `verb` answers with outcome "unknown_verb".
    """

    v: int = 1
    id: Uid
    verb: str
    not_after: AwareDatetime
    arguments: dict[str, Any] = {}


class CommandFinished(FactBody):
    type: Literal["command.finished"] = "command.finished"
    version: Literal[1] = 1
    command_id: Uid
    verb: str
    outcome: Literal["done", "failed", "expired", "unknown_verb"]
    detail: str = ""

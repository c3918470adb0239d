"""Questions of a box to its hub that cannot wait: carried while the line is up, never stored, never sent later.

Who gets no answer does not know whether the thing was done. So every verb is idempotent by the question's `id`: to
ask again with the same `id` is safe, and gives the first answer again. What must not be lost is a fact, not a question.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime

from contract.envelope import Message, Uid


class Ask(Message):
    """`not_after` keeps a question that was held up on the way from being carried out when nobody waits any more."""

    v: int = 1
    id: Uid
    verb: str
    not_after: AwareDatetime
    arguments: dict[str, Any] = {}


class Answer(Message):
    """What the hub says to the question `id`.

    done          `body` is the answer
    refused       understood, and not done: `key` and `fields` say why, `text` in English
    expired       it came too late and was not done
    unknown_verb  this hub does not know the verb; nothing was done
    failed        the hub itself failed, and does not know whether it was done
    """

    v: int = 1
    id: Uid
    outcome: Literal["done", "refused", "expired", "unknown_verb", "failed"]
    body: dict[str, Any] = {}
    key: str = ""
    text: str = ""
    fields: dict[str, Any] = {}

"""Requests to boxes: asked here, sent by the ingest (`sending`), finished by a fact of the box.

The box's fact has the last word. Until it is here the clock says whether a command still waits or came too late;
a fact that arrives after that, because the box did it and then lost its line, still puts it right.
"""

from __future__ import annotations

import enum
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from cloud.clock import Clock
from cloud.db import Database
from cloud.errors import CommandError, NotFoundError, UnknownVerbError
from cloud.fleet import repository
from cloud.fleet.tables import BoxCommand, FinishedCommand
from cloud.ingest.tables import Edge
from contract.capabilities import Capabilities
from contract.commands import Command
from contract.envelope import make_uid, to_json
from contract.feeds import canonical

A_WEEK_S = 7 * 24 * 3600
AN_HOUR_S = 3600
# A test page that comes out tomorrow frightens people; a comparison is as good then as now.
NOT_AFTER_S: Mapping[str, int] = {"print_test": 15 * 60, "resync_feed": 24 * AN_HOUR_S}
FIRST_VERBS = tuple(NOT_AFTER_S)
"""What a box knows that says nothing of its capabilities: the verbs of the first version."""
VERB_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
MAX_BYTES = 16_000


class State(enum.StrEnum):
    """`WAITING` for a connection of the box; `SENT`, and its answer is awaited; or how it ended."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN_VERB = "unknown_verb"


class Wanted(BaseModel):
    """What is asked of a box; without `not_after_s`, as long as its verb makes sense."""

    model_config = ConfigDict(extra="forbid")

    verb: str = Field(pattern=VERB_PATTERN)
    arguments: dict[str, Any] = {}
    not_after_s: int | None = Field(default=None, ge=1, le=A_WEEK_S)

    @property
    def patience_s(self) -> int:
        return self.not_after_s or NOT_AFTER_S.get(self.verb, AN_HOUR_S)


@dataclass(frozen=True, slots=True)
class Asked:
    """One command and what has become of it. `finished_at` and `detail` are the box's own words and time."""

    command: BoxCommand
    finished: FinishedCommand | None
    state: State

    @property
    def is_open(self) -> bool:
        return self.state in (State.WAITING, State.SENT)

    @property
    def arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.command.arguments)
        return found

    def as_dict(self) -> dict[str, Any]:
        return self.command.model_dump() | {
            "arguments": self.arguments,
            "state": self.state.value,
            "detail": self.finished.detail if self.finished else "",
            "finished_at": self.finished.occurred_at if self.finished else None,
        }


def state_of(command: BoxCommand, finished: FinishedCommand | None, now: datetime) -> State:
    if finished is not None:
        return State(finished.outcome)
    if now > command.not_after:
        return State.EXPIRED
    return State.WAITING if command.sent_at is None else State.SENT


def known_verbs(edge: Edge) -> frozenset[str] | None:
    """The verbs that the box has said it knows; None where it has said nothing."""
    said = json.loads(edge.capabilities) if edge.capabilities else ()
    return Capabilities.of(said).verbs or None


def ask(database: Database, clock: Clock, edge_id: str, wanted: Wanted) -> Asked:
    """Keeps the request, to be sent. The same asked again while it is open is the same request.

    Raises NotFoundError, UnknownVerbError or CommandError, with nothing kept.
    """
    now = clock.now()
    command = new_command(edge_id, wanted, now)
    with database.write() as session:
        check_verb(repository.edge(session, edge_id), edge_id, wanted.verb)
        for known in repository.open_commands(session, now, edge_id=edge_id):
            if (known.verb, known.arguments) == (command.verb, command.arguments):
                return Asked(known, None, state_of(known, None, now))
        session.add(command)
    return Asked(command, None, State.WAITING)


def of_box(session: Session, edge_id: str, now: datetime, limit: int) -> list[Asked]:
    """Newest first."""
    commands = repository.commands(session, edge_id, limit)
    finished = repository.finished(session, edge_id, [command.command_id for command in commands])
    pairs = [(command, finished.get(command.command_id)) for command in commands]
    return [Asked(command, fact, state_of(command, fact, now)) for command, fact in pairs]


def check_verb(edge: Edge | None, edge_id: str, verb: str) -> None:
    if edge is None:
        raise NotFoundError(what="box", name=edge_id)
    known = known_verbs(edge)
    if known is not None and verb not in known:
        raise UnknownVerbError(edge_id=edge_id, verb=verb, known=", ".join(sorted(known)))


def new_command(edge_id: str, wanted: Wanted, now: datetime) -> BoxCommand:
    """Raises CommandError for arguments that no message can carry to a box."""
    command = BoxCommand(
        command_id=make_uid(int(now.timestamp() * 1000), secrets.token_bytes),
        edge_id=edge_id,
        verb=wanted.verb,
        arguments=_argument_text(edge_id, wanted.arguments),
        asked_at=now,
        not_after=now + timedelta(seconds=wanted.patience_s),
    )
    if len(message(command)) > MAX_BYTES:
        detail = f"expected a message of at most {MAX_BYTES} bytes, got {len(message(command))}"
        raise CommandError(edge_id=edge_id, detail=detail)
    return command


def message(command: BoxCommand) -> bytes:
    """What goes down to the box."""
    return to_json(
        Command(
            id=command.command_id,
            verb=command.verb,
            not_after=command.not_after,
            arguments=json.loads(command.arguments),
        )
    ).encode()


def _argument_text(edge_id: str, arguments: dict[str, Any]) -> str:
    """JSON's escapes can spell what no text holds (half of a surrogate pair), and Python's JSON says NaN."""
    try:
        text = canonical(arguments)
        text.encode()
        json.dumps(arguments, allow_nan=False)
    except ValueError as error:
        detail = f"expected arguments of plain JSON: {error}"
        raise CommandError(edge_id=edge_id, detail=detail) from error
    return text

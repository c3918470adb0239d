from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from cloud.db import Utc


class BoxCommand(SQLModel, table=True):
    """What somebody asked of a box. What became of it follows from `FinishedCommand` and the clock.

    `arguments` is canonical JSON text. `asked_by` is "" until the hub knows who asks. `sent_at` is when the command
    first went to the box over a standing connection, None while it waits for one.
    """

    __tablename__ = "box_command"

    command_id: str = Field(primary_key=True)
    edge_id: str = Field(index=True)
    verb: str
    arguments: str
    asked_at: datetime = Field(sa_type=Utc)
    asked_by: str = ""
    not_after: datetime = Field(sa_type=Utc, index=True)
    sent_at: datetime | None = Field(default=None, sa_type=Utc)


class FinishedCommand(SQLModel, table=True):
    """What the box itself said of a command, once for each fact."""

    __tablename__ = "finished_command"

    uid: str = Field(primary_key=True)
    command_id: str = Field(index=True)
    edge_id: str
    verb: str
    outcome: str
    detail: str
    occurred_at: datetime = Field(sa_type=Utc)

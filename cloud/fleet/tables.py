from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from cloud.db import Utc


class FinishedCommand(SQLModel, table=True):
    __tablename__ = "finished_command"

    uid: str = Field(primary_key=True)
    command_id: str = Field(index=True)
    edge_id: str
    verb: str
    outcome: str
    detail: str
    occurred_at: datetime = Field(sa_type=Utc)

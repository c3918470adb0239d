from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc


class JobEvent(SQLModel, table=True):
    """One fact of a shop about a job, in the order in which the shop made them. `body` is the fact's JSON text."""

    __tablename__ = "job_event"

    uid: str = Field(primary_key=True)
    job_id: str = Field(index=True)
    order_id: str = Field(index=True)
    edge_id: str
    location_id: str
    seq: int = Field(sa_type=sa.BigInteger)
    type: str
    revision: int
    occurred_at: datetime = Field(sa_type=Utc)
    body: str

from __future__ import annotations

from sqlmodel import Field, SQLModel


class SavedFilter(SQLModel, table=True):
    """A list of sales that somebody looks at again and again; `query` is the page's query string."""

    __tablename__ = "saved_filter"

    name: str = Field(primary_key=True)
    query: str

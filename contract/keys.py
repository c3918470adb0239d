"""Whose signatures are honoured: the feed `keys`. One that is deleted there is honoured no more."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contract.envelope import Message

KEYS = "keys"


class ReceiptsKey(Message):
    """Value of the key "box:EDGE_ID": the key with which that box of the chain signs its receipts."""

    use: Literal["receipts"] = "receipts"
    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    location_id: str


def receipts_key(edge_id: str) -> str:
    """The key of a box's row in the feed.

    >>> receipts_key("maru-office-1")
    'box:maru-office-1'
    """
    return f"box:{edge_id}"

"""The table of money on its way back to a customer's wallet.

Apart from `edge.db.tables`, because the first page is served without them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlmodel import Field

from edge.db.tables import BoxTable


class WalletRefund(BoxTable, table=True):
    """Money that goes back to a wallet with goods, PENDING until the hub has proved it."""

    __tablename__: ClassVar[Any] = "wallet_refund"

    refund_id: str = Field(primary_key=True)
    payment_id: str
    state: str = "PENDING"
    amount_minor: int
    currency: str
    error_condition: str = ""
    created_at: str
    updated_at: str

"""The newest sales as they were completed: a receipt is made from them without reading them back."""

from __future__ import annotations

from typing import Final

from contract.sales import SaleCompleted

KEPT: Final = 4  # a printer that works is never further behind; what is older is read from its rows


class JustSold:
    """Put in by the transaction that completes the sale, of which there is one at a time; asked by any thread.

    A sale whose transaction was rolled back stays here until others push it out: no print job names it.
    """

    def __init__(self) -> None:
        self._sales: tuple[SaleCompleted, ...] = ()

    def put(self, sale: SaleCompleted) -> None:
        self._sales = (*self._sales, sale)[-KEPT:]

    def get(self, sale_id: str) -> SaleCompleted | None:
        return next((sale for sale in self._sales if sale.sale_id == sale_id), None)

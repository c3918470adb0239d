"""Whose receipts are taken back here: this box's own, those that the settings name, and every box's of the chain."""

from __future__ import annotations

from pydantic import ValidationError

from contract.keys import KEYS, ReceiptsKey
from edge.db.unit_of_work import Reader
from edge.domain.receipt_code import key_id_of
from edge.services import feeds
from edge.services.shop import Shop


def trusted(shop: Shop, reader: Reader) -> dict[str, str]:
    """Public keys (hex) by key id, as the hub's feed has them now: a key that was withdrawn is not among them."""
    own = (*shop.settings.receipt_keys, shop.key.public)
    of_chain = _of_chain(reader)
    return {key_id_of(key): key for key in (*of_chain, *own)}


def _of_chain(reader: Reader) -> list[str]:
    found = []
    for value in feeds.values(reader, KEYS).values():
        try:
            found.append(ReceiptsKey.model_validate(value).public_key)
        except ValidationError:
            continue  # a key for something else, or of a newer hub
    return found

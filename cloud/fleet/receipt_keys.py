"""Goods come back at any shop of the chain: every box learns the keys with which the others sign their receipts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from sqlmodel import Session

from cloud.errors import NotFoundError
from cloud.feeds import repository as feeds
from cloud.fleet import repository
from cloud.ingest.tables import Edge
from contract.feeds import canonical
from contract.keys import KEYS, ReceiptsKey, receipts_key

_HEX_OF_KEY = re.compile(r"[0-9a-f]{64}")


def publish(session: Session, greeted: Iterable[Edge], renewed: Collection[str]) -> None:
    """Writes what the boxes that said hello have changed; `renewed` names those that came with another key.

    A key that was withdrawn stays so until its box has a new one: the thief of a box would bring it back by switching
    it on.
    """
    bodies = {
        receipts_key(edge.edge_id): (edge.edge_id in renewed, body_of(edge))
        for edge in greeted
        if _HEX_OF_KEY.fullmatch(edge.public_key)
    }
    known = feeds.bodies_of(session, KEYS, list(bodies)) if bodies else {}
    wanted: dict[str, str | None] = {
        key: body
        for key, (is_new, body) in bodies.items()
        if known.get(key, "") != body and (is_new or known.get(key, "") is not None)
    }
    if wanted:
        feeds.write_operations(session, KEYS, wanted)


def withdraw(session: Session, edge_id: str) -> None:
    """From its next contact with us on, no box honours the receipts of this one, but itself. Raises NotFoundError."""
    if repository.edge(session, edge_id) is None:
        raise NotFoundError(what="box", name=edge_id)
    feeds.write_operations(session, KEYS, {receipts_key(edge_id): None})


def body_of(edge: Edge) -> str:
    key = ReceiptsKey(public_key=edge.public_key, location_id=edge.location_id)
    return canonical(key.model_dump(mode="json"))

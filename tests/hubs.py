"""A hub in this process: wired as it is in earnest, asked by a client of its app, and without broker and threads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlmodel import select

from cloud.clock import Clock
from cloud.feeds import repository as feeds
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.ingest.tables import Edge
from cloud.main import Hub
from cloud.projection import FactProjector
from cloud.settings import Settings
from contract.feeds import Pull, shop_feed
from contract.topics import SHARDS
from tests.made_once import hub_file, kept_pages

ALLOWED = Allowance(8, 0)


@contextmanager
def open_hub(folder: Path, clock: Clock, **settings: Any) -> Iterator[Hub]:
    plain: dict[str, Any] = {
        "company": "maru",
        "company_name": "Maru",
        "data_dir": folder / "hub",
        "broker_url": "mqtt://127.0.0.1:1",
        "language": "en",
    }
    whole = Settings(**plain | settings)
    if not whole.database_url:
        hub_file(whole.data_dir / "hub.sqlite3")
    kept_pages(whole.data_dir)
    hub = Hub(whole, clock)
    try:
        yield hub
    finally:
        hub.wire.close()
        hub.close()


def arriving(hub: Hub, clock: Clock) -> Callable[[Any], None]:
    """Takes a box's facts from its first unsent one on: they are stored, projected and announced."""
    sent: dict[str, int] = {}

    def arrive(box: Any) -> None:
        first = sent.get(box.edge_id, 0) + 1
        inbox, projector = Inbox(hub.database, clock), FactProjector(hub.database, clock)
        inbox.commit([Admitted(box.edge_id, box.batch(first))], ALLOWED)
        while projector.step(frozenset(range(SHARDS))):
            pass
        sent[box.edge_id] = box.high
        hub.changes.announce()

    return arrive


def all_pull(hub: Hub) -> None:
    """Every box acknowledges all that its hub has logged of what it may promise."""
    with hub.database.read() as session:
        heads = feeds.heads(session)
        boxes = [(edge.edge_id, edge.location_id) for edge in session.exec(select(Edge))]
    for edge_id, location_id in boxes:
        feed = shop_feed("rights", location_id)
        hub.feeds.answer(edge_id, Pull(feed=feed, after=heads.get(feed, 0)))

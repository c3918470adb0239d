"""The key with which a box signs its receipts goes to every box of the chain, exactly when it changes."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.db import Database
from cloud.errors import NotFoundError
from cloud.feeds import repository as feeds
from cloud.fleet import endpoints, receipt_keys
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance

ALLOWED = Allowance(8, 0)
FIRST, SECOND = "ab" * 32, "cd" * 32
Come = Callable[..., None]
Keys = Callable[[], list[tuple[str, int, str]]]


@pytest.fixture
def keys(database: Database) -> Keys:
    def keys() -> list[tuple[str, int, str]]:
        with database.read() as session:
            return feeds.live_rows(session, "keys")

    return keys


def body(key: str, location_id: str = "maru-office") -> str:
    return f'{{"location_id":"{location_id}","public_key":"{key}","use":"receipts"}}'


def test_a_boxs_key_is_published_with_its_first_hello_and_not_again(come: Come, keys: Keys) -> None:
    come(public_key=FIRST)
    assert keys() == [("box:maru-office-1", 1, body(FIRST))]
    come(public_key=FIRST, boot="boot-2")
    assert keys() == [("box:maru-office-1", 1, body(FIRST))]


def test_a_new_key_and_another_shop_take_the_place_of_the_old(come: Come, keys: Keys) -> None:
    come(public_key=FIRST)
    come(public_key=SECOND)
    assert keys() == [("box:maru-office-1", 2, body(SECOND))]
    come(public_key=SECOND, location_id="hillside")
    assert keys() == [("box:maru-office-1", 3, body(SECOND, "hillside"))]


@pytest.mark.parametrize("said", ["", "no key", "AB" * 32])
def test_what_is_no_key_is_not_published(come: Come, keys: Keys, said: str) -> None:
    come(public_key=said)
    assert keys() == []


def test_every_box_has_its_own(hear: Come, make_box: Callable[..., Any], keys: Keys) -> None:
    for name, key in (("maru-office-1", FIRST), ("hillside-1", SECOND)):
        box = make_box(name)
        hear(name, box.hello(public_key=key, location_id=name[:-2]))
    assert [row[:2] for row in keys()] == [("box:hillside-1", 2), ("box:maru-office-1", 1)]


def test_a_key_that_the_hub_knew_before_it_published_any_comes_with_the_next_hello(
    database: Database, come: Come, keys: Keys
) -> None:
    come(public_key=FIRST)
    with database.write() as session:
        for table in ("feed_operation", "feed_head"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    come(public_key=FIRST)
    assert keys() == [("box:maru-office-1", 1, body(FIRST))]


def test_a_withdrawn_key_stays_so_until_its_box_has_a_new_one(
    database: Database, clock: Any, come: Come, keys: Keys
) -> None:
    come(public_key=FIRST)
    app = FastAPI()
    app.include_router(endpoints.router(database, clock, lambda: None))
    client = TestClient(app)
    assert client.delete("/api/boxes/maru-office-1/receipt-key").status_code == 204
    assert keys() == []
    come(public_key=FIRST)
    assert keys() == []
    come(public_key=SECOND)
    assert keys() == [("box:maru-office-1", 3, body(SECOND))]
    with pytest.raises(NotFoundError):
        client.delete("/api/boxes/nobody/receipt-key")


def test_a_hello_that_cannot_be_stored_publishes_nothing(
    database: Database, clock: Any, box: Any, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Key and box are one transaction."""
    publish = receipt_keys.publish

    def then_fail(*arguments: Any) -> None:
        publish(*arguments)
        raise OSError("the disk is full")

    monkeypatch.setattr(receipt_keys, "publish", then_fail)
    with pytest.raises(OSError, match="the disk is full"):
        Inbox(database, clock).commit([Admitted(box.edge_id, box.hello(public_key=FIRST))], ALLOWED)
    assert keys() == []

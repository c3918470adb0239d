"""The stream of a page: the whole state first, then only what differs."""

from collections.abc import AsyncGenerator

import pytest

from cloud.changes import Changes
from cloud.live import stream

pytestmark = pytest.mark.anyio


async def test_a_page_gets_its_state_and_then_what_changes() -> None:
    changes = Changes()
    shown = {"#a": "<p id=a>1</p>", "#b": "<p id=b>1</p>"}
    events = stream(changes, lambda: dict(shown))
    first = await anext(events)
    assert first.count(b"hx-partial hx-target") == 2
    shown["#b"] = "<p id=b>2</p>"
    changes.announce()
    second = await anext(events)
    assert second == (
        b'data: <hx-partial hx-target="#b" hx-swap="outerMorph"><p id=b>2</p></hx-partial>\n\n'
    )
    assert isinstance(events, AsyncGenerator)
    await events.aclose()
    assert changes._watchers == {}


async def test_nothing_new_is_a_heartbeat() -> None:
    changes = Changes()
    events = stream(changes, lambda: {"#a": "same"})
    await anext(events)
    changes.announce()
    assert (await anext(events)).startswith(b":")
    assert isinstance(events, AsyncGenerator)
    await events.aclose()

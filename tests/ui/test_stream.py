"""Events that carry only what changed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from ui.stream import HEARTBEAT, Parts, event, partial, response


def test_a_fresh_page_gets_the_whole_state() -> None:
    html = Parts().changed({"#a": "<p id=a>1</p>", "#b": "<p id=b>2</p>"})
    assert html == (
        '<hx-partial hx-target="#a" hx-swap="outerMorph"><p id=a>1</p></hx-partial>'
        '<hx-partial hx-target="#b" hx-swap="outerMorph"><p id=b>2</p></hx-partial>'
    )


def test_only_the_parts_that_differ_are_sent_again() -> None:
    parts = Parts()
    parts.changed({"#a": "1", "#b": "2"})
    assert parts.changed({"#a": "1", "#b": "3"}) == partial("#b", "3")
    assert parts.changed({"#a": "1", "#b": "3"}) == ""


def test_an_event_is_one_frame_whatever_lines_it_has() -> None:
    assert event("<p>\n</p>") == b"data: <p>\ndata: </p>\n\n"


def test_nothing_to_say_is_a_heartbeat_not_an_empty_event() -> None:
    assert event("") == HEARTBEAT == b": still here\n\n"


def test_a_stream_that_the_stopping_server_cancels_ends_properly() -> None:
    sent: list[dict[str, Any]] = []

    async def events() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"
        await asyncio.Event().wait()

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("nobody speaks")

    async def send(message: Any) -> None:
        sent.append(message)
        if message.get("body"):
            said.set()

    async def stop_in_the_middle() -> None:
        scope = {"type": "http", "asgi": {"spec_version": "2.4"}}
        serving = asyncio.create_task(response(events())(scope, receive, send))
        await said.wait()
        serving.cancel()
        await serving

    said = asyncio.Event()
    asyncio.run(stop_in_the_middle())
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}

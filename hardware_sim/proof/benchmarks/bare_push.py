"""The limit of `bench scan`: the same page from files, and hard-coded events pushed when a line comes in.

Run as a process: FOLDER PORT TTY. FOLDER holds page.json (paths, types, files) and events.json (what to push in turn).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

READ_BYTES = 4_096


class Push:
    """Reads the line in the event loop and hands the next event to every open stream."""

    def __init__(self, folder: Path, tty: str) -> None:
        self.pages = json.loads((folder / "page.json").read_text(encoding="utf-8"))
        events = json.loads((folder / "events.json").read_text(encoding="utf-8"))
        self.folder = folder
        self._events = itertools.cycle(event.encode() for event in events)
        self._line = os.open(tty, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        self._streams: set[asyncio.Queue[bytes]] = set()

    @contextlib.asynccontextmanager
    async def listening(self, _: Starlette) -> AsyncIterator[None]:
        asyncio.get_running_loop().add_reader(self._line, self._read)
        yield

    def _read(self) -> None:
        if b"\r" not in os.read(self._line, READ_BYTES):
            return
        event = next(self._events)
        for stream in self._streams:
            stream.put_nowait(event)

    def page(self, request: Request) -> Response:
        found = self.pages.get(request.url.path)
        if found is None:
            return Response(status_code=404)
        return Response((self.folder / found["file"]).read_bytes(), media_type=found["type"])

    async def events(self, _: Request) -> Response:
        return StreamingResponse(self._follow(), media_type="text/event-stream")

    async def _follow(self) -> AsyncIterator[bytes]:
        stream: asyncio.Queue[bytes] = asyncio.Queue()
        self._streams.add(stream)
        try:
            yield b": connected\n\n"
            while True:
                yield await stream.get()
        finally:
            self._streams.discard(stream)


def main() -> None:
    folder, port, tty = sys.argv[1:]
    push = Push(Path(folder), tty)
    routes = [Route("/events", push.events), Route("/{path:path}", push.page)]
    app = Starlette(routes=routes, lifespan=push.listening)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()

"""The stream of one page: its parts, painted again when something has changed, and sent only where they differ."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from starlette.concurrency import run_in_threadpool

from cloud.changes import Changes
from ui.stream import Parts, event

# Presence and "since" change by time alone; another hub worker's changes are seen no later than this.
LOOK_EVERY_S = 3.0
PAINT_AT_MOST_EVERY_S = 0.25


async def stream(changes: Changes, paint: Callable[[], Mapping[str, str]]) -> AsyncIterator[bytes]:
    """`paint` gives the parts by selector; it reads the database, so it runs beside the loop."""
    parts = Parts()
    with changes.watching() as changed:
        while True:
            changed.clear()
            yield event(parts.changed(await run_in_threadpool(paint)))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), LOOK_EVERY_S)
            await asyncio.sleep(PAINT_AT_MOST_EVERY_S)

"""The line between a box and its hub, as a process of its own: to be cut, swallowed, slowed and put back.

It forwards TCP connections (MQTT, HTTP) and obeys `POST /` on its control port:

    {"state": "up"}                                              everything passes
    {"state": "cut"}                                             open connections are reset, new ones refused
    {"state": "cut", "is_mid_packet": true}                      the same, after half of the next chunk each way
    {"state": "hole"}                                            nothing passes and nobody is told
    {"state": "hole_up"} {"state": "hole_down"}                  the same in one direction (up = box to hub)
    {"state": "slow", "latency_s": 0.3, "bytes_per_s": 20000}    late and narrow
    {"state": "refuse"}                                          open connections live on, new ones are refused
    {"state": "random", "seed": 7, "every_s": 2.0}               one of these after another, drawn with the seed

In a hole bytes wait instead of being thrown away: TCP would send them again when the line is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

CHUNK: Final = 16 * 1024
STATES: Final = ("up", "cut", "hole", "hole_up", "hole_down", "slow", "refuse", "random")
DRAWN: Final = ("up", "cut", "hole", "hole_up", "hole_down", "slow")
CLOSED: Final = frozenset({"cut", "refuse"})
# Direction of a pump, and the states in which it stands still.
STOPPED: Final = {"up": frozenset({"hole", "hole_up"}), "down": frozenset({"hole", "hole_down"})}


@dataclass(frozen=True, slots=True)
class Condition:
    """What the line does now. `latency_s` and `bytes_per_s` matter in "slow", `seed` and `every_s` in "random"."""

    state: str = "up"
    is_mid_packet: bool = False
    latency_s: float = 0.3
    bytes_per_s: int = 20_000
    seed: int = 1
    every_s: float = 2.0

    @classmethod
    def of(cls, content: Any) -> Condition:
        """From the control port's JSON. ValueError says what was expected."""
        if not isinstance(content, dict) or content.get("state") not in STATES:
            got = content.get("state") if isinstance(content, dict) else type(content).__name__
            raise ValueError(f"Expected a state of {', '.join(STATES)}, got {got}.")
        unknown = content.keys() - asdict(cls()).keys()
        if unknown:
            raise ValueError(f"Expected {', '.join(asdict(cls()))}, got {min(unknown)}.")
        return cls(**content)


@dataclass(frozen=True, slots=True)
class Forward:
    """Listens on one address, connects to another: ("127.0.0.1", 1884)."""

    listen: tuple[str, int]
    to: tuple[str, int]


def address_of(text: str) -> tuple[str, int]:
    """("127.0.0.1", 1883) of "127.0.0.1:1883"; ValueError says what was expected."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit():
        raise ValueError(f"Expected HOST:PORT, got {text!r}.")
    return host, int(port)


@dataclass(slots=True)
class Counts:
    """What passed since the start."""

    connections: int = 0
    resets: int = 0
    bytes_up: int = 0
    bytes_down: int = 0


@dataclass(eq=False, slots=True)
class Connection:
    """One forwarded connection: the caller's stream and ours to the other end."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter

    def reset(self) -> None:
        """RST on both sides: what an application sees of a cable that was cut and noticed."""
        for writer in (self.near, self.far):
            line = writer.get_extra_info("socket")
            if line is not None and line.fileno() >= 0:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


@dataclass(eq=False)
class Line:
    """Every forward under one condition. Lives in one event loop."""

    forwards: Sequence[Forward]
    condition: Condition = field(default_factory=Condition)
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._connections: set[Connection] = set()
        self._changed = asyncio.Event()
        self._drawing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """In the condition that it was made with."""
        await self.set(self.condition)

    async def stop(self) -> None:
        self._stop_drawing()
        await self._close_doors()
        self._reset_all()

    async def set(self, condition: Condition) -> None:
        self._stop_drawing()
        await self._apply(condition)
        if condition.state == "random":
            self._drawing = asyncio.create_task(self._draw(condition))

    def report(self) -> dict[str, Any]:
        return {**asdict(self.condition), "open": len(self._connections), **asdict(self.counts)}

    # -- conditions --

    async def _apply(self, condition: Condition) -> None:
        self.condition = condition
        self._changed.set()
        self._changed = asyncio.Event()
        if condition.state == "cut" and not condition.is_mid_packet:
            self._reset_all()
        await self._follow()

    async def _follow(self) -> None:
        if self.condition.state in CLOSED:
            await self._close_doors()
        elif not self._servers:
            self._servers = [await self._serve(it) for it in self.forwards]

    async def _draw(self, condition: Condition) -> None:
        chance = random.Random(condition.seed)
        while True:
            state = chance.choice(DRAWN)
            await self._apply(Condition(state, is_mid_packet=chance.random() < 0.5))
            await asyncio.sleep(chance.uniform(0.2, 2.0) * condition.every_s)

    def _stop_drawing(self) -> None:
        if self._drawing is not None:
            self._drawing.cancel()
            self._drawing = None

    async def _close_doors(self) -> None:
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()

    def _reset_all(self) -> None:
        for connection in list(self._connections):
            self._reset(connection)

    def _reset(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.discard(connection)
            self.counts.resets += 1
            connection.reset()

    # -- connections --

    async def _serve(self, forward: Forward) -> asyncio.Server:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._connect(forward, reader, writer)

        return await asyncio.start_server(accept, *forward.listen, reuse_address=True)

    async def _connect(
        self, forward: Forward, reader: asyncio.StreamReader, near: asyncio.StreamWriter
    ) -> None:
        """One caller, from its first byte to both ends' last."""
        await self._may_pass("up")
        if self.condition.state == "cut":
            near.transport.abort()
            return
        try:
            far_reader, far = await asyncio.open_connection(*forward.to)
        except OSError:
            near.transport.abort()
            return
        for writer in (near, far):
            line = writer.get_extra_info("socket")
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(near, far)
        self._connections.add(connection)
        self.counts.connections += 1
        await asyncio.gather(
            self._pump(connection, reader, far, "up"),
            self._pump(connection, far_reader, near, "down"),
        )
        self._connections.discard(connection)

    async def _pump(
        self,
        connection: Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        way: str,
    ) -> None:
        with contextlib.suppress(OSError):  # the peers' own resets; they end both pumps
            async for data in self._chunks(reader, way):
                if self.condition.state == "cut":
                    writer.write(data[: len(data) // 2])
                    await asyncio.wait_for(writer.drain(), 1.0)
                    self._reset(connection)
                    return
                writer.write(data)
                await writer.drain()
                self._count(way, len(data))
        with contextlib.suppress(OSError, RuntimeError):  # already closed from the other side
            writer.close()

    async def _chunks(self, reader: asyncio.StreamReader, way: str) -> AsyncIterator[bytes]:
        """What may pass now, at the line's pace; the end is news too and waits in a hole like bytes do."""
        while True:
            data = await reader.read(CHUNK)
            await self._may_pass(way)
            if not data:
                return
            if self.condition.state == "slow":
                await asyncio.sleep(
                    self.condition.latency_s + len(data) / self.condition.bytes_per_s
                )
                await self._may_pass(way)
            yield data

    async def _may_pass(self, way: str) -> None:
        while self.condition.state in STOPPED[way]:
            await self._changed.wait()

    def _count(self, way: str, size: int) -> None:
        if way == "up":
            self.counts.bytes_up += size
        else:
            self.counts.bytes_down += size


def control_app(line: Line) -> Any:
    """GET tells, POST changes; the same on `/` and `/api/line`."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def tell(_: Request) -> Response:
        return JSONResponse(line.report())

    async def change(request: Request) -> Response:
        try:
            await line.set(Condition.of(await request.json()))
        except (ValueError, TypeError) as error:
            return JSONResponse({"key": "line.condition", "message": str(error)}, status_code=400)
        return JSONResponse(line.report())

    paths = ("/", "/api/line")
    return Starlette(
        routes=[Route(it, tell, methods=["GET"]) for it in paths]
        + [Route(it, change, methods=["POST"]) for it in paths]
    )


async def serve(forwards: Sequence[Forward], control: tuple[str, int], state: str) -> None:
    """Runs until the process is told to end."""
    import uvicorn

    line = Line(forwards, Condition(state))
    await line.start()
    config = uvicorn.Config(
        control_app(line), host=control[0], port=control[1], log_level="warning", lifespan="off"
    )
    await uvicorn.Server(config).serve()
    await line.stop()


def run(listen: Sequence[str], to: Sequence[str], control: str, state: str) -> None:
    """`twinstore sim line`: as many `listen` as `to`, each "HOST:PORT"; `state` is what it begins in."""
    if len(listen) != len(to):
        raise ValueError(f"Expected as many --listen as --to, got {len(listen)} and {len(to)}.")
    forwards = [
        Forward(address_of(near), address_of(far)) for near, far in zip(listen, to, strict=True)
    ]
    asyncio.run(serve(forwards, address_of(control), state))

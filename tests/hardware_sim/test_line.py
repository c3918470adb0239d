"""The line between box and hub, over real sockets in one loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest

from hardware_sim.line import Condition, Forward, Line, address_of, control_app

HOST = "127.0.0.1"
UP = Condition()


class Far:
    """The other end of the line: keeps what came, sends what it is told."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.writers: list[asyncio.StreamWriter] = []
        self.news = asyncio.Event()
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self.news.set()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.heard += data
                self.news.set()
        self.ended.set()
        writer.close()

    async def has_heard(self, size: int) -> None:
        while len(self.heard) < size:
            self.news.clear()
            await self.news.wait()


@contextlib.asynccontextmanager
async def a_line(condition: Condition = UP) -> AsyncIterator[tuple[Line, Far, int]]:
    far = Far()
    server = await asyncio.start_server(far.serve, HOST, 0)
    spare = await asyncio.start_server(far.serve, HOST, 0)
    port = spare.sockets[0].getsockname()[1]
    spare.close()
    await spare.wait_closed()
    line = Line([Forward((HOST, port), server.sockets[0].getsockname()[:2])], condition)
    await line.start()
    yield line, far, port
    await line.stop()
    server.close()
    for writer in far.writers:
        writer.transport.abort()


async def test_up_passes_both_ways_and_counts() -> None:
    async with a_line() as (line, far, port):
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"fact")
        await far.has_heard(4)
        far.writers[0].write(b"ack")
        assert await reader.readexactly(3) == b"ack"
        report = line.report()
        assert (report["bytes_up"], report["bytes_down"], report["open"]) == (4, 3, 1)
        writer.close()
        await far.ended.wait()


async def test_cut_resets_what_is_open_and_refuses_what_comes() -> None:
    async with a_line() as (line, far, port):
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"fact")
        await far.has_heard(4)
        await line.set(Condition("cut"))
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        await far.ended.wait()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, port)
        await line.set(Condition("up"))
        _, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"again")
        await far.has_heard(9)
        writer.close()


async def test_cut_in_the_middle_of_a_packet_lets_half_of_it_through() -> None:
    async with a_line() as (line, far, port):
        _, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"1")
        await far.has_heard(1)
        await line.set(Condition("cut", is_mid_packet=True))
        writer.write(b"0123456789")
        await far.ended.wait()
        assert bytes(far.heard) == b"101234"
        writer.close()


async def test_a_line_begins_in_the_condition_it_was_made_with() -> None:
    async with a_line(Condition("cut")) as (line, _, port):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, port)
        assert line.report()["connections"] == 0


async def test_in_a_hole_bytes_wait_and_nobody_is_told() -> None:
    async with a_line() as (line, far, port):
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"1")
        await far.has_heard(1)
        await line.set(Condition("hole_up"))
        writer.write(b"23")
        far.writers[0].write(b"down")
        assert await reader.readexactly(4) == b"down"
        assert bytes(far.heard) == b"1"
        await line.set(Condition("up"))
        await far.has_heard(3)
        assert bytes(far.heard) == b"123"
        writer.close()


async def test_refuse_leaves_the_open_connection_alone() -> None:
    async with a_line() as (line, far, port):
        _, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"1")
        await far.has_heard(1)
        await line.set(Condition("refuse"))
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, port)
        writer.write(b"2")
        await far.has_heard(2)
        writer.close()


async def test_slow_is_late_but_whole() -> None:
    async with a_line() as (line, far, port):
        await line.set(Condition("slow", latency_s=0.01, bytes_per_s=1_000_000))
        _, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"x" * 1000)
        await far.has_heard(1000)
        writer.close()


async def test_the_control_port_says_what_it_wanted() -> None:
    async with a_line() as (line, _, _):
        transport = httpx.ASGITransport(control_app(line))
        async with httpx.AsyncClient(transport=transport, base_url="http://line") as client:
            answer = await client.post("/", json={"state": "gone"})
            assert answer.status_code == 400
            assert answer.json()["message"] == (
                "Expected a state of up, cut, hole, hole_up, hole_down, slow, refuse, random, got gone."
            )
            answer = await client.post("/api/line", json={"state": "slow", "latency": 1})
            assert answer.json()["message"].endswith("every_s, got latency.")
            answer = await client.post("/", json={"state": "hole"})
            assert answer.json()["state"] == "hole"
            assert (await client.get("/")).json()["state"] == "hole"


async def test_random_conditions_repeat_with_their_seed() -> None:
    async with a_line() as (line, _, _):
        seen = []
        for _ in range(2):
            await line.set(Condition("random", seed=7, every_s=0.001))
            states = []
            while len(states) < 5:
                states.append(line.condition)
                changed = line._changed
                await changed.wait()
            seen.append(states)
        assert seen[0] == seen[1]


@pytest.mark.parametrize("text", ["1883", "127.0.0.1", ":1883", "127.0.0.1:mqtt"])
def test_an_address_has_host_and_port(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        address_of(text)
    assert str(caught.value) == f"Expected HOST:PORT, got {text!r}."

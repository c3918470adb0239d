"""Hosts: places that stay, back-pressure, and lines that break in the middle."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

import pytest

from hardware_sim.hosts import InProcessHost, PtyHost, TcpHost
from hardware_sim.wire import JumpingTime, Unplugged

HOST = "127.0.0.1"


class Slow:
    """Takes `room` bytes and no more; says `said` once; breaks the line when told."""

    def __init__(self) -> None:
        self.room = 0
        self.heard = bytearray()
        self.said = b""
        self.is_breaking = False
        self.stepped_s = 0.0
        self.visits: list[str] = []

    def connected(self) -> None:
        self.visits.append("connected")

    def disconnected(self) -> None:
        self.visits.append("disconnected")

    def take(self, data: bytes) -> int:
        taken = data[: self.room]
        self.room -= len(taken)
        self.heard += taken
        return len(taken)

    def give(self, max_bytes: int) -> bytes:
        if self.is_breaking:
            self.is_breaking = False
            raise Unplugged
        data, self.said = self.said[:max_bytes], self.said[max_bytes:]
        return data

    def step(self, dt_s: float) -> float | None:
        self.stepped_s += dt_s
        return None


def test_a_full_peripheral_pushes_back_through_tcp_and_loses_nothing() -> None:
    slow = Slow()
    host = TcpHost(slow)
    host.start()
    with socket.create_connection(host.address, timeout=5) as line:
        line.sendall(b"x" * 10_000)
        with host.changing():
            slow.room = 4_000
        with host.changing():
            slow.room += 6_000
            slow.said = b"done"
        assert line.recv(4) == b"done"
        line.sendall(b"!")
        while len(slow.heard) < 10_000:
            with host.changing():
                slow.said = b"."
            line.recv(1)
    host.stop()
    assert bytes(slow.heard) == b"x" * 10_000


def test_what_was_sent_before_a_polite_end_is_still_taken() -> None:
    """A program that sends its receipt and closes at once must see it printed."""
    slow = Slow()
    host = TcpHost(slow)
    host.start()
    with socket.create_connection(host.address, timeout=5) as line:
        line.sendall(b"receipt")
        line.shutdown(socket.SHUT_WR)
        with host.changing():
            slow.room = 100
        with contextlib.suppress(ConnectionResetError):
            assert line.recv(1) == b""  # the host has let go of it
    host.stop()
    assert bytes(slow.heard) == b"receipt"


def test_an_unplugged_port_resets_and_refuses_and_comes_back_at_the_same_place() -> None:
    host = TcpHost(Slow())
    host.start()
    line = socket.create_connection(host.address, timeout=5)
    with host.changing():
        host.interface.said = b"hello"  # type: ignore[attr-defined]
    assert line.recv(5) == b"hello"
    host.unplug()
    with pytest.raises(ConnectionResetError):
        line.recv(1)
    line.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(host.address, timeout=5)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(host.address)  # nobody takes its place meanwhile
    before = host.url
    host.replug()
    assert host.url == before
    socket.create_connection(host.address, timeout=5).close()
    host.stop()


def test_the_interface_itself_may_break_the_line() -> None:
    slow = Slow()
    host = TcpHost(slow)
    host.start()
    with socket.create_connection(host.address, timeout=5) as line:
        with host.changing():
            slow.said = b"1"
        assert line.recv(1) == b"1"
        with host.changing():
            slow.is_breaking = True
        with pytest.raises(ConnectionResetError):
            line.recv(1)
    host.stop()
    assert slow.visits == ["connected", "disconnected"]


def test_a_serial_path_is_stable_over_unplugging(tmp_path: Path) -> None:
    slow = Slow()
    host = PtyHost(slow, tmp_path / "by-id" / "scanner")
    host.start()
    first = host.path.resolve()
    assert first.parts[1:3] == ("dev", "pts")
    host.unplug()
    assert not host.path.is_symlink()
    host.replug()
    descriptor = os.open(host.path, os.O_RDWR | os.O_NOCTTY)
    with host.changing():
        slow.said = b"\x03raw\r\n"
    read = b""
    while len(read) < 6:
        read += os.read(descriptor, 10)
    assert read == b"\x03raw\r\n"
    os.close(descriptor)
    host.stop()
    assert not host.path.is_symlink()
    assert slow.visits == ["connected", "disconnected", "connected", "disconnected"]


def test_in_process_time_passes_only_while_somebody_waits() -> None:
    slow, time = Slow(), JumpingTime()
    host = InProcessHost(slow, time)
    line = host.connect()
    assert line.read(1, 60.0) == b""
    assert time.monotonic() == pytest.approx(1060.0)
    assert slow.stepped_s == pytest.approx(60.0)
    assert line.write(b"abc", 2.0) == 0
    slow.room = 2
    assert line.write(b"abc", 2.0) == 2


def test_in_process_there_is_one_line() -> None:
    host = InProcessHost(Slow(), JumpingTime())
    line = host.connect()
    with pytest.raises(OSError, match="busy"):
        host.connect()
    line.close()
    line.close()
    host.connect()

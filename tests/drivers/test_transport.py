"""One promise, every cable: bytes both ways, silence is not an error, gone is Unavailable, a short write is counted."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial
from serial.rfc2217 import PortManager

from drivers import transport
from drivers.errors import Unavailable
from drivers.transport import DescriptorTransport, Transport, open_transport
from hardware_sim.hosts import Host, InProcessHost, PtyHost, TcpHost
from hardware_sim.usb_backend import UsbBus, UsbIdentity
from hardware_sim.wire import RealTime

CLOCK = RealTime()


class Echo:
    """Sends back what it takes; takes nothing while `is_full`."""

    def __init__(self) -> None:
        self.held = bytearray()
        self.is_full = False
        self.visits: list[str] = []

    def connected(self) -> None:
        self.visits.append("connected")

    def disconnected(self) -> None:
        self.visits.append("disconnected")

    def take(self, data: bytes) -> int:
        if self.is_full:
            return 0
        self.held += data
        return len(data)

    def give(self, max_bytes: int) -> bytes:
        data = bytes(self.held[:max_bytes])
        del self.held[:max_bytes]
        return data

    def step(self, dt_s: float) -> float | None:
        return None


@dataclass
class Cable:
    echo: Echo
    host: Host
    open: Callable[[], Transport]


@pytest.fixture(params=["serial", "tcp", "usb", "sim"])
def cable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cable]:
    echo = Echo()
    match request.param:
        case "serial":
            pty = PtyHost(echo, tmp_path / "tty")
            pty.start()
            yield Cable(echo, pty, lambda: open_transport(f"{pty.url}?baud=115200", CLOCK))
            pty.stop()
        case "tcp":
            tcp = TcpHost(echo)
            tcp.start()
            yield Cable(echo, tcp, lambda: open_transport(tcp.url, CLOCK))
            tcp.stop()
        case "usb":
            bus = UsbBus(echo, UsbIdentity(0x04B8, 0x0202, "J3X1", "EPSON", "TM-T88V"))
            yield Cable(echo, bus, lambda: open_transport(bus.url, CLOCK, bus))
        case _:
            host = InProcessHost(echo)
            transport.plug("shop/echo", host.connect)
            yield Cable(echo, host, lambda: open_transport("sim://shop/echo", CLOCK))
            transport.unplug("shop/echo")


def read_exactly(line: Transport, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = line.read(size - len(data), 5.0)
        assert more, "silence"
        data += more
    return data


def test_bytes_go_both_ways(cable: Cable) -> None:
    line = cable.open()
    every_byte = bytes(range(256)) * 20
    assert line.write(every_byte, 5.0) == len(every_byte)
    assert read_exactly(line, len(every_byte)) == every_byte
    line.close()


def test_silence_is_no_error(cable: Cable) -> None:
    line = cable.open()
    assert line.read(10, 0.01) == b""
    line.close()


def test_no_more_comes_than_was_asked_for(cable: Cable) -> None:
    line = cable.open()
    line.write(b"12345", 5.0)
    assert read_exactly(line, 2) == b"12"
    assert read_exactly(line, 3) == b"345"
    line.close()


def test_pulling_the_plug_is_unavailable_and_putting_it_back_is_not(cable: Cable) -> None:
    line = cable.open()
    cable.host.unplug()
    with pytest.raises(Unavailable):
        line.read(1, 5.0)
    line.close()
    with pytest.raises(Unavailable):
        cable.open()
    cable.host.replug()
    again = cable.open()
    assert again.write(b"back", 5.0) == 4
    assert read_exactly(again, 4) == b"back"
    again.close()


def test_a_cable_may_be_opened_again_after_closing(cable: Cable) -> None:
    for _ in range(3):
        line = cable.open()
        line.write(b"x", 5.0)
        assert read_exactly(line, 1) == b"x"
        line.close()


def test_closing_twice_is_closing(cable: Cable) -> None:
    line = cable.open()
    line.close()
    line.close()


def test_a_peripheral_that_takes_nothing_pushes_back(cable: Cable) -> None:
    """The kernel's own buffers take some; the rest is counted as not taken, never as an error."""
    cable.echo.is_full = True
    line = cable.open()
    size = 12_000_000
    assert line.write(b"x" * size, 0.05) < size
    line.close()


def test_one_serial_line_has_one_owner(tmp_path: Path) -> None:
    host = PtyHost(Echo(), tmp_path / "tty")
    host.start()
    line = open_transport(host.url, CLOCK)
    with pytest.raises(Unavailable) as caught:
        open_transport(host.url, CLOCK)
    assert str(caught.value) == f"Cannot reach {host.url}: another program has it open."
    line.close()
    host.stop()


def test_usb_finds_its_endpoints_and_leaves_the_peripheral_as_it_is() -> None:
    bus = UsbBus(Echo(), UsbIdentity(0x04B8, 0x0202, "J3X1"))
    line = open_transport("usb://04b8:0202", CLOCK, bus)
    bus.write_limit = 3
    assert line.write(b"0123456789", 5.0) == 10
    assert read_exactly(line, 10) == b"0123456789"
    bus.stalls_left = 1
    assert line.write(b"after the stall", 5.0) == 15
    assert bus.resets == 0
    line.close()


def test_usb_of_another_serial_number_is_not_taken() -> None:
    bus = UsbBus(Echo(), UsbIdentity(0x04B8, 0x0202, "J3X1"))
    with pytest.raises(Unavailable) as caught:
        open_transport("usb://04b8:0202/OTHER", CLOCK, bus)
    assert str(caught.value) == "Cannot reach usb://04b8:0202/OTHER: no such peripheral on the bus."


def test_a_socket_url_opens_by_pyserial() -> None:
    host = TcpHost(Echo())
    host.start()
    line = open_transport(host.url.replace("tcp", "socket"), CLOCK)
    assert line.write(b"123", 1.0) == 3
    assert read_exactly(line, 3) == b"123"
    assert line.read(1, 0.01) == b""
    line.close()
    host.stop()


def serve_rfc2217(listener: socket.socket) -> None:
    """A serial port behind Telnet, made of pyserial's own far end and a loop."""
    peer, _ = listener.accept()
    with peer, serial.serial_for_url("loop://", timeout=0.05) as port:
        manager = PortManager(port, SimpleNamespace(write=peer.sendall))  # type: ignore[arg-type]
        peer.settimeout(0.02)
        while True:
            with contextlib.suppress(TimeoutError):
                data = peer.recv(1024)
                if not data:
                    return
                port.write(b"".join(manager.filter(data)))
            if port.in_waiting:
                peer.sendall(b"".join(manager.escape(port.read(port.in_waiting))))


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial 3.5's own
def test_a_serial_port_behind_telnet() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        far = threading.Thread(target=serve_rfc2217, args=(listener,))
        far.start()
        line = open_transport(f"rfc2217://127.0.0.1:{listener.getsockname()[1]}", CLOCK)
        every_byte = bytes(range(256))
        assert line.write(every_byte, 1.0) == 256
        assert read_exactly(line, 256) == every_byte
        line.close()
        far.join()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "com1",
            "Expected a path, tcp://, usb://, rfc2217://, socket:// or sim:// as the address, got 'com1'.",
        ),
        ("tcp://printer", "Expected tcp://host:port as the address, got 'tcp://printer'."),
        ("usb://04b8", "Expected usb://vid:pid[/serial] in hexadecimal, got 'usb://04b8'."),
        (
            "/dev/null?speed=9",
            "Expected baud, bits, stop, parity or flow as line settings, got 'speed'.",
        ),
    ],
)
def test_a_wrong_address_says_what_was_expected(url: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        open_transport(url, CLOCK)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("/nowhere/tty", "Cannot reach /nowhere/tty: No such file or directory."),
        ("sim://nobody", "Cannot reach sim://nobody: nothing of this name is plugged in."),
    ],
)
def test_what_is_not_there_is_unavailable(url: str, message: str) -> None:
    with pytest.raises(Unavailable) as caught:
        open_transport(url, CLOCK)
    assert str(caught.value) == message


def test_a_socket_sends_at_once_and_notices_a_dead_peer() -> None:
    host = TcpHost(Echo())
    host.start()
    line = open_transport(host.url, CLOCK)
    assert isinstance(line, DescriptorTransport)
    with socket.socket(fileno=os.dup(line.fileno())) as copy:
        assert copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert copy.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5
    line.close()
    host.stop()

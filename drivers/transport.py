"""The cable to one peripheral: bytes in and out with deadlines, opened by URL.

    /dev/serial/by-id/...?baud=115200    serial line or USB-CDC, exclusive (also a pty)
    tcp://host:port                      a socket, TCP_NODELAY, keep-alive
    usb://vid:pid[/serial]               bulk endpoints of a USB printer-class interface (ids in hexadecimal)
    rfc2217://host:port, socket://...    whatever pyserial's `serial_for_url` opens
    sim://name                           a peripheral plugged into this process (`plug`)

Real or simulated is a URL; nothing here or above asks which. Every failure leaves as `Unavailable`: silence is not a
failure here, because only the driver knows whether it waits for something.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol, runtime_checkable
from urllib.parse import SplitResult, parse_qsl, urlsplit

from drivers.errors import Unavailable

CONNECT_TIMEOUT_S: Final = 3.0
# A dead peer is noticed after 5 + 3 * 2 s without a byte of ours in flight.
KEEP_ALIVE: Final = (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3))


class Clock(Protocol):
    """The one time a driver knows: seconds that only grow."""

    def monotonic(self) -> float: ...


class WallClock(Clock, Protocol):
    """For protocols that stamp their messages."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


@runtime_checkable
class Transport(Protocol):
    """An open cable. One thread reads; another may write."""

    address: str

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """What has arrived, at most `max_bytes`; b"" after `timeout_s` of silence; Unavailable when gone."""
        ...

    def write(self, data: bytes, deadline_s: float) -> int:
        """Hands over `data`; the number of bytes taken within `deadline_s` seconds, fewer when pushed back."""
        ...

    def close(self) -> None: ...


Opener = Callable[[], Transport]


def open_transport(url: str, clock: Clock, usb_backend: object | None = None) -> Transport:
    """Opens the cable that `url` names. `usb_backend` is pyusb's, where the machine's own is not meant."""
    parts = urlsplit(url)
    if url.startswith("/"):
        return _open_serial(parts, clock)
    if parts.scheme == "tcp":
        return _open_tcp(parts, clock)
    if parts.scheme == "usb":
        from drivers.usb_transport import open_usb

        return open_usb(url, clock, usb_backend)
    if parts.scheme == "sim":
        return _open_plugged(url)
    if parts.scheme in {"rfc2217", "socket", "loop"}:
        return _open_by_pyserial(url, clock)
    raise ValueError(
        f"Expected a path, tcp://, usb://, rfc2217://, socket:// or sim:// as the address, got {url!r}."
    )


# -- in process ------------------------------------------------------------------------------------------------------


class RawLine(Protocol):
    """The driver's side of something in this process; it fails with OSError, as a descriptor does."""

    def read(self, max_bytes: int, timeout_s: float) -> bytes: ...
    def write(self, data: bytes, deadline_s: float) -> int: ...
    def close(self) -> None: ...


_plugged: dict[str, Callable[[], RawLine]] = {}


def plug(name: str, connect: Callable[[], RawLine]) -> None:
    """Makes `sim://name` open what `connect` returns, until `unplug`."""
    _plugged[name] = connect


def unplug(name: str) -> None:
    _plugged.pop(name, None)


def _open_plugged(url: str) -> RawLineTransport:
    connect = _plugged.get(url.removeprefix("sim://"))
    if connect is None:
        raise Unavailable(address=url, detail="nothing of this name is plugged in")
    try:
        return RawLineTransport(url, connect())
    except OSError as error:
        raise Unavailable(address=url, detail=reason_of(error)) from error


class RawLineTransport:
    def __init__(self, address: str, line: RawLine) -> None:
        self.address = address
        self._line = line

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        try:
            return self._line.read(max_bytes, timeout_s)
        except OSError as error:
            raise Unavailable(address=self.address, detail=reason_of(error)) from error

    def write(self, data: bytes, deadline_s: float) -> int:
        try:
            return self._line.write(data, deadline_s)
        except OSError as error:
            raise Unavailable(address=self.address, detail=reason_of(error)) from error

    def close(self) -> None:
        self._line.close()


# -- descriptors: serial lines and sockets ---------------------------------------------------------------------------


class DescriptorTransport:
    """Reads and writes a non-blocking descriptor with `poll`, so that a short write can be counted.

    pyserial's own `write` raises on its time limit without saying how many bytes had gone, which is the one thing
    a printer driver must know.
    """

    def __init__(
        self, address: str, fileno: int, clock: Clock, release: Callable[[], None]
    ) -> None:
        self.address = address
        self._fileno = fileno
        self._clock = clock
        self._release = release
        self._closing = threading.Lock()
        self._is_open = True

    def fileno(self) -> int:
        return self._fileno

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        if not self._is_ready(select.POLLIN, timeout_s):
            return b""
        try:
            data = os.read(self._fileno, max_bytes)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._gone(error) from error
        if not data:
            raise Unavailable(address=self.address, detail="the other end closed the line")
        return data

    def write(self, data: bytes, deadline_s: float) -> int:
        end_s = self._clock.monotonic() + deadline_s
        taken = 0
        while taken < len(data) and self._is_ready(select.POLLOUT, end_s - self._clock.monotonic()):
            taken += self._write_some(data[taken:])
        return taken

    def _write_some(self, data: bytes) -> int:
        try:
            return os.write(self._fileno, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._gone(error) from error

    def _gone(self, error: OSError) -> Unavailable:
        return Unavailable(address=self.address, detail=reason_of(error))

    def _is_ready(self, event: int, timeout_s: float) -> bool:
        if not self._is_open:
            raise Unavailable(address=self.address, detail="the line is closed")
        poll = select.poll()
        poll.register(self._fileno, event)
        return bool(poll.poll(max(0.0, timeout_s) * 1000))

    def close(self) -> None:
        with self._closing:
            was_open, self._is_open = self._is_open, False
        if was_open:
            self._release()


def reason_of(error: OSError) -> str:
    """The operating system's own words for `error`."""
    return os.strerror(error.errno) if error.errno else str(error)


def _open_tcp(parts: SplitResult, clock: Clock) -> DescriptorTransport:
    address = f"{parts.hostname}:{parts.port}"
    if not parts.hostname or not parts.port:
        raise ValueError(f"Expected tcp://host:port as the address, got {parts.geturl()!r}.")
    try:
        line = socket.create_connection((parts.hostname, parts.port), timeout=CONNECT_TIMEOUT_S)
    except OSError as error:
        raise Unavailable(address=address, detail=reason_of(error)) from error
    tune(line)
    return DescriptorTransport(address, line.fileno(), clock, line.close)


def tune(line: socket.socket) -> None:
    """No waiting for more bytes before sending, and a dead peer is noticed; non-blocking from here on."""
    line.setblocking(False)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEP_ALIVE:
        if hasattr(
            socket, name
        ):  # the names differ between systems; without them the system's own hours apply
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


# -- pyserial --------------------------------------------------------------------------------------------------------


def line_settings(query: str) -> dict[str, Any]:
    """Pyserial's arguments from the address: `baud`, `parity`, `bits`, `stop`, `flow`.

    >>> line_settings("baud=9600&flow=rtscts")
    {'baudrate': 9600, 'rtscts': True}
    """
    given = dict(parse_qsl(query))
    names = {"baud": "baudrate", "bits": "bytesize", "stop": "stopbits"}
    unknown = set(given) - {*names, "parity", "flow"}
    if unknown:
        raise ValueError(
            f"Expected baud, bits, stop, parity or flow as line settings, got {min(unknown)!r}."
        )
    settings: dict[str, Any] = {names[name]: int(given[name]) for name in names if name in given}
    if "parity" in given:
        settings["parity"] = given["parity"]
    if given.get("flow") in {"rtscts", "dsrdtr", "xonxoff"}:
        settings[given["flow"]] = True
    return settings


def _open_serial(parts: SplitResult, clock: Clock) -> DescriptorTransport:
    """Exclusive (two drivers on one line would each get half of the bytes); modem lines are not touched."""
    import serial

    settings = line_settings(parts.query)
    try:
        port = serial.Serial(parts.path, exclusive=True, timeout=0, write_timeout=0, **settings)
    except OSError as error:
        is_taken = error.errno in {
            errno.EAGAIN,
            errno.EBUSY,
        }  # the lock of pyserial; the kernel's own
        detail = "another program has it open" if is_taken else reason_of(error)
        raise Unavailable(address=parts.path, detail=detail) from error
    return DescriptorTransport(parts.path, port.fileno(), clock, port.close)


class PyserialTransport:
    """A port that pyserial makes of a URL and that has no descriptor of its own (RFC 2217, loop)."""

    # pyserial renegotiates the whole line when its time limit changes, so the limit stays and reads are sliced.
    SLICE_S: Final = 0.02

    def __init__(self, address: str, port: Any, clock: Clock) -> None:
        self.address = address
        self._port = port
        self._clock = clock

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        end_s = self._clock.monotonic() + timeout_s
        data = self._read_some(max_bytes)
        while not data and self._clock.monotonic() < end_s:
            data = self._read_some(max_bytes)
        return data

    def _read_some(self, max_bytes: int) -> bytes:
        try:
            first = bytes(self._port.read(1))
            waiting = min(self._port.in_waiting, max_bytes - 1) if first else 0
            return first + bytes(self._port.read(waiting)) if waiting else first
        except OSError as error:
            raise Unavailable(address=self.address, detail=reason_of(error)) from error

    def write(self, data: bytes, deadline_s: float) -> int:  # noqa: ARG002 - the far end's buffer is not visible here
        try:
            return int(self._port.write(data) or 0)
        except OSError as error:
            raise Unavailable(address=self.address, detail=reason_of(error)) from error

    def close(self) -> None:
        self._port.close()


def _open_by_pyserial(url: str, clock: Clock) -> PyserialTransport:
    import serial

    try:
        port = serial.serial_for_url(url, timeout=PyserialTransport.SLICE_S)
    except OSError as error:
        raise Unavailable(address=url, detail=reason_of(error)) from error
    return PyserialTransport(url, port, clock)


# -- what went over the line -----------------------------------------------------------------------------------------


class WatchedTransport:
    """Shows every byte to `watch(direction, data)`; the watcher decides what may be kept of them."""

    def __init__(self, transport: Transport, watch: Callable[[str, bytes], None]) -> None:
        self.address = transport.address
        self._transport = transport
        self._watch = watch

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        data = self._transport.read(max_bytes, timeout_s)
        if data:
            self._watch("<", data)
        return data

    def write(self, data: bytes, deadline_s: float) -> int:
        taken = self._transport.write(data, deadline_s)
        self._watch(">", data[:taken])
        return taken

    def close(self) -> None:
        self._transport.close()

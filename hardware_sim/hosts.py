"""Puts a simulated peripheral where a driver looks for one: a pty, a TCP port, or this very process.

    PtyHost         a serial line: a stable path that survives the driver's closing and, after `replug`, a new pty
    TcpHost         a listening port, one connection at a time (a second caller waits, as at a real printer)
    InProcessHost   no thread: the caller's own reads and writes move the simulated time

The USB host is in `usb_backend`. All hosts break the line on `Unplugged` and offer `unplug` and `replug`; `changing`
guards every look or touch from outside the host's thread. Back-pressure is real: what the interface does not take is
not read from the line.
"""

from __future__ import annotations

import abc
import contextlib
import errno
import os
import select
import socket
import struct
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hardware_sim.wire import Interface, JumpingTime, RealTime, Time, Unplugged
from ui.serving import PortError

CHUNK: Final = 4096
IDLE_S: Final = 0.5  # the longest sleep of a host's thread when nothing is expected
RETRY_S: Final = 0.02  # how soon bytes that were pushed back are offered again


class Host(abc.ABC):
    """What all hosts share: one lock around the interface, and the time that has passed for it."""

    def __init__(self, interface: Interface, time: Time | None = None) -> None:
        self.interface = interface
        self.time: Time = time or RealTime()
        self.lock = threading.RLock()
        self._stepped_s = self.time.monotonic()

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Holds the interface still while somebody else looks at it or presses its buttons."""
        with self.lock:
            yield
        self.wake()

    def wake(self) -> None:  # noqa: B027 - a host without a thread has nobody to wake
        """Something changed: send what there is to send now."""

    @abc.abstractmethod
    def unplug(self) -> None: ...

    @abc.abstractmethod
    def replug(self) -> None: ...

    def _step(self) -> float | None:
        now_s = self.time.monotonic()
        dt_s, self._stepped_s = now_s - self._stepped_s, now_s
        return self.interface.step(dt_s)


class ThreadedHost(Host):
    """Moves bytes between the interface and a descriptor in a thread of its own."""

    def __init__(self, interface: Interface, time: Time | None = None) -> None:
        super().__init__(interface, time)
        self._line: int | None = None
        self._untaken = b""
        self._unsent = b""
        self._is_running = False
        self._is_out_of_poll = threading.Event()
        self._is_out_of_poll.set()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def start(self) -> None:
        self._is_running = True
        self._plug()
        self._thread.start()

    def stop(self) -> None:
        self._is_running = False
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # a full pipe wakes as well as one byte
            os.write(self._wake_write, b"!")

    def unplug(self) -> None:
        with self.lock:
            self._unplug()
            self._leave_poll()

    def replug(self) -> None:
        with self.lock:
            self._unplug()
            self._leave_poll()
            self._plug()
        self.wake()

    def _leave_poll(self) -> None:
        """A socket that is closed while the thread polls it stays open until the poll ends: the peer hears it then."""
        self.wake()
        self._is_out_of_poll.wait()

    @abc.abstractmethod
    def _plug(self) -> None:
        """Makes the place where drivers look."""

    @abc.abstractmethod
    def _unplug(self) -> None:
        """Takes it away again, and the open line with it."""

    @abc.abstractmethod
    def _drop_line(self) -> None:
        """Breaks the open line; the place stays."""

    def _waiting_for(self) -> list[tuple[int, int]]:
        """(descriptor, poll events) beside the open line."""
        return []

    def _on_ready(self, ready: set[int]) -> None:
        """Readiness of what `_waiting_for` named."""

    def _run(self) -> None:
        while self._is_running:
            with self.lock:
                wait_s = self._turn()
                interests = self._interests()
                self._is_out_of_poll.clear()
            ready = self._poll(interests, wait_s)
            self._is_out_of_poll.set()
            with self.lock:
                self._on_ready(ready)
                self._receive(ready)

    def _turn(self) -> float:
        """Lets time pass, offers what was pushed back, sends what there is; how long nothing will happen."""
        try:
            wants_s = self._step()
            if self._untaken:
                self._offer()
                wants_s = self._step()  # what was taken changes what comes next
            self._send()
        except Unplugged:
            self._drop_line()
            return 0.0
        if self._untaken:
            return RETRY_S
        return IDLE_S if wants_s is None else min(IDLE_S, max(0.001, wants_s))

    def _interests(self) -> list[tuple[int, int]]:
        interests = [(self._wake_read, select.POLLIN), *self._waiting_for()]
        if self._line is not None:
            events = (0 if self._untaken else select.POLLIN) | (
                select.POLLOUT if self._unsent else 0
            )
            interests.append((self._line, events))
        return interests

    def _poll(self, interests: list[tuple[int, int]], wait_s: float) -> set[int]:
        poll = select.poll()
        for descriptor, events in interests:
            poll.register(descriptor, events)
        ready = {descriptor for descriptor, _ in poll.poll(wait_s * 1000)}
        if self._wake_read in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_read, CHUNK)
        return ready

    def _receive(self, ready: set[int]) -> None:
        if self._line is None or self._line not in ready:
            return
        if (
            self._untaken
        ):  # nothing was asked of it, so this is a reset; what it had sent is gone with it
            if not self._unsent:
                self._drop_line()
            return
        try:
            data = os.read(self._line, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop_line()
            return
        self._untaken = data

    def _offer(self) -> None:
        while self._untaken and (taken := self.interface.take(self._untaken)):
            self._untaken = self._untaken[taken:]

    def _send(self) -> None:
        if self._line is None:
            return
        while data := self._unsent or self.interface.give(CHUNK):
            try:
                self._unsent = data[os.write(self._line, data) :]
            except BlockingIOError:
                self._unsent = data
                return
            except OSError:
                self._drop_line()
                return

    def _forget(self) -> None:
        self._line = None
        self._untaken = self._unsent = b""


class PtyHost(ThreadedHost):
    """A serial line at `path`. The host keeps the driver's side open, so that a driver may close and open again."""

    def __init__(self, interface: Interface, path: Path, time: Time | None = None) -> None:
        super().__init__(interface, time)
        self.path = path
        self._driver_side = -1

    @property
    def url(self) -> str:
        return str(self.path)

    def _plug(self) -> None:
        self._line, self._driver_side = os.openpty()
        tty.setraw(
            self._driver_side
        )  # no echo and no line editing, whatever the driver sets or forgets
        os.set_blocking(self._line, False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._driver_side))
        fresh.replace(self.path)
        self.interface.connected()

    def _unplug(self) -> None:
        if self._line is None:
            return
        self.path.unlink(missing_ok=True)
        os.close(self._line)
        os.close(self._driver_side)
        self._forget()
        self.interface.disconnected()

    def _drop_line(self) -> None:
        """A serial line breaks by vanishing from the bus; it comes back with `replug`."""
        self._unplug()


class TcpHost(ThreadedHost):
    """A port; 0 takes a free one. It stays ours while unplugged, so that nobody else is there at `replug`."""

    def __init__(
        self, interface: Interface, host: str = "127.0.0.1", port: int = 0, time: Time | None = None
    ) -> None:
        super().__init__(interface, time)
        self.address = (host, port)
        self._listener: socket.socket | None = None
        self._is_listening = False
        self._peer: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"tcp://{self.address[0]}:{self.address[1]}"

    def _plug(self) -> None:
        try:
            if self._listener is None:
                self._listener = _bound(_named(self.address))
                self._listener.setblocking(False)
                self.address = self._listener.getsockname()
            self._listener.listen(1)
        except OSError as error:
            self._close()
            raise PortError(*self.address, error) from error
        self._is_listening = True

    def stop(self) -> None:
        super().stop()
        self._close()

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()

    def _unplug(self) -> None:
        """What is shut down refuses callers, keeps a port that it was bound to by number, and may listen again."""
        self._drop_line()
        if self._listener is not None and self._is_listening:
            self._is_listening = False
            self._listener.shutdown(socket.SHUT_RDWR)

    def _drop_line(self) -> None:
        """With a reset, as a cut cable's other end sends when it comes back."""
        if self._peer is None:
            return
        self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._peer.close()
        self._peer = None
        self._forget()
        self.interface.disconnected()

    def _waiting_for(self) -> list[tuple[int, int]]:
        if self._listener is None or not self._is_listening or self._peer is not None:
            return []
        return [(self._listener.fileno(), select.POLLIN)]

    def _on_ready(self, ready: set[int]) -> None:
        listener = self._listener
        if listener is None or not self._is_listening or self._peer is not None:
            return
        if listener.fileno() not in ready:
            return
        with contextlib.suppress(
            BlockingIOError, ConnectionError
        ):  # the caller may have given up already
            peer, _ = listener.accept()
            peer.setblocking(False)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peer, self._line = peer, peer.fileno()
            self.interface.connected()


def _named(address: tuple[str, int]) -> tuple[str, int]:
    """The same with a number for port 0, which the system chooses."""
    with _bound(address) as chosen:
        named: tuple[str, int] = chosen.getsockname()
        return named


def _bound(address: tuple[str, int]) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(address)
    except OSError:
        found.close()
        raise
    return found


class InProcessHost(Host):
    """No thread and no descriptor: reading waits by moving the time on, which jumps where none is given."""

    SLICE_S: Final = 0.05

    def __init__(self, interface: Interface, time: Time | None = None) -> None:
        super().__init__(interface, time or JumpingTime())
        self._is_plugged = True
        self._opened: InProcessLine | None = None

    def connect(self) -> InProcessLine:
        """The driver's side; OSError while unplugged or while another holds it."""
        with self.lock:
            if not self._is_plugged:
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
            if self._opened is not None:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
            with contextlib.suppress(Unplugged):  # what broke while nobody was there broke nothing
                self._step()
            self._opened = InProcessLine(self)
            self.interface.connected()
            return self._opened

    def unplug(self) -> None:
        with self.lock:
            self._is_plugged = False
            self.hang_up()

    def replug(self) -> None:
        with self.lock:
            self._is_plugged = True

    def hang_up(self) -> None:
        if self._opened is not None:
            self._opened = None
            self.interface.disconnected()

    def exchange(self, line: InProcessLine, data: bytes, max_bytes: int) -> tuple[int, bytes]:
        """One moment at the wire: (bytes taken of `data`, bytes given)."""
        with self.lock:
            if line is not self._opened:
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
            try:
                self._step()
                taken = self.interface.take(data) if data else 0
                return taken, self.interface.give(max_bytes) if max_bytes else b""
            except Unplugged:
                self.hang_up()
                raise OSError(errno.EIO, os.strerror(errno.EIO)) from None


class InProcessLine:
    """Raises OSError where a real line would."""

    def __init__(self, host: InProcessHost) -> None:
        self._host = host

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        end_s = self._host.time.monotonic() + timeout_s
        while not (data := self._host.exchange(self, b"", max_bytes)[1]):
            if not self._waited(end_s):
                return b""
        return data

    def write(self, data: bytes, deadline_s: float) -> int:
        end_s = self._host.time.monotonic() + deadline_s
        taken = 0
        while taken < len(data):
            more = self._host.exchange(self, data[taken:], 0)[0]
            taken += more
            if not more and not self._waited(end_s):
                break
        return taken

    def close(self) -> None:
        with self._host.lock:
            if self._host._opened is self:  # noqa: SLF001 - the other half of the same thing
                self._host.hang_up()

    def _waited(self, end_s: float) -> bool:
        remaining_s = end_s - self._host.time.monotonic()
        if remaining_s <= 0:
            return False
        self._host.time.sleep(min(remaining_s, self._host.SLICE_S))
        return True

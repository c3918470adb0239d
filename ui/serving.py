"""The port of a program's pages, taken before anything else is begun, so that a refusal has changed nothing."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

BACKLOG: Final = 2048  # as uvicorn's own


class Refusal(NamedTuple):
    """`template` says what happened and what it means, `advice` what to do; both take `host`, `port` and `why`."""

    key: str
    template: str
    advice: str


TAKEN: Final = Refusal(
    "serving.taken",
    "Port {port} on {host} is taken by another program, or by this one started twice. "
    "Nothing was started, and nothing was changed.",
    "Stop the other one, or name another port in the settings.",
)
FORBIDDEN: Final = Refusal(
    "serving.forbidden",
    "Port {port} on {host} may not be opened by this user. Nothing was started, and nothing was changed.",
    "Name a port from 1024 on in the settings, or have the system allow this one.",
)
NOT_HERE: Final = Refusal(
    "serving.not_here",
    "{host} is no address of this machine. Nothing was started, and nothing was changed.",
    "Put host right in the settings: 127.0.0.1 is this machine alone, 0.0.0.0 all of its networks.",
)
UNUSABLE: Final = Refusal(
    "serving.unusable",
    "Port {port} on {host} cannot be opened ({why}). Nothing was started, and nothing was changed.",
    "Name another host or port in the settings.",
)
REFUSALS: Final = {
    errno.EADDRINUSE: TAKEN,
    errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
    errno.EADDRNOTAVAIL: NOT_HERE,
}


class PortError(Exception):
    """A port on which a program should be found cannot be opened."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        is_unknown = isinstance(error, socket.gaierror)
        refusal = NOT_HERE if is_unknown else REFUSALS.get(error.errno or 0, UNUSABLE)
        self.key = refusal.key
        self.fields: dict[str, Any] = {"host": host, "port": port, "why": error.strerror}
        self.message = refusal.template.format(**self.fields)
        self.what_now = refusal.advice
        super().__init__(f"{self.message} {self.what_now}")


@contextlib.contextmanager
def open_port(host: str, port: int) -> Iterator[list[socket.socket]]:
    """A listening socket on every address of `host`, "localhost" has two; closed at the end. Raises PortError."""
    with contextlib.ExitStack() as held:
        try:
            sockets = [held.enter_context(it) for it in _listening(host, port)]
        except OSError as error:
            raise PortError(host, port, error) from error
        yield sockets


def _listening(host: str, port: int) -> Iterator[socket.socket]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, _, _, _, address in found:
        try:
            door = socket.create_server(address, family=family, backlog=BACKLOG)
            # asyncio does so for sockets that it has made; without it every answer waits 40 ms for the caller's ack.
            # What is accepted inherits it.
            door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield door
        except OSError as error:
            # "localhost" is ::1 as well, also on a machine without IPv6.
            if error.errno != errno.EADDRNOTAVAIL or len(found) == 1:
                raise

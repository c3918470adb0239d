"""A program's port is there for it alone, or it is said in words why not."""

import errno
import socket

import pytest

from ui.serving import PortError, open_port

NOTHING = "Nothing was started, and nothing was changed."


def test_a_port_is_taken_and_listens() -> None:
    with (
        open_port("127.0.0.1", 0) as [door],
        socket.create_connection(door.getsockname(), 5) as caller,
    ):
        assert caller.getpeername() == door.getsockname()
    assert door.fileno() == -1


def test_an_answer_is_sent_at_once() -> None:
    """An answer is two packets, its head and its body: the second must not wait until the first is acknowledged."""
    with (
        open_port("127.0.0.1", 0) as [door],
        socket.create_connection(door.getsockname(), 5),
        door.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_a_taken_port_is_said_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortError) as refusal, open_port("127.0.0.1", port):
            pass
    assert (refusal.value.key, refusal.value.message, refusal.value.what_now) == (
        "serving.taken",
        f"Port {port} on 127.0.0.1 is taken by another program, or by this one started twice. {NOTHING}",
        "Stop the other one, or name another port in the settings.",
    )
    assert str(refusal.value) == f"{refusal.value.message} {refusal.value.what_now}"


def test_what_was_taken_before_a_refusal_is_given_back(mocker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with socket.create_server(("127.0.0.2", port)):
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))
            for host in ("127.0.0.1", "127.0.0.2")
        ]
        mocker.patch("socket.getaddrinfo", return_value=found)
        with pytest.raises(PortError), open_port("localhost", port):
            pass
    with open_port("localhost", port) as doors:
        assert [it.getsockname()[0] for it in doors] == ["127.0.0.1", "127.0.0.2"]


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_said(host: str, mocker) -> None:
    if host.endswith("invalid"):
        error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        mocker.patch("socket.getaddrinfo", side_effect=error)
    with pytest.raises(PortError) as refusal, open_port(host, 8101):
        pass
    assert refusal.value.message == f"{host} is no address of this machine. {NOTHING}"
    assert refusal.value.key == "serving.not_here"


@pytest.mark.parametrize(
    ("number", "key", "words"),
    [
        (errno.EACCES, "serving.forbidden", "Port 80 on 127.0.0.1 may not be opened by this user."),
        (
            errno.EMFILE,
            "serving.unusable",
            "Port 80 on 127.0.0.1 cannot be opened (Too many open files).",
        ),
    ],
)
def test_every_other_reason_is_said(number: int, key: str, words: str) -> None:
    error = PortError("127.0.0.1", 80, OSError(number, "Too many open files"))
    assert (error.key, error.message) == (key, f"{words} {NOTHING}")

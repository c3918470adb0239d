"""`twinstore sim run` as the process it is: started, pressed, killed, started again."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hardware_sim.payment_terminals.ledger import Entry, Ledger
from hardware_sim.processes import Party, answers, twinstore

HOST = "127.0.0.1"


def free_port() -> int:
    with socket.create_server((HOST, 0)) as held:
        return int(held.getsockname()[1])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Party]:
    port, printer, terminal = (free_port() for _ in range(3))
    (tmp_path / "shop.toml").write_text(
        f'name = "corner"\nport = {port}\n[scanner]\nlink = "line/scanner"\n'
        f"[printer]\nport = {printer}\n[payment_terminal]\nport = {terminal}\n",
        encoding="utf-8",
    )
    url = f"http://{HOST}:{port}"
    party = Party(
        "sim",
        twinstore("sim", "run", "shop.toml"),
        url=url,
        is_ready=lambda: answers(f"{url}/api/shop"),
        folder=tmp_path,
    )
    party.start()
    party.wait_until_ready()
    yield party
    party.kill()


def test_a_counter_survives_its_own_kill(shop: Party) -> None:
    """The line's path is the same afterwards, and the payment terminal still knows what it charged."""
    link = shop.folder / "line" / "scanner"
    assert link.is_symlink()
    shop.kill()
    Ledger(shop.folder / "payment_terminal.jsonl").write(
        Entry("A", "Payment", "approved", amount_minor=100, currency="KRW", transaction_id="T1")
    )
    shop.start()
    shop.wait_until_ready()
    assert link.resolve().parts[1:3] == ("dev", "pts")
    ledger = httpx.get(f"{shop.url}/api/payment_terminal/ledger", trust_env=False).json()
    assert (ledger["moved_minor"], ledger["times_charged"]) == (100, {"A": 1})


def test_it_says_where_everything_is(shop: Party) -> None:
    """Whoever started it may have written an empty file."""
    state = httpx.get(f"{shop.url}/api/shop", trust_env=False).json()
    places = [
        ("page", shop.url), ("scanner", str(shop.folder / "line" / "scanner")),
        ("printer", state["printer"]["url"]), ("payment terminal", state["payment_terminal"]["url"]),
    ]  # fmt: skip
    first, *lines, last = shop.log_tail().splitlines()
    assert (first, last) == ("corner, a simulated counter:", "Ctrl-C ends it.")
    assert [tuple(re.split(r" {2,}", line.strip())[:2]) for line in lines] == places


def test_it_ends_when_it_is_told_and_takes_its_line_along(shop: Party) -> None:
    shop.stop()
    assert not (shop.folder / "line" / "scanner").is_symlink()
    assert "Traceback" not in shop.log_tail(100)


def test_a_file_with_a_mistake_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text("[printer]\nmodel = 'x'\n")
    done = subprocess.run(
        [*twinstore("sim", "run", "shop.toml")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "printer.model: Expected one of " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("taken", ["port", "printer", "payment_terminal"])
def test_a_taken_port_is_said_in_words(tmp_path: Path, taken: str) -> None:
    ports = {name: free_port() for name in ("port", "printer", "payment_terminal")}
    (tmp_path / "shop.toml").write_text(
        f"port = {ports['port']}\n[printer]\nport = {ports['printer']}\n"
        f"[payment_terminal]\nport = {ports['payment_terminal']}\n",
        encoding="utf-8",
    )
    with socket.create_server((HOST, ports[taken])):
        done = subprocess.run(
            [*twinstore("sim", "run", "shop.toml")],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        f"Error: Port {ports[taken]} on 127.0.0.1 is taken by another program, or by this one started twice. "
        "Nothing was started, and nothing was changed. "
        "Stop the other one, or name another port in the settings.\n"
    )

"""Parties are real processes: small ones of our own here, and the real broker."""

import socket
import sys
from dataclasses import astuple
from pathlib import Path

import pytest

from hardware_sim import processes
from hardware_sim.processes import Company, Party, PartyError, Ports
from hardware_sim.settings_files import Shop

WEB = (
    "import http.server, sys\n"
    "class Page(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self): self.send_response(200); self.end_headers()\n"
    "    def log_message(self, *_): pass\n"
    "print('serving', flush=True)\n"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Page).serve_forever()\n"
)
DEAF = "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(60)\n"
DYING = "print('no such peripheral: scales'); raise SystemExit(3)"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
        return port


def web(folder: Path) -> Party:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    return Party(
        "web",
        [sys.executable, "-c", WEB, str(port)],
        url=url,
        is_ready=lambda: processes.answers(url),
        folder=folder,
    )


def silent(folder: Path, program: str) -> Party:
    return Party(
        "hub",
        [sys.executable, "-c", program],
        url="http://127.0.0.1:9",
        is_ready=lambda: False,
        folder=folder,
    )


def test_a_party_starts_answers_and_stops(tmp_path: Path) -> None:
    party = web(tmp_path)
    party.start()
    party.wait_until_ready()
    assert party.is_ready
    party.stop()
    assert (party.is_alive, party.is_ready) == (False, False)
    assert party.log_tail() == "serving"


def test_a_killed_party_starts_again_and_its_log_goes_on(tmp_path: Path) -> None:
    party = web(tmp_path)
    party.start()
    party.wait_until_ready()
    first = party.pid
    party.kill()
    assert not party.is_alive
    party.restart()
    assert party.pid != first
    assert party.log_tail() == "serving\nserving"
    party.stop()


def test_starting_what_runs_changes_nothing(tmp_path: Path) -> None:
    party = web(tmp_path)
    party.start()
    first = party.pid
    party.start()
    assert party.pid == first
    party.stop()


def test_a_party_that_ends_at_once_shows_its_last_words(tmp_path: Path) -> None:
    party = silent(tmp_path, DYING)
    party.start()
    with pytest.raises(PartyError) as error:
        party.wait_until_ready()
    assert str(error.value) == (
        f"The hub ended with status 3 before it was ready. Its last words, in {party.log}:\n"
        "no such peripheral: scales"
    )


def test_a_party_that_never_answers_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    party = silent(tmp_path, "import time; time.sleep(60)")
    party.start()
    with pytest.raises(PartyError, match=r"^The hub did not answer at http://127.0.0.1:9 in 0.1 s"):
        party.wait_until_ready(within_s=0.1)
    party.kill()


def test_a_party_deaf_to_the_request_is_ended_by_force(tmp_path: Path) -> None:
    party = silent(tmp_path, DEAF)
    party._is_ready = lambda: party.log_tail() == "deaf"
    party.start()
    party.wait_until_ready()
    party.stop(within_s=0.1)
    assert not party.is_alive


def test_only_the_last_lines_of_a_long_log_are_shown(tmp_path: Path) -> None:
    party = silent(tmp_path, DYING)
    party.log.parent.mkdir()
    party.log.write_text("".join(f"line {n}\n" for n in range(100)))
    assert party.log_tail(2) == "line 98\nline 99"


def test_settings_in_this_environment_do_not_reach_the_processes() -> None:
    given = {"PATH": "/bin", "TWINSTORE_EDGE_PORT": "1", "TWINSTORE_HUB_PORT": "2"}
    assert processes.environment(given) == {"PATH": "/bin", "PYTHONUNBUFFERED": "1"}


def test_ports_in_a_row() -> None:
    assert Ports.in_a_row(8100) == Ports(*range(8100, 8111))


def test_free_ports_are_different_and_free() -> None:
    ports = Ports.free()
    assert ports.taken() == []
    assert len({ports.hub, ports.box, ports.sim, ports.broker, ports.line}) == 5


@pytest.mark.parametrize(
    ("given", "quiet"),
    [("32768\t60999\n", range(10_000, 32_768)), ("1024\t65535\n", range(10_000, 65_536))],
)
def test_free_ports_are_none_that_a_connection_may_be_given(
    given: str, quiet: range, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a port is taken by any caller on this machine before the party that it was meant for has started."""
    settings = tmp_path / "ip_local_port_range"
    settings.write_text(given)
    monkeypatch.setattr(processes, "OUTGOING_PORTS", settings)
    assert processes.quiet_ports() == quiet
    assert set(astuple(Ports.free())) <= set(quiet)


def test_ports_that_are_promised_already_are_not_given_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = Ports.free()
    near = range(max(astuple(first)) - 40, max(astuple(first)) + 1)
    monkeypatch.setattr(processes, "quiet_ports", lambda: near)
    assert set(astuple(Ports.free(without=astuple(first)))).isdisjoint(astuple(first))


def test_where_no_port_is_free_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Ports.free()
    monkeypatch.setattr(processes, "quiet_ports", lambda: range(first.hub, first.hub + 1))
    with pytest.raises(PartyError, match=r"^Expected 11 free ports, got 0\.$"):
        Ports.free(without=[first.hub])


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    ports = Ports.free()
    company = Company(tmp_path, ports)
    with socket.create_server(("127.0.0.1", ports.box)), pytest.raises(PartyError) as error:
        company.start()
    assert str(error.value) == (
        f"Another program listens on port {ports.box}, so the shop cannot open. "
        "Stop that program, or choose other ports with --port."
    )
    assert [party.is_alive for party in company.parties] == [False] * 5


def test_another_shop_shares_hub_and_broker_and_nothing_else(tmp_path: Path) -> None:
    first = Company(tmp_path, Ports.free())
    other = first.another("hillside", Shop(edge_id="maru-hillside-1"))
    assert (other.hub, other.broker) == (first.hub, first.broker)
    assert other.folder == tmp_path / "hillside"
    assert {other.box.url, other.line.url}.isdisjoint({first.box.url, first.line.url})
    line = other.line.command
    assert line[line.index("--to") + 1] == f"127.0.0.1:{first.ports.broker}"
    assert 'edge_id = "maru-hillside-1"' in (other.folder / "edge.toml").read_text()


def test_where_customers_pay_by_wallet_its_providers_run_too_for_every_shop(tmp_path: Path) -> None:
    first = Company(tmp_path, Ports.free(), Shop(takes_wallets=True))
    assert [it.name for it in first.parties] == ["broker", "hub", "line", "wallets", "sim", "box"]
    assert (tmp_path / "wallets.toml").exists()
    other = first.another("hillside", Shop(edge_id="maru-hillside-1", takes_wallets=True))
    assert other.wallets is first.wallets
    assert f'wallets_url = "{first.wallets.url}"' in (other.folder / "shop.toml").read_text()


@pytest.mark.requires("mosquitto")
def test_the_broker_is_mosquitto_where_it_is_installed(tmp_path: Path) -> None:
    broker = Company(tmp_path, Ports.free()).broker
    broker.start()
    broker.wait_until_ready()
    assert "mosquitto version" in broker.log_tail()
    broker.stop()


def test_without_mosquitto_the_broker_is_amqtt_and_the_settings_say_its_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "mosquitto", lambda: None)
    company = Company(tmp_path, Ports.free())
    company.broker.start()
    company.broker.wait_until_ready()
    company.broker.stop()
    assert processes.broker_name() == "amqtt"
    for name in ("edge.toml", "hub.toml"):
        assert '?protocol=3.1.1"' in (tmp_path / name).read_text()

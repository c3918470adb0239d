"""The real processes of one company's shop, started and driven from outside, as a stranger would.

A Party is one process with its log file; a Company is the five of them on ports of this machine, six where customers
pay by wallet.
Nothing here looks into a process: it is asked over HTTP and TCP, and ended by signals.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from hardware_sim import settings_files
from hardware_sim.settings_files import Shop
from hardware_sim.wallets.contracts import Contracts

HOST = "127.0.0.1"
LOWEST_PORT = 10_000
HIGHEST_PORT = 65_535
OUTGOING_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0
POLL_S = 0.05
LOG_LINES = 12

# A shop's settings in this environment would reach into the processes started here.
SETTINGS_PREFIXES = ("TWINSTORE_EDGE_", "TWINSTORE_HUB_")


class PartyError(Exception):
    """A process is not what was asked of it. The message ends with the last lines of its log."""


# -- ports -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ports:
    """Where each party listens. The box reaches broker and hub through the line alone."""

    landing: int
    hub: int
    box: int
    sim: int
    broker: int
    line: int
    line_hub: int
    line_control: int
    printer: int
    payment_terminal: int
    wallets: int

    @classmethod
    def in_a_row(cls, first: int) -> Self:
        return cls(*range(first, first + len(fields(cls))))

    @classmethod
    def free(cls, *, without: Collection[int] = ()) -> Self:
        """Ports that nobody listens on now, and that no outgoing connection is given before we listen."""
        found: list[int] = []
        candidates = quiet_ports()
        with ExitStack() as held:
            for port in random.SystemRandom().sample(candidates, len(candidates)):
                if port not in without and _may_listen(port, held):
                    found.append(port)
                if len(found) == len(fields(cls)):
                    return cls(*found)
        raise PartyError(f"Expected {len(fields(cls))} free ports, got {len(found)}.")

    @property
    def next_row(self) -> Self:
        """As many again, from the one after the last."""
        return self.in_a_row(self.wallets + 1)

    def taken(self) -> list[int]:
        """Those of them that another program listens on."""
        ports = (getattr(self, field.name) for field in fields(self))
        return [port for port in ports if is_listening(port)]


def _may_listen(port: int, held: ExitStack) -> bool:
    try:
        held.enter_context(socket.create_server((HOST, port)))
    except OSError:
        return False
    return True


def quiet_ports() -> range:
    """Below those from which the system gives one to an outgoing connection; all, where it gives nearly all."""
    first_given = int(OUTGOING_PORTS.read_text(encoding="ascii").split()[0])
    has_room = first_given >= 2 * LOWEST_PORT
    return range(LOWEST_PORT, first_given if has_room else HIGHEST_PORT + 1)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


def answers(url: str) -> bool:
    """Whether a GET of `url` gives 200."""
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


# -- one process -------------------------------------------------------------------------------


class Party:
    """One process: started, asked whether it is ready, stopped, killed, started again."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        url: str,
        is_ready: Callable[[], bool],
        folder: Path,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.url = url
        self.folder = folder
        self.log = folder / "logs" / f"{name}.log"
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        return self.is_alive and self._is_ready()

    def start(self) -> None:
        """Starts it, if it does not run, and comes back at once; `wait_until_ready` is the other half."""
        if self.is_alive:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C at the terminal reaches only us, and we stop in order.
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self, within_s: float = READY_WITHIN_S) -> None:
        deadline_s = time.monotonic() + within_s
        while not self.is_ready:
            if not self.is_alive:
                raise PartyError(self._failure(f"ended with {self._status()} before it was ready"))
            if time.monotonic() > deadline_s:
                raise PartyError(self._failure(f"did not answer at {self.url} in {within_s:g} s"))
            time.sleep(POLL_S)

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Asks it to end (SIGTERM) and waits; ends it by force after `within_s`."""
        self.ask_to_stop()
        if not self._has_ended(within_s):
            self.kill()

    def ask_to_stop(self) -> None:
        """SIGTERM; `stop` is for who waits too."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: as when the plug is pulled on this process alone."""
        self._signal(signal.SIGKILL)
        self._has_ended(STOP_WITHIN_S)

    def restart(self, within_s: float = READY_WITHIN_S) -> None:
        self.stop()
        self.start()
        self.wait_until_ready(within_s)

    def log_tail(self, lines: int = LOG_LINES) -> str:
        if not self.log.exists():
            return ""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _has_ended(self, within_s: float) -> bool:
        if self._process is None:
            return True
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _status(self) -> str:
        return "nothing" if self._process is None else f"status {self._process.returncode}"

    def _failure(self, what: str) -> str:
        return f"The {self.name} {what}. Its last words, in {self.log}:\n{self.log_tail()}"


def environment(given: Mapping[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in given.items() if not k.startswith(SETTINGS_PREFIXES)}
    return kept | {"PYTHONUNBUFFERED": "1"}


def twinstore(*words: str) -> list[str]:
    """The command line of a verb in this very environment."""
    return [sys.executable, "-P", "-m", "provisioning", *words]


# -- the broker --------------------------------------------------------------------------------


def mosquitto() -> str | None:
    """Debian keeps it in sbin, which is not on everybody's PATH."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def broker_command(folder: Path, port: int) -> list[str]:
    """Mosquitto where it is installed, else amqtt (MQTT 3.1.1 only, for demos and tests)."""
    program = mosquitto()
    if program:
        settings = folder / "mosquitto.conf"
        settings.write_text(
            settings_files.mosquitto(port, user="root" if os.geteuid() == 0 else None)
        )
        return [program, "-c", str(settings)]
    settings = folder / "amqtt.yaml"
    settings.write_text(settings_files.amqtt(port))
    return [sys.executable, "-P", "-m", "amqtt.scripts.broker_script", "-c", str(settings)]


def broker_name() -> str:
    return "mosquitto" if mosquitto() else "amqtt"


def broker_query() -> str:
    """What a broker's URL says more: amqtt speaks MQTT 3.1.1 and refuses 5."""
    return "" if mosquitto() else "?protocol=3.1.1"


# -- the whole shop ----------------------------------------------------------------------------


class Company:
    """A hub, a box, the broker, the line between box and broker, a simulated counter, and the wallets' providers.

    The settings files are written here; data and logs stay in `folder`, so that a Company made
    again in the same folder goes on where the last one stopped.
    """

    def __init__(self, folder: Path, ports: Ports, shop: Shop | None = None) -> None:
        self.folder = folder.absolute()
        self.ports = ports
        self.shop = shop or Shop()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_settings()
        self.broker = self._broker()
        self.hub = self._web("hub", ports.hub, "/health", "hub", "run", "--settings", "hub.toml")
        self.line = self._line()
        self.wallets = self._web(
            "wallets", ports.wallets, "/api/wallets", "sim", "wallets", "wallets.toml"
        )
        self.sim = self._web("sim", ports.sim, "/api/shop", "sim", "run", "shop.toml")
        self.box = self._web("box", ports.box, "/health", "edge", "run", "--settings", "edge.toml")

    def another(self, name: str, shop: Shop, ports: Ports | None = None) -> Self:
        """Another shop of this company, in a folder of its own: its counter is new, all else is ours.

        `ports` are for the counter; without them it gets free ones.
        """
        ours = self.ports
        fresh = ports or Ports.free(without=astuple(ours))
        ports = replace(fresh, hub=ours.hub, broker=ours.broker, wallets=ours.wallets)
        other = type(self)(self.folder / name, ports, shop)
        other.broker, other.hub, other.wallets = self.broker, self.hub, self.wallets
        return other

    @property
    def parties(self) -> tuple[Party, ...]:
        """In the order in which they are started; stopped the other way round."""
        wallets = (self.wallets,) if self.shop.takes_wallets else ()
        return (self.broker, self.hub, self.line, *wallets, self.sim, self.box)

    @property
    def counter(self) -> tuple[Party, ...]:
        """What stands in this shop alone, and is not shared with another shop of the company."""
        return (self.line, self.sim, self.box)

    @property
    def scanner(self) -> str:
        """Where the simulated scanner's pseudo-terminal is found."""
        return str(self.folder / "scanner.tty")

    @property
    def line_control_url(self) -> str:
        return f"http://{HOST}:{self.ports.line_control}"

    def party(self, name: str) -> Party:
        return {party.name: party for party in self.parties}[name]

    def start(self) -> None:
        for party in self.starting():
            party.wait_until_ready()

    def refuse_taken_ports(self) -> None:
        """Raises PartyError where another program listens."""
        if taken := self.ports.taken():
            raise PartyError(
                f"Another program listens on port {', '.join(map(str, taken))}, so the shop cannot open. "
                "Stop that program, or choose other ports with --port."
            )

    def starting(self) -> Iterator[Party]:
        """Starts all, gives each while it wakes: the caller shows progress and waits until ready."""
        self.refuse_taken_ports()
        for party in self.parties:
            party.start()
        yield from self.parties

    def stop(self) -> None:
        for party in reversed(self.parties):
            party.stop()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _write_settings(self) -> None:
        query = broker_query()
        contracts = Contracts() if self.shop.takes_wallets else None
        wallets = contracts.of_company(f"http://{HOST}:{self.ports.wallets}") if contracts else {}
        texts = {
            "hub.toml": settings_files.hub(self.shop, self.ports, query, wallets),
            "edge.toml": settings_files.edge(self.shop, self.ports, query, self.scanner),
            "shop.toml": settings_files.counter(self.shop, self.ports, self.scanner),
        }
        if contracts:
            providers = contracts.of_providers()
            texts["wallets.toml"] = settings_files.wallets(self.shop, self.ports, providers)
        for name, text in texts.items():
            (self.folder / name).write_text(text, encoding="utf-8")

    def _web(self, name: str, port: int, health: str, *verb: str) -> Party:
        url = f"http://{HOST}:{port}"
        return Party(
            name,
            twinstore(*verb),
            url=url,
            is_ready=lambda: answers(url + health),
            folder=self.folder,
        )

    def _broker(self) -> Party:
        port = self.ports.broker
        return Party(
            "broker",
            broker_command(self.folder, port),
            url=f"mqtt://{HOST}:{port}",
            is_ready=lambda: is_listening(port),
            folder=self.folder,
        )

    def _line(self) -> Party:
        ports = self.ports
        ends = [
            *("--listen", f"{HOST}:{ports.line}", "--to", f"{HOST}:{ports.broker}"),
            *("--listen", f"{HOST}:{ports.line_hub}", "--to", f"{HOST}:{ports.hub}"),
            *("--control", f"{HOST}:{ports.line_control}"),
        ]
        return Party(
            "line",
            twinstore("sim", "line", *ends),
            url=self.line_control_url,
            is_ready=lambda: is_listening(self.ports.line_control),
            folder=self.folder,
        )


@contextmanager
def stopped(company: Company) -> Iterator[Company]:
    """Whatever happens inside, everything of `company` has ended afterwards."""
    try:
        yield company
    finally:
        company.stop()

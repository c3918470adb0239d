"""What holds for every test: clean logs, a loop that never blocks, and no quiet skip."""

import gc
import inspect
import ipaddress
import logging
import os
import shutil
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PACKAGES = ("contract", "ui", "drivers", "edge", "cloud", "provisioning", "hardware_sim")

REQUIRE = "TWINSTORE_REQUIRE"


# -- files -------------------------------------------------------------------------------------

SHARED_MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 10**9
TEMPORARY_ROOT = "PYTEST_DEBUG_TEMPROOT"  # pytest's own name for where its tmp_path begins


def pytest_configure() -> None:
    """The tests' files lie in memory where there is room: every commit of a till or a hub waits for its disk.

    Nothing is lost by it: no test takes the machine's own power away, and what a disk does wrong is played in our code.
    """
    if os.access(SHARED_MEMORY, os.W_OK) and shutil.disk_usage(SHARED_MEMORY).free >= ROOM_BYTES:
        os.environ.setdefault(TEMPORARY_ROOT, str(SHARED_MEMORY))


# -- programs of the machine -------------------------------------------------------------------


def postgresql() -> str | None:
    """The newest PostgreSQL server; Debian keeps it off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return str(found[-1]) if found else shutil.which("postgres")


def mosquitto() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def chromium() -> str | None:
    return shutil.which("chromium")


PROGRAMS = {"mosquitto": mosquitto, "postgresql": postgresql, "chromium": chromium}


def missing_programs(item: pytest.Item) -> list[str]:
    wanted = {name for mark in item.iter_markers("requires") for name in mark.args}
    if "browser" in getattr(item, "fixturenames", ()):
        wanted.add("chromium")
    return sorted(name for name in wanted if PROGRAMS[name]() is None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if missing := missing_programs(item):
        names = " ".join(missing)
        pytest.skip(f"{names} not found on this machine (Debian: apt install {names}).")


# -- nothing skipped where everything is required ----------------------------------------------


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Makes a skip a failure; an expected failure (xfail) also reports itself as skipped."""
    if os.environ.get(REQUIRE) == "all" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{REQUIRE}=all allows no skip: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_skip(report)
    return report


# -- order -------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright leaves its own loop running in the main thread.

    Files are handed to workers whole, so a file with both kinds would bring that loop before everybody else.
    """
    with_browser = {item.path for item in items if _wants_browser(item)}
    mixed = {item.path for item in items if not _wants_browser(item)} & with_browser
    if mixed:
        names = ", ".join(sorted(path.name for path in mixed))
        raise pytest.UsageError(
            f"Expected browser tests in files of their own, got both in {names}."
        )
    items.sort(key=_wants_browser)


def _wants_browser(item: pytest.Item) -> bool:
    return "browser" in getattr(item, "fixturenames", ())


# -- memory ------------------------------------------------------------------------------------


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: the collector need not walk them again and again, a tenth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


# -- the event loop ----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def never_block_the_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """A blocking call of ours inside an event loop raises BlockingError in that test.

    Browser tests are left out: Playwright's own loop surrounds the test's lines.
    """
    if "browser" in request.fixturenames:
        yield
        return
    with blockbuster_ctx(list(PACKAGES)):
        yield


# -- the logs ----------------------------------------------------------------------------------


class FormatCheck(logging.Handler):
    """Formats every record of ours and keeps those whose arguments do not fit their text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        try:
            record.getMessage()
        except (TypeError, ValueError, KeyError) as fault:
            place = f"{record.pathname}:{record.lineno}"
            self.faults.append(f"{place}: {record.msg!r} with {record.args!r}: {fault}")


@pytest.fixture(autouse=True)
def well_formed_logs() -> Iterator[None]:
    """Debug lines too: a badly formatted one would only be seen on the day it is needed."""
    check = FormatCheck()
    loggers = [logging.getLogger(name) for name in PACKAGES]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(check)
        logger.setLevel(logging.DEBUG)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(check)
        logger.setLevel(level)
    assert check.faults == []


# -- certificates ------------------------------------------------------------------------------


class Authority:
    """A certificate authority of one test. Files are PEM; a certificate's key stands beside it as NAME.key."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = dict.fromkeys(inspect.signature(x509.KeyUsage).parameters, False)
        own = x509.KeyUsage(**usage | {"key_cert_sign": True, "crl_sign": True})
        certificate = (
            self._certificate(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(own, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.path = self._write(f"{name}.pem", certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str) -> Path:
        """A certificate for the address 127.0.0.1, or for a client of that name; valid for a day around now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            self._certificate(subject, key.public_key())
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._write(f"{name}.key", text)
        return self._write(f"{name}.pem", certificate.public_bytes(Encoding.PEM))

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now, day = datetime.now(UTC), timedelta(days=1)
        return (
            x509.CertificateBuilder(self._name, subject, key, x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )

    def _write(self, name: str, text: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(text)
        return path


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def other_authority(tmp_path: Path) -> Authority:
    """One that nobody here trusts."""
    return Authority(tmp_path, "other-authority")


# -- the browser -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, not a downloaded one; root has no sandbox to enter."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return browser_type_launch_args | {
        "executable_path": chromium(),
        "args": [*browser_type_launch_args.get("args", []), *as_root],
    }

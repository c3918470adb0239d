"""How long the paper waits: from the commit of a sale to the first byte of its receipt at the printer."""

from __future__ import annotations

import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any, Self

from hardware_sim import settings_files
from hardware_sim.processes import HOST, Company, Ports, broker_query, stopped
from hardware_sim.proof.benchmarks.timing import spread_ms
from hardware_sim.proof.estate import DATABASE, open_shop, start
from hardware_sim.proof.outside import PRODUCTS, HeadOffice, Json, Till, until
from hardware_sim.settings_files import Shop

SALES = 40
WITH_FONT = "epson-tm-t88v-korean"
WITHOUT_FONT = "epson-tm-t88v"  # Korean goes there as pictures
LINES = 5
LEAST_JOB_BYTES = 64  # a question about the printer's state is shorter
POLL_S = 0.0002
WITHIN_S = 20.0
MOST_MS = 10.0


class Tap:
    """Stands before the printer, passes every byte on, and notes when a receipt begins and how long it is."""

    def __init__(self, printer_port: int) -> None:
        self._printer_port = printer_port
        self._server = socket.create_server((HOST, 0))
        self.port = int(self._server.getsockname()[1])
        self.began_at_s: float | None = None
        self.bytes_passed = 0
        self._open: list[socket.socket] = [self._server]

    def __enter__(self) -> Self:
        _thread(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._open:
            one.close()

    def arm(self) -> None:
        self.began_at_s, self.bytes_passed = None, 0

    def _accept(self) -> None:
        while True:
            try:
                box, _ = self._server.accept()
                printer = socket.create_connection((HOST, self._printer_port))
            except OSError:
                return  # closed: the benchmark is over
            self._open += [box, printer]
            for one in (box, printer):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _thread(partial(self._pass, box, printer, self._noted))
            _thread(partial(self._pass, printer, box, len))

    def _pass(
        self, source: socket.socket, target: socket.socket, note: Callable[[bytes], object]
    ) -> None:
        try:
            while data := source.recv(65_536):
                note(data)
                target.sendall(data)
        except OSError:
            pass  # either end has gone; the box opens the line again
        source.close()
        target.close()

    def _noted(self, data: bytes) -> None:
        if self.began_at_s is None and len(data) >= LEAST_JOB_BYTES:
            self.began_at_s = time.perf_counter()
        self.bytes_passed += len(data)


def receipt(progress: Callable[[str], object]) -> dict[str, Any]:
    """Sale committed → first byte of its receipt at the printer, over a bare socket write; bytes a receipt."""
    waits, sizes = _printed_by(WITH_FONT, progress)
    raster_waits, raster_sizes = _printed_by(WITHOUT_FONT, progress)
    figures = _figures(waits, sizes, bare_writes(sizes))
    raster_ms, _ = spread_ms(raster_waits)
    return figures | {"raster_p50_ms": raster_ms, "raster_bytes_a_receipt": _middle(raster_sizes)}


def _printed_by(model: str, progress: Callable[[str], object]) -> tuple[list[float], list[int]]:
    """Korean receipts of SALES sales on a printer of `model`: seconds from commit to first byte, bytes of each."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twinstore-receipt-")))
        company = Company(folder, Ports.free(), Shop(printer_model=model))
        tap = stack.enter_context(Tap(company.ports.printer))
        _print_through(company, tap)
        stack.enter_context(stopped(company))
        start(*company.parties)
        till = stack.enter_context(Till(company.box.url))
        office = stack.enter_context(HeadOffice(company.hub.url))
        open_shop(till, office)
        return _measured(company.folder / DATABASE, till, tap, progress)


def _print_through(company: Company, tap: Tap) -> None:
    text = settings_files.edge(company.shop, company.ports, broker_query(), company.scanner)
    tapped = text.replace(f"tcp://{HOST}:{company.ports.printer}", f"tcp://{HOST}:{tap.port}")
    (company.folder / "edge.toml").write_text(tapped, encoding="utf-8")


def _measured(
    database: Path, till: Till, tap: Tap, progress: Callable[[str], object]
) -> tuple[list[float], list[int]]:
    lines = [{"sku": product["sku"], "quantity": 1} for product in PRODUCTS[:LINES]]
    waits, sizes = [], []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as box:
        for number in range(SALES):
            tap.arm()
            waits.append(_one(box, till, tap, lines))
            sizes.append(tap.bytes_passed)
            progress(f"receipt: {number + 1} of {SALES}")
    return waits, sizes


def _one(box: sqlite3.Connection, till: Till, tap: Tap, lines: list[Json]) -> float:
    """Sells, watches the database for the commit, waits for the paper; the seconds between the two."""
    before = _version(box)
    sold: list[Json] = []
    seller = threading.Thread(target=lambda: sold.append(till.sell(lines)))
    seller.start()
    while _version(box) == before:
        time.sleep(POLL_S)
    committed_s = time.perf_counter()
    seller.join()
    # The box is asked nothing before its paper moves: answering would be part of what is measured.
    if not until(lambda: tap.began_at_s is not None, WITHIN_S):
        raise RuntimeError(f"Expected a receipt within {WITHIN_S:g} s, got none.")
    began_at_s = tap.began_at_s
    if not until(lambda: _is_printed(till, sold[0]["sale_id"]), WITHIN_S) or began_at_s is None:
        raise RuntimeError(f"Expected the receipt to be whole within {WITHIN_S:g} s, it was not.")
    return began_at_s - committed_s


def _version(box: sqlite3.Connection) -> int:
    """Changes when another connection has committed."""
    return int(box.execute("PRAGMA data_version").fetchone()[0])


def _is_printed(till: Till, sale_id: str) -> bool:
    jobs = till.ask("GET", "/api/print-jobs", limit=3)
    return any(job["subject_id"] == sale_id and job["state"] == "PRINTED" for job in jobs)


def bare_writes(sizes: list[int]) -> list[float]:
    """The limit: as many bytes written to a socket, until the first of them is read at the other end."""
    waits = []
    with socket.create_server((HOST, 0)) as server:
        for size in sizes:
            with socket.create_connection(server.getsockname()) as near, server.accept()[0] as far:
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                started_s = time.perf_counter()
                writer = _thread(partial(near.sendall, bytes(size)))
                far.recv(1)
                waits.append(time.perf_counter() - started_s)
                _drain(far, size - 1)
                writer.join()
    return waits


def _drain(line: socket.socket, count: int) -> None:
    while count > 0:
        count -= len(line.recv(65_536))


def _thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def _figures(waits: list[float], sizes: list[int], bare: list[float]) -> dict[str, Any]:
    p50_ms, p95_ms = spread_ms(waits)
    bare_ms, _ = spread_ms(bare)
    over_ms = round(p50_ms - bare_ms, 3)
    return {
        "p50_ms": p50_ms,
        "p95_ms": p95_ms,
        "bare_write_p50_ms": bare_ms,
        "over_bare_ms": over_ms,
        "bytes_a_receipt": _middle(sizes),
        "receipts": len(waits),
        "ok": over_ms <= MOST_MS,
    }


def _middle(sizes: list[int]) -> int:
    return sorted(sizes)[len(sizes) // 2]

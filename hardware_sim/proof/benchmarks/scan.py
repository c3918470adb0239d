"""From the scanner's byte to the changed cart in a real browser, beside the same page with a hard-coded push."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from hardware_sim.processes import HOST, Company, Party, Ports, answers, stopped
from hardware_sim.proof.benchmarks.timing import spread_ms
from hardware_sim.proof.estate import open_shop, start
from hardware_sim.proof.outside import PRODUCTS, HeadOffice, Till

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCANS = 60
WARM_UP = 12
PAUSE_S = 0.15
WITHIN_S = 15.0
CART = "#stage"
MOST_RATIO = 2.0

# Wall time of the machine, in the browser as here: both ends of a measurement are on one clock.
WATCH = """
cart => {
    window.seen = [];
    const now = () => performance.timeOrigin + performance.now();
    const inCart = node => (node.nodeType === 1 ? node : node.parentElement)?.closest(cart);
    new MutationObserver(changes => {
        if (changes.some(change => inCart(change.target))) window.seen.push(now());
    }).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
}
"""


class Scanner:
    """A scanner's USB-CDC line: what is written here is what the reader at the other end gets."""

    def __init__(self, link: Path) -> None:
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        self._theirs = theirs  # kept open, so that the line lives while nobody reads
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(theirs))

    def scan(self, code: str) -> float:
        """Writes an EAN-13 as a scanner sends it (ISO/IEC 15424: ]E0); gives the wall time just before, in seconds."""
        started_s = time.time()
        os.write(self._ours, b"]E0" + code.encode() + b"\r\n")
        return started_s

    def close(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)


def scan(progress: Callable[[str], object]) -> dict[str, Any]:
    """Scanner's byte → cart changed in Chromium, p50 and p95, over the same page with a hard-coded push."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twinstore-scan-")))
        company = Company(folder, Ports.free())
        real, bare = Scanner(Path(company.scanner)), Scanner(folder / "bare.tty")
        stack.callback(real.close)
        stack.callback(bare.close)
        stack.enter_context(stopped(company))
        start(company.broker, company.hub, company.line, company.box)
        till = stack.enter_context(Till(company.box.url))
        office = stack.enter_context(HeadOffice(company.hub.url))
        open_shop(till, office)
        browser = stack.enter_context(chromium())
        copy_page(till, browser, folder / "copy", real)
        pushed = _bare_party(company, folder)
        stack.callback(pushed.stop)
        start(pushed)
        pages = (_watched(browser, company.box.url), _watched(browser, pushed.url))
        times = _measured(till, pages, (real, bare), progress)
    return _figures(*times)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser that ends with the block: Debian's, or the one that Playwright has."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=as_root)
        yield browser
        browser.close()


def copy_page(till: Till, browser: Browser, folder: Path, scanner: Scanner) -> None:
    """Keeps the box's page with all it loads, and the events of a cart that fills, as files for `bare_push`."""
    folder.mkdir()
    loaded: dict[str, dict[str, str]] = {}
    numbers = itertools.count()

    def keep(response: Any) -> None:
        path = httpx.URL(response.url).path
        if path != "/events" and response.ok:
            name = f"{next(numbers)}.bin"
            (folder / name).write_bytes(response.body())
            loaded[path] = {"file": name, "type": response.headers.get("content-type", "")}

    page = browser.new_page()
    page.on("response", keep)
    page.goto(till.url, wait_until="load")
    page.wait_for_timeout(500)
    page.close()
    (folder / "page.json").write_text(json.dumps(loaded), encoding="utf-8")
    events = [_event_of(till.url, scanner, product["gtins"][0]) for product in PRODUCTS]
    empty_cart(till)
    (folder / "events.json").write_text(json.dumps(events), encoding="utf-8")


def empty_cart(till: Till) -> None:
    till.client.post("/api/basket/void").raise_for_status()


def _event_of(url: str, scanner: Scanner, code: str) -> str:
    """The server-sent event that one scan causes: the first one that repaints the cart after the page's state."""
    with httpx.stream("GET", url + "/events", trust_env=False, timeout=WITHIN_S) as stream:
        kept: list[str] = []
        chunks = iter(stream.iter_text())
        next(chunks)
        scanner.scan(code)
        for chunk in chunks:
            kept.append(chunk)
            whole = "".join(kept)
            if whole.endswith("\n\n") and CART in whole:
                return whole
    raise RuntimeError(f"Expected an event that repaints {CART}, got none.")


def _bare_party(company: Company, folder: Path) -> Party:
    port = company.ports.landing
    module = "hardware_sim.proof.benchmarks.bare_push"
    url = f"http://{HOST}:{port}"
    return Party(
        "bare",
        [
            sys.executable,
            "-P",
            "-m",
            module,
            str(folder / "copy"),
            str(port),
            str(folder / "bare.tty"),
        ],
        url=url,
        is_ready=lambda: answers(url + "/"),
        folder=folder,
    )


def _watched(browser: Browser, url: str) -> Page:
    """A page of its own window, so that neither is in the background."""
    page = browser.new_context().new_page()
    page.goto(url, wait_until="load")
    page.wait_for_timeout(1_000)
    page.evaluate(WATCH, CART)
    return page


def _measured(
    till: Till,
    pages: tuple[Page, Page],
    scanners: tuple[Scanner, Scanner],
    progress: Callable[[str], object],
) -> tuple[list[float], list[float]]:
    """In turns, so that a busy machine slows both. The cart is emptied whenever every product is in it."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + SCANS):
        if number and number % len(PRODUCTS) == 0:
            empty_cart(till)
            pages[0].wait_for_timeout(4 * PAUSE_S * 1_000)
        code = PRODUCTS[number % len(PRODUCTS)]["gtins"][0]
        for page, scanner, taken in zip(pages, scanners, times, strict=True):
            taken.append(_seen_after(page, scanner, code))
        progress(f"scan: {number + 1} of {WARM_UP + SCANS}")
    return times[0][WARM_UP:], times[1][WARM_UP:]


def _seen_after(page: Page, scanner: Scanner, code: str) -> float:
    """Seconds from the byte to the first change of the cart. The page is asked when all is over: asking takes time."""
    page.evaluate("window.seen = []")
    started_s = scanner.scan(code)
    deadline_s = started_s + WITHIN_S
    while time.time() < deadline_s:
        page.wait_for_timeout(PAUSE_S * 1_000)
        if seen := page.evaluate("window.seen"):
            return float(seen[0]) / 1_000 - started_s
    raise RuntimeError(f"Expected {page.url} to show the scan of {code} in {WITHIN_S:g} s.")


def _figures(box: list[float], bare: list[float]) -> dict[str, Any]:
    p50_ms, p95_ms = spread_ms(box)
    bare_p50_ms, bare_p95_ms = spread_ms(bare)
    ratio = statistics.median(box) / statistics.median(bare)
    return {
        "p50_ms": p50_ms,
        "p95_ms": p95_ms,
        "bare_p50_ms": bare_p50_ms,
        "bare_p95_ms": bare_p95_ms,
        "scans": len(box),
        "ratio_p95": round(p95_ms / bare_p95_ms, 2),
        "ratio": round(ratio, 2),
        "ok": ratio <= MOST_RATIO,
    }

"""`twinstore sim run shop.toml`: a counter's peripherals as one process, with the bench to work them."""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path

from hardware_sim.counter import Counter
from hardware_sim.settings import ShopSettings, read_settings
from ui.serving import open_port

# Open pages hold an endless stream each; at the end they are let go after this.
GRACE_S = 1


def run(file: Path) -> None:
    """Until the process is told to end. Raises SettingsError or PortError where it cannot start."""
    serve(read_settings(file))


def told(counter: Counter, port: int) -> str:
    """Where everything is, for whoever started it."""
    settings = counter.settings
    places = [
        (
            "page",
            f"http://{settings.host}:{port}",
            "scan, tear, pull, approve, with the bytes beside",
        ),
        ("scanner", counter.scanner.host.url, "a serial line"),
        (
            "printer",
            counter.printer.url,
            f"ESC/POS, {settings.printer.model}; the drawer hangs on it",
        ),
        ("payment terminal", counter.payment_terminal.host.url, "nexo Retailer 3.0, JSON"),
    ]
    width = max(len(url) for _, url, _ in places)
    lines = [f"  {name:<16}  {url:<{width}}  {words}" for name, url, words in places]
    return "\n".join([f"{settings.name}, a simulated counter:", *lines, "Ctrl-C ends it.\n"])


def serve(settings: ShopSettings) -> None:
    import uvicorn

    from hardware_sim.bench.app import create_app

    # uvicorn ends first and then hands the signal on: without this it would end us before the hosts have stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open_port(settings.host, settings.port) as doors:
        counter = Counter(settings)
        try:
            counter.start()
            sys.stdout.write(told(counter, doors[0].getsockname()[1]))
            sys.stdout.flush()
            config = uvicorn.Config(
                create_app(counter), log_level="warning", timeout_graceful_shutdown=GRACE_S
            )
            with contextlib.suppress(KeyboardInterrupt):  # uvicorn has obeyed, and hands it on
                uvicorn.Server(config).run(sockets=doors)
        finally:
            counter.stop()

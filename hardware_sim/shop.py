"""`twinstore sim run shop.toml`: a counter's peripherals as one process, with the bench to work them."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from hardware_sim.counter import Counter
from hardware_sim.settings import ShopSettings, read_settings

# Open pages hold an endless stream each; at the end they are let go after this.
GRACE_S = 1


def run(file: Path) -> None:
    """Until the process is told to end. SettingsError where the file cannot be used."""
    serve(read_settings(file))


def serve(settings: ShopSettings) -> None:
    import uvicorn

    from hardware_sim.bench.app import create_app

    # uvicorn ends first and then hands the signal on: without this it would end us before the hosts have stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    counter = Counter(settings)
    counter.start()
    try:
        uvicorn.run(
            create_app(counter),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_S,
        )
    finally:
        counter.stop()

"""`twinstore sim run shop.toml`: a counter's peripherals as one process, with the bench to work them."""

from __future__ import annotations

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

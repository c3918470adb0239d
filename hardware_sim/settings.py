"""shop.toml: which simulated peripherals stand on the counter, and where drivers find them.

    name = "Maru Office Tower"
    host = "127.0.0.1"                  # the bench's page and control API
    port = 8300
    language = "en"
    currency = "KRW"
    line_control_url = ""               # where `twinstore sim line` is controlled; "" = no switch on the page
    wallets_url = ""                    # where `twinstore sim wallets` runs; "" = no customer has a wallet

    [scanner]
    link = "scanner.tty"                # the path of its serial line
    has_identifiers = true

    [printer]
    model = "epson-tm-t88v"             # a row of printers/models.toml
    port = 9100                         # or link = "printer.tty", or usb = "04b8:0202" in one process
    speed = 1.0                         # 20.0: twenty times as fast as the real one

    [drawer]
    open_level = "high"                 # "low", or "none" without a sensor

    [payment_terminal]
    port = 9200
    script = ["approve"]                # approve, decline, pin, cancel, timeout, wait; the last one repeats
    speed = 1.0                         # of the customer
    ledger = "payment_terminal.jsonl"

    [[products]]                        # what lies on the page to be scanned
    name = { en = "Rice cake", ko = "떡", zh = "年糕" }
    data = "8801234567893"

Relative paths begin at the file's own folder. Every table may be left out.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hardware_sim.payment_terminals.nexo import STEPS
from hardware_sim.printers.models import models

HOST = "127.0.0.1"


class SettingsError(ValueError):
    """A shop.toml that cannot be used; the message names the place, what was expected and what came."""


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScannerSettings(Table):
    name: str = "scanner"
    link: Path = Path("scanner.tty")
    prefix: str = ""
    suffix: str = "\r\n"
    has_identifiers: bool = True


class PrinterSettings(Table):
    name: str = "printer"
    model: str = "epson-tm-t88v"
    host: str = HOST
    port: int = Field(default=9100, ge=0, le=65535)
    link: Path | None = None
    speed: float = Field(default=1.0, gt=0)
    usb: str = Field(default="", pattern=r"^([0-9a-fA-F]{4}:[0-9a-fA-F]{4})?$")

    @field_validator("model")
    @classmethod
    def _known(cls, model: str) -> str:
        if model not in models():
            raise ValueError(f"Expected one of {', '.join(sorted(models()))}, got {model}.")
        return model


class DrawerSettings(Table):
    name: str = "drawer"
    pin: Literal[2, 5] = 2
    open_level: Literal["high", "low", "none"] = "high"


class TerminalSettings(Table):
    name: str = "payment_terminal"
    host: str = HOST
    port: int = Field(default=9200, ge=0, le=65535)
    script: list[str] = ["approve"]
    ledger: Path | None = Path("payment_terminal.jsonl")
    speed: float = Field(default=1.0, gt=0)

    @field_validator("script")
    @classmethod
    def _known(cls, script: list[str]) -> list[str]:
        if not script or set(script) - set(STEPS):
            raise ValueError(
                f"Expected steps of {', '.join(STEPS)}, got {', '.join(script) or 'none'}."
            )
        return script


class ProductSettings(Table):
    """One thing to scan. `symbology` "" lets the scanner tell it from the data."""

    name: dict[str, str]
    data: str
    symbology: str = ""


class ShopSettings(Table):
    name: str = "shop"
    host: str = HOST
    port: int = Field(default=8300, ge=0, le=65535)
    language: str = "en"
    currency: str = "KRW"
    timezone: str = "Asia/Seoul"
    accent: str = "oklch(0.55 0.13 250)"
    line_control_url: str = ""
    wallets_url: str = ""
    scanner: ScannerSettings = ScannerSettings()
    printer: PrinterSettings = PrinterSettings()
    drawer: DrawerSettings = DrawerSettings()
    payment_terminal: TerminalSettings = TerminalSettings()
    products: list[ProductSettings] = []


def read_settings(file: Path) -> ShopSettings:
    """The file's settings with its paths made absolute. SettingsError says what is wrong where."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        return rooted(ShopSettings.model_validate(content), file.absolute().parent)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}.") from error
    except ValidationError as error:
        raise SettingsError(f"{file}: {_first_fault(error)}") from error


def rooted(settings: ShopSettings, folder: Path) -> ShopSettings:
    """The same with paths that begin at `folder`."""
    scanner = settings.scanner.model_copy(update={"link": folder / settings.scanner.link})
    changes: dict[str, Any] = {"scanner": scanner}
    if settings.printer.link is not None:
        link = folder / settings.printer.link
        changes["printer"] = settings.printer.model_copy(update={"link": link})
    if settings.payment_terminal.ledger is not None:
        ledger = folder / settings.payment_terminal.ledger
        changes["payment_terminal"] = settings.payment_terminal.model_copy(
            update={"ledger": ledger}
        )
    return settings.model_copy(update=changes)


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    place = ".".join(str(it) for it in fault["loc"]) or "the file"
    if fault["type"] == "extra_forbidden":
        return f"{place} is no setting of a counter. `twinstore sim run --help` shows them all."
    return f"{place}: {fault['msg'].removeprefix('Value error, ')}"

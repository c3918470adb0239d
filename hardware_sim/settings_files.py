"""The settings files of a made-up company, as text: what a person would write by hand.

A simulator knows nothing of the box's or the hub's code; these formats are their documented ones.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

HOST = "127.0.0.1"


class Ports(Protocol):
    """The ports that the files name."""

    @property
    def hub(self) -> int: ...
    @property
    def box(self) -> int: ...
    @property
    def sim(self) -> int: ...
    @property
    def broker(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def line_hub(self) -> int: ...
    @property
    def line_control(self) -> int: ...
    @property
    def printer(self) -> int: ...
    @property
    def payment_terminal(self) -> int: ...
    @property
    def wallets(self) -> int: ...


@dataclass(frozen=True)
class Scannable:
    """Something that lies on the bench's page to be scanned: its names by language, its code."""

    name: Mapping[str, str]
    data: str


@dataclass(frozen=True)
class Shop:
    """Who runs the shop and where it stands. The defaults are Maru's Office Tower.

    `takes_wallets` where the company has contracts with WeChat Pay and Alipay.
    """

    company: str = "maru"
    company_name: str = "Maru"
    business_number: str = "123-45-67890"
    accent: str = "oklch(0.6 0.15 25)"
    edge_id: str = "maru-office-tower-1"
    location_id: str = "maru-office-tower"
    location_name: Mapping[str, str] = field(
        default_factory=lambda: {
            "ko": "오피스타워점",
            "en": "Office Tower",
            "zh": "写字楼店",
        }
    )
    currency: str = "KRW"
    language: str = "ko"
    timezone: str = "Asia/Seoul"
    cash_rounding_minor: int = 10
    clock_url: str = "system:"
    database_url: str = ""
    printer_model: str = "epson-tm-t88v"
    on_the_bench: Sequence[Scannable] = ()
    takes_wallets: bool = False

    @property
    def sign(self) -> str:
        """What is written above its door."""
        return f"{self.company_name} {self.location_name.get(self.language, '')}".rstrip()


HILLSIDE = Shop(
    edge_id="maru-hillside-1",
    location_id="maru-hillside",
    location_name={"ko": "언덕점", "en": "Hillside", "zh": "山坡店"},
)
"""Maru's second shop, which is small."""


# -- TOML --------------------------------------------------------------------------------------


def toml(table: Mapping[str, Any]) -> str:
    """A TOML document of strings, numbers, truths, lists and tables nested in tables."""
    return "\n".join(_section("", table)).strip() + "\n"


def _section(name: str, table: Mapping[str, Any]) -> list[str]:
    values = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    lines = ["", f"[{name}]"] if name and values else []
    lines += [f"{key} = {_value(value)}" for key, value in values.items()]
    for key, value in tables.items():
        lines += _section(f"{name}.{key}" if name else key, value)
    return lines


def _value(value: Any) -> str:
    """JSON's strings and numbers are TOML's too, for the characters that settings hold."""
    if isinstance(value, Mapping):
        pairs = (f"{key} = {_value(inner)}" for key, inner in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)


# -- the files ---------------------------------------------------------------------------------


def hub(shop: Shop, ports: Ports, query: str, wallets: Mapping[str, Any]) -> str:
    """`query` is what the broker's URL ends with, where it needs more than an address; `wallets` may be empty."""
    values = {
        "company": shop.company,
        "company_name": shop.company_name,
        "accent": shop.accent,
        "data_dir": "data/hub",
        "host": HOST,
        "port": ports.hub,
        "broker_url": f"mqtt://{HOST}:{ports.broker}{query}",
        "currency": shop.currency,
        "language": shop.language,
        "timezone": shop.timezone,
        "public_url": f"http://{HOST}:{ports.hub}",
        "clock_url": shop.clock_url,
    }
    database = {"database_url": shop.database_url} if shop.database_url else {}
    return toml(values | database | ({"wallets": wallets} if wallets else {}))


def edge(shop: Shop, ports: Ports, query: str, scanner: str) -> str:
    """`scanner` is the path of the simulated scanner's line, a pseudo-terminal."""
    return toml(
        {
            "edge_id": shop.edge_id,
            "location_id": shop.location_id,
            "workstation_id": "till-1",
            "company_name": shop.company_name,
            "business_number": shop.business_number,
            "accent": shop.accent,
            "data_dir": "data/box",
            "host": HOST,
            "port": ports.box,
            "broker_url": f"mqtt://{HOST}:{ports.line}{query}",
            "hub_url": f"http://{HOST}:{ports.line_hub}",
            "currency": shop.currency,
            "language": shop.language,
            "timezone": shop.timezone,
            "cash_rounding_minor": shop.cash_rounding_minor,
            "clock_url": shop.clock_url,
            "reconnect_limit_s": 2.0,
            "location_name": shop.location_name,
            "peripherals": _peripherals(shop, ports, scanner),
        }
    )


def _peripherals(shop: Shop, ports: Ports, scanner: str) -> dict[str, dict[str, str]]:
    return {
        "scanner": {
            "kind": "scanner",
            "driver": "serial_line",
            "profile": "generic-aim",
            "url": scanner,
        },
        "printer": {
            "kind": "receipt_printer",
            "driver": "escpos",
            "profile": shop.printer_model,
            "url": f"tcp://{HOST}:{ports.printer}",
        },
        "drawer": {
            "kind": "cash_drawer",
            "driver": "printer_kick",
            "profile": "generic",
            "url": "via:printer",
        },
        "payment_terminal": {
            "kind": "payment_terminal",
            "driver": "nexo",
            "profile": "generic",
            "url": f"tcp://{HOST}:{ports.payment_terminal}",
        },
    }


def counter(shop: Shop, ports: Ports, scanner: str) -> str:
    """shop.toml: the simulated counter that `twinstore sim run` starts."""
    return toml(
        {
            "name": shop.sign,
            "host": HOST,
            "port": ports.sim,
            "language": shop.language,
            "currency": shop.currency,
            "timezone": shop.timezone,
            "accent": shop.accent,
            "line_control_url": f"http://{HOST}:{ports.line_control}",
            "wallets_url": f"http://{HOST}:{ports.wallets}" if shop.takes_wallets else "",
            "products": [{"name": it.name, "data": it.data} for it in shop.on_the_bench],
            "scanner": {"link": scanner},
            "printer": {"model": shop.printer_model, "port": ports.printer},
            "payment_terminal": {"port": ports.payment_terminal},
        }
    )


def wallets(shop: Shop, ports: Ports, contracts: Mapping[str, Any]) -> str:
    """wallets.toml: the simulated providers that `twinstore sim wallets` starts."""
    values = {
        "host": HOST,
        "port": ports.wallets,
        "language": shop.language,
        "currency": shop.currency,
        "timezone": shop.timezone,
        "accent": shop.accent,
    }
    return toml({**values, **contracts})


# -- brokers -----------------------------------------------------------------------------------


def mosquitto(port: int, *, user: str | None) -> str:
    """`user` is whom it may run as when root starts it; None leaves it whoever started it."""
    lines = [
        f"listener {port} {HOST}",
        "allow_anonymous true",
        "persistence false",
        "set_tcp_nodelay true",
        *([f"user {user}"] if user else []),
    ]
    return "\n".join(lines) + "\n"


def amqtt(port: int) -> str:
    """YAML, of which JSON is a part."""
    settings = {
        "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
        "plugins": {
            "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True},
        },
    }
    return json.dumps(settings) + "\n"

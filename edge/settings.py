"""What this box is and where its peripherals are: one TOML file, overridden by TWINSTORE_EDGE_* of the environment.

A nested value is reached with two underscores: TWINSTORE_EDGE_PERIPHERALS__PRINTER__URL. Paths in the file are
relative to the file, so that a folder can be moved or run twice side by side.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from contract.broker import BrokerSettings
from contract.envelope import EdgeId
from contract.settings import (
    HttpUrl,
    KnownCurrency,
    Language,
    Port,
    Timezone,
    problems,
    rooted,
)
from ui.colour import Accent

Kind = Literal["scanner", "receipt_printer", "cash_drawer", "payment_terminal"]

ENVIRONMENT_PREFIX = "TWINSTORE_EDGE_"


class SettingsError(Exception):
    """The settings cannot be used. The message has one line for each thing to put right."""


class PeripheralSettings(BaseModel):
    """One peripheral: what it is, which driver speaks to it, which row of the driver's profiles, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    driver: str = Field(min_length=1)
    profile: str = "generic"
    url: str = Field(min_length=1)


class Settings(BrokerSettings, BaseSettings):
    """`cash_rounding_minor` is the smallest coin (0 = none); `hub_key` pins the hub's public key (hex).

    `receipt_keys` are the public keys (hex) of the boxes whose receipts are taken back here beside its own, as the
    hub shows them under /api/boxes.
    `reconnect_limit_s` is the longest pause between two attempts to reach the broker.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
    )

    edge_id: EdgeId
    location_id: str = Field(min_length=1)
    location_name: dict[Language, str] = Field(min_length=1)
    workstation_id: str = "till-1"
    company_name: str
    business_number: str = ""
    accent: Accent = "oklch(0.6 0.15 25)"
    data_dir: Path
    host: str = "127.0.0.1"
    port: Port = 8101
    host_names: tuple[str, ...] = ()  # of the public DNS; addresses and local names need no word
    hub_url: HttpUrl
    hub_key: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    receipt_keys: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    currency: KnownCurrency = "KRW"
    language: Language = "ko"
    timezone: Timezone = "Asia/Seoul"
    cash_rounding_minor: Annotated[int, Field(ge=0)] = 0
    clock_url: str = "system:"
    reconnect_limit_s: Annotated[float, Field(gt=0)] = 60.0
    peripherals: dict[str, PeripheralSettings] = {}

    @field_validator("clock_url")
    @classmethod
    def _is_clock(cls, url: str) -> str:
        if url != "system:" and not url.startswith("file:/"):
            raise ValueError(f'expected "system:" or "file:/path", got {url!r}')
        return url

    @field_validator("peripherals")
    @classmethod
    def _is_one_payment_terminal(
        cls, peripherals: dict[str, PeripheralSettings]
    ) -> dict[str, PeripheralSettings]:
        """Each would be asked about the other's payments, and "not found" there means that no money moved."""
        names = sorted(name for name, it in peripherals.items() if it.kind == "payment_terminal")
        if len(names) > 1:
            raise ValueError(f"expected one payment terminal at most, got {', '.join(names)}")
        return peripherals

    @property
    def database_path(self) -> Path:
        return self.data_dir / "box.sqlite3"

    @property
    def snapshots_dir(self) -> Path:
        return self.data_dir / "snapshots"

    @property
    def key_path(self) -> Path:
        return self.data_dir / "box.key"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def location_name_in(self, language: str) -> str:
        """The shop's name in `language`, or in any language it has."""
        names = {str(known): name for known, name in self.location_name.items()}
        return names.get(language) or next(iter(names.values()))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file: one image serves many shops."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load(path: Path) -> Settings:
    """Raises SettingsError, which says what to put right in which file."""
    values = _read(path)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        lines = [f"The settings {path} cannot be used:", *problems(error)]
        raise SettingsError("\n  ".join(lines)) from error
    return rooted(settings, path.absolute().parent)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"Cannot read the settings {path}: {error.strerror}. "
            "Name an existing file with --settings."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings {path} are not TOML: {error}.") from error

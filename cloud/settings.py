"""What this hub is: one TOML file, overridden by TWINSTORE_HUB_* of the environment.

Paths in the file are relative to the file, so that two hubs can run side by side.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cloud.errors import SettingsError
from contract.broker import BrokerSettings
from contract.settings import (
    HttpUrl,
    KnownCurrency,
    Language,
    Port,
    Timezone,
    check_http_url,
    problems,
    rooted,
)
from ui.colour import Accent

ENVIRONMENT_PREFIX = "TWINSTORE_HUB_"


class WechatPaySettings(BaseModel):
    """`key` is the merchant's API key of version 2; reversals and refunds want the client certificate (PEM paths)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: HttpUrl
    app_id: str = Field(min_length=1)
    merchant_id: str = Field(min_length=1)
    key: SecretStr = Field(min_length=32, max_length=32)
    certificate: str = ""
    certificate_key: str = ""


class AlipaySettings(BaseModel):
    """Keys in PEM: `private_key` is the merchant's own, `provider_key` the provider's public one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: HttpUrl
    app_id: str = Field(min_length=1)
    private_key: SecretStr = Field(min_length=1)
    provider_key: str = Field(min_length=1)


class WalletsSettings(BaseModel):
    """The wallet providers that this company has a contract with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wechat_pay: WechatPaySettings | None = None
    alipay: AlipaySettings | None = None


class Settings(BrokerSettings, BaseSettings):
    """`database_url` is empty for a SQLite file in `data_dir`; `public_url` is where boxes fetch snapshots.

    `clock_url` is for trials of days that pass in seconds: "system:", or "file:/path" with the seconds of a shift.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=ENVIRONMENT_PREFIX)

    company: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    company_name: str = Field(min_length=1)
    accent: Accent = "oklch(0.6 0.15 25)"
    data_dir: Path
    host: str = "127.0.0.1"
    port: Port = 8100
    host_names: tuple[
        str, ...
    ] = ()  # beside that of public_url; addresses and local names need no word
    database_url: str = ""
    currency: KnownCurrency = "KRW"
    language: Language = "ko"
    timezone: Timezone = "Asia/Seoul"
    public_url: str = ""
    clock_url: str = "system:"
    wallets: WalletsSettings = WalletsSettings()

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            # A password may stand behind the scheme.
            scheme = url.partition(":")[0]
            raise ValueError(f"expected sqlite:///FILE or postgresql+psycopg://…, got {scheme}:")
        return url

    @field_validator("clock_url")
    @classmethod
    def _is_clock(cls, url: str) -> str:
        if url != "system:" and not url.startswith("file:/"):
            raise ValueError(f'expected "system:" or "file:/path", got {url!r}')
        return url

    @field_validator("public_url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        return check_http_url(url) if url else url

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'hub.sqlite3'}"

    @property
    def snapshots_dir(self) -> Path:
        return self.data_dir / "snapshots"

    @property
    def key_path(self) -> Path:
        return self.data_dir / "hub.key"

    @property
    def members_key_path(self) -> Path:
        """The key that signs member codes: another one than the hub's own, so that either can change alone."""
        return self.data_dir / "members.key"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names of the public DNS under which this hub answers."""
        return (*self.host_names, urlsplit(self.address).hostname or "")

    @property
    def address(self) -> str:
        return self.public_url or f"http://{self.host}:{self.port}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file: one image serves many companies."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load(path: Path) -> Settings:
    """Raises SettingsError, which says what to put right in which file."""
    values = _read(path)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(path=str(path), detail="; ".join(problems(error))) from error
    return rooted(settings, path.absolute().parent)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        detail = f"it cannot be read ({error.strerror})"
        raise SettingsError(path=str(path), detail=detail) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(path=str(path), detail=f"it is not TOML ({error})") from error

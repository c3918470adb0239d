"""wallets.toml: which wallet providers run, for which merchant, and where.

    host = "127.0.0.1"
    port = 8310
    language = "en"                     # of the page: ko, zh, en
    speed = 1.0                         # of the customers

    [wechat_pay]
    app_id = "wx0000000000000000"
    merchant_id = "1900000109"
    key = "…"                           # 32 characters, shared with the hub
    script = ["approve"]                # decline, password, gives_up, wait, late: customers in turn
    ledger = "wechat_pay.jsonl"

    [alipay]
    app_id = "2014072300007148"
    merchant_key = "-----BEGIN PUBLIC KEY-----…"    # the hub's
    private_key = "-----BEGIN PRIVATE KEY-----…"    # the provider's own
    ledger = "alipay.jsonl"

Relative paths begin at the file's own folder.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from hardware_sim.settings import SettingsError
from hardware_sim.wallets.provider import STEPS

HOST = "127.0.0.1"


def _known(script: list[str]) -> list[str]:
    if not script or set(script) - set(STEPS):
        raise ValueError(
            f"Expected steps of {', '.join(STEPS)}, got {', '.join(script) or 'none'}."
        )
    return script


Script = Annotated[list[str], AfterValidator(_known)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WechatPaySettings(Table):
    app_id: str
    merchant_id: str
    key: str = Field(min_length=32, max_length=32)
    script: Script = ["approve"]
    ledger: Path = Path("wechat_pay.jsonl")


class AlipaySettings(Table):
    app_id: str
    merchant_key: str
    private_key: str
    script: Script = ["approve"]
    ledger: Path = Path("alipay.jsonl")


class WalletsSettings(Table):
    host: str = HOST
    port: int = Field(default=8310, ge=0, le=65535)
    language: str = "en"
    currency: str = "KRW"
    timezone: str = "Asia/Seoul"
    accent: str = "oklch(0.55 0.13 250)"
    speed: float = Field(default=1.0, gt=0)
    wechat_pay: WechatPaySettings
    alipay: AlipaySettings


def read_settings(file: Path) -> WalletsSettings:
    """The file's settings with its paths made absolute. SettingsError says what is wrong where."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        settings = WalletsSettings.model_validate(content)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}.") from error
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]
        place = ".".join(str(it) for it in fault["loc"]) or "the file"
        told = fault["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{file}: {place}: {told}") from error
    return _rooted(settings, file.absolute().parent)


def _rooted(settings: WalletsSettings, folder: Path) -> WalletsSettings:
    providers = {
        name: table.model_copy(update={"ledger": folder / table.ledger})
        for name, table in (("wechat_pay", settings.wechat_pay), ("alipay", settings.alipay))
    }
    return settings.model_copy(update=providers)

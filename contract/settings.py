"""What the settings of box and hub have in common: kinds of values, and how a mistake is told. Opens no file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from contract.money import MINOR_DIGITS

Language = Literal["ko", "zh", "en"]
Port = Annotated[int, Field(ge=0, le=65_535)]
"""0 takes any that is free."""
AnyModel = TypeVar("AnyModel", bound=BaseModel)


def check_http_url(url: str) -> str:
    """Gives `url` back without a slash at its end, or raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected http://HOST:PORT or https://HOST, got {url!r}")
    return url.rstrip("/")


def check_timezone(name: str) -> str:
    """Gives `name` back, or raises ValueError."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"expected a name such as Asia/Seoul, got {name!r}") from error
    return name


def check_currency(code: str) -> str:
    """Gives `code` back, or raises ValueError."""
    if code not in MINOR_DIGITS:
        raise ValueError(f"expected one of {', '.join(MINOR_DIGITS)}, got {code!r}")
    return code


KnownCurrency = Annotated[str, AfterValidator(check_currency)]
HttpUrl = Annotated[str, AfterValidator(check_http_url)]
Timezone = Annotated[str, AfterValidator(check_timezone)]


def rooted(settings: AnyModel, folder: Path) -> AnyModel:
    """The same with every path absolute: one that is relative begins at `folder`."""
    paths = {
        name: folder / value.expanduser() for name, value in settings if isinstance(value, Path)
    }
    return settings.model_copy(update=paths)


def problems(error: ValidationError) -> list[str]:
    """One for each thing to put right: "port: Input should be …", and no value that could be a secret."""
    return [_in_words(".".join(map(str, it["loc"])), it["msg"]) for it in error.errors()]


def _in_words(place: str, message: str) -> str:
    return f"{place}: {message}" if place else message

"""Values that the settings of box and hub have in common, and how a mistake in them is told."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from contract.settings import HttpUrl, KnownCurrency, Port, Timezone, problems, rooted


class Example(BaseModel):
    url: HttpUrl = "http://hub"
    currency: KnownCurrency = "KRW"
    timezone: Timezone = "Asia/Seoul"
    port: Port = 1
    folder: Path = Path("data")
    ca: Path | None = None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"url": "ftp://hub"}, "url: Value error, expected http://HOST:PORT or https://HOST, got 'ftp://hub'"),
        ({"url": "https://"}, "url: Value error, expected http://HOST:PORT or https://HOST, got 'https://'"),
        (
            {"currency": "XXX"},
            "currency: Value error, expected one of CNY, EUR, GBP, HKD, JPY, KRW, MYR, SGD, THB, USD, VND, got 'XXX'",
        ),
        ({"timezone": "Mars"}, "timezone: Value error, expected a name such as Asia/Seoul, got 'Mars'"),
        ({"timezone": "/etc"}, "timezone: Value error, expected a name such as Asia/Seoul, got '/etc'"),
        ({"port": 65_536}, "port: Input should be less than or equal to 65535"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(values: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Example.model_validate(values)
    assert problems(refusal.value) == [told]


def test_every_mistake_is_told() -> None:
    with pytest.raises(ValidationError) as refusal:
        Example.model_validate({"url": 1, "port": -1})
    assert problems(refusal.value) == [
        "url: Input should be a valid string",
        "port: Input should be greater than or equal to 0",
    ]


def test_an_address_loses_its_last_slash() -> None:
    assert Example(url="http://hub:8100/").url == "http://hub:8100"


def test_relative_paths_begin_at_the_folder() -> None:
    settings = rooted(Example(ca=Path("/etc/ca.pem")), Path("/srv/box"))
    assert (settings.folder, settings.ca) == (Path("/srv/box/data"), Path("/etc/ca.pem"))
    assert rooted(Example(folder=Path("~/box")), Path("/srv")).folder == Path.home() / "box"

"""Where the broker is and how one enters: the same words in the settings of box and hub. Opens no file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, model_validator

NO_PASSWORD: Final = SecretStr("")
DEFAULT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
OLD_PROTOCOL: Final = "protocol=3.1.1"


def check_broker_url(url: str) -> str:
    """Gives `url` back, or raises ValueError, which never repeats a password that stands in the address."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValueError(
            "expected an address without name and password, which a log would show; "
            "broker_username and broker_password are for them"
        )
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.port == 0:
        raise ValueError(f"expected mqtt://HOST:PORT or mqtts://HOST:PORT, got {url!r}")
    if f"{parts.path}?{parts.query}" not in {"?", "/?", f"?{OLD_PROTOCOL}", f"/?{OLD_PROTOCOL}"}:
        raise ValueError(
            f"expected nothing behind HOST:PORT but ?{OLD_PROTOCOL}, got {url!r}; "
            "broker_ca, broker_certificate and broker_key are for certificates"
        )
    return url


BrokerUrl = Annotated[str, AfterValidator(check_broker_url)]


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker as a client needs it; `ca` is None where the authorities that the system trusts are meant.

    `is_version_5` is False for "?protocol=3.1.1": amqtt, the demo's broker without mosquitto, speaks no more.
    `certificate` and `key` are the client's own; None for `key` means that it stands in the certificate's file.
    """

    host: str
    port: int
    is_encrypted: bool
    is_version_5: bool = True
    username: str = ""
    password: SecretStr = NO_PASSWORD
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @classmethod
    def of(cls, url: str) -> Broker:
        """What the address alone says."""
        parts = urlsplit(check_broker_url(url))
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        return cls(parts.hostname or "", port, parts.scheme == "mqtts", parts.query != OLD_PROTOCOL)


class BrokerSettings(BaseModel):
    """The broker's part of a program's settings. Files are PEM, relative to the file that names them.

    Without `broker_ca` the broker's certificate must come from an authority that the system trusts. A private key
    with a passphrase cannot be used: nobody is there to type it.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    broker_url: BrokerUrl
    broker_username: str = ""
    broker_password: SecretStr = NO_PASSWORD
    broker_ca: Path | None = None
    broker_certificate: Path | None = None
    broker_key: Path | None = None

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.broker_password.get_secret_value() and not self.broker_username:
            raise ValueError("expected broker_username beside broker_password, got none")
        if self.broker_key and not self.broker_certificate:
            raise ValueError("expected broker_certificate beside broker_key, got none")
        if (self.broker_ca or self.broker_certificate) and not self.broker.is_encrypted:
            raise ValueError(
                "expected mqtts:// in broker_url where certificates are named, got mqtt://"
            )
        return self

    @property
    def broker(self) -> Broker:
        return replace(
            Broker.of(self.broker_url),
            username=self.broker_username,
            password=self.broker_password,
            ca=self.broker_ca,
            certificate=self.broker_certificate,
            key=self.broker_key,
        )

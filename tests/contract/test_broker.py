"""The broker's part of the settings: read into one `Broker`, or refused in words that show no password."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from contract.broker import Broker, BrokerSettings


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("mqtt://broker", Broker("broker", 1883, is_encrypted=False)),
        ("mqtt://10.0.0.5:1884/", Broker("10.0.0.5", 1884, is_encrypted=False)),
        ("mqtts://broker.example", Broker("broker.example", 8883, is_encrypted=True)),
        ("mqtts://[::1]:9", Broker("::1", 9, is_encrypted=True)),
        (
            "mqtt://127.0.0.1:1883?protocol=3.1.1",
            Broker("127.0.0.1", 1883, is_encrypted=False, is_version_5=False),
        ),
    ],
)
def test_the_address_says_where(url: str, broker: Broker) -> None:
    assert Broker.of(url) == broker


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "http://broker",
            "expected mqtt://HOST:PORT or mqtts://HOST:PORT, got 'http://broker'",
        ),
        ("mqtt://", "expected mqtt://HOST:PORT or mqtts://HOST:PORT, got 'mqtt://'"),
        (
            "mqtt://broker:0",
            "expected mqtt://HOST:PORT or mqtts://HOST:PORT, got 'mqtt://broker:0'",
        ),
        ("mqtt://broker:65536", "Port out of range 0-65535"),
        (
            "mqtts://broker?ca=/etc/ca.pem",
            (
                "expected nothing behind HOST:PORT but ?protocol=3.1.1, got 'mqtts://broker?ca=/etc/ca.pem'; "
                "broker_ca, broker_certificate and broker_key are for certificates"
            ),
        ),
        (
            "mqtt://till:secret@broker",
            (
                "expected an address without name and password, which a log would show; "
                "broker_username and broker_password are for them"
            ),
        ),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(ValueError) as refusal:
        Broker.of(url)
    assert str(refusal.value) == words


def test_the_settings_make_one_broker() -> None:
    settings = BrokerSettings(
        broker_url="mqtts://broker",
        broker_username="till",
        broker_password=SecretStr("secret"),
        broker_ca=Path("ca.pem"),
        broker_certificate=Path("box.pem"),
        broker_key=Path("box-key.pem"),
    )
    assert settings.broker == Broker(
        "broker",
        8883,
        is_encrypted=True,
        username="till",
        password=SecretStr("secret"),
        ca=Path("ca.pem"),
        certificate=Path("box.pem"),
        key=Path("box-key.pem"),
    )
    assert "secret" not in f"{settings!r} {settings} {settings.broker!r} {settings.broker}"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"broker_password": "secret"},
            "expected broker_username beside broker_password, got none",
        ),
        ({"broker_key": "k.pem"}, "expected broker_certificate beside broker_key, got none"),
        (
            {"broker_ca": "ca.pem"},
            "expected mqtts:// in broker_url where certificates are named, got mqtt://",
        ),
        (
            {"broker_certificate": "box.pem"},
            "expected mqtts:// in broker_url where certificates are named, got mqtt://",
        ),
    ],
)
def test_what_does_not_belong_together_is_refused(values: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        BrokerSettings.model_validate({"broker_url": "mqtt://broker"} | values)
    assert [it["msg"] for it in refusal.value.errors()] == [f"Value error, {words}"]
    assert "secret" not in str(refusal.value)

"""Settings are read whole or refused in words."""

from pathlib import Path

import pytest

from cloud.errors import SettingsError
from cloud.identity import load as load_identity
from cloud.settings import load

TOML = """
company = "maru"
company_name = "Maru"
data_dir = "data/hub"
broker_url = "mqtt://127.0.0.1:1883"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "hub.toml"
    path.write_text(text)
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = load(written(tmp_path, TOML))
    assert settings.data_dir == tmp_path / "data/hub"
    assert settings.database == f"sqlite:///{tmp_path}/data/hub/hub.sqlite3"
    assert settings.address == "http://127.0.0.1:8100"


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINSTORE_HUB_PORT", "9")
    assert load(written(tmp_path, TOML)).port == 9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TOML.replace("mqtt://", "http://"), "broker_url: Value error, expected mqtt://HOST:PORT"),
        (
            TOML + 'timezone = "Mars/Base"',
            "timezone: Value error, expected a name such as Asia/Seoul",
        ),
        (
            TOML + 'database_url = "mysql://x"',
            "database_url: Value error, expected sqlite:///FILE or",
        ),
        (
            TOML + 'public_url = "hub.example"',
            "public_url: Value error, expected http://HOST:PORT or https://HOST, got 'hub.example'",
        ),
        (
            TOML + 'accent = "red; }"',
            "accent: Value error, Expected an accent such as oklch(0.6 0.15 25) or #a04030",
        ),
        (TOML + 'currency = "XXX"', "currency: Value error, expected one of CNY, EUR,"),
        (TOML + "unknown = 1", "unknown: Extra inputs are not permitted"),
        ("company =", "it is not TOML (Invalid value (at end of document))"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as refusal:
        load(path)
    assert refusal.value.message.startswith(f"The settings {path} cannot be used: {words}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"it cannot be read \(No such file or directory\)"):
        load(tmp_path / "none.toml")


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys/hub.key"
    first = load_identity(path).public_key
    assert load_identity(path).public_key == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    path.write_bytes(b"short")
    with pytest.raises(SettingsError, match="expected the hub's key in 32 bytes, got 5"):
        load_identity(path)


def test_the_brokers_words_are_read_and_its_files_are_beside_the_settings(tmp_path: Path) -> None:
    text = TOML.replace("mqtt://127.0.0.1:1883", "mqtts://broker")
    words = 'broker_username = "hub"\nbroker_password = "sesame"\nbroker_ca = "ca.pem"\n'
    settings = load(written(tmp_path, text + words))
    broker = settings.broker
    assert (broker.host, broker.port, broker.is_encrypted) == ("broker", 8883, True)
    assert (broker.username, broker.password.get_secret_value()) == ("hub", "sesame")
    assert broker.ca == tmp_path / "ca.pem"
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize(
    "text",
    [
        TOML.replace("mqtt://", "mqtt://hub:sesame@"),
        TOML + 'broker_password = "sesame"',
        TOML + 'database_url = "postgresql://hub:sesame@db/hub"',
    ],
)
def test_a_refusal_shows_no_password(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(written(tmp_path, text))
    assert "sesame" not in f"{refusal.value} {refusal.value.__cause__}"

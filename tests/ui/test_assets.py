"""Static files: hashed names, htmx from the installed package, and an accent that cannot be more than a colour."""

import importlib.util
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui import assets
from ui.assets import Assets, MissingAssetError

ACCENT = "oklch(0.6 0.15 25)"


def client(own: Assets) -> TestClient:
    return TestClient(Starlette(routes=[own.route()]))


def test_a_name_carries_the_hash_of_what_it_serves(tmp_path: Path) -> None:
    (tmp_path / "page.css").write_text("a {}")
    first = Assets([tmp_path], ACCENT).url("page.css")
    (tmp_path / "page.css").write_text("b {}")
    assert first == "/static/page.9a4487ccbe.css"
    assert Assets([tmp_path], ACCENT).url("page.css") != first


def test_a_file_is_served_for_good_with_its_type(tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text("1")
    own = Assets([tmp_path], ACCENT)
    answer = client(own).get(own.url("page.js"))
    assert answer.text == "1"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_htmx_and_its_stream_come_from_the_installed_package() -> None:
    own = Assets([], ACCENT)
    script = client(own).get(own.url("htmx.js")).text
    assert script.startswith("var htmx=")
    assert 'registerExtension("sse"' in script
    assert "django" not in sys.modules
    assert "django_htmx" not in sys.modules


def test_without_the_package_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingAssetError) as caught:
        assets.htmx_folder()
    assert str(caught.value) == (
        "The package django-htmx is not installed, so the screens have no htmx. "
        "Install one of Twinstore's extras: edge, hub or sim."
    )


def test_an_old_address_says_to_reload() -> None:
    answer = client(Assets([], ACCENT)).get("/static/tokens.0000000000.css")
    assert (answer.status_code, answer.text) == (404, "No such file. Reload the page.")


def test_a_template_cannot_name_a_file_that_is_not_there() -> None:
    with pytest.raises(MissingAssetError) as caught:
        Assets([], ACCENT).url("nowhere.css")
    assert str(caught.value).endswith(", got 'nowhere.css'.")


@pytest.mark.parametrize("accent", ["oklch(0.6 0.15 25)", "oklch(60% 0.15 25deg)", "#a04030"])
def test_an_accent_is_a_colour(accent: str) -> None:
    assert assets.accent_css(accent) == f":root {{ --accent: {accent}; }}\n".encode()


@pytest.mark.parametrize("accent", ["red; } body { display: none", "url(http://x)", "", "#12"])
def test_an_accent_is_nothing_but_a_colour(accent: str) -> None:
    with pytest.raises(ValueError) as caught:
        assets.accent_css(accent)
    assert str(caught.value) == (
        f"Expected an accent such as oklch(0.6 0.15 25) or #a04030, got {accent!r}."
    )

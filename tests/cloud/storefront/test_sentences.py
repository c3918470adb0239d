"""Every language of the storefront says everything, and every page keeps to the house's rules for pages."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import cloud.storefront
from cloud.orders.quoting import OFFERS_OF_A_KIND
from cloud.storefront import following, order_views
from cloud.storefront.available import Standing

LOCALES = Path(cloud.storefront.__file__).parent / "locale"
TEMPLATES = Path(cloud.storefront.__file__).parent / "templates"
STATES = (
    *("held", "lapsed", "placed", "accepted", "in_progress", "ready", "partly_handed"),
    *("completed", "partly_returned", "returned", "cancelling", "cancelled", "at_risk", "broken"),
)


def said(language: str) -> set[str]:
    with (LOCALES / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id
        and all(message.string if isinstance(message.string, tuple) else [message.string])
    }


def test_every_language_says_everything() -> None:
    assert said("ko") == said("en")
    assert said("zh") == said("en")


def test_every_sentence_of_a_template_is_in_the_catalogue() -> None:
    text = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    asked = set(re.findall(r"""\bt\(["']([a-z_0-9.]+)["'][,)]""", text))
    assert {key for key in asked - said("en") if not key.startswith("ui.")} == set()
    assert len(asked) > 100


@pytest.mark.parametrize(
    "keys",
    [
        {f"state.{it}{rest}" for it in STATES for rest in ("", ".now")},
        {f"at.{it}" for it in Standing},
        {f"step.{it}.{how}" for it in following.STEPS for how in ("come", "brought")},
        {f"return.{it}" for it in order_views.RETURN_REASONS},
        {f"way.{it}" for it in OFFERS_OF_A_KIND},
        {f"when.{it}" for it in ("today", "tomorrow", "later")},
        {f"credit.{it}" for it in ("refund", "compensation")},
    ],
)
def test_every_word_that_a_page_makes_up_is_said(keys) -> None:
    assert keys - said("en") == set()


def test_every_refusal_has_a_title_and_says_what_to_do() -> None:
    keys = {key for key in said("en") if key.startswith("refused")}
    keys -= {key for key in keys if key.startswith("refused.back")}
    names = {key.removesuffix(".title") for key in keys if key.endswith(".title")}
    assert len(names) > 8
    assert {f"{name}{rest}" for name in names for rest in ("", ".now")} - keys == set()


def test_pages_allow_no_inline_script_and_no_other_site(shopping, client) -> None:
    pages = [client.get(path) for path in ("/shop", "/shop/p/B-009", shopping.buy(), "/shop/me")]
    for answer in pages:
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert not re.findall(r"<script(?![^>]* src=)", answer.text)
        assert not re.findall(r"""(?:src|href)=["']https?://""", answer.text)
        assert not re.findall(r"<[^>]* style=", answer.text)

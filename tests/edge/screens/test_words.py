"""Everything that the counter may have to say is said in every language."""

import re
from pathlib import Path
from typing import get_args

import pytest

from drivers.events import Reason
from edge import screens
from edge.domain import errors, member_errors, order_errors
from edge.domain.errors import ShopError
from edge.peripherals import conditions, scanning
from edge.peripherals.conditions import State
from edge.screens import compose, keys
from ui.pages import Look, Pages, Place

FOLDER = Path(screens.__file__).parent
PAGES = Pages(FOLDER, Place())
KINDS = ("scanner", "receipt_printer", "cash_drawer", "payment_terminal")
KEY = re.compile(r"""(?:\bt\(|Words\(|notice\("\w+", |Misread\()f?["']([a-z_.]+)["'](?! ~)""")


def shop_errors(of: type[ShopError] = ShopError) -> list[type[ShopError]]:
    return [of, *(found for below in of.__subclasses__() for found in shop_errors(below))]


OF = (errors.__name__, member_errors.__name__, order_errors.__name__, scanning.__name__)
OWN_ERRORS = [error for error in shop_errors() if error.__module__ in OF]


@pytest.mark.parametrize("error", OWN_ERRORS, ids=lambda error: error.__name__)
def test_every_refusal_has_its_words_and_they_are_the_english_of_the_class(
    error: type[ShopError],
) -> None:
    english = PAGES.environment("en").globals["t"]
    names = set(re.findall(r"{(\w+)}", error.template + error.advice))
    fields = {name: f"<{name}>" for name in names}
    assert callable(english)
    assert english(error.key, **fields) == error.template.format(**fields)
    assert english(f"{error.key}.now", **fields) == error.advice.format(**fields)


@pytest.mark.parametrize(("key", "sentence"), conditions.sentences().items())
def test_every_advice_about_a_peripheral_is_translated(key: str, sentence: tuple[str, str]) -> None:
    assert (PAGES.text("en", key), PAGES.text("en", f"{key}.now")) == sentence


@pytest.mark.parametrize("reason", [*Reason, "silent"])
def test_every_reason_of_a_driver_has_its_word(reason: str) -> None:
    assert PAGES.has_text(f"peripheral.word.{reason}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_condition_of_every_kind_has_its_word(kind: str) -> None:
    assert {str(state) for state in State} == set(compose.TONE_OF_STATE)
    states = ["ready", "busy", "opening", "absent", "faulted"]
    missing = [state for state in states if not PAGES.has_text(f"peripheral.{kind}.{state}")]
    assert missing == []


def test_every_key_of_the_keyboard_has_its_word() -> None:
    commands = {
        key.command
        for stage in get_args(keys.StageName)
        for key in keys.keys_of(keys.Situation(stage, is_line_selected=True, has_card_tender=True))
    }
    commands |= keys.STOCK_COMMANDS
    assert [name for name in sorted(commands) if not PAGES.has_text(f"counter.key.{name}")] == []


@pytest.mark.parametrize(
    "path",
    sorted([*FOLDER.rglob("*.html"), *FOLDER.glob("*.py")]),
    ids=lambda path: path.name,
)
def test_every_sentence_that_a_file_names_exists(path: Path) -> None:
    named = set(KEY.findall(path.read_text(encoding="utf-8")))
    whole = {key for key in named if not key.endswith(".")}
    assert {key for key in whole if not PAGES.has_text(key)} == set()


def test_an_unknown_word_of_a_newer_part_is_shown_in_plain_english() -> None:
    from edge.screens.paint import sentence_of
    from edge.screens.parts import Words

    sentence = sentence_of(PAGES, Look("ko").language)
    assert sentence(Words("no.such.key", plain="Something new.")) == "Something new."

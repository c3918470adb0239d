"""Every sentence in every language, wherever a program keeps its own."""

import re
from pathlib import Path

import pytest

from ui import catalogues
from ui.catalogues import Catalogues, UnknownMessageError
from ui.formats import LANGUAGES

ROOT = Path(catalogues.__file__).parents[1]
PACKAGES = ("ui", "edge", "cloud", "hardware_sim", "provisioning")
FOLDERS = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("locale") if path.is_dir()
)
FIELD = re.compile(r"{(\w+)}")


def po(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    plural = '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    (folder / f"{name}.po").write_text(head + plural + text, encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_language_has_every_message(folder: Path) -> None:
    keys = {
        language: catalogues.keys(folder / f"{language}.po", language) for language in LANGUAGES
    }
    assert keys["ko"] ^ keys["en"] == set()
    assert keys["zh"] ^ keys["en"] == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_uses_the_fields_of_the_original(folder: Path, language: str) -> None:
    def fields(of: str) -> dict[str, set[str]]:
        found = {}
        for message in catalogues.read(folder / f"{of}.po", of):
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            found[str(message.id)] = {name for form in forms for name in FIELD.findall(str(form))}
        return found

    assert fields(language) == fields("en")


def test_a_key_becomes_the_sentence_with_its_fields(tmp_path: Path) -> None:
    po(tmp_path, "en", 'msgid "a"\nmsgstr "{who} sells"\n')
    assert Catalogues(tmp_path).text("en", "a", who="Maru") == "Maru sells"


@pytest.mark.parametrize(("n", "sentence"), [(1, "1 fact waits"), (12, "12 facts wait")])
def test_a_number_picks_the_plural(tmp_path: Path, n: int, sentence: str) -> None:
    forms = 'msgstr[0] "{n} fact waits"\nmsgstr[1] "{n} facts wait"\n'
    po(tmp_path, "en", f'msgid "a"\nmsgid_plural "a"\n{forms}')
    assert Catalogues(tmp_path).text("en", "a", n=n) == sentence


def test_a_key_with_a_plural_is_known(tmp_path: Path) -> None:
    po(tmp_path, "en", 'msgid "a"\nmsgid_plural "a"\nmsgstr[0] "x"\nmsgstr[1] "y"\n')
    known = Catalogues(tmp_path)
    assert (known.has("a"), known.has("ui.lost"), known.has("b")) == (True, True, False)


def test_a_field_named_n_does_not_need_a_plural(tmp_path: Path) -> None:
    po(tmp_path, "en", 'msgid "a"\nmsgstr "shift {n}"\n')
    assert Catalogues(tmp_path).text("en", "a", n=3) == "shift 3"


def test_a_language_without_the_key_falls_back_to_english(tmp_path: Path) -> None:
    po(tmp_path, "en", 'msgid "a"\nmsgstr "sold"\n')
    po(tmp_path, "ko", 'msgid "b"\nmsgstr "다른 것"\n')
    assert Catalogues(tmp_path).text("ko", "a") == "sold"


def test_a_programs_own_sentence_wins_over_ours(tmp_path: Path) -> None:
    po(tmp_path, "en", 'msgid "ui.lost"\nmsgstr "Gone."\n')
    assert Catalogues(tmp_path).text("en", "ui.lost") == "Gone."


def test_a_fuzzy_sentence_is_not_a_translation(tmp_path: Path) -> None:
    po(tmp_path, "ko", '#, fuzzy\nmsgid "a"\nmsgstr "아마"\n\nmsgid "b"\nmsgstr ""\n')
    assert catalogues.keys(tmp_path / "ko.po", "ko") == set()


def test_an_unknown_key_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UnknownMessageError) as caught:
        Catalogues(tmp_path).text("ko", "no.such.key")
    assert caught.value.args == (
        "Expected a message with the key 'no.such.key' in a locale/en.po, found none.",
    )

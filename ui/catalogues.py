"""Sentences by key and language, from the .po files of each program's own `locale` folder.

A msgid is a stable key ("counter.empty") and never a sentence, so English is a translation like the others and a
better wording changes no code. Where a language lacks a key, English is shown; a test keeps that from happening.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ui.kept import Kept

REFERENCE_LANGUAGE: Final = "en"
OWN_FOLDER: Final = Path(__file__).parent / "locale"


class UnknownMessageError(KeyError):
    """No catalogue has the key: a mistake in a template, found by its first test."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Expected a message with the key {key!r} in a locale/en.po, found none.")


def read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def keys(path: Path, language: str) -> set[str]:
    """Keys that have a sentence. A key with an empty or fuzzy one is not translated."""
    found = set()
    for message in read(path, language):
        forms = message.string if isinstance(message.string, tuple | list) else [message.string]
        if message.id and all(forms) and not message.fuzzy:
            found.add(message.id[0] if isinstance(message.id, tuple | list) else message.id)
    return found


def table(path: Path, language: str, kept: Kept | None) -> gettext.GNUTranslations:
    """The sentences of one file, compiled, or as they were compiled before."""
    name, source = f"{path.parents[1].name}-{language}.mo", path.read_bytes()
    made = kept and kept.read(name, source)
    if not made:
        made = compiled(source, language)
        if kept:
            kept.write(name, source, made)
    return gettext.GNUTranslations(io.BytesIO(made))


def compiled(source: bytes, language: str) -> bytes:
    """The .mo file of a .po file."""
    made = io.BytesIO()
    write_mo(made, read_po(io.BytesIO(source), locale=language, abort_invalid=True))
    return made.getvalue()


class Catalogue:
    """One language's sentences, of all folders; a later folder wins over an earlier one."""

    def __init__(self, language: str, folders: Iterable[Path], kept: Kept | None = None) -> None:
        self.language = language
        paths = [folder / f"{language}.po" for folder in folders]
        self._tables = [table(path, language, kept) for path in reversed(paths) if path.exists()]
        self.find = lru_cache(maxsize=4096)(self._find)

    def _find(self, key: str, n: int | None) -> str | None:
        """`find(key, n)` remembers: a page asks for the same hundred sentences at every scan."""
        for table in self._tables:
            text = table.gettext(key) if n is None else table.ngettext(key, key, n)
            if text == key and n is not None:
                text = table.gettext(key)
            if text != key:
                return text
        return None


class Catalogues:
    """Every language's catalogue, compiled when it is first asked for."""

    def __init__(self, *folders: Path, kept: Kept | None = None) -> None:
        self._folders = (OWN_FOLDER, *folders)
        self._kept = kept
        self._catalogues: dict[str, Catalogue] = {}

    def text(self, language: str, key: str, **fields: object) -> str:
        """The sentence of `key` with its {fields} filled; `n` among them also picks the plural form.

        Raises UnknownMessageError where no language has the key.
        """
        count = fields.get("n")
        n = count if isinstance(count, int) else None
        for candidate in (language, REFERENCE_LANGUAGE):
            if sentence := self._catalogue(candidate).find(key, n):
                return sentence.format(**fields) if fields else sentence
        raise UnknownMessageError(key)

    def has(self, key: str) -> bool:
        reference = self._catalogue(REFERENCE_LANGUAGE)
        return reference.find(key, None) is not None or reference.find(key, 1) is not None

    def _catalogue(self, language: str) -> Catalogue:
        if language not in self._catalogues:
            self._catalogues[language] = Catalogue(language, self._folders, self._kept)
        return self._catalogues[language]

"""From parts to HTML: which template paints which part, and only the parts that differ from what a page shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge.screens.parts import (
    Head,
    Notice,
    Prompt,
    QuickProduct,
    Side,
    Stage,
    Strip,
    Words,
)
from ui import formats
from ui.pages import Look, Pages
from ui.stream import partial

SPELLED_AMOUNT = re.compile(r"(?P<digits>-?[\d,]+(?:\.\d+)?) (?P<currency>[A-Z]{3})")
INNER_NAMES: Final = ("peripheral", "wallet")


@dataclass(frozen=True, slots=True)
class Counter:
    """The whole screen at one moment."""

    head: Head
    prompt: Prompt
    notice: Notice | None
    stage: Stage
    side: Side
    quick: tuple[QuickProduct, ...]
    strip: Strip


# Selector, template, and the names of what the template reads. The basket first: it is what a cashier waits for.
PAINTED: Final = {
    "#stage": ("counter/stage.html", ("stage",)),
    "#side": ("counter/side.html", ("side",)),
    "#notice": ("counter/notice.html", ("notice",)),
    "#prompt": ("counter/prompt.html", ("prompt",)),
    "#keys": ("counter/keys.html", ("keys",)),
    "#head": ("counter/head.html", ("head",)),
    "#quick": ("counter/quick.html", ("quick",)),
    "#strip": ("counter/strip.html", ("strip",)),
}


class Painter:
    """Paints for one page in one look, and remembers what that page shows."""

    def __init__(self, pages: Pages, look: Look) -> None:
        self._pages = pages
        self._look = look
        self._shown: dict[str, Any] = {}

    def whole(self, counter: Counter) -> dict[str, str]:
        """Every part's HTML by selector."""
        return {target: self._html(target, values) for target, values in _values(counter).items()}

    def changed(self, counter: Counter) -> str:
        """Partials of the parts whose values differ; the whole screen for a page that shows nothing yet."""
        return "".join(self.partials(counter))

    def partials(self, counter: Counter) -> Iterator[str]:
        """As `changed`, each painted when it is asked for: the basket is on its way while the total is painted."""
        values = _values(counter)
        fresh = [t for t, v in values.items() if t not in self._shown or self._shown[t] != v]
        self._shown = dict(values)
        return (partial(target, self._html(target, values[target])) for target in fresh)

    def _html(self, target: str, values: Mapping[str, Any]) -> str:
        template = PAINTED[target][0]
        language = self._look.language
        return self._pages.render(
            template,
            self._look,
            sentence=sentence_of(self._pages, language),
            named=lambda names: name_in(dict(names), language),
            **values,
        )


def sentence_of(pages: Pages, language: str) -> Callable[[Words], str]:
    """Turns Words into the sentence of one language: amounts as money, names of peripherals in that language."""

    def shown(name: str, value: str | int, words: Words) -> str | int:
        if isinstance(value, int):
            is_money = name in words.money
            return formats.money(value, pages.place.currency, language) if is_money else value
        if name in INNER_NAMES:
            return pages.text(language, value)
        return _respelled(value, language)

    def sentence(words: Words) -> str:
        if words.plain and not pages.has_text(words.key):
            return words.plain
        fields = {name: shown(name, value, words) for name, value in words.fields}
        return pages.text(language, words.key, **fields)

    return sentence


def name_in(names: Mapping[str, str], language: str) -> str:
    """The name in the language, or in any that there is."""
    return names.get(language) or next(iter(names.values()), "")


def _respelled(value: str, language: str) -> str:
    """The domain's "12,300 KRW" as this screen writes money; any other text as it is."""
    found = SPELLED_AMOUNT.fullmatch(value)
    if found is None:
        return value
    currency = found["currency"]
    sign = -1 if found["digits"].startswith("-") else 1
    return formats.money(
        sign * formats.minor_of(found["digits"].lstrip("-"), currency), currency, language
    )


def _values(counter: Counter) -> dict[str, dict[str, Any]]:
    named = {
        "stage": counter.stage,
        "side": counter.side,
        "notice": counter.notice,
        "prompt": counter.prompt,
        "keys": counter.stage.keys,
        "head": counter.head,
        "quick": counter.quick,
        "strip": counter.strip,
    }
    return {target: {name: named[name] for name in names} for target, (_, names) in PAINTED.items()}

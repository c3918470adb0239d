"""What a box can do, as the words of its hello: "KIND:NAME".

    verb:print_test                     a command that it carries out
    feed:catalogue                      a feed that it follows
    peripheral:receipt_printer:escpos   a kind of peripheral in its settings, and the driver that speaks to it
    message:sale.completed.v1           a message that it speaks, by the name of its frozen schema

Words and not a structure, because no hello may ever be refused over them: a newer box says kinds that an older hub
does not know, and that hub keeps them. A box that says nothing is of the first version.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from contract.asks import Answer, Ask
from contract.commands import Command
from contract.envelope import Ack, Batch, FactBody, Hello, State
from contract.feeds import Head, Ops, Pull
from contract.frozen import every_model, name_of
from contract.health import Health

KINDS: Final = ("verb", "feed", "peripheral", "message")
ON_THE_LINE: Final = (
    Hello,
    Batch,
    Pull,
    Health,
    State,
    Ask,
    Ack,
    Ops,
    Command,
    Head,
    Answer,
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`peripherals` are "KIND:DRIVER". What is empty was not said, which is not the same as "cannot"."""

    verbs: frozenset[str] = frozenset()
    feeds: frozenset[str] = frozenset()
    peripherals: frozenset[str] = frozenset()
    messages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """What `words` say, as far as this version of the contract understands them."""
        found: dict[str, set[str]] = {}
        for word in words:
            kind, _, name = word.partition(":")
            found.setdefault(kind, set()).add(name)
        return cls(*(frozenset(found.get(kind, ())) for kind in KINDS))

    def words(self) -> tuple[str, ...]:
        """Sorted, so that the same box says the same."""
        said = zip(KINDS, (self.verbs, self.feeds, self.peripherals, self.messages), strict=True)
        return tuple(f"{kind}:{name}" for kind, names in said for name in sorted(names))


def spoken() -> frozenset[str]:
    """The messages that this copy of the contract speaks: every fact, and what travels beside the facts."""
    return frozenset(
        name_of(model)
        for model in every_model()
        if issubclass(model, FactBody) or model in ON_THE_LINE
    )

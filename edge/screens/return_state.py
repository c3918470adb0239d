"""What the counter remembers of an order that comes back. Loaded by the first of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.services.returns_of_orders import Returnable, Shown, Wanted


@dataclass(frozen=True, slots=True)
class OrderBack:
    """An order that was found, and which of its goods came back, by the row in which they stand.

    Those in the rows `unfit` are not sold again; `last` is the row that was chosen last.
    """

    shown: Shown
    found: Returnable
    chosen: tuple[tuple[int, int], ...] = ()
    unfit: frozenset[int] = frozenset()
    last: int = 0

    @property
    def pieces(self) -> int:
        return sum(pieces for _, pieces in self.chosen)

    @property
    def wanted(self) -> list[Wanted]:
        return [Wanted(row, pieces, row not in self.unfit) for row, pieces in self.chosen]

    @property
    def worth_minor(self) -> int:
        return self.found.worth_minor(self.wanted)

    def toggled(self, row: int) -> OrderBack:
        """One piece more of that row; after the last one none again."""
        chosen = dict(self.chosen)
        pieces = chosen.get(row, 0) + 1
        chosen[row] = pieces if pieces <= self.found.coming[row - 1].left else 0
        return replace(self, chosen=_kept(chosen), last=row)

    def whole(self) -> OrderBack:
        chosen = {row: it.left for row, it in enumerate(self.found.coming, 1)}
        return replace(self, chosen=_kept(chosen))

    def turned(self, row: int) -> OrderBack:
        """Whether that row is sold again: the other way round."""
        return replace(self, unfit=self.unfit ^ {row})


def _kept(chosen: dict[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple((row, pieces) for row, pieces in sorted(chosen.items()) if pieces)

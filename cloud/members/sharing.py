"""Two people with one code: purchases in two shops that one person cannot have made. Pure; nobody is refused for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

SHARED_WITHIN: Final = timedelta(minutes=5)


class Purchase(NamedTuple):
    at: datetime
    location_id: str


class Shared(NamedTuple):
    """The later of two purchases, where it was, and where the one before it was."""

    at: datetime
    location_id: str
    before: str


def shared(purchases: Iterable[Purchase]) -> list[Shared]:
    """Newest first.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> [it.before for it in shared([Purchase(noon, "a"), Purchase(noon + SHARED_WITHIN, "b")])]
    ['a']
    """
    pairs = itertools.pairwise(sorted(purchases))
    found = [
        Shared(later.at, later.location_id, first.location_id)
        for first, later in pairs
        if later.location_id != first.location_id and later.at - first.at <= SHARED_WITHIN
    ]
    return found[::-1]

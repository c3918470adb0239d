"""What the counter shows of orders: the list, the pick-up desk, the comparison of ways. Times are ISO."""

from __future__ import annotations

from dataclasses import dataclass

from edge.screens.parts import Names, Tone, Words


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order that waits. `goods` is its first line by language, `others` how many lines follow it."""

    row: int
    number: str
    kind: str
    state: str
    tone: Tone
    customer: str
    goods: Names
    others: int
    heard_at: str
    due_at: str
    age: Words
    place: str
    is_late: bool

    @property
    def press(self) -> str:
        return f"line:{self.row}"


@dataclass(frozen=True, slots=True)
class JobLineShown:
    """`lots` are (lot, use-by date, pieces): of what is set aside, before that of what should be taken."""

    line: int
    names: Names
    sku: str
    ordered: int
    aside: int
    handed: int
    missing: int
    lots: tuple[tuple[str, str, int], ...]
    is_chosen: bool = False

    @property
    def press(self) -> str:
        return f"line:{self.line}"


@dataclass(frozen=True, slots=True)
class PickUp:
    """One order at the desk. `is_shown` says that the customer's code was good."""

    number: str
    kind: str
    state: str
    tone: Tone
    customer: str
    note: str
    to_location_id: str
    place: str
    packages: int
    due_at: str
    changed_at: str
    due_minor: int
    is_shown: bool
    is_late: bool
    lines: tuple[JobLineShown, ...]


@dataclass(frozen=True, slots=True)
class WayShown:
    """One way to get the basket. `sure` and `fresh`: how sure it is, by how old figures; `best`: what it is best in."""

    press: str
    kind: str
    place: str
    starts_at: str
    ends_at: str
    cutoff_at: str
    fee_minor: int
    sure_bp: int
    sure: Words
    fresh: Words
    plan_b: Words
    best: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """`customer` and `note` are what was typed so far, `near` is the place that the ways start from."""

    ways: tuple[WayShown, ...]
    customer: str = ""
    note: str = ""
    near: Names = ()

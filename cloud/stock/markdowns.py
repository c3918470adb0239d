"""Rules by which goods near their use-by date cost less, for every box (feed offers)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session

from cloud.feeds import repository as feeds
from contract.feeds import canonical
from contract.stock import Markdown, markdown_key


def write(session: Session, rules: Mapping[str, tuple[int, int]]) -> int:
    """By category: hours left and what is taken off (basis points, 0 takes the rule back). Gives how many changed."""
    bodies = {markdown_key(category): _body(*rule) for category, rule in rules.items()}
    return len(feeds.write_operations(session, "offers", bodies))


def _body(hours_left: int, percent_bp: int) -> str | None:
    if not percent_bp:
        return None
    return canonical(Markdown(hours_left=hours_left, percent_bp=percent_bp).model_dump())

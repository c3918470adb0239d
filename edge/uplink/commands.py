"""Requests from the hub. The result goes up as a fact, exactly once: verb, result and fact are one transaction.

A command that comes again (the hub repeats until it has seen the fact) finds its result and does nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import ValidationError
from sqlalchemy import bindparam
from sqlmodel import col

from contract.commands import Command, CommandFinished
from drivers.interfaces import Feed, PrintDocument, QrSymbol, Rule, TextLine
from edge.db.tables import CommandResult, rows_of
from edge.domain.errors import Malformed, ShopError
from edge.services import printing
from edge.services.shop import Shop, Work

log = logging.getLogger(__name__)

Outcome = Literal["done", "failed", "expired", "unknown_verb"]
Verb = Callable[[Work, Mapping[str, Any]], str]
"""Carries a command out in the transaction it is given; returns what to report, raises ShopError where it cannot."""

_RESULT = rows_of(CommandResult).where(col(CommandResult.command_id) == bindparam("command_id"))


class Commands:
    def __init__(self, shop: Shop, verbs: Mapping[str, Verb]) -> None:
        self.counters: Counter[str] = Counter()
        self._shop = shop
        self._verbs = verbs

    @property
    def verbs(self) -> frozenset[str]:
        """What can be asked of this box."""
        return frozenset(self._verbs)

    def take(self, payload: bytes) -> None:
        try:
            command = Command.model_validate_json(payload)
        except ValidationError as error:
            self.counters["refused"] += 1
            log.warning("Refused a command that is none: %s", error.errors()[0]["msg"])
            return
        try:
            outcome = self._carry_out(command)
        except ShopError as error:
            with self._shop.write() as work:
                outcome = _finish(work, command, "failed", str(error))
        self.counters[outcome] += 1

    def _carry_out(self, command: Command) -> str:
        with self._shop.write() as work:
            if work.unit.first(CommandResult, _RESULT, command_id=command.id) is not None:
                return "repeated"
            if work.now > command.not_after:
                return _finish(work, command, "expired", f"not after {command.not_after}")
            verb = self._verbs.get(command.verb)
            if verb is None:
                known = ", ".join(sorted(self._verbs))
                return _finish(work, command, "unknown_verb", f"this box knows {known}")
            return _finish(work, command, "done", verb(work, command.arguments))


def _finish(work: Work, command: Command, outcome: Outcome, detail: str) -> str:
    row = {
        "command_id": command.id,
        "verb": command.verb,
        "outcome": outcome,
        "detail": detail,
        "finished_at": work.stamp,
    }
    work.unit.insert(CommandResult, [row])
    work.log(
        CommandFinished(
            **work.header(work.business_date()),
            command_id=command.id,
            verb=command.verb,
            outcome=outcome,
            detail=detail,
        )
    )
    return outcome


def print_test(work: Work, arguments: Mapping[str, Any]) -> str:
    """A page that shows each script, bold, double size and a QR symbol: what a technician looks for."""
    del arguments
    printing.queue(work, "test", work.new_id(), test_page(work))
    return "queued"


def test_page(work: Work) -> PrintDocument:
    settings = work.shop.settings
    local = work.now.astimezone(settings.zone)
    return PrintDocument(
        settings.language,
        (
            TextLine(settings.location_name_in(settings.language), align="center", scale=2),
            Rule(),
            TextLine("Printer test", f"{local:%Y-%m-%d %H:%M}"),
            TextLine("인쇄 시험", "₩1,234"),
            TextLine("打印测试", "¥12.34"),
            TextLine("ABC abc 0123", "bold", is_bold=True),
            QrSymbol(settings.edge_id),
            Feed(1),
        ),
    )


def resync_feed(repair: Callable[[str], None], feeds: tuple[str, ...]) -> Verb:
    """Compares and repairs the feed that the command names."""

    def verb(work: Work, arguments: Mapping[str, Any]) -> str:
        del work
        feed = arguments.get("feed")
        if feed not in feeds:
            raise Malformed(expected=f"one of the feeds {', '.join(feeds)}", got=repr(feed))
        repair(feed)
        return f"{feed} is compared with the hub's"

    return verb

"""Counters as text, in the exposition format that Prometheus reads (version 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from edge.api.box import Box
from edge.db import outbox
from edge.db.unit_of_work import Reader

_COUNTS = {
    "sales_total": ("counter", "Completed sales.", "SELECT count(*) FROM sale"),
    "returns_total": ("counter", "Completed returns.", "SELECT count(*) FROM goods_return"),
    # No counter: an unknown code is forgotten after a while, and the sum falls.
    "unknown_scans_kept": (
        "gauge",
        "Scans of codes that are not in the catalogue, of those still remembered.",
        "SELECT coalesce(sum(count), 0) FROM unknown_scan",
    ),
    "print_jobs_unfinished": (
        "gauge",
        "Print jobs that are not printed yet.",
        "SELECT count(*) FROM print_job WHERE state NOT IN ('PRINTED', 'FAILED')",
    ),
    "payments_unknown": (
        "gauge",
        "Card payments whose outcome is unknown.",
        "SELECT count(*) FROM payment WHERE state = 'UNKNOWN'",
    ),
}


def router(box: Box) -> APIRouter:
    api = APIRouter()

    @api.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> str:
        with box.shop.read() as reader:
            lines = [*_counts(reader), *_stream(reader)]
        reserve = int(box.shop.database.reserve.is_released)
        lines += _metric(
            "reserve_released", "gauge", "1 once the disk's reserve was given up.", reserve
        )
        return "\n".join(lines) + "\n"

    return api


def _counts(reader: Reader) -> Iterator[str]:
    for name, (kind, meaning, statement) in _COUNTS.items():
        yield from _metric(name, kind, meaning, reader.sql(statement).fetchone()[0])


def _stream(reader: Reader) -> Iterator[str]:
    head = outbox.head(reader)
    if head is not None:
        yield from _metric("outbox_high", "counter", "Facts logged in this epoch.", head.high)
        yield from _metric("outbox_waiting", "gauge", "Facts that wait for the hub.", head.waiting)


def _metric(name: str, kind: str, meaning: str, value: int) -> list[str]:
    full = f"twinstore_{name}"
    return [f"# HELP {full} {meaning}", f"# TYPE {full} {kind}", f"{full} {value}"]

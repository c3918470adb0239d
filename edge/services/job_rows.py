"""Jobs of this shop as the database keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from contract.envelope import to_json
from contract.orders import JobLine, PickedLine, ShopJob
from edge.db.order_tables import JobHanded, SetAside
from edge.db.unit_of_work import Reader
from edge.domain.errors import NotFound
from edge.domain.order import Goods, Job, State, Wanted
from edge.services.shop import Work


class _Row(NamedTuple):
    state: State
    revision: int
    place: str
    packages: int
    heard_at: str
    updated_at: str
    at_risk_at: str
    body: str


_COLUMNS = ", ".join(_Row._fields)
_ONE = f"SELECT {_COLUMNS} FROM shop_job WHERE job_id = ?"  # noqa: S608 - our own names
# An order that was declined or cancelled may have come back as another job of the same number.
_BY_NUMBER = f"""
SELECT {_COLUMNS} FROM shop_job WHERE number = ?
ORDER BY state NOT IN ('accepted', 'picked', 'ready'), state <> 'handed_over', heard_at DESC LIMIT 1
"""  # noqa: S608 - our own names
_OPEN = f"""
SELECT {_COLUMNS} FROM shop_job WHERE state IN ('accepted', 'picked', 'ready') ORDER BY window_end, number
"""  # noqa: S608 - our own names
_CLOSED = f"""
SELECT {_COLUMNS} FROM shop_job WHERE state NOT IN ('accepted', 'picked', 'ready')
ORDER BY updated_at DESC LIMIT ?
"""  # noqa: S608 - our own names
_GOODS = "SELECT line, sku, quantity, lot, expiry FROM {table} WHERE job_id = ? ORDER BY line, sku, lot, expiry"
_HANDED = _GOODS.format(table="job_handed")
_ASIDE = """
SELECT line, sku, quantity, lot, expiry, is_kept FROM set_aside WHERE job_id = ? ORDER BY line, sku, lot, expiry
"""
# The sale's lines carry the order: what they paid is not due any more.
_PAID = "SELECT coalesce(sum(amount_minor), 0) FROM sale_line WHERE order_id = ? AND order_id <> ''"
_SAVE = """
INSERT INTO shop_job (job_id, order_id, number, kind, state, revision, window_end, place, packages, heard_at,
                      updated_at, at_risk_at, body)
VALUES (:job_id, :order_id, :number, :kind, :state, :revision, :window_end, :place, :packages, :heard_at,
        :updated_at, :at_risk_at, :body)
ON CONFLICT (job_id) DO UPDATE SET
    order_id = excluded.order_id, number = excluded.number, kind = excluded.kind, state = excluded.state,
    revision = excluded.revision, window_end = excluded.window_end, place = excluded.place,
    packages = excluded.packages, updated_at = excluded.updated_at, at_risk_at = excluded.at_risk_at,
    body = excluded.body
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A job with what became of it here. Times are ISO, "" for not yet; `paid_minor` was paid in this shop."""

    wish: ShopJob
    job: Job
    place: str = ""
    packages: int = 0
    heard_at: str = ""
    updated_at: str = ""
    at_risk_at: str = ""
    paid_minor: int = 0

    @property
    def due_minor(self) -> int:
        """What is still to be paid before the goods leave."""
        return max(0, self.wish.due_minor - self.paid_minor)

    def line(self, number: int) -> JobLine:
        return next(line for line in self.wish.lines if line.line == number)


def get(reader: Reader, job_id: str) -> Kept:
    found = find(reader, job_id)
    if found is None:
        raise NotFound(what="job", name=job_id)
    return found


def find(reader: Reader, job_id: str) -> Kept | None:
    row = reader.sql(_ONE, (job_id,)).fetchone()
    return None if row is None else _kept(reader, *row)


def by_number(reader: Reader, number: str) -> Kept | None:
    """The job of the number that still has something to come, else the one that was handed over, else the newest."""
    row = reader.sql(_BY_NUMBER, (number,)).fetchone()
    return None if row is None else _kept(reader, *row)


def open_jobs(reader: Reader) -> list[Kept]:
    """What is still to be done, the earliest window first."""
    return [_kept(reader, *row) for row in reader.sql(_OPEN).fetchall()]


def closed_jobs(reader: Reader, limit: int) -> list[Kept]:
    """The newest first."""
    return [_kept(reader, *row) for row in reader.sql(_CLOSED, (limit,)).fetchall()]


def save(work: Work, kept: Kept) -> None:
    """Writes the job with its goods; `updated_at` is now."""
    wish, job = kept.wish, kept.job
    work.unit.sql(
        _SAVE,
        {
            "job_id": wish.job_id,
            "order_id": wish.order_id,
            "number": wish.number,
            "kind": wish.kind,
            "state": job.state,
            "revision": job.revision,
            "window_end": wish.window.end.isoformat(),
            "place": kept.place,
            "packages": kept.packages,
            "heard_at": kept.heard_at or work.stamp,
            "updated_at": work.stamp,
            "at_risk_at": kept.at_risk_at,
            "body": to_json(wish),
        },
    )
    work.unit.sql("DELETE FROM set_aside WHERE job_id = ?", (wish.job_id,))
    aside = [it | {"is_kept": False} for it in _rows(wish.job_id, job.aside)]
    kept_for_it = [it | {"is_kept": True} for it in _rows(wish.job_id, job.kept)]
    work.unit.insert(SetAside, [*aside, *kept_for_it])
    work.unit.sql("DELETE FROM job_handed WHERE job_id = ?", (wish.job_id,))
    work.unit.insert(JobHanded, _rows(wish.job_id, job.handed))


def wanted(lines: Sequence[JobLine]) -> tuple[Wanted, ...]:
    return tuple(
        Wanted(line.line, line.sku, line.quantity, line.keeps_until, line.substitutes)
        for line in lines
    )


def picked_lines(goods: Iterable[Goods]) -> tuple[PickedLine, ...]:
    return tuple(PickedLine(**one._asdict()) for one in goods)


def _kept(reader: Reader, *values: Any) -> Kept:
    row = _Row(*values)
    wish = ShopJob.model_validate_json(row.body)
    paid_minor = reader.sql(_PAID, (wish.order_id,)).fetchone()[0]
    aside, kept = _aside(reader, wish.job_id)
    job = Job(
        wish.number,
        row.state,
        row.revision,
        wanted(wish.lines),
        aside,
        tuple(Goods(*goods) for goods in reader.sql(_HANDED, (wish.job_id,))),
        kept,
    )
    seen = (row.heard_at, row.updated_at, row.at_risk_at)
    return Kept(wish, job, row.place, row.packages, *seen, paid_minor)


def kept_goods(reader: Reader, job_id: str) -> tuple[Goods, ...]:
    """What has come for the job and waits to be picked."""
    return _aside(reader, job_id)[1]


def _aside(reader: Reader, job_id: str) -> tuple[tuple[Goods, ...], tuple[Goods, ...]]:
    """What is picked, and what is kept."""
    rows = reader.sql(_ASIDE, (job_id,)).fetchall()
    picked, kept = ([Goods(*row) for *row, is_kept in rows if is_kept == want] for want in (0, 1))
    return tuple(picked), tuple(kept)


def _rows(job_id: str, goods: Iterable[Goods]) -> list[dict[str, str | int]]:
    return [{"job_id": job_id, **one._asdict()} for one in goods]

"""Print jobs as a durable state machine: nothing prints twice unmarked, nothing is lost.

    QUEUED -> SENDING -> SENT -> PRINTED        SENDING | SENT -> UNKNOWN after a crash or a silent printer
    QUEUED | SENDING | SENT -> HELD -> QUEUED | SENT | PRINTED | UNKNOWN      UNKNOWN -> PRINTED | FAILED

SENDING is committed before the first byte leaves. An UNKNOWN job is printed again only as a copy that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam
from sqlmodel import col

from contract.sales import SaleCompleted
from drivers.interfaces import PrintDocument
from edge.db.tables import PrintJob, rows_of
from edge.db.unit_of_work import Reader
from edge.domain.errors import BadTransition, NotFound
from edge.services import documents, receipt_orders, receipts, sales, words
from edge.services.shop import Shop, Work

FINISHED = ("PRINTED", "FAILED")
NEXT = {
    "QUEUED": {"SENDING", "HELD", "FAILED"},
    "SENDING": {"SENT", "PRINTED", "HELD", "UNKNOWN", "QUEUED", "FAILED"},
    "SENT": {"PRINTED", "HELD", "UNKNOWN"},
    "HELD": {"QUEUED", "SENDING", "SENT", "PRINTED", "UNKNOWN", "FAILED"},
    "UNKNOWN": {"PRINTED", "FAILED"},
    "PRINTED": set[str](),
    "FAILED": set[str](),
}

# Past SQLAlchemy: what stands between a sale's commit and the first byte at the printer.
_COLUMNS = tuple(PrintJob.model_fields)
_JOBS = f"SELECT {', '.join(_COLUMNS)} FROM print_job"  # noqa: S608 - our own names
_JOB = f"{_JOBS} WHERE job_id = ?"
_OLDEST_WAITING = f"""
{_JOBS} WHERE state NOT IN ({", ".join(f"'{state}'" for state in (*FINISHED, "UNKNOWN"))}) ORDER BY job_id LIMIT 1
"""
_NEWEST_OF = f"{_JOBS} WHERE subject_id = ? ORDER BY job_id DESC LIMIT 1"
# The first condition is the index's own.
_UNDECIDED = """
SELECT job_id, kind, copy_of IS NOT NULL, coalesce(
    (SELECT receipt_number FROM sale WHERE sale_id = subject_id),
    (SELECT receipt_number FROM goods_return WHERE return_id = subject_id),
    (SELECT number FROM shift WHERE shift_id = subject_id), 0)
FROM print_job WHERE state NOT IN ('PRINTED', 'FAILED') AND state = 'UNKNOWN' ORDER BY job_id
"""
_ADVANCE = """
UPDATE print_job SET state = ?, process_id = ?, reason = ?, updated_at = ?, document = ? WHERE job_id = ?
"""
_UNFINISHED = (
    rows_of(PrintJob).where(col(PrintJob.state).not_in(FINISHED)).order_by(col(PrintJob.job_id))
)
_RECENT = rows_of(PrintJob).order_by(col(PrintJob.job_id).desc()).limit(bindparam("limit"))
_OF_SUBJECT = (
    rows_of(PrintJob)
    .where(col(PrintJob.subject_id) == bindparam("subject_id"), col(PrintJob.copy_of).is_(None))
    .order_by(col(PrintJob.job_id))
    .limit(1)
)


class Undecided(NamedTuple):
    """A job of which nobody knows whether it came out. `number` is its receipt's or its shift's, 0 without one."""

    job_id: int
    kind: str
    is_copy: bool
    number: int


def queue(work: Work, kind: str, subject_id: str, document: PrintDocument) -> None:
    """Adds a job to the transaction that made its subject true."""
    work.unit.insert(PrintJob, [_row(work, kind, subject_id, documents.to_text(document), None)])


def queue_sale(work: Work, sale: SaleCompleted) -> None:
    """The receipt of a sale: made from the sale once it goes to the printer, not while people wait."""
    work.unit.insert(PrintJob, [_row(work, "sale", sale.sale_id, "", None)])
    work.shop.just_sold.put(sale)


def oldest_waiting(shop: Shop) -> PrintJob | None:
    """The job whose turn it is, with its document. One with an unknown outcome waits for a person, not in line."""
    with shop.read() as reader:
        job = _first(reader, _OLDEST_WAITING)
        return job and job.model_copy(update={"document": _document(shop, reader, job)})


def newest_receipt(shop: Shop) -> PrintDocument | None:
    """The newest sale's receipt, made anew from its rows; None before the first sale."""
    with shop.read() as reader:
        sale_id = sales.newest_id(reader)
        return _receipt(shop, reader, sales.completed(reader, sale_id)) if sale_id else None


def unfinished(shop: Shop) -> Sequence[PrintJob]:
    """Every job that is not PRINTED or FAILED, oldest first."""
    with shop.read() as reader:
        return reader.all(PrintJob, _UNFINISHED)


def undecided(shop: Shop) -> list[Undecided]:
    """What a person who looks at the paper has to decide, oldest first: `confirm_printed` or `copy`."""
    with shop.read() as reader:
        found = reader.sql(_UNDECIDED).fetchall()
    return [
        Undecided(job_id, kind, bool(is_copy), number) for job_id, kind, is_copy, number in found
    ]


def recent(shop: Shop, limit: int = 50) -> Sequence[PrintJob]:
    """The newest jobs, newest first."""
    with shop.read() as reader:
        return reader.all(PrintJob, _RECENT, limit=limit)


def newest_of(shop: Shop, subject_id: str) -> PrintJob | None:
    """The newest job of a sale or a return, a copy included."""
    with shop.read() as reader:
        return _first(reader, _NEWEST_OF, subject_id)


def advance(
    shop: Shop, job_id: int, state: str, *, process_id: str = "", reason: str = ""
) -> PrintJob:
    """Moves a job on; the process id stays once it is known. Raises BadTransition where that is no step."""
    with shop.write() as work:
        return _advance(work, _job(work, job_id), state, process_id=process_id, reason=reason)


def begin(shop: Shop, job: PrintJob, process_id: str) -> PrintJob:
    """SENDING, with the document that `oldest_waiting` has made: to be committed before the first byte leaves."""
    with shop.write() as work:
        stored = _job(work, job.job_id or 0).model_copy(update={"document": job.document})
        return _advance(work, stored, "SENDING", process_id=process_id)


def recover(shop: Shop) -> Sequence[PrintJob]:
    """After a start: what was under way has an unknown outcome. Gives those jobs."""
    with shop.write() as work:
        jobs = work.unit.all(PrintJob, _UNFINISHED)
        return [
            _advance(work, job, "UNKNOWN", reason="restarted")
            for job in jobs
            if job.state in ("SENDING", "SENT")
        ]


def copy(shop: Shop, job_id: int) -> PrintJob:
    """Prints a job's document again, marked COPY. A job with unknown outcome is finished by that."""
    with shop.write() as work:
        return _copy(work, _job(work, job_id))


def copy_of_subject(shop: Shop, subject_id: str) -> PrintJob:
    """Prints the document of a sale, return or shift again, marked COPY."""
    with shop.write() as work:
        job = work.unit.first(PrintJob, _OF_SUBJECT, subject_id=subject_id)
        return _copy(work, job) if job else _copy_of_forgotten(work, subject_id)


def confirm_printed(shop: Shop, job_id: int) -> PrintJob:
    """A person saw the paper of a job whose outcome was unknown."""
    return advance(shop, job_id, "PRINTED", reason="seen by a person")


def _copy(work: Work, job: PrintJob) -> PrintJob:
    if job.state == "UNKNOWN":
        _advance(work, job, "FAILED", reason="printed again as a copy")
    mark = words.of(work.shop.settings.language).copy
    original = documents.from_text(_document(work.shop, work.unit, job))
    document = original if job.copy_of else documents.marked_as_copy(original, mark)
    text = documents.to_text(document)
    return _queue(work, _row(work, job.kind, job.subject_id, text, job.copy_of or job.job_id))


def _copy_of_forgotten(work: Work, sale_id: str) -> PrintJob:
    """A sale whose print job was forgotten long ago is printed from its rows. Raises NotFound without a sale."""
    sale = sales.completed(work.unit, sale_id)
    mark = words.of(work.shop.settings.language).copy
    document = documents.marked_as_copy(_receipt(work.shop, work.unit, sale), mark)
    return _queue(work, _row(work, "sale", sale_id, documents.to_text(document), None))


def _queue(work: Work, row: dict[str, Any]) -> PrintJob:
    work.unit.insert(PrintJob, [row])
    job_id = work.unit.sql("SELECT last_insert_rowid()").fetchone()[0]
    return PrintJob(job_id=job_id, **row)


def _document(shop: Shop, reader: Reader, job: PrintJob) -> str:
    if job.document:
        return job.document
    sale = shop.just_sold.get(job.subject_id) or sales.completed(reader, job.subject_id)
    return documents.to_text(_receipt(shop, reader, sale))


def _receipt(shop: Shop, reader: Reader, sale: SaleCompleted) -> PrintDocument:
    visit = sales.visit(reader, sale.sale_id) if sale.member_id else None
    return receipts.sale_receipt(shop, sale, visit, receipt_orders.of_sale(reader, sale))


def _job(work: Work, job_id: int) -> PrintJob:
    job = _first(work.unit, _JOB, job_id)
    if job is None:
        raise NotFound(what="print job", name=job_id)
    return job


def _first(reader: Reader, statement: str, *parameters: int | str) -> PrintJob | None:
    row = reader.sql(statement, parameters).fetchone()
    return None if row is None else PrintJob(**dict(zip(_COLUMNS, row, strict=True)))


def _advance(
    work: Work, job: PrintJob, state: str, *, process_id: str = "", reason: str = ""
) -> PrintJob:
    if state not in NEXT[job.state]:
        raise BadTransition(what="Print job", name=job.job_id or 0, state=job.state, wanted=state)
    values = {
        "state": state,
        "process_id": process_id or job.process_id,
        "reason": reason,
        "updated_at": work.stamp,
        "document": _document(work.shop, work.unit, job) if state == "SENDING" else job.document,
    }
    work.unit.sql(_ADVANCE, (*values.values(), job.job_id or 0))
    return job.model_copy(update=values)


def _row(
    work: Work, kind: str, subject_id: str, document: str, copy_of: int | None
) -> dict[str, Any]:
    return {
        "kind": kind,
        "subject_id": subject_id,
        "copy_of": copy_of,
        "state": "QUEUED",
        "document": document,
        "created_at": work.stamp,
        "updated_at": work.stamp,
    }

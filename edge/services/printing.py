"""Print jobs as a durable state machine: nothing prints twice unmarked, nothing is lost.

    QUEUED -> SENDING -> SENT -> PRINTED        SENDING | SENT -> UNKNOWN after a crash or a silent printer
    QUEUED | SENDING | SENT -> HELD -> QUEUED | SENT | PRINTED | UNKNOWN      UNKNOWN -> PRINTED | FAILED

SENDING is committed before the first byte leaves. An UNKNOWN job is printed again only as a copy that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from contract.sales import SaleCompleted
from drivers.interfaces import PrintDocument
from edge.db.tables import PrintJob
from edge.db.unit_of_work import Reader
from edge.domain.errors import BadTransition, NotFound
from edge.services import documents, receipt_orders, receipts, sales, words
from edge.services.shop import Shop, Work

NEXT = {
    "QUEUED": {"SENDING", "HELD", "FAILED"},
    "SENDING": {"SENT", "PRINTED", "HELD", "UNKNOWN", "QUEUED", "FAILED"},
    "SENT": {"PRINTED", "HELD", "UNKNOWN"},
    "HELD": {"QUEUED", "SENDING", "SENT", "PRINTED", "UNKNOWN", "FAILED"},
    "UNKNOWN": {"PRINTED", "FAILED"},
    "PRINTED": set[str](),
    "FAILED": set[str](),
}


class Job(NamedTuple):
    """A row of `print_job`, past SQLModel: reading one stands between a sale's commit and the first byte of paper.

    `document` is "" as long as the receipt is not made; `copy_of` is the job that this one repeats.
    """

    job_id: int
    kind: str
    subject_id: str
    copy_of: int | None
    state: str
    process_id: str
    reason: str
    document: str
    created_at: str
    updated_at: str


_JOBS = f"SELECT {', '.join(Job._fields)} FROM print_job"  # noqa: S608 - our own names
_JOB = f"{_JOBS} WHERE job_id = ?"
# `state NOT IN ('PRINTED', 'FAILED')` is the condition of the index `print_job_unfinished`, and must be said like that.
_OLDEST_WAITING = f"""
{_JOBS} WHERE state NOT IN ('PRINTED', 'FAILED') AND state <> 'UNKNOWN' ORDER BY job_id LIMIT 1
"""
_NEWEST_OF = f"{_JOBS} WHERE subject_id = ? ORDER BY job_id DESC LIMIT 1"
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
_UNFINISHED = f"{_JOBS} WHERE state NOT IN ('PRINTED', 'FAILED') ORDER BY job_id"
_RECENT = f"{_JOBS} ORDER BY job_id DESC LIMIT ?"
_OF_SUBJECT = f"{_JOBS} WHERE subject_id = ? AND copy_of IS NULL ORDER BY job_id LIMIT 1"


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


def oldest_waiting(shop: Shop) -> Job | None:
    """The job whose turn it is, with its document. One with an unknown outcome waits for a person, not in line."""
    with shop.read() as reader:
        job = _first(reader, _OLDEST_WAITING)
        return job and job._replace(document=_document(shop, reader, job))


def newest_receipt(shop: Shop) -> PrintDocument | None:
    """The newest sale's receipt, made anew from its rows; None before the first sale."""
    with shop.read() as reader:
        sale_id = sales.newest_id(reader)
        return _receipt(shop, reader, sales.completed(reader, sale_id)) if sale_id else None


def unfinished(shop: Shop) -> Sequence[Job]:
    """Every job that is not PRINTED or FAILED, oldest first."""
    with shop.read() as reader:
        return _all(reader, _UNFINISHED)


def undecided(shop: Shop) -> list[Undecided]:
    """What a person who looks at the paper has to decide, oldest first: `confirm_printed` or `copy`."""
    with shop.read() as reader:
        found = reader.sql(_UNDECIDED).fetchall()
    return [
        Undecided(job_id, kind, bool(is_copy), number) for job_id, kind, is_copy, number in found
    ]


def recent(shop: Shop, limit: int = 50) -> Sequence[Job]:
    """The newest jobs, newest first."""
    with shop.read() as reader:
        return _all(reader, _RECENT, limit)


def newest_of(shop: Shop, subject_id: str) -> Job | None:
    """The newest job of a sale or a return, a copy included."""
    with shop.read() as reader:
        return _first(reader, _NEWEST_OF, subject_id)


def advance(shop: Shop, job_id: int, state: str, *, process_id: str = "", reason: str = "") -> Job:
    """Moves a job on; the process id stays once it is known. Raises BadTransition where that is no step."""
    with shop.write() as work:
        return _advance(work, _job(work, job_id), state, process_id=process_id, reason=reason)


def begin(shop: Shop, job: Job, process_id: str) -> Job:
    """SENDING, with the document that `oldest_waiting` has made: to be committed before the first byte leaves."""
    with shop.write() as work:
        stored = _job(work, job.job_id)._replace(document=job.document)
        return _advance(work, stored, "SENDING", process_id=process_id)


def recover(shop: Shop) -> Sequence[Job]:
    """After a start: what was under way has an unknown outcome. Gives those jobs."""
    with shop.write() as work:
        jobs = _all(work.unit, _UNFINISHED)
        return [
            _advance(work, job, "UNKNOWN", reason="restarted")
            for job in jobs
            if job.state in ("SENDING", "SENT")
        ]


def copy(shop: Shop, job_id: int) -> Job:
    """Prints a job's document again, marked COPY. A job with unknown outcome is finished by that."""
    with shop.write() as work:
        return _copy(work, _job(work, job_id))


def copy_of_subject(shop: Shop, subject_id: str) -> Job:
    """Prints the document of a sale, return or shift again, marked COPY."""
    with shop.write() as work:
        job = _first(work.unit, _OF_SUBJECT, subject_id)
        return _copy(work, job) if job else _copy_of_forgotten(work, subject_id)


def confirm_printed(shop: Shop, job_id: int) -> Job:
    """A person saw the paper of a job whose outcome was unknown."""
    return advance(shop, job_id, "PRINTED", reason="seen by a person")


def _copy(work: Work, job: Job) -> Job:
    if job.state == "UNKNOWN":
        _advance(work, job, "FAILED", reason="printed again as a copy")
    mark = words.of(work.shop.settings.language).copy
    original = documents.from_text(_document(work.shop, work.unit, job))
    document = original if job.copy_of else documents.marked_as_copy(original, mark)
    text = documents.to_text(document)
    return _queue(work, _row(work, job.kind, job.subject_id, text, job.copy_of or job.job_id))


def _copy_of_forgotten(work: Work, sale_id: str) -> Job:
    """A sale whose print job was forgotten long ago is printed from its rows. Raises NotFound without a sale."""
    sale = sales.completed(work.unit, sale_id)
    mark = words.of(work.shop.settings.language).copy
    document = documents.marked_as_copy(_receipt(work.shop, work.unit, sale), mark)
    return _queue(work, _row(work, "sale", sale_id, documents.to_text(document), None))


def _queue(work: Work, row: dict[str, Any]) -> Job:
    work.unit.insert(PrintJob, [row])
    return _job(work, work.unit.sql("SELECT last_insert_rowid()").fetchone()[0])


def _document(shop: Shop, reader: Reader, job: Job) -> str:
    if job.document:
        return job.document
    sale = shop.just_sold.get(job.subject_id) or sales.completed(reader, job.subject_id)
    return documents.to_text(_receipt(shop, reader, sale))


def _receipt(shop: Shop, reader: Reader, sale: SaleCompleted) -> PrintDocument:
    visit = sales.visit(reader, sale.sale_id) if sale.member_id else None
    return receipts.sale_receipt(shop, sale, visit, receipt_orders.of_sale(reader, sale))


def _job(work: Work, job_id: int) -> Job:
    job = _first(work.unit, _JOB, job_id)
    if job is None:
        raise NotFound(what="print job", name=job_id)
    return job


def _first(reader: Reader, statement: str, *parameters: int | str) -> Job | None:
    row = reader.sql(statement, parameters).fetchone()
    return None if row is None else Job(*row)


def _all(reader: Reader, statement: str, *parameters: int | str) -> list[Job]:
    return [Job(*row) for row in reader.sql(statement, parameters)]


def _advance(work: Work, job: Job, state: str, *, process_id: str = "", reason: str = "") -> Job:
    if state not in NEXT[job.state]:
        raise BadTransition(what="Print job", name=job.job_id, state=job.state, wanted=state)
    now = job._replace(
        state=state,
        process_id=process_id or job.process_id,
        reason=reason,
        updated_at=work.stamp,
        document=_document(work.shop, work.unit, job) if state == "SENDING" else job.document,
    )
    work.unit.sql(
        _ADVANCE,
        (now.state, now.process_id, now.reason, now.updated_at, now.document, now.job_id),
    )
    return now


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

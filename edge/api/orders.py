"""Orders that this shop keeps: what is to be done, picking, ready, handing over; and ordering for a customer.

What works for orders is loaded by the first request for it, not at the start. The secret of a code never leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from edge.api import fields
from edge.api.box import Box
from edge.domain.basket import MAX_LINES

if TYPE_CHECKING:
    from edge.services.job_rows import Kept
    from edge.services.jobs import Proposal

Text = Annotated[fields.Reason, Field(default="")]
Pieces = Annotated[int, Field(ge=1, le=999)]


class NewPicked(BaseModel):
    line: fields.LineNumber
    quantity: Pieces
    sku: fields.Code = ""
    lot: fields.Code = ""
    expiry: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")


class NewPick(BaseModel):
    picked: list[NewPicked] = Field(min_length=1, max_length=MAX_LINES)


class NewDecline(BaseModel):
    reason: Literal["out_of_stock", "damaged", "expired", "too_late", "closed", "other"]
    detail: Text


class NewReady(BaseModel):
    place: Text
    packages: int = Field(default=1, ge=1, le=99)


class NewRisk(BaseModel):
    reason: fields.Reason = Field(min_length=1)
    expected_at: AwareDatetime | None = None


class NewAttempt(BaseModel):
    reason: Literal["nobody_there", "wrong_code", "refused_by_customer", "goods_damaged", "other"]
    detail: Text


class Shown(BaseModel):
    code: fields.ReceiptQr = Field(min_length=1)


class Part(BaseModel):
    line: fields.LineNumber
    quantity: Pieces


class NewHandover(BaseModel):
    """Either the `code` that the customer shows, or the `job_id` and who vouches. All of it where no `parts` are."""

    code: fields.ReceiptQr = ""
    job_id: fields.Id = ""
    reference: Text
    parts: list[Part] = Field(default=[], max_length=MAX_LINES)


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api/orders")
    _seen(api, box)
    _preparing(api, box)
    _handing_over(api, box)
    return api


def _seen(api: APIRouter, box: Box) -> None:
    @api.get("")
    def open_jobs() -> list[dict[str, Any]]:
        from edge.services import jobs

        return [job(kept) for kept in jobs.open_jobs(box.shop)]

    @api.get("/{job_id}")
    def one(job_id: fields.IdInPath) -> dict[str, Any]:
        from edge.services import jobs

        kept = jobs.get(box.shop, job_id)
        found = [proposal(it) for it in jobs.proposals(box.shop, job_id)]
        return job(kept) | {"proposals": found}


def _preparing(api: APIRouter, box: Box) -> None:
    @api.post("/{job_id}/pick", status_code=201)
    def pick(job_id: fields.IdInPath, body: NewPick) -> dict[str, Any]:
        from edge.services import jobs

        picked = [jobs.Picked(**one.model_dump()) for one in body.picked]
        return jobs.pick(box.shop, job_id, picked).model_dump(mode="json")

    @api.post("/{job_id}/decline", status_code=201)
    def decline(job_id: fields.IdInPath, body: NewDecline) -> dict[str, Any]:
        from edge.services import jobs

        return jobs.decline(box.shop, job_id, body.reason, body.detail).model_dump(mode="json")

    @api.post("/{job_id}/ready", status_code=201)
    def ready(job_id: fields.IdInPath, body: NewReady) -> dict[str, Any]:
        from edge.services import jobs

        return jobs.ready(box.shop, job_id, body.place, body.packages).model_dump(mode="json")

    @api.post("/{job_id}/at-risk", status_code=201)
    def at_risk(job_id: fields.IdInPath, body: NewRisk) -> dict[str, Any] | None:
        from edge.services import jobs

        fact = jobs.at_risk(box.shop, job_id, body.reason, body.expected_at)
        return None if fact is None else fact.model_dump(mode="json")


def _handing_over(api: APIRouter, box: Box) -> None:
    @api.post("/codes")
    def look_up(body: Shown) -> dict[str, Any]:
        from edge.services import handover

        return job(handover.look_up(box.shop, body.code))

    @api.post("/handovers", status_code=201)
    def hand_over(body: NewHandover) -> dict[str, Any]:
        from edge.services import handover

        by_person = handover.ByPerson(body.job_id, body.reference)
        shown = body.code or by_person
        pieces = {part.line: part.quantity for part in body.parts} or None
        return handover.hand_over(box.shop, shown, pieces).model_dump(mode="json")

    @api.post("/{job_id}/attempt-failed", status_code=201)
    def attempt_failed(job_id: fields.IdInPath, body: NewAttempt) -> dict[str, Any]:
        from edge.services import handover

        fact = handover.attempt_failed(box.shop, job_id, body.reason, body.detail)
        return fact.model_dump(mode="json")


def proposal(found: Proposal) -> dict[str, Any]:
    return {**found._asdict(), "take": [goods._asdict() for goods in found.take]}


def job(kept: Kept) -> dict[str, Any]:
    return {
        **kept.wish.model_dump(mode="json", exclude={"secret", "state", "v"}),
        "state": kept.job.state,
        "place": kept.place,
        "packages": kept.packages,
        "set_aside": [goods._asdict() for goods in kept.job.aside],
        "handed": [goods._asdict() for goods in kept.job.handed],
        "due_minor": kept.due_minor,
        "heard_at": kept.heard_at,
        "updated_at": kept.updated_at,
        "at_risk_at": kept.at_risk_at,
    }

"""/api/members, /api/programme, /api/coupons."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from cloud.members import coupons, programme, spending, telling
from cloud.members.people import as_dict
from cloud.members.profile import Written
from cloud.members.service import Members, Said
from contract.envelope import Uid
from contract.members import Coupon, Programme
from contract.text import PlainText

Limit = Annotated[int, Query(ge=1, le=1_000)]


class FieldWrite(BaseModel):
    """`hlc` is "" where it is written here and now."""

    value: PlainText
    hlc: PlainText = ""


class Consent(BaseModel):
    """`is_confirmed` where the member says it in person: at the hub, on the own phone."""

    is_granted: bool
    is_confirmed: bool = True
    channel: PlainText = "hub"
    hlc: PlainText = ""

    def said(self) -> Said:
        return Said(self.is_granted, self.channel, self.is_confirmed, self.hlc)


class Joining(BaseModel):
    fields: dict[PlainText, PlainText] = {}
    consents: dict[PlainText, Consent] = {}


class Change(BaseModel):
    fields: dict[PlainText, FieldWrite | PlainText] = {}
    consents: dict[PlainText, Consent] = {}


class Merge(BaseModel):
    """`other` becomes part of the member in the address."""

    other: PlainText


class LostPhone(BaseModel):
    """All phones of the member where none is named."""

    credential: int | None = None


class Amount(BaseModel):
    """Idempotent by `id`. Minor units of money, or points."""

    id: Uid
    amount: int = Field(gt=0, le=10**12)
    reference: PlainText = ""


class WriteOff(BaseModel):
    id: Uid


class CouponsWanted(BaseModel):
    coupon: Coupon
    count: int = Field(default=1, ge=1, le=coupons.MOST_AT_ONCE)
    member: PlainText = ""


def router(members: Members, zone: ZoneInfo) -> APIRouter:
    routes = APIRouter(prefix="/api")
    routes.include_router(_accounts(members, zone))
    routes.include_router(_doings(members))
    routes.include_router(_money(members))
    routes.include_router(_offers(members))
    return routes


def _accounts(members: Members, zone: ZoneInfo) -> APIRouter:
    routes = APIRouter(prefix="/members")

    @routes.post("", status_code=201)
    def join(joining: Joining) -> dict[str, Any]:
        consents = {purpose: consent.said() for purpose, consent in joining.consents.items()}
        return as_dict(members.join(joining.fields, consents))

    @routes.get("/{name}")
    def member(name: str) -> dict[str, Any]:
        """By id, by number, or by the id of a membership that was merged into another."""
        return as_dict(members.person(name))

    @routes.put("/{name}")
    def change(name: str, wanted: Change) -> dict[str, Any]:
        writes = [
            Written(field, one, "") if isinstance(one, str) else Written(field, one.value, one.hlc)
            for field, one in wanted.fields.items()
        ]
        consents = {purpose: consent.said() for purpose, consent in wanted.consents.items()}
        return as_dict(members.change(name, writes, consents))

    @routes.get("/{name}/export")
    def export(name: str) -> dict[str, Any]:
        return telling.export(members, name, zone)

    return routes


def _doings(members: Members) -> APIRouter:
    routes = APIRouter(prefix="/members/{name}")

    @routes.get("/code")
    def code(name: str, credential: int | None = None) -> dict[str, Any]:
        """The text of the QR symbol; the phone asks again at `next_at`."""
        shown = members.code(name, credential)
        return {
            "code": shown.code,
            "next_at": shown.next_at,
            "good_until": shown.good_until,
            "credential": shown.credential,
        }

    @routes.post("/lost-phone")
    def lost_phone(name: str, lost: LostPhone) -> dict[str, int]:
        return {"credential": members.lost_phone(name, lost.credential)}

    @routes.post("/phones", status_code=201)
    def add_phone(name: str) -> dict[str, int]:
        return {"credential": members.add_phone(name)}

    @routes.post("/merge")
    def merge(name: str, wanted: Merge) -> dict[str, Any]:
        return as_dict(members.merge(name, wanted.other))

    @routes.post("/erase", status_code=204)
    def erase(name: str) -> None:
        members.erase(name)

    return routes


def _money(members: Members) -> APIRouter:
    routes = APIRouter(prefix="/members/{name}")

    @routes.post("/top-up")
    def top_up(name: str, wanted: Amount) -> dict[str, Any]:
        spending.top_up(members, wanted.id, name, wanted.amount, wanted.reference)
        return as_dict(members.person(name))

    @routes.post("/gift")
    def gift(name: str, wanted: Amount) -> dict[str, Any]:
        spending.gift(members, wanted.id, name, wanted.amount, wanted.reference)
        return as_dict(members.person(name))

    @routes.post("/write-off")
    def write_off(name: str, wanted: WriteOff) -> dict[str, Any]:
        spending.write_off(members, wanted.id, name)
        return as_dict(members.person(name))

    return routes


def _offers(members: Members) -> APIRouter:
    routes = APIRouter()

    @routes.get("/programme")
    def what_members_get() -> Programme:
        with members.database.read() as session:
            return members.programme_in(session)

    @routes.put("/programme")
    def put_programme(wanted: Programme) -> Programme:
        return programme.publish(members, wanted)

    @routes.post("/coupons", status_code=201)
    def make_coupons(wanted: CouponsWanted) -> dict[str, list[str]]:
        return {"codes": coupons.make(members, wanted.coupon, wanted.count, wanted.member)}

    @routes.get("/coupons/losses")
    def losses() -> dict[str, Any]:
        with members.database.read() as session:
            lost = [loss._asdict() for loss in coupons.losses(session)]
        return {"losses": lost, "most_through_one_cut": coupons.most_lost(members)}

    return routes

"""What head office does with a member by a button: a lost phone, two accounts that are one person, export, erasure."""

from __future__ import annotations

from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Form
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, RedirectResponse, Response

from cloud.errors import NotSureError
from cloud.members import telling
from cloud.members.service import Members
from contract.text import PlainText

NO_STORE: Final = {"Cache-Control": "no-store"}
Word = Annotated[PlainText, Form(max_length=64)]


class MemberForms:
    def __init__(self, members: Members, zone: ZoneInfo) -> None:
        self._members = members
        self._zone = zone

    def add_to(self, app: FastAPI) -> None:
        app.add_api_route("/members/{name}/export", self.export)
        app.add_api_route("/members/{name}/lost-phone", self.lost_phone, methods=["POST"])
        app.add_api_route("/members/{name}/merge", self.merge, methods=["POST"])
        app.add_api_route("/members/{name}/erase", self.erase, methods=["POST"])

    def export(self, name: str) -> Response:
        told = telling.export(self._members, name, self._zone)
        file = f'attachment; filename="member-{told["number"]}.json"'
        return JSONResponse(
            jsonable_encoder(told), headers=NO_STORE | {"Content-Disposition": file}
        )

    def lost_phone(self, name: str, credential: Annotated[int, Form()]) -> Response:
        self._members.lost_phone(name, credential)
        return RedirectResponse(f"/members/{name}#phones", 303)

    def merge(self, name: str, other: Word) -> Response:
        """`other` becomes part of the member whose page it is."""
        kept = self._members.merge(name, other.strip())
        return RedirectResponse(f"/members/{kept.member.number}", 303)

    def erase(self, name: str, number: Word) -> Response:
        """Asks for the member's number once more: there is no way back."""
        member = self._members.person(name).member
        if number.strip() != member.number:
            raise NotSureError(number=member.number)
        self._members.erase(member.member_id)
        return RedirectResponse("/members", 303)

"""The member's own pages: sign in (simulated), the code for the till, profile, consents, points, orders, leaving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import FastAPI, Form, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from cloud.errors import (
    ErasedMemberError,
    NoSuchMemberError,
    UnknownMemberError,
)
from cloud.live import stream
from cloud.members import telling
from cloud.members.people import as_dict
from cloud.members.profile import FIELDS, PURPOSES, Written
from cloud.members.service import Members, Said
from cloud.members.spending import Desk
from cloud.orders import forgetting
from cloud.storefront import benefits, repository
from cloud.storefront.endpoints import COOKIE, ROOT, Storefront
from cloud.storefront.symbol import symbol
from cloud.storefront.tables import Shopper
from cloud.storefront.tickets import new_name
from cloud.storefront.views import Scene
from contract.members import Coupon
from contract.text import PlainText
from ui.pages import Look
from ui.stream import response

CHANNEL: Final = "storefront"
SHOWN_FIELDS: Final = tuple(field for field in FIELDS if field not in {"language", "note"})
Text = Annotated[PlainText, Form(max_length=200)]


class Account:
    def __init__(self, shop: Storefront, members: Members) -> None:
        self._shop = shop
        self._members = members

    def add_to(self, app: FastAPI) -> None:
        app.add_api_route(f"{ROOT}/me", self.show)
        app.add_api_route(f"{ROOT}/me/code", self._shop.page("code.html", self.code_view))
        app.add_api_route(f"{ROOT}/me/export", self.export)
        app.add_api_route(f"{ROOT}/events/me/code", self.events)
        forms: dict[str, Callable[..., Response]] = {
            "in": self.sign_in,
            "join": self.join,
            "out": self.sign_out,
            "profile": self.change_profile,
            "consents": self.change_consents,
            "lost-phone": self.lost_phone,
            "erase": self.erase,
        }
        for path, form in forms.items():
            app.add_api_route(f"{ROOT}/me/{path}", form, methods=["POST"])

    # -- who it is -----------------------------------------------------------------------------

    def sign_in(self, request: Request, number: Text, name: Text) -> Response:
        """Simulated: a real shop asks for a secret, or another company's word. The page says so."""
        try:
            found = as_dict(self._members.person(number.strip()))
        except (UnknownMemberError, ErasedMemberError) as error:
            raise NoSuchMemberError from error
        known = found["fields"].get("name", "")
        if not known or known.casefold() != name.strip().casefold():
            raise NoSuchMemberError
        return self._enter(request, found["member_id"])

    def join(self, request: Request, name: Text, insight: Text = "", news: Text = "") -> Response:
        language = self._shop.pages.look(request).language
        fields = {"name": name.strip(), "language": language}
        consents = {"insight": _said(insight), "news": _said(news)}
        person = self._members.join(fields, consents)
        return self._enter(request, person.member.member_id)

    def sign_out(self, request: Request) -> Response:
        with self._shop.database.write() as session:
            repository.forget(session, self._shop.name(request))
        answer = RedirectResponse(ROOT, 303)
        answer.delete_cookie(COOKIE, path=ROOT)
        return answer

    def _enter(self, request: Request, member_id: str) -> Response:
        """This browser is one of the member's phones from now on."""
        phone, name = self._members.add_phone(member_id), new_name()
        former_id = self._shop.name(request) or new_name()
        with self._shop.database.write() as session:
            former = repository.note_shopper(session, former_id, self._shop.clock.now())
            shopper = repository.rename(session, former, name)
            shopper.member_id, shopper.credential = member_id, phone
            session.add(shopper)
        return self._shop.keep(RedirectResponse(f"{ROOT}/me", 303), name)

    # -- pages ---------------------------------------------------------------------------------

    def show(self, request: Request) -> Response:
        look = self._shop.pages.look(request)
        values = self._shop.values(look, request, self.view)
        template = "me.html" if values["member"] else "sign_in.html"
        return self._shop.pages.response(template, look, **values)

    def view(self, scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
        """`member` is None for a browser on which nobody is signed in."""
        del asked
        shopper = scene.shopper
        found = repository.own_orders(scene.session, shopper) if shopper else []
        return {
            "member": self._member(shopper),
            "coupons": self._coupons(scene),
            "orders": [(own.link, order) for own, order in found],
            "fields": SHOWN_FIELDS,
            "purposes": PURPOSES,
        }

    def code_view(self, scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
        """The code of this half minute; the page's stream brings the next one."""
        del asked
        shopper = scene.shopper
        if shopper is None or not shopper.member_id:
            raise NoSuchMemberError
        shown = self._members.code(shopper.member_id, shopper.credential)
        number = self._members.person(shopper.member_id).member.number
        picture = symbol(shown.code, number)
        return {"symbol": picture, "member_number": number, "stream": f"{ROOT}/events/me/code"}

    async def events(self, request: Request) -> Response:
        look = self._shop.pages.look(request)
        await run_in_threadpool(self._shop.values, look, request, self.code_view)
        return response(stream(self._shop.changes, lambda: self._paint(look, request)))

    def _paint(self, look: Look, request: Request) -> dict[str, str]:
        values = self._shop.values(look, request, self.code_view)
        return {"#code": self._shop.pages.render("parts/code.html", look, **values)}

    def _member(self, shopper: Shopper | None) -> dict[str, Any] | None:
        """None also for a membership that was given up elsewhere."""
        if shopper is None or not shopper.member_id:
            return None
        try:
            return as_dict(self._members.person(shopper.member_id))
        except (UnknownMemberError, ErasedMemberError):
            return None

    def _coupons(self, scene: Scene) -> Sequence[tuple[str, Coupon]]:
        member = benefits.member_of(scene.session, scene.shopper)
        desk = Desk(scene.session, scene.now, scene.currency)
        return benefits.purse(desk, member).coupons if member else ()

    # -- what a member does --------------------------------------------------------------------

    def change_profile(
        self,
        request: Request,
        name: Text = "",
        phone: Text = "",
        email: Text = "",
        birthday: Text = "",
        address: Text = "",
    ) -> Response:
        """Only what differs is written: another channel may have said something newer of the rest."""
        own = self._own(request)
        known = as_dict(self._members.person(own.member_id))["fields"]
        typed = dict(zip(SHOWN_FIELDS, (name, phone, email, birthday, address), strict=True))
        writes = [
            Written(field, value.strip(), "")
            for field, value in typed.items()
            if value.strip() != known.get(field, "")
        ]
        self._members.change(own.member_id, writes, {})
        return RedirectResponse(f"{ROOT}/me#profile", 303)

    def change_consents(self, request: Request, insight: Text = "", news: Text = "") -> Response:
        own = self._own(request)
        wanted = {"insight": bool(insight), "news": bool(news)}
        known = as_dict(self._members.person(own.member_id))["consents"]
        changed = {it: Said(yes, CHANNEL) for it, yes in wanted.items() if yes != known[it]}
        self._members.change(own.member_id, [], changed)
        return RedirectResponse(f"{ROOT}/me#consents", 303)

    def lost_phone(self, request: Request) -> Response:
        """Every other phone is signed out, and its code is good nowhere; this browser gets a new one."""
        own = self._own(request)
        fresh = self._members.lost_phone(own.member_id)
        with self._shop.database.write() as session:
            repository.forget_others(session, own.member_id, own.shopper_id)
            shopper = repository.shopper(session, own.shopper_id)
            assert shopper is not None
            shopper.credential = fresh
            session.add(shopper)
        return RedirectResponse(f"{ROOT}/me#phones", 303)

    def export(self, request: Request) -> Response:
        own = self._own(request)
        told = telling.export(self._members, own.member_id, self._shop.zone)
        headers = {
            "Content-Disposition": 'attachment; filename="membership.json"',
            "Cache-Control": "no-store",
        }
        return JSONResponse(jsonable_encoder(told), headers=headers)

    def erase(self, request: Request, sure: Text) -> Response:
        """Needs the box ticked: there is no way back."""
        del sure
        own = self._own(request)
        self._members.erase(own.member_id)
        with self._shop.database.write() as session:
            forgetting.forget(session)
            repository.disown(session, own.member_id)
            repository.forget_others(session, own.member_id, own.shopper_id)
        return self.sign_out(request)

    def _own(self, request: Request) -> Shopper:
        """Raises NoSuchMemberError where nobody is signed in."""
        with self._shop.database.read() as session:
            shopper = repository.shopper(session, self._shop.name(request))
            session.expunge_all()
        if shopper is None or not shopper.member_id:
            raise NoSuchMemberError
        return shopper


def _said(ticked: str) -> Said:
    return Said(bool(ticked), CHANNEL)

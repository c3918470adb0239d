"""The providers' own page, on which a customer pays an order of an online shop, and their word to the shop about it.

A shop opens an order by its provider's wire: WeChat Pay's unifiedorder (H5, "MWEB") answers with the page's address;
Alipay's alipay.trade.page.pay is a signed address of the gateway that the browser itself opens. Source: the
providers' public documents of both.

GET  /cashier/{provider}/{visit}   the page: what, to whom, pay or do not pay
POST /cashier/{provider}/{visit}   answer=approve|decline; then back to the shop
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from fastapi import FastAPI, Form, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from hardware_sim.wallets import notices
from hardware_sim.wallets.alipay import is_signed, minor_of, signed_text
from hardware_sim.wallets.app import Wallets, served
from hardware_sim.wallets.notices import Notices
from hardware_sim.wallets.provider import Order, Refusal, WalletProvider
from hardware_sim.wallets.wechat_pay import Fields
from ui.pages import Pages, Place
from ui.security import policy

FOLDER: Final = Path(__file__).parent
ACCENTS: Final = {"wechat_pay": "oklch(0.55 0.14 150)", "alipay": "oklch(0.52 0.16 255)"}
PAGE_PAY: Final = "alipay.trade.page.pay"
LASTS_S: Final = 900.0  # where the shop does not say
STAMP: Final = "%Y%m%d%H%M%S"
NOT_OURS: Final = "This address was not signed by a shop that we know: nothing was opened.\n"


@dataclass(frozen=True, slots=True)
class Visit:
    """One order as its page knows it. `return_url` is where the customer goes afterwards."""

    provider: str
    number: str
    subject: str
    notify_url: str
    return_url: str = ""


class Cashier:
    """`address` is where this program is reached, `place` its pages' money, clock and language."""

    def __init__(self, wallets: Wallets, address: str, place: Place) -> None:
        self.notices = Notices()
        self._wallets = wallets
        self._address = address
        self._visits: dict[str, Visit] = {}
        self._pages = {
            name: Pages(FOLDER, replace(place, accent=accent), f"/cashier/{name}")
            for name, accent in ACCENTS.items()
        }

    def add_to(self, app: FastAPI) -> None:
        self._wallets.wechat_pay.operations["open"] = self._open_wechat
        app.add_api_route("/wechat/pay/unifiedorder", self._unified_order, methods=["POST"])
        app.add_api_route("/alipay/gateway.do", self._page_pay, methods=["GET"])
        first, *others = self._pages.values()
        first.add_to(app)
        for pages in others:
            pages.add_files_to(app)
        app.add_api_route("/cashier/{provider}/{visit}", self.show, methods=["GET"])
        app.add_api_route("/cashier/{provider}/{visit}", self.answer, methods=["POST"])

    # -- how shops open an order ---------------------------------------------------------------

    async def _unified_order(self, request: Request) -> Response:
        wire, body = self._wallets.wechat_pay, await request.body()
        return await run_in_threadpool(
            served,
            wire.provider,
            "open",
            "text/xml",
            lambda fault: wire.answer("open", body, fault),
        )

    def _open_wechat(self, fields: Fields, fault: str) -> Fields:
        number = fields["out_trade_no"]
        self._wallets.wechat_pay.provider.open(
            number,
            int(fields["total_fee"]),
            fields.get("fee_type", "CNY"),
            _span_s(fields.get("time_start", ""), fields.get("time_expire", "")),
            fault,
        )
        visit = Visit("wechat_pay", number, fields["body"], fields["notify_url"])
        name = self._note(visit)
        return {
            "trade_type": "MWEB",
            "prepay_id": f"wx{name}",
            "mweb_url": f"{self._address}/cashier/wechat_pay/{name}",
        }

    def _page_pay(self, request: Request) -> Response:
        """The browser brings the shop's signed order along. Alipay has no answer to sign: it shows its page."""
        wire, asked = self._wallets.alipay, dict(request.query_params)
        is_ours = asked.get("app_id") == wire.merchant.app_id and asked.get("method") == PAGE_PAY
        signature = asked.get("sign", "")
        if not is_ours or not is_signed(signed_text(asked), signature, wire.merchant.public_key):
            return PlainTextResponse(NOT_OURS, status_code=400)
        content = json.loads(asked["biz_content"])
        number, currency = content["out_trade_no"], content.get("trans_currency", "CNY")
        visit = Visit(
            "alipay", number, content["subject"], asked["notify_url"], asked["return_url"]
        )
        lasts_s = 60.0 * int(content.get("timeout_express", "15m").removesuffix("m"))
        amount_minor = minor_of(content["total_amount"], currency)
        try:
            with wire.provider.lock:
                fault = wire.provider.take_fault("open")
                wire.provider.open(number, amount_minor, currency, lasts_s, fault)
        except Refusal:
            pass  # it is paid or over: its page says so
        return RedirectResponse(f"/cashier/alipay/{self._note(visit)}", 302)

    def _note(self, visit: Visit) -> str:
        name = secrets.token_urlsafe(16)
        self._visits[name] = visit
        return name

    # -- the page ------------------------------------------------------------------------------

    def show(self, request: Request, provider: str, visit: str, redirect_url: str = "") -> Response:
        """WeChat Pay's pages are told in their address where to go afterwards."""
        pages = self._pages.get(provider) or self._pages["alipay"]
        look, known = pages.look(request), self._visits.get(visit)
        order = self._order(known)
        back = (known.return_url if known else "") or redirect_url
        page = pages.response(
            "cashier.html", look, visit=known, order=order, provider=provider, back=back
        )
        if back:
            page.headers["Content-Security-Policy"] = policy(_origin(back))
        return page

    def answer(
        self,
        provider: str,
        visit: str,
        answer: Annotated[Literal["approve", "decline"], Form()],
        back: Annotated[str, Form()] = "",
    ) -> Response:
        """What the customer pressed; whatever it was, she goes back to the shop, which asks us what became of it."""
        known = self._visits.get(visit)
        if known is None or known.provider != provider:
            return RedirectResponse(f"/cashier/{provider}/{visit}", 303)
        order = self._provider(known).decide(known.number, answer)
        if order is not None and order.state == "paid":
            self._tell(known, order)
        return RedirectResponse(known.return_url or back or f"/cashier/{provider}/{visit}", 303)

    def _provider(self, visit: Visit) -> WalletProvider:
        return self._wallets.provider(visit.provider)

    def _order(self, visit: Visit | None) -> Order | None:
        if visit is None:
            return None
        provider = self._provider(visit)
        with provider.lock:
            return provider.query(visit.number)

    def _tell(self, visit: Visit, order: Order) -> None:
        """The word to the shop, signed; it may come late, twice or never, which is why shops ask as well."""
        provider = self._provider(visit)
        with provider.lock:
            fault = provider.take_fault("notify")
        if visit.provider == "alipay":
            notice = notices.of_alipay(self._wallets.alipay, visit.notify_url, order)
        else:
            notice = notices.of_wechat(self._wallets.wechat_pay, visit.notify_url, order)
        if fault == "forged":
            notice = notices.forged(notice, order)
        self.notices.add(notice, is_lost=fault == "lost")


def _span_s(start: str, end: str) -> float:
    """Between two stamps of WeChat Pay. Not until `end` by our clock: the shop's may be another one."""
    if not (start and end):
        return LASTS_S
    begun, over = (datetime.strptime(it, STAMP) for it in (start, end))  # noqa: DTZ007 - both are of China
    return (over - begun).total_seconds()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

"""Orders as head office sees them: what is promised, what of it is at risk, how well each shop keeps its word."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cloud.console.views import SHOWN, Desk, View
from cloud.errors import NotFoundError
from cloud.names import name_in
from cloud.orders import lists, quoting, repository
from cloud.orders import service as orders
from cloud.orders.lists import Day, Wanted
from cloud.orders.quoting import Shop
from cloud.orders.tables import CustomerOrder
from cloud.storefront import coming_back

STATE_TONES = {
    "completed": "good",
    "ready": "good",
    "at_risk": "warn",
    "cancelling": "warn",
    "partly_handed": "warn",
    "broken": "bad",
    "cancelled": "off",
    "lapsed": "off",
    "returned": "off",
    "partly_returned": "off",
}
PROMISE_TONES = {"kept": "good", "at_risk": "warn", "re_promised": "warn", "broken": "bad"}
GOOD_RATE_BP, POOR_RATE_BP = 9_000, 7_500


def orders_view(desk: Desk, asked: Mapping[str, str]) -> View:
    show = asked.get("show", "open")
    wanted = Wanted(
        show if show in lists.FILTERS else "open",
        asked.get("location_id", ""),
        asked.get("search", "").strip(),
    )
    day = Day(desk.today, desk.zone)
    shops = repository.shops(desk.session)
    counts = lists.counts(desk.session, day)
    debts, wishes = lists.with_debts(desk.session), lists.with_wishes(desk.session)
    silent = [it for it in shops.values() if not quoting.is_leased(it.heard_at, desk.now)]
    values = {
        "wanted": wanted,
        "filters": [(name, counts[name]) for name in lists.FILTERS],
        "places": sorted((it.location_id, it.name(desk.language)) for it in shops.values()),
        "rows": [
            _row(desk, it, shops, debts) | {"wished_at": wishes.get(it.order_id)}
            for it in lists.found(desk.session, day, wanted, SHOWN)
        ],
        "counts": counts,
        "debts": len(debts),
        "silent": [it.name(desk.language) for it in silent],
        "keepers": [_keeper(desk, it) for it in shops.values()],
    }
    return View("orders.html", "/orders", values, ("orders",))


def _row(
    desk: Desk, order: CustomerOrder, shops: Mapping[str, Shop], debts: Mapping[str, datetime]
) -> dict[str, Any]:
    return {
        "order": order,
        "shop": _name(desk, shops, order.location_id),
        "source": _name(desk, shops, order.source_id),
        "tone": STATE_TONES.get(order.state, "busy"),
        "promise_tone": PROMISE_TONES.get(order.promise, "off"),
        "is_late": order.state in lists.OPEN and order.window_end <= desk.now,
        "is_silent": order.state in lists.OPEN and _is_silent(desk, shops, order),
        "owed_since": debts.get(order.order_id),
    }


def _name(desk: Desk, shops: Mapping[str, Shop], location_id: str) -> str:
    shop = shops.get(location_id)
    return shop.name(desk.language) if shop else location_id


def _is_silent(desk: Desk, shops: Mapping[str, Shop], order: CustomerOrder) -> bool:
    own = [shops[it] for it in {order.location_id, order.source_id} if it in shops]
    return any(not quoting.is_leased(it.heard_at, desk.now) for it in own)


def _keeper(desk: Desk, shop: Shop) -> dict[str, Any]:
    """How well one shop keeps its word: of its newest jobs, as its promises are made of it."""
    rate_bp = shop.on_time * 10_000 // shop.samples if shop.samples else None
    is_heard = quoting.is_leased(shop.heard_at, desk.now)
    return {
        "location_id": shop.location_id,
        "name": shop.name(desk.language),
        "samples": shop.samples,
        "on_time": shop.on_time,
        "rate_bp": rate_bp,
        "tone": _rate_tone(rate_bp),
        "lead_min": -(-shop.lead_s // 60) if shop.lead_s else None,
        "is_heard": is_heard,
        "silent_since": None if is_heard or shop.heard_at == repository.NEVER else shop.heard_at,
    }


def _rate_tone(rate_bp: int | None) -> str:
    if rate_bp is None:
        return "off"
    return "good" if rate_bp >= GOOD_RATE_BP else "warn" if rate_bp >= POOR_RATE_BP else "bad"


def order_view(desk: Desk, asked: Mapping[str, str]) -> View:
    """By its id, or by the number that people say."""
    named = repository.by_number(desk.session, asked["order_id"].upper())
    order_id = named.order_id if named else asked["order_id"]
    order = repository.named(desk.session, order_id)
    if order is None:
        raise NotFoundError(what="order", name=asked["order_id"])
    whole = orders.order_view(desk.session, desk.now, order_id)
    shops = repository.shops(desk.session)
    row = _row(desk, order, shops, lists.with_debts(desk.session))
    row["is_awaited"] = order_id in lists.with_wishes(desk.session)
    values = {
        **row,
        "whole": whole,
        "shops": {it.location_id: it.name(desk.language) for it in shops.values()},
        "lines": [
            {**line, "name": name_in(line["names"], desk.language) or line["sku"]}
            for line in whole["lines"]
        ],
        "jobs": [_job(desk, job, shops) for job in repository.jobs(desk.session, order_id)],
        "wishes": _wishes(desk, order_id, shops),
        "backs": _backs(desk, order_id, shops),
        "proofs": _proofs(desk, order_id),
        "story": [
            {"at": it.at, "what": it.what, **_told(json.loads(it.fields), desk, shops)}
            for it in repository.story(desk.session, order_id)
        ],
        "credits": repository.credits_of(desk.session, order_id),
        "plan_at": _moment(whole["plan_b"]),
        "todo": _todo(row, whole),
    }
    return View("order.html", "/orders", values, ("order",))


def _job(desk: Desk, job: Any, shops: Mapping[str, Shop]) -> dict[str, Any]:
    is_open = job.wanted == "placed" and job.state in ("offered", "accepted", "picked", "ready")
    shop = shops.get(job.location_id)
    return {
        "job": job,
        "name": _name(desk, shops, job.location_id),
        "tone": _job_tone(job, desk.now),
        "is_silent": is_open
        and shop is not None
        and not quoting.is_leased(shop.heard_at, desk.now),
    }


def _job_tone(job: Any, now: datetime) -> str:
    if job.state in ("handed_over", "ready"):
        return "good"
    if job.wanted == "cancelled" or job.state == "cancelled":
        return "off"
    if job.state == "declined":
        return "bad"
    late = job.accept_by if job.state == "offered" else job.window_end
    return "warn" if now >= late else "busy"


def _wishes(desk: Desk, order_id: str, shops: Mapping[str, Shop]) -> list[dict[str, Any]]:
    """What the customer has announced, by line."""
    return [
        {
            "line": it.line,
            "at": it.asked_at,
            "place": _name(desk, shops, it.location_id),
            "reason": it.reason,
            "taken_at": it.taken_at,
        }
        for it in coming_back.of_order(desk.session, order_id)
    ]


def _backs(desk: Desk, order_id: str, shops: Mapping[str, Shop]) -> list[dict[str, Any]]:
    """What shops took back, as each of them said."""
    return [
        {"back": it, "place": _name(desk, shops, it.location_id)}
        for it in repository.taken_back(desk.session, order_id)
    ]


def _proofs(desk: Desk, order_id: str) -> list[dict[str, Any]]:
    """Who was sure of the right person, and how: one for each hand-over."""
    found = []
    for event in repository.events(desk.session, order_id):
        if event.type == "job.handed_over":
            body = json.loads(event.body)
            proof = body["proof"]
            found.append(
                {
                    "at": event.occurred_at,
                    "location_id": event.location_id,
                    "kind": proof["kind"],
                    "reference": proof.get("reference", ""),
                    "cashier": body.get("cashier", ""),
                    "pieces": sum(line["quantity"] for line in body["handed"]),
                }
            )
    return found


def _told(fields: Mapping[str, Any], desk: Desk, shops: Mapping[str, Shop]) -> dict[str, Any]:
    """What an event names, ready to be put into its sentence."""
    end = fields.get("window_end")
    return {
        "place": _name(desk, shops, fields.get("location_id", "")),
        "state": fields.get("state", ""),
        "reason": fields.get("reason", ""),
        "until": datetime.fromisoformat(end) if end else None,
        "amount_minor": fields.get("amount_minor", fields.get("paid_minor")),
        "pieces": fields.get("pieces", fields.get("quantity")),
    }


def _moment(plan: Mapping[str, Any] | None) -> datetime | None:
    end = plan.get("window_end") if plan else None
    return datetime.fromisoformat(end) if end else None


def _todo(row: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """The one thing that somebody should do about it now."""
    if row["is_silent"] and whole["promise"] != "kept":
        return "silent"
    if row["owed_since"]:
        return "pay"
    named: Sequence[tuple[bool, str]] = (
        (bool(row["is_awaited"]), "comes_back"),
        (whole["state"] == "cancelling", "cancelling"),
        (whole["promise"] == "at_risk", "at_risk"),
        (bool(row["is_late"]), "late"),
        (whole["state"] == "held", "held"),
        (whole["state"] == "ready" and whole["due_minor"] > 0, "due"),
        (whole["can_cancel"], "wait"),
    )
    return next((key for is_so, key in named if is_so), "nothing")

"""From what was read and what the desk remembers to what the screen shows: pure, one function a part."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from edge.domain.basket import PricedLine
from edge.screens import card_keys, order_compose, parts, return_keys
from edge.screens.keys import QUICK_KEYS, SELLABLE, Key, Situation, StageName, keys_of
from edge.screens.paint import Counter
from edge.screens.parts import Names, Tone, Words
from edge.screens.readings import Condition, Known, Readings
from edge.screens.state import DeskState, LastDone
from edge.screens.typed import in_coins, likely_cash
from edge.services.selling import BasketView
from edge.services.shop import Shop

if TYPE_CHECKING:
    from edge.screens.stock_parts import StockShown

TONE_OF_STATE: Final[dict[str, Tone]] = {
    "ready": "good",
    "busy": "busy",
    "present": "busy",
    "opening": "busy",
    "not_ready": "bad",
    "absent": "bad",
    "faulted": "bad",
}
PAYING: Final[dict[str, StageName]] = {"card": "card", "wallet": "wallet"}
ASKS: Final[dict[StageName, str]] = {
    "empty": "code",
    "done": "code",
    "selling": "more",
    "card": "wait",
    "wallet": "wait_wallet",
    "suspended": "basket",
    "counting": "counted",
    "report": "report",
    "orders": "orders",
    "pickup": "pickup",
}
ASKS_OF_STEP: Final = {
    "": "shift",
    "float": "float",
    "cash_in": "amount_in",
    "cash_out": "amount_out",
    "reason_in": "reason",
    "reason_out": "reason",
}
MEMBERED: Final = frozenset({"empty", "selling", "card"})
PRINT_TONES: Final[dict[str, Tone]] = {
    "QUEUED": "busy",
    "SENDING": "busy",
    "SENT": "busy",
    "PRINTED": "good",
    "HELD": "warn",
    "UNKNOWN": "warn",
    "FAILED": "bad",
}


def compose(shop: Shop, seen: Readings, state: DeskState) -> Counter:
    """The whole screen. Reads nothing: `shop` is asked for its settings only."""
    name = stage_name(seen, state)
    keys = keys_of(situation(seen, state))
    return Counter(
        head=_head(shop, seen),
        prompt=parts.Prompt(_ask(shop, name, state), is_text=_asks_text(name, state)),
        notice=_notice(name, seen, state),
        stage=_stage(shop, name, keys, seen, state),
        side=_side(shop, name, keys, seen, state),
        quick=_quick(seen) if name in SELLABLE else (),
        strip=_strip(seen),
    )


def stage_name(seen: Readings, state: DeskState) -> StageName:
    """Which of its states the left two thirds are in."""
    if state.view in ("report", "orders", "pickup", "stock"):
        return state.view
    if seen.shift is None:
        return "opening"
    if seen.basket is not None and seen.basket.payment is not None:
        return PAYING[seen.basket.payment.kind]
    if state.view != "sell":
        return state.view
    if seen.basket is not None and seen.basket.basket.live_lines:
        return "selling"
    return "done" if state.done else "empty"


def situation(seen: Readings, state: DeskState) -> Situation:
    kinds = {condition.kind for condition in seen.conditions}
    chosen = sum(pieces for _, pieces in state.draft.chosen) if state.draft else 0
    order_back = state.order_back
    lines = seen.basket.basket.live_lines if seen.basket else ()
    returnable = state.draft.left if state.draft else order_back.found.coming if order_back else ()
    job = seen.orders.at_desk if seen.orders else None
    return Situation(
        stage=stage_name(seen, state),
        line_count=len(returnable) if state.view == "returning" else len(lines),
        is_line_selected=bool(state.selected),
        suspended_count=len(seen.suspended),
        has_last_sale=seen.last_id is not None,
        has_payment_terminal="payment_terminal" in kinds,
        is_card_running=_is_card_running(seen),
        is_wallet_running=_is_wallet_running(seen, state),
        has_card_tender=_has_tender(seen, "card"),
        has_wallet_tender=_has_tender(seen, "wallet"),
        has_wallet_receipt=bool(state.draft and state.draft.has_wallet),
        is_step=bool(state.step),
        return_count=order_back.pieces if order_back else chosen,
        is_order_back=order_back is not None,
        is_paper_asked=bool(seen.papers),
        has_member=bool(seen.basket and seen.basket.basket.member),
        has_member_tender=bool(seen.basket and seen.basket.basket.member_minor),
        job_state=job.job.state if job else "",
        is_due=bool(job and job.due_minor and job.job.state == "ready"),
        offer_count=len(state.ways.offers) if state.ways else 0,
        stock_mode=state.stock.mode if state.stock else "",
        is_stock_asking=bool(state.stock and state.stock.asks),
        has_stock_lines=bool(state.stock and state.stock.lines),
        is_of_arrival=bool(state.stock and state.stock.arrival_id),
        is_asking=state.is_asking,
    )


def _is_card_running(seen: Readings) -> bool:
    payment = seen.basket.payment if seen.basket else None
    return payment is not None and payment.state in card_keys.RUNNING


def _is_wallet_running(seen: Readings, state: DeskState) -> bool:
    """Whether giving up changes anything."""
    payment = seen.basket.payment if seen.basket else None
    is_open = payment is not None and payment.state in (*card_keys.RUNNING, "UNKNOWN")
    return is_open and not state.is_stop_asked


def _has_tender(seen: Readings, kind: str) -> bool:
    tenders = seen.basket.basket.tenders if seen.basket else ()
    return any(tender.kind == kind for tender in tenders)


def _head(shop: Shop, seen: Readings) -> parts.Head:
    settings = shop.settings
    head = parts.Head(
        settings.company_name,
        tuple((str(language), name) for language, name in settings.location_name.items()),
        settings.workstation_id,
    )
    if seen.shift is None:
        return head
    return parts.Head(
        head.company,
        head.locations,
        head.workstation,
        seen.shift.cashier,
        seen.shift.number,
        seen.shift.business_date,
    )


def _ask(shop: Shop, name: StageName, state: DeskState) -> Words:
    if name == "opening":
        return Words("counter.ask.float" if state.step == "float" else "counter.ask.name")
    if name == "shift":
        return Words(f"counter.ask.{ASKS_OF_STEP[state.step]}")
    if name == "returning":
        return _ask_return(state)
    if name == "ordering":
        return _ask_way(state)
    if name == "stock":
        from edge.screens import stock_compose  # loaded by the first look at stock

        return stock_compose.ask(state.stock, shop.settings.language)
    return Words(f"counter.ask.{ASKS[name]}")


def _ask_return(state: DeskState) -> Words:
    if state.order_back is not None:
        return Words("counter.ask.order_back")
    return Words("counter.ask.return_line" if state.draft else "counter.ask.receipt")


def _ask_way(state: DeskState) -> Words:
    if state.is_asking:
        return Words("counter.asks.leave")
    is_named = state.ways is not None and state.ways.customer
    return Words("counter.ask.address" if is_named else "counter.ask.way")


def _asks_text(name: StageName, state: DeskState) -> bool:
    """A cashier's name, or what cash is for."""
    is_name = name == "opening" and state.step != "float"
    is_lot = bool(state.stock and state.stock.asks == "lot")
    is_words = is_lot or name in ("orders", "pickup", "ordering", "returning")
    return is_name or is_words or (name == "shift" and state.step in ("reason_in", "reason_out"))


def _notice(name: StageName, seen: Readings, state: DeskState) -> parts.Notice | None:
    """What the last key led to, or what happened since without one; not what the stage itself says."""
    told = seen.notice
    if told is None or told.number <= state.heard:
        return state.notice
    if name == "card" and told.key == "payment.unknown":
        return None
    fields = tuple(sorted(told.fields.items()))
    now = Words(f"{told.key}.now", fields, plain=told.what_now) if told.what_now else None
    return parts.Notice(told.tone, Words(told.key, fields, plain=told.message), now)


def _stage(
    shop: Shop, name: StageName, keys: tuple[Key, ...], seen: Readings, state: DeskState
) -> parts.Stage:
    return parts.Stage(
        name,
        keys,
        basket=_basket(seen, state),
        step=state.step,
        done=_done(state.done, seen) if name == "done" and state.done else None,
        card=_card(seen, state) if name in PAYING else None,
        back=_return(state) if name == "returning" else None,
        suspended=_suspended(seen) if name == "suspended" else (),
        report=state.report if name == "report" else None,
        orders=order_compose.rows(seen.orders) if name == "orders" else (),
        pickup=order_compose.pick_up(seen.orders, state) if name == "pickup" else None,
        ways=order_compose.comparison(state.ways) if name == "ordering" else None,
        stock=_stock(shop, seen, state) if name == "stock" else None,
        asks=Words(f"counter.asks.{state.asks}") if state.is_asking else None,
    )


def _stock(shop: Shop, seen: Readings, state: DeskState) -> StockShown:
    from edge.screens import stock_compose

    return stock_compose.shown(shop, seen.stock, state.stock)


def _basket(seen: Readings, state: DeskState) -> parts.Basket:
    view = seen.basket
    if view is None:
        return parts.Basket(seen.version)
    lines = tuple(_line(priced, seen, state.selected) for priced in _with_void_lines(view))
    return parts.Basket(seen.version, lines)


def _with_void_lines(view: BasketView) -> list[PricedLine]:
    """Every line in its place; a void one costs nothing."""
    priced = {line.line.line: line for line in view.priced.lines}
    return [priced.get(line.line) or PricedLine(line, 0, 0, 0) for line in view.basket.lines]


def _line(priced: PricedLine, seen: Readings, selected: int) -> parts.Line:
    line = priced.line
    known = seen.known.get(line.article.sku, Known())
    price_minor = line.article.unit_price_minor
    return parts.Line(
        line=line.line,
        names=_names(known, line.article.name),
        sku=line.article.sku,
        quantity=line.quantity,
        unit_price_minor=price_minor,
        amount_minor=line.quantity * price_minor if line.is_void else priced.amount_minor,
        discount_minor=priced.discount_minor,
        discount_reason=line.discount.reason,
        tax_minor=priced.tax_minor,
        tax_rate_bp=line.article.tax_rate_bp,
        lot=line.lot,
        expiry=line.expiry,
        category=known.category,
        is_selected=line.line == selected,
        is_void=line.is_void,
    )


def _names(known: Known, name: str) -> Names:
    """By language; under "" the name that the receipt will show, for a page whose language has none."""
    return (("", name), *known.names)


def _done(done: LastDone, seen: Readings) -> parts.Done:
    return parts.Done(
        done.kind,
        done.receipt_number,
        done.total_minor,
        done.tendered_minor,
        done.change_minor,
        tuple(parts.TenderShown(*tender) for tender in done.tenders),
        _print_state(seen),
        done.points_earned,
    )


def _print_state(seen: Readings) -> parts.PrintState | None:
    """Where a person must act or decide, the advice stands beside the state."""
    if seen.print_job is None:
        return None
    name = {"SENT": "sending"}.get(seen.print_job.state, seen.print_job.state.lower())
    key = f"counter.print.{name}"
    tone = PRINT_TONES[seen.print_job.state]
    is_advised = seen.print_job.state in ("HELD", "FAILED")  # what is UNKNOWN is asked in the strip
    return parts.PrintState(tone, Words(key), Words(f"{key}.now") if is_advised else None)


def _card(seen: Readings, state: DeskState) -> parts.CardPayment | None:
    payment = seen.basket.payment if seen.basket else None
    return card_keys.shown(payment, is_stop_asked=state.is_stop_asked) if payment else None


def _return(state: DeskState) -> parts.Return:
    draft, order = state.draft, state.order_back
    if order is not None:
        from edge.screens import return_order_keys  # loaded by the first return

        known = order.found.order
        until = f"{known.until}T12:00:00+00:00" if known.until else ""
        return parts.Return(lines=return_order_keys.lines(order), order=known.number, until=until)
    if draft is None:
        return parts.Return(awaited=state.awaited)
    sold = draft.sold
    return parts.Return(
        sold.receipt_number,
        sold.business_date,
        sold.edge_id,
        return_keys.lines(draft),
        return_keys.amount_minor(draft),
    )


def _suspended(seen: Readings) -> tuple[parts.SuspendedBasket, ...]:
    return tuple(
        parts.SuspendedBasket(
            number,
            view.basket.basket_id,
            view.basket.cashier,
            len(view.basket.live_lines),
            view.priced.total_minor,
            view.basket.live_lines[0].article.name if view.basket.live_lines else "",
        )
        for number, view in enumerate(seen.suspended, 1)
    )


def _side(
    shop: Shop, name: StageName, keys: tuple[Key, ...], seen: Readings, state: DeskState
) -> parts.Side:
    if name == "returning" and state.order_back:
        order = state.order_back
        return parts.Side(name, keys, order.worth_minor, order.worth_minor, order.pieces)
    if name == "returning" and state.draft:
        worth = return_keys.amount_minor(state.draft)
        back = return_keys.back_to_member(state.draft)
        return parts.Side(
            name,
            keys,
            worth,
            worth - sum(part.amount_minor for part in back),
            sum(n for _, n in state.draft.chosen),
            tenders=tuple(parts.TenderShown(part.kind, part.amount_minor) for part in back),
        )
    if name == "pickup":
        job = seen.orders.at_desk if seen.orders else None
        return parts.Side(name, keys, due_minor=job.due_minor if job and job.job.is_open else 0)
    if name == "stock":
        return parts.Side(name, keys, pieces=state.stock.pieces if state.stock else 0)
    view = seen.basket
    member = _member(shop, seen) if name in MEMBERED else None
    if view is None or name not in ("selling", "ordering", *PAYING):
        return parts.Side(name, keys, member=member)
    due_minor = view.due_minor
    in_cash = in_coins(due_minor, shop.settings.cash_rounding_minor)
    return parts.Side(
        name,
        keys,
        total_minor=view.priced.total_minor,
        due_minor=due_minor,
        pieces=sum(line.quantity for line in view.basket.live_lines),
        discount_minor=view.priced.discount_minor,
        tax_minor=view.priced.tax_minor,
        rounding_minor=in_cash - due_minor,
        tenders=tuple(
            parts.TenderShown(tender.kind, tender.amount_minor, tender.masked_pan)
            for tender in view.basket.tenders
        ),
        quick_cash=likely_cash(in_cash, view.basket.currency) if name == "selling" else (),
        member=member,
    )


def _member(shop: Shop, seen: Readings) -> parts.MemberShown | None:
    """No name: a cashier needs to know what may be spent, and the customer knows who they are."""
    member = seen.basket.basket.member if seen.basket else None
    standing = seen.standing
    if member is None or standing is None:
        return None
    fields = (("points", f"{standing.points:,}"), ("twice", f"{standing.twice:,}"))
    is_bounded = not standing.is_online and standing.limit not in ("number", "no_rules")
    twice = "counter.member.twice" if standing.twice else "counter.member.never_twice"
    return parts.MemberShown(
        standing.tier_names,
        f"{member.balance:,}",
        _time(shop, member.as_of),
        Words(f"counter.member.{standing.limit}", fields),
        Words(twice, fields) if is_bounded else None,
    )


def _time(shop: Shop, stamp: str) -> str:
    if not stamp:
        return ""
    return f"{datetime.fromisoformat(stamp).astimezone(shop.settings.zone):%H:%M:%S}"


def _quick(seen: Readings) -> tuple[parts.QuickProduct, ...]:
    return tuple(
        parts.QuickProduct(
            press,
            product.sku,
            _names(seen.known.get(product.sku, Known()), product.name),
            product.amount_minor,
            product.category,
        )
        for press, product in zip(QUICK_KEYS, seen.quick, strict=False)
    )


def _strip(seen: Readings) -> parts.Strip:
    problems = tuple(
        problem for condition in seen.conditions if (problem := _problem(condition)) is not None
    )
    return parts.Strip(
        seen.line.is_online,
        seen.line.waiting,
        tuple(_peripheral(condition) for condition in seen.conditions),
        _question(seen),
        order_compose.strip_word(seen.waiting_orders),
        seen.waiting_orders.late > 0,
        problems,
    )


def _question(seen: Readings) -> parts.Question | None:
    if not seen.papers:
        return None
    paper, *others = seen.papers
    name = "copy" if paper.is_copy else paper.kind
    words = Words(f"counter.paper.{name}", (("number", paper.number),))
    return parts.Question(paper.job_id, words, len(others))


def _peripheral(condition: Condition) -> parts.PeripheralShown:
    tone = TONE_OF_STATE[condition.state]
    word = Words(f"peripheral.{condition.kind}.{_word(condition)}")
    if condition.state == "not_ready":
        word = Words(f"peripheral.word.{_word(condition)}", (("peripheral", _kind_key(condition)),))
    elif condition.state == "ready" and condition.is_paper_low:
        tone = "warn"
    return parts.PeripheralShown(condition.name, condition.kind, tone, word)


def _word(condition: Condition) -> str:
    if condition.state == "not_ready":
        return condition.reasons[0] if condition.reasons else "silent"
    if condition.state == "ready" and condition.is_paper_low:
        return "paper_low"
    return {"present": "opening"}.get(condition.state, condition.state)


def _kind_key(condition: Condition) -> str:
    return f"peripheral.{condition.kind}"


def _problem(condition: Condition) -> parts.Problem | None:
    advice = condition.advice
    if advice is None:
        return None
    tone: Tone = "warn" if condition.state in ("ready", "busy") else "bad"
    what = Words(advice.key, plain=advice.what)
    return parts.Problem(tone, what, Words(f"{advice.key}.now", plain=advice.what_now))

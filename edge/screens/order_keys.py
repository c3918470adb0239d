"""What the keys of orders do: the list, the pick-up desk, and ordering for a customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from edge.domain import order
from edge.domain.order_errors import NoSuchOrder, OfferGone
from edge.screens import typed
from edge.screens.keys import MAX_OFFERS, Press
from edge.screens.parts import Notice
from edge.screens.state import DeskState, Misread, OrderDraft, notice, refusal
from edge.services import handover, job_rows, jobs, ordering
from edge.services.handover import ByPerson
from edge.services.hub import AskHub, nobody
from edge.services.job_rows import Kept
from edge.services.jobs import Picked
from edge.services.ordering import Choice
from edge.services.shop import Shop

OrderCommand = Callable[[Shop, AskHub, DeskState, str], DeskState]
MAX_TEXT: Final = 60


def carried_out(shop: Shop, ask_hub: AskHub, state: DeskState, press: Press) -> DeskState:
    """One key of the three stages of orders, a code that was shown, or a key that leads to one of them."""
    if press.command in COMMANDS:
        return COMMANDS[press.command](shop, ask_hub, state, press.text)
    if press.command == "choose_way":
        return choose(shop, ask_hub, state, press.key)
    if press.command == "select":
        return _selected(shop, state, press)
    if press.command == "enter":
        return ENTERED[press.stage](shop, state, press.text)
    return back(state) if press.command == "back" else state


def _selected(shop: Shop, state: DeskState, press: Press) -> DeskState:
    number = typed.number_in(press.key)
    if number is None:
        return state
    return enter(shop, state, str(number)) if press.stage == "orders" else toggle(state, number)


ASKING: Final = frozenset({"order", "order_near", "choose_way"})
"""Keys for which the counter waits for the hub."""


def asking(state: DeskState, press: Press, number: int) -> DeskState:
    """What the screen says meanwhile."""
    asks: Literal["order", "choose_way"] = (
        "choose_way" if press.command == "choose_way" else "order"
    )
    return replace(state, view="ordering", asks=asks, asked=number, notice=None, is_armed=False)


def give_up(shop: Shop, ask_hub: AskHub, answer: Mapping[str, Any]) -> None:
    """What came of a question that nobody waited for: what the hub holds by it need not wait until it lapses."""
    if "order_id" in answer:
        ordering.release(shop, ask_hub, [str(answer["order_id"])])


def back(state: DeskState) -> DeskState:
    """From an order that was found in the list back to the list; from everything else to the basket."""
    if state.view == "pickup" and not state.code:
        return DeskState(view="orders")
    return DeskState()


def open_code(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """The desk of the order whose code was shown, whatever was on the screen. Raises what is wrong with the code."""
    del state, ask_hub
    kept = handover.look_up(shop, text.strip())
    job_id = kept.wish.job_id
    return DeskState(view="pickup", job_id=job_id, code=text.strip(), notice=_told(kept))


def _told(kept: Kept) -> Notice | None:
    refused = order.closed(kept.job)
    return refusal(refused) if refused else None


def listed(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """Opens the list; a number that was typed before opens that order at once."""
    del state, ask_hub
    if text.strip():
        return _by_number(shop, text)
    return DeskState(view="orders")


def enter(shop: Shop, state: DeskState, text: str) -> DeskState:
    """In the list: the number of a row, or an order's own."""
    del state
    waiting = jobs.open_jobs(shop)
    word = text.strip()
    if word.isdecimal() and 0 < int(word) <= len(waiting):
        return _at_desk(waiting[int(word) - 1])
    if not word:
        return DeskState(view="orders")
    return _by_number(shop, word)


def _by_number(shop: Shop, text: str) -> DeskState:
    number = text.strip().upper()
    with shop.read() as reader:
        found = job_rows.by_number(reader, number)
    if found is None:
        raise NoSuchOrder(number=number)
    return _at_desk(found)


def _at_desk(kept: Kept) -> DeskState:
    return DeskState(view="pickup", job_id=kept.wish.job_id, notice=_told(kept))


def note_place(shop: Shop, state: DeskState, text: str) -> DeskState:
    """Enter at the desk: where the goods lie, once they are picked."""
    if not text.strip():
        return replace(state, notice=None)
    return ready(shop, nobody, state, text)


def toggle(state: DeskState, line: int) -> DeskState:
    """Of the chosen lines only, or of all where none is chosen."""
    return replace(state, chosen=state.chosen ^ {line}, is_armed=False, notice=None)


def pick(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """Sets aside what the list proposes, of the chosen lines or of all: fewer where the shelf has fewer."""
    del ask_hub, text
    picked = [
        Picked(goods.line, goods.quantity, goods.sku, goods.lot, goods.expiry)
        for proposal in jobs.proposals(shop, state.job_id)
        if not state.chosen or proposal.line in state.chosen
        for goods in proposal.take
    ]
    fact = jobs.pick(shop, state.job_id, picked)
    key = "counter.notice.picked_short" if fact.is_short else "counter.notice.picked"
    return replace(state, chosen=frozenset(), notice=notice("good", key, has_advice=True))


def ready(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """What is typed is where the goods lie, with "*2" behind it for two packages."""
    del ask_hub
    place, packages = _place_and_packages(text)
    if not place:
        raise Misread("counter.notice.need_place", has_advice=True)
    fact = jobs.ready(shop, state.job_id, place, packages)
    told = notice("good", "counter.notice.ready_at", (("place", fact.place),))
    return replace(state, notice=told, is_armed=False)


def _place_and_packages(text: str) -> tuple[str, int]:
    place, star, count = text.strip().rpartition("*")
    if star and count.strip().isdecimal():
        return place.strip()[:MAX_TEXT], typed.quantity_of(count.strip())
    return text.strip()[:MAX_TEXT], 1


def late(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """What is typed is why."""
    del ask_hub
    jobs.at_risk(shop, state.job_id, text.strip()[:MAX_TEXT] or "late")
    return replace(state, notice=notice("warn", "counter.notice.job_late", has_advice=True))


def missing(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """The first press asks, the second one says that the goods are not here."""
    del ask_hub
    if not state.is_armed:
        asked = notice("warn", "counter.armed.job_missing", has_advice=True)
        return replace(state, is_armed=True, notice=asked)
    jobs.decline(shop, state.job_id, "out_of_stock", text.strip()[:MAX_TEXT])
    return DeskState(view="orders", notice=notice("good", "counter.notice.job_declined"))


def attempt(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """What is typed is what happened; without a word nobody came to the door."""
    del ask_hub
    why = text.strip()[:MAX_TEXT]
    handover.attempt_failed(shop, state.job_id, "other" if why else "nobody_there", why)
    return replace(state, notice=notice("good", "counter.notice.job_attempt"), is_armed=False)


def hand_over(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """Against the code that was shown; without one somebody of the staff vouches, and types by what."""
    del ask_hub
    kept = jobs.get(shop, state.job_id)
    shown = state.code or _vouched(kept, text)
    fact = handover.hand_over(shop, shown, _chosen(kept, state))
    key = "counter.notice.handed_part" if fact.is_partial else "counter.notice.handed_over"
    told = notice("good", key, (("number", kept.wish.number),))
    if fact.is_partial:
        return replace(state, chosen=frozenset(), notice=told)
    return replace(DeskState(view="pickup", job_id=state.job_id), notice=told)


def _vouched(kept: Kept, text: str) -> ByPerson:
    words = text.strip()[:MAX_TEXT]
    if not words and handover.taken_by(kept) == "staff":
        raise Misread("counter.notice.need_proof", has_advice=True)
    return ByPerson(kept.wish.job_id, words)


def _chosen(kept: Kept, state: DeskState) -> dict[int, int] | None:
    if not state.chosen:
        return None
    pieces: dict[int, int] = {}
    for one in kept.job.aside:
        if one.line in state.chosen:
            pieces[one.line] = pieces.get(one.line, 0) + one.quantity
    return pieces


def take_due(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """What is due becomes a basket: paid like any other, and then the goods go out."""
    del ask_hub, text
    kept = jobs.get(shop, state.job_id)
    ordering.take_due(shop, state.job_id)
    told = notice(
        "good", "counter.notice.job_due", (("number", kept.wish.number),), has_advice=True
    )
    return DeskState(notice=told)


def ways(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """Asks the hub for every way to get the basket. What was typed is the customer's first name."""
    found = ordering.offers(shop, ask_hub)
    draft = OrderDraft(found.offers[:MAX_OFFERS], customer=text.strip()[:MAX_TEXT])
    return replace(state, view="ordering", ways=draft, asks="", notice=None, is_armed=False)


def near(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """Asks anew for where the customer wants it: a district or a shop as it was typed, this shop without a word."""
    draft = state.ways
    if draft is None:
        return state
    found = ordering.offers(shop, ask_hub, text.strip()[:MAX_TEXT])
    moved = replace(draft, offers=found.offers[:MAX_OFFERS], near=tuple(found.near.items()))
    return replace(state, ways=moved, asks="", notice=None, is_armed=False)


def say(shop: Shop, state: DeskState, text: str) -> DeskState:
    """Enter at the comparison: first the name to call out, then where to bring it."""
    del shop
    draft, words = state.ways, text.strip()[:MAX_TEXT]
    if draft is None or not words:
        return state
    if draft.customer:
        return replace(state, ways=replace(draft, note=words), notice=None)
    return replace(state, ways=replace(draft, customer=words), notice=None)


def choose(shop: Shop, ask_hub: AskHub, state: DeskState, key: str) -> DeskState:
    """The hub holds the goods; the basket is paid as usual, and its receipt has the code."""
    draft = state.ways
    if draft is None or not key.isdecimal() or not 0 < int(key) <= len(draft.offers):
        raise OfferGone
    offer = draft.offers[int(key) - 1]
    if offer.kind not in ordering.COMES and not draft.note:
        raise Misread("counter.notice.need_address", has_advice=True)
    done = ordering.hold(shop, ask_hub, offer, Choice(draft.customer, draft.note))
    told = notice("good", "counter.notice.ordered", (("number", done.number),), has_advice=True)
    return DeskState(notice=told)


COMMANDS: Final[dict[str, OrderCommand]] = {
    "code": open_code,
    "orders": listed,
    "order": ways,
    "order_near": near,
    "job_ready": ready,
    "job_pick": pick,
    "job_late": late,
    "job_missing": missing,
    "job_attempt": attempt,
    "job_due": take_due,
    "hand_over": hand_over,
}
ENTERED: Final[dict[str, Callable[[Shop, DeskState, str], DeskState]]] = {
    "orders": enter,
    "pickup": note_place,
    "ordering": say,
}

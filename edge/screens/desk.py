"""The counter at work: takes keys and scans one after the other, calls the use cases, and keeps the desk's state.

One desk a box, because a box is one workstation: a second page (a phone, the manager's tablet) shows the same counter.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from edge import changes
from edge.domain.basket import EnteredCode
from edge.domain.errors import ShopError, UnknownCode
from edge.domain.member import is_member_number
from edge.domain.wallet_code import wallet_of
from edge.screens import (
    card_keys,
    member_keys,
    paper_keys,
    return_keys,
    selling_keys,
    shift_keys,
    typed,
)
from edge.screens.compose import situation
from edge.screens.keys import (
    HANDOVER_PREFIX,
    PAPER_KEYS,
    QUICK_KEYS,
    SELLABLE,
    Press,
    Situation,
    command_of,
)
from edge.screens.parts import Notice
from edge.screens.readings import Box, Readings, read
from edge.screens.state import DeskState, Misread, notice, refusal
from edge.services import selling
from edge.services.hub import AskHub
from edge.services.selling import BasketView
from edge.services.shop import Shop

log = logging.getLogger(__name__)

Command = Callable[[Shop, DeskState, str], DeskState]

COMMANDS: Final[dict[str, Command]] = {
    "quantity": selling_keys.quantity,
    "void_line": selling_keys.void_line,
    "discount": selling_keys.discount,
    "discount_line": selling_keys.discount,
    "void_basket": selling_keys.void_basket,
    "suspend": selling_keys.suspend,
    "resume_list": selling_keys.resume_list,
    "cash": selling_keys.cash,
    "card": card_keys.begin,
    "reverse_card": card_keys.reverse,
    "reverse_wallet": card_keys.reverse_wallet,
    "reprint": selling_keys.reprint,
    "select_up": selling_keys.select_up,
    "select_down": selling_keys.select_down,
    "back": selling_keys.back,
    "return": return_keys.menu,
    "return_all": return_keys.take_all,
    "return_unfit": return_keys.unfit,
    "return_code": return_keys.open_code,
    "refund_cash": return_keys.refund_cash,
    "refund_card": return_keys.refund_card,
    "shift": shift_keys.menu,
    "cash_in": shift_keys.cash_in,
    "cash_out": shift_keys.cash_out,
    "x_report": shift_keys.x,
    "open_drawer": shift_keys.open_drawer,
    "close_shift": shift_keys.count,
}
PAPER_COMMANDS: Final[dict[str, Callable[[Shop, DeskState, int], DeskState]]] = {
    "paper_seen": paper_keys.seen,
    "paper_copy": paper_keys.copy,
}
# Those that need more of the box than its shop.
BOX_COMMANDS: Final[dict[str, Callable[[Box, DeskState, str], DeskState]]] = {
    "wallet_code": lambda box, state, text: card_keys.begin_wallet(
        box.pay_by_wallet, state, text.strip()
    ),
    "cancel_card": lambda box, state, _: card_keys.stopped(box.shop, box.ask_to_stop, state),
    "cancel_wallet": lambda box, state, _: card_keys.stopped(box.shop, box.ask_to_stop, state),
    "order_take_back": lambda box, state, text: return_keys.take_order_back(
        box.shop, state, text, is_online=box.line().is_online
    ),
    "refund_wallet": lambda box, state, text: return_keys.refund_wallet(
        box.shop, box.ask_hub, state, text, is_online=box.line().is_online
    ),
}
NUMBERED: Final = frozenset({"select", "quick_cash", *PAPER_KEYS.values()})
# What Enter does with the typed line, by stage.
ENTERED: Final[dict[str, Command]] = {
    "opening": shift_keys.opening,
    "empty": selling_keys.enter,
    "selling": selling_keys.enter,
    "done": selling_keys.enter,
    "card": card_keys.wait,
    "wallet": card_keys.wait_wallet,
    "returning": return_keys.enter,
    "suspended": selling_keys.resume,
    "shift": shift_keys.step,
    "counting": shift_keys.close,
    "report": selling_keys.back,
}


class _LeftError(Exception):
    """Whoever asked has gone on to something else before the hub's `answer` came."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.answer = answer
        super().__init__()


class Desk:
    """`press` and `scanned` may be called from any thread; one of them works at a time."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._lock = threading.Lock()
        self._state = DeskState()
        self._counting = (
            threading.Lock()
        )  # never held while anything is waited for: pages take it in their loop
        self._numbered: tuple[int, BasketView | None] = (0, None)
        self._commits = 0
        self._questions = 0
        self._scanned_last: tuple[int, BasketView | None] = (0, None)
        self.is_scanning = False
        box.changes.on(changes.BASKET, self._count_commit)

    @property
    def state(self) -> DeskState:
        return self._state

    @property
    def is_asking(self) -> bool:
        """Whether the hub is being asked; keys are carried out all the same."""
        return self._state.is_asking

    def press(self, key: str, text: str) -> bool:
        """Carries one key out. False where the text was misread: it should stay, to be corrected.

        Refused text goes: a code that is not in the catalogue must not become an amount under the next key.
        """
        with self._lock:
            before = self._followed()
            after, is_read = self._after(before, key, text)
            self._keep(replace(after, heard=self._heard()))
        return is_read

    def scanned(self, entered: EnteredCode) -> None:
        """The sink of every scanner: goods go into the basket, a receipt opens its return.

        Raises what the use case refuses (ShopError); whoever reads the scanner tells it to the box's notices.
        """
        with self._lock:
            self.is_scanning = True
            try:
                self._keep(replace(self._scanned(entered), heard=self._heard()))
            finally:
                self.is_scanning = False
                self._box.changes.bump(changes.NOTICES)

    def just_scanned(self) -> BasketView | None:
        """The basket as the last scan left it, None where anything else has changed a basket since.

        A page that asks before its own topic came is told again: every commit is counted, then told.
        """
        with self._counting:
            commit, basket = self._scanned_last
            return basket if commit == self._commits else None

    def version_of(self, basket: BasketView | None) -> int:
        """A number that grows whenever the basket is another one: what tests and benchmarks wait for."""
        with self._counting:
            version, known = self._numbered
            if basket != known:
                self._numbered = (version + 1, basket)
            return self._numbered[0]

    def follow(self) -> None:
        """Looks whether the payment under way has its last word."""
        with self._lock:
            self._keep(self._followed())

    def _scanned(self, entered: EnteredCode) -> DeskState:
        shop, state = self._box.shop, self._state
        if state.view == "stock":
            return self._stock_scan(state, entered)
        if return_keys.is_of_return(entered.code):
            return return_keys.open_scanned(shop, state, entered.code)
        if entered.code.startswith(HANDOVER_PREFIX):
            return self._order_key(state, Press("", "code", "", entered.code))
        if member_keys.is_of_member(entered.code):
            return member_keys.came(shop, self._box.ask_hub, state, entered.code)
        if wallet_of(entered.code):
            return card_keys.begin_wallet(self._box.pay_by_wallet, state, entered.code)
        before = self._commits
        basket = selling.add_scan(shop, entered)
        with self._counting:
            self._scanned_last = (before + 1, basket)
        return selling_keys.goods_came(state)

    def _count_commit(self) -> None:
        with self._counting:
            self._commits += 1

    def _followed(self) -> DeskState:
        """Whatever the box told meanwhile is still to be heard: it knows more of the payment than its row."""
        return replace(card_keys.follow(self._box.shop, self._state), heard=self._state.heard)

    def _keep(self, state: DeskState) -> None:
        if state != self._state:
            self._state = state
            self._box.changes.bump(changes.NOTICES)

    def _heard(self) -> int:
        newest = self._box.notices.newest
        return newest.number if newest else 0

    def _after(self, state: DeskState, key: str, text: str) -> tuple[DeskState, bool]:
        try:
            typed.check_text(text)
            return self._carried_out(state, key, text), True
        except Misread as misread:
            told = Notice("warn", misread.what, misread.now)
            return replace(state, notice=told, is_armed=False), False
        except ShopError as error:
            told = refusal(error)
        except Exception:
            # The counter must answer the next key, whatever one of them did; the use case rolled itself back.
            log.exception("The key %s failed", key)
            told = notice("bad", "counter.notice.fault", has_advice=True)
        return replace(state, notice=told, is_armed=False), True

    def _carried_out(self, state: DeskState, key: str, text: str) -> DeskState:
        seen = read(self._box, Readings(), changes.TOPICS, state)
        now = situation(seen, state)
        press = Press(now.stage, _command(now, key, text), key, text)
        if press.command in member_keys.COMMANDS:
            command = member_keys.COMMANDS[press.command]
            return command(self._box.shop, self._box.ask_hub, state, text)
        if press.is_of_stock:
            return self._stock_key(state, press)
        if press.is_of_orders:
            return self._order_key(state, press)
        if press.command in BOX_COMMANDS:
            return BOX_COMMANDS[press.command](self._box, state, text)
        return self._sale_key(seen, state, press)

    def _sale_key(self, seen: Readings, state: DeskState, press: Press) -> DeskState:
        shop, command, text = self._box.shop, press.command, press.text
        if command == "enter":
            return self._entered(state, press)
        if command in NUMBERED:
            number = typed.number_in(press.key)
            return state if number is None else self._numbered_key(press, state, number)
        if command == "quick":
            return self._quick(seen, state, press.key)
        if command == "void_basket":
            return self._void(state, text)
        return COMMANDS[command](shop, state, text) if command else state

    def _entered(self, state: DeskState, press: Press) -> DeskState:
        """Goods come first: a member's number is what no goods have for a code."""
        try:
            return ENTERED[press.stage](self._box.shop, state, press.text)
        except UnknownCode:
            if not is_member_number(press.text.strip()):
                raise
        return member_keys.by_number(self._box.shop, self._box.ask_hub, state, press.text)

    def _order_key(self, state: DeskState, press: Press) -> DeskState:
        from edge.screens import order_keys  # loaded by the first order

        if press.command not in order_keys.ASKING:
            return order_keys.carried_out(self._box.shop, self._box.ask_hub, state, press)
        self._questions += 1
        number = self._questions
        self._keep(order_keys.asking(state, press, number))
        try:
            return order_keys.carried_out(self._box.shop, self._in_the_open(number), state, press)
        except _LeftError as left:
            with self._others_first():
                order_keys.give_up(self._box.shop, self._box.ask_hub, left.answer)
            return self._state

    def _in_the_open(self, number: int) -> AskHub:
        """Asks the hub while other keys are carried out. Raises _LeftError where one of them has left the question."""

        def ask(
            verb: str, arguments: Mapping[str, Any], *, ask_id: str, timeout_s: float
        ) -> dict[str, Any]:
            answer: dict[str, Any] = {}
            try:
                with self._others_first():
                    answer = self._box.ask_hub(verb, arguments, ask_id=ask_id, timeout_s=timeout_s)
            finally:
                if not self._state.is_asking or self._state.asked != number:
                    raise _LeftError(answer)
            return answer

        return ask

    @contextmanager
    def _others_first(self) -> Iterator[None]:
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()

    def _stock_key(self, state: DeskState, press: Press) -> DeskState:
        from edge.screens import stock_keys  # loaded by the first look at stock

        return stock_keys.carried_out(self._box.shop, state, press)

    def _stock_scan(self, state: DeskState, entered: EnteredCode) -> DeskState:
        from edge.screens import stock_keys

        return stock_keys.scanned(self._box.shop, state, entered)

    def _void(self, state: DeskState, text: str) -> DeskState:
        """What the hub holds for the basket need not wait until the hold lapses."""
        view = selling.current(self._box.shop)
        orders = {it.order_id for it in view.basket.live_lines if it.order_id} if view else set()
        after = selling_keys.void_basket(self._box.shop, state, text)
        if orders and not after.is_armed:
            from edge.services import ordering

            ordering.release(self._box.shop, self._box.ask_hub, orders)
        return after

    def _numbered_key(self, press: Press, state: DeskState, number: int) -> DeskState:
        command = press.command
        if command == "quick_cash":
            return selling_keys.cash_given(self._box.shop, state, number)
        if command in PAPER_COMMANDS:
            return PAPER_COMMANDS[command](self._box.shop, state, number)
        if press.stage == "returning":
            return return_keys.selected(self._box.shop, state, number)
        if press.stage == "suspended":
            return selling_keys.resume(self._box.shop, state, str(number))
        return selling_keys.select_line(state, number)

    def _quick(self, seen: Readings, state: DeskState, key: str) -> DeskState:
        at = QUICK_KEYS.index(key)
        if at >= len(seen.quick):
            return state
        return selling_keys.add_quick(self._box.shop, state, seen.quick[at].sku)


def _command(now: Situation, key: str, text: str) -> str:
    """What the key does; a code that is typed with Enter is what it would be from a scanner."""
    command = command_of(now, key)
    if command == "enter" and now.stage in SELLABLE and member_keys.is_of_member(text):
        return "member_code"
    if command == "enter" and now.stage in SELLABLE and wallet_of(text.strip()):
        return "wallet_code"
    if command == "enter" and text.startswith(HANDOVER_PREFIX):
        return "code"
    if command == "enter" and return_keys.is_of_order(text):
        return "return_code"
    return command

"""Every key of the counter, in one table: what a key does, what is written on its button, and when it is there.

A cashier presses a key, or touches the button that shows the key: both send the same word. The names of keys are the
browser's (KeyboardEvent.key, "Shift+" before it); letters are places on the keyboard (KeyboardEvent.code), so that
a Korean or Chinese input method does not take them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

StageName = Literal[
    "opening",
    "empty",
    "selling",
    "done",
    "card",
    "wallet",
    "returning",
    "suspended",
    "shift",
    "counting",
    "report",
    "orders",
    "pickup",
    "ordering",
    "stock",
]
Place = Literal["row", "tender", "member", "hidden"]

RETURN_PREFIX: Final = "TWR1."
"""How the code of an order that comes back begins: `contract.order_returns`, which is loaded by the first of them."""
HANDOVER_PREFIX: Final = "TWH1."
"""How a hand-over code begins: `contract.handover`, which is loaded by the first of them."""
ORDER_COMMANDS: Final = frozenset(
    {
        "code",
        "orders",
        "order",
        "order_near",
        "choose_way",
        "job_ready",
        "job_pick",
        "job_late",
        "job_missing",
        "job_attempt",
        "job_due",
        "hand_over",
    }
)
STOCK_COMMANDS: Final = frozenset(
    {
        "stock",
        "stock_receive",
        "stock_count",
        "stock_quantity",
        "stock_void",
        "stock_damaged",
        "stock_lot",
        "stock_take_in",
        "stock_lost",
        "stock_compare",
        "stock_recount",
        "stock_accept",
        "stock_write_off",
    }
)
ORDER_STAGES: Final = frozenset({"orders", "pickup", "ordering"})
MAX_OFFERS: Final = 9  # as many as there are digits

QUICK_KEYS: Final = (
    "KeyQ",
    "KeyW",
    "KeyE",
    "KeyR",
    "KeyA",
    "KeyS",
    "KeyD",
    "KeyF",
    "KeyZ",
    "KeyX",
    "KeyC",
    "KeyV",
)
HINTS: Final = {"Escape": "Esc", "ArrowUp": "↑", "ArrowDown": "↓"}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a stage. `command` is what it does and the end of its words' key ("counter.key.cash")."""

    press: str
    command: str
    place: Place = "row"
    is_main: bool = False
    is_enabled: bool = True

    @property
    def hint(self) -> str:
        return hint_of(self.press)


@dataclass(frozen=True, slots=True)
class Situation:
    """All that decides which keys are there and which of them work."""

    stage: StageName
    line_count: int = 0
    is_line_selected: bool = False
    suspended_count: int = 0
    has_last_sale: bool = False
    has_payment_terminal: bool = True
    has_card_tender: bool = False
    has_wallet_tender: bool = False
    has_wallet_receipt: bool = False
    is_card_running: bool = False
    is_wallet_running: bool = False
    is_step: bool = False
    return_count: int = 0
    is_order_back: bool = False
    is_paper_asked: bool = False
    has_member: bool = False
    has_member_tender: bool = False
    waiting_orders: int = 0
    job_state: str = ""
    is_due: bool = False
    offer_count: int = 0
    stock_mode: str = ""
    is_stock_asking: bool = False
    has_stock_lines: bool = False
    is_of_arrival: bool = False
    is_asking: bool = False


class Press(NamedTuple):
    """A key as it was understood: the stage, the command, the key itself and what was typed."""

    stage: str
    command: str
    key: str
    text: str

    @property
    def is_of_orders(self) -> bool:
        """The keys of orders, and those that their stages have in common with the others."""
        is_there = self.stage in ORDER_STAGES and self.command in ("enter", "select", "back")
        return is_there or self.command in ORDER_COMMANDS

    @property
    def is_of_stock(self) -> bool:
        """Every key of the stock desk, whatever was typed there, and the key that opens it."""
        return self.command in STOCK_COMMANDS or (self.stage == "stock" and self.command != "")


def hint_of(press: str) -> str:
    """What is written on the button: "⇧F3", "Q", "Esc"."""
    return HINTS.get(press, press.removeprefix("Key").replace("Shift+", "⇧"))


def keys_of(now: Situation) -> tuple[Key, ...]:
    """The keys of a situation, in the order in which they stand on the screen."""
    return (
        Key("Enter", "enter", "hidden"),
        *STAGES[now.stage](now),
        Key("F1", "language", "hidden"),
    )


def command_of(now: Situation, press: str) -> str:
    """What `press` does now: a command, or "" where it does nothing."""
    if press in QUICK_KEYS and now.stage in SELLABLE:
        return "quick"
    numbered = NUMBERED.get(now.stage, {}) | (PAPER_KEYS if now.is_paper_asked else {})
    name, colon, _ = press.partition(":")
    if colon and name in numbered:
        return numbered[name]
    for key in keys_of(now):
        if key.press == press and key.is_enabled:
            return key.command
    return ""


SELLABLE: Final = frozenset({"empty", "selling", "done"})
# Buttons that carry a number ("line:3", "cash:50000"): rows of lists and sums of notes.
NUMBERED: Final[dict[str, dict[str, str]]] = {
    "selling": {"line": "select", "cash": "quick_cash"},
    "returning": {"line": "select"},
    "suspended": {"line": "select"},
    "orders": {"line": "select"},
    "pickup": {"line": "select"},
    "stock": {"line": "select"},
}
# Of the question whether a paper came out: it may be asked at any time, and its keys never take another's place.
PAPER_KEYS: Final = {"seen": "paper_seen", "copy": "paper_copy"}


def _opening(now: Situation) -> tuple[Key, ...]:
    """Goods may come in before anybody has opened a shift."""
    return (Key("Escape", "back"),) if now.is_step else (Key("F2", "stock"),)


def _idle(now: Situation) -> tuple[Key, ...]:
    return (
        Key("F6", "resume_list", is_enabled=now.suspended_count > 0),
        Key("F7", "return"),
        Key("Shift+F7", "reprint", is_enabled=now.has_last_sale),
        Key("Shift+F6", "orders"),
        Key("F2", "stock"),
        Key("F10", "shift"),
        Key("F8", "cash", "tender", is_enabled=False),
        Key("F9", "card", "tender", is_enabled=False),
        *((Key("Shift+F4", "member_off", "member"),) if now.has_member else ()),
    )


def _done(now: Situation) -> tuple[Key, ...]:
    return (*_idle(now), Key("Escape", "back", "hidden"))


def _selling(now: Situation) -> tuple[Key, ...]:
    discount = "discount_line" if now.is_line_selected else "discount"
    return (
        Key("F2", "quantity"),
        Key("F3", "void_line"),
        Key("F4", discount),
        Key("Shift+F3", "void_basket"),
        Key("F6", "suspend"),
        Key("F7", "return"),
        Key("Shift+F7", "order"),
        Key("Shift+F6", "orders"),
        Key("F10", "shift"),
        Key("F8", "cash", "tender", is_main=True),
        Key("F9", "card", "tender", is_enabled=now.has_payment_terminal),
        *((Key("Shift+F9", "reverse_card"),) if now.has_card_tender else ()),
        *((Key("Shift+F8", "reverse_wallet"),) if now.has_wallet_tender else ()),
        *_member(now),
        Key("ArrowUp", "select_up", "hidden"),
        Key("ArrowDown", "select_down", "hidden"),
        Key("Escape", "back", "hidden"),
    )


def _member(now: Situation) -> tuple[Key, ...]:
    """What belongs to the member on the basket; a coupon alone can be taken back too."""
    spends = (
        (Key("Shift+F8", "points", "tender"), Key("Shift+F2", "stored_value", "tender"))
        if now.has_member
        else ()
    )
    is_there = now.has_member or now.has_member_tender
    return (*spends, *((Key("Shift+F4", "member_off", "member"),) if is_there else ()))


def _card(now: Situation) -> tuple[Key, ...]:
    """A payment whose outcome is unknown cannot be cancelled, but the next customer can be served.

    The keys that take money stay in sight and do nothing: that no money may be taken now is seen at once.
    """
    return (
        Key("Escape", "cancel_card", is_enabled=now.is_card_running),
        Key("F6", "suspend", is_enabled=not now.is_card_running),
        Key("F8", "cash", "tender", is_enabled=False),
        Key("F9", "card", "tender", is_enabled=False),
    )


def _wallet(now: Situation) -> tuple[Key, ...]:
    """As with a card; what is unknown can be given up here, for a wallet gives back what it took."""
    return (
        Key("Escape", "cancel_wallet", is_enabled=now.is_wallet_running),
        Key("F6", "suspend", is_enabled=not now.is_card_running),
        Key("F8", "cash", "tender", is_enabled=False),
        Key("F9", "card", "tender", is_enabled=False),
    )


def _returning(now: Situation) -> tuple[Key, ...]:
    can_pay = now.return_count > 0
    common = (
        Key("F4", "return_unfit", is_enabled=can_pay),
        Key("F6", "return_all", is_enabled=now.line_count > 0),
        Key("Escape", "back"),
    )
    if now.is_order_back:
        return (*common, Key("F8", "order_take_back", "tender", is_main=True, is_enabled=can_pay))
    return (
        *common,
        Key("F8", "refund_cash", "tender", is_main=True, is_enabled=can_pay),
        Key("F9", "refund_card", "tender", is_enabled=can_pay and now.has_payment_terminal),
        *(
            (Key("Shift+F8", "refund_wallet", "tender", is_enabled=can_pay),)
            if now.has_wallet_receipt
            else ()
        ),
    )


def _suspended(_: Situation) -> tuple[Key, ...]:
    return (Key("Escape", "back"),)


def _shift(now: Situation) -> tuple[Key, ...]:
    if now.is_step:
        return (Key("Escape", "back"),)
    return (
        Key("F2", "cash_in"),
        Key("F3", "cash_out"),
        Key("F4", "x_report"),
        Key("F6", "open_drawer"),
        Key("F10", "close_shift"),
        Key("Escape", "back"),
    )


def _only_back(_: Situation) -> tuple[Key, ...]:
    return (Key("Escape", "back"),)


def _pickup(now: Situation) -> tuple[Key, ...]:
    """What may be done with an order now. The one thing that comes next is the main key."""
    state = now.job_state
    may_prepare = state in ("accepted", "picked")
    return (
        Key("F2", "job_ready", is_main=state == "picked", is_enabled=state in ("picked", "ready")),
        Key("F3", "job_pick", is_main=state == "accepted", is_enabled=may_prepare),
        Key("F4", "job_late", is_enabled=may_prepare),
        Key("Shift+F3", "job_missing", is_enabled=state == "accepted"),
        Key("Shift+F4", "job_attempt", is_enabled=state == "ready"),
        Key("Escape", "back"),
        Key(
            "F8",
            "hand_over",
            "tender",
            is_main=state == "ready" and not now.is_due,
            is_enabled=state == "ready" and not now.is_due,
        ),
        Key("F9", "job_due", "tender", is_main=now.is_due, is_enabled=now.is_due),
    )


def _ordering(now: Situation) -> tuple[Key, ...]:
    count = 0 if now.is_asking else now.offer_count
    choices = (Key(str(n), "choose_way", "hidden") for n in range(1, count + 1))
    near = Key("F3", "order_near", is_enabled=not now.is_asking)
    return (*choices, near, Key("Escape", "back"))


def _stock(now: Situation) -> tuple[Key, ...]:
    """A question is answered first: the key that takes in stays in sight and does nothing."""
    if now.is_stock_asking:
        take_in = Key("F8", "stock_take_in", "tender", is_main=True, is_enabled=False)
        return (Key("Escape", "back"), take_in)
    return (*STOCK_MODES[now.stock_mode](now), Key("Escape", "back"))


def _stock_menu(_: Situation) -> tuple[Key, ...]:
    return (Key("F3", "stock_count"), Key("F4", "stock_receive"))


def _stock_lines(now: Situation) -> tuple[Key, ...]:
    return (
        Key("F2", "stock_quantity", is_enabled=now.has_stock_lines),
        Key("F3", "stock_void", is_enabled=now.has_stock_lines),
    )


def _receiving(now: Situation) -> tuple[Key, ...]:
    return (
        *_stock_lines(now),
        Key("F4", "stock_damaged", is_enabled=now.has_stock_lines),
        Key("F7", "stock_lot", is_enabled=now.has_stock_lines),
        *((Key("F6", "stock_lost"),) if now.is_of_arrival else ()),
        Key("F8", "stock_take_in", "tender", is_main=True, is_enabled=now.has_stock_lines),
    )


def _counting(now: Situation) -> tuple[Key, ...]:
    return (
        *_stock_lines(now),
        Key("F8", "stock_compare", "tender", is_main=True, is_enabled=now.has_stock_lines),
    )


def _compared(_: Situation) -> tuple[Key, ...]:
    return (Key("F7", "stock_recount"), Key("F8", "stock_accept", "tender", is_main=True))


def _stock_goods(_: Situation) -> tuple[Key, ...]:
    return (Key("F4", "stock_write_off"),)


STOCK_MODES: Final = {
    "": _stock_menu,
    "menu": _stock_menu,
    "receiving": _receiving,
    "counting": _counting,
    "compared": _compared,
    "goods": _stock_goods,
}
STAGES: Final = {
    "opening": _opening,
    "empty": _idle,
    "selling": _selling,
    "done": _done,
    "card": _card,
    "wallet": _wallet,
    "returning": _returning,
    "suspended": _suspended,
    "shift": _shift,
    "counting": _only_back,
    "report": _only_back,
    "orders": _only_back,
    "pickup": _pickup,
    "ordering": _ordering,
    "stock": _stock,
}

"""Orders at the counter, pressed and scanned as a cashier does."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract import handover as codes
from contract.orders import JobLine, ShopJob, Window
from edge.domain.order_errors import HandoverCodeOld, HandoverOtherShop
from edge.screens import Box
from edge.screens.keys import HANDOVER_PREFIX
from edge.screens.order_parts import OrderRow
from edge.services import jobs, selling, stock
from edge.services.stock import Move
from tests.edge.screens.conftest import BREAD, Till
from tests.edge.services.test_jobs import told

HERE, SECRET = "maru-office-tower", "5e" * 32
NOW = datetime.now(UTC)
JOB = "01890000-0000-7000-8000-000000000001"
WISH = ShopJob(
    job_id=JOB,
    order_id="01890000-0000-7000-8000-0000000000aa",
    number="H7K2",
    revision=1,
    state="placed",
    kind="pickup",
    placed_at=NOW,
    accept_by=NOW + timedelta(minutes=10),
    window=Window(start=NOW, end=NOW + timedelta(hours=2)),
    lines=(
        JobLine(line=1, sku="CAKE", names={"en": "Cake"}, quantity=2, unit_price_minor=38_000),
        JobLine(line=2, sku="BREAD", names={"en": "Bread"}, quantity=1, unit_price_minor=3_200),
    ),
    customer="Jiyoon",
    secret=SECRET,
    currency="KRW",
)
PAPER = codes.code(SECRET, "H7K2", HERE, codes.PAPER)


@pytest.fixture
def stocked(till: Till) -> Till:
    stock.move(till.box.shop, "opening", [Move("CAKE", 3), Move("BREAD", 3)])
    return till


@pytest.fixture
def waiting(stocked: Till) -> Till:
    told(stocked.box.shop, WISH)
    return stocked


@pytest.fixture
def ready(waiting: Till) -> Till:
    waiting.press("Shift+F6", "h7k2")
    waiting.press("F3")
    waiting.press("F2", "Fridge 2 *2")
    waiting.press("Escape")
    waiting.press("Escape")
    return waiting


def enabled(till: Till) -> set[str]:
    return {key.command for key in till.screen.stage.keys if key.is_enabled}


def test_the_prefix_of_a_code_is_the_contract_s() -> None:
    assert HANDOVER_PREFIX == codes.PREFIX


def test_the_strip_says_how_many_orders_wait(waiting: Till) -> None:
    strip = waiting.screen.strip
    assert waiting.says(strip.orders) == "Orders: 1 to pick, 0 to pack, 0 ready"


def test_without_orders_the_strip_says_nothing_and_the_list_what_to_do(till: Till) -> None:
    assert till.screen.strip.orders is None
    till.press("Shift+F6")
    assert (till.stage, till.screen.stage.orders) == ("orders", ())


def test_the_list_says_what_waits_for_whom_and_until_when(waiting: Till) -> None:
    waiting.press("Shift+F6")
    (row,) = waiting.screen.stage.orders
    assert row == OrderRow(
        row=1,
        number="H7K2",
        kind="pickup",
        state="accepted",
        tone="busy",
        customer="Jiyoon",
        goods=(("en", "Cake"),),
        others=1,
        heard_at=row.heard_at,
        due_at=WISH.window.end.isoformat(),
        age=row.age,
        place="",
        is_late=False,
    )
    waiting.press("Enter", "1")
    assert waiting.stage == "pickup"


def test_an_order_is_picked_and_made_ready_at_the_counter(waiting: Till) -> None:
    waiting.press("Shift+F6")
    waiting.press("line:1")
    assert enabled(waiting) >= {"job_pick", "job_late", "job_missing", "back"}
    assert not enabled(waiting) & {"hand_over", "job_ready", "job_due"}
    waiting.press("F3")
    assert waiting.notice()[0] == "Set aside. Nobody else gets these goods."
    assert waiting.press("F2") is False
    assert waiting.notice()[0] == "Expected where the goods lie, got nothing."
    waiting.press("F2", "Fridge 2 *2")
    assert waiting.notice()[0] == "Ready, lies at Fridge 2. The label is printing."
    desk = waiting.screen.stage.pickup
    assert desk is not None
    assert (desk.state, desk.place, desk.packages) == ("ready", "Fridge 2", 2)


@pytest.mark.parametrize("stage", ["empty", "selling", "orders", "done", "opening", "shift"])
def test_a_code_that_is_scanned_opens_the_desk_on_any_stage(ready: Till, stage: str) -> None:
    if stage in ("selling", "done"):
        ready.scan(BREAD)
    if stage == "done":
        ready.press("F8")
    if stage == "orders":
        ready.press("Shift+F6")
    if stage in ("shift", "opening"):
        ready.press("F10")
    if stage == "opening":
        ready.press("F10")
        ready.press("Enter", "100000")
        ready.press("Escape")
    assert ready.stage == stage
    ready.scan(PAPER)
    desk = ready.screen.stage.pickup
    assert desk is not None
    assert (desk.number, desk.customer, desk.place, desk.is_shown) == (
        "H7K2", "Jiyoon", "Fridge 2", True,
    )  # fmt: skip


def test_the_goods_leave_at_one_key_once(ready: Till) -> None:
    ready.scan(PAPER)
    ready.press("F8")
    assert ready.notice() == ("Order H7K2 was handed over.", "")
    assert jobs.get(ready.box.shop, JOB).job.state == "handed_over"
    assert "hand_over" not in enabled(ready)
    ready.scan(PAPER)
    assert ready.notice()[0] == "Order H7K2 was handed over already."


def test_a_code_may_be_typed_or_come_from_a_scanner_that_is_a_keyboard(ready: Till) -> None:
    ready.press("Enter", PAPER)
    assert ready.stage == "pickup"


def test_a_bad_code_is_told_where_the_cashier_is(ready: Till) -> None:
    old = codes.code(SECRET, "H7K2", HERE, codes.step_at(NOW) - 100)
    with pytest.raises(HandoverCodeOld):
        ready.scan(old)
    with pytest.raises(HandoverOtherShop):
        ready.scan(codes.code(SECRET, "H7K2", "elsewhere", codes.PAPER))
    ready.press("Enter", old)
    assert ready.stage == "empty"
    assert ready.notice()[0] == "The code of order H7K2 is an old one."


def test_without_a_code_somebody_vouches_and_says_by_what(ready: Till) -> None:
    ready.press("Shift+F6", "H7K2")
    assert ready.press("F8") is False
    assert ready.notice()[0] == "No code was shown: type what you looked at instead."
    ready.press("F8", "ID card")
    assert ready.notice()[0] == "Order H7K2 was handed over."


def test_only_the_chosen_lines_leave(ready: Till) -> None:
    ready.scan(PAPER)
    ready.press("line:2")
    ready.press("F8")
    assert ready.notice()[0] == "Part of order H7K2 was handed over; the rest stays ready."
    desk = ready.screen.stage.pickup
    assert desk is not None
    assert [(line.handed, line.aside) for line in desk.lines] == [(0, 2), (1, 0)]


def test_what_is_due_is_taken_first(stocked: Till) -> None:
    told(stocked.box.shop, WISH.model_copy(update={"due_minor": 79_200}))
    stocked.press("Shift+F6", "H7K2")
    stocked.press("F3")
    stocked.press("F2", "Fridge")
    assert stocked.screen.side.due_minor == 79_200
    assert "hand_over" not in enabled(stocked)
    stocked.press("F9")
    assert stocked.notice()[0] == "What is due for order H7K2 is in the basket."
    assert (stocked.stage, stocked.screen.side.due_minor) == ("selling", 79_200)
    stocked.press("F8")
    stocked.scan(PAPER)
    stocked.press("F8")
    assert stocked.notice()[0] == "Order H7K2 was handed over."


def test_goods_that_are_not_here_are_said_twice(waiting: Till) -> None:
    waiting.press("Shift+F6", "H7K2")
    waiting.press("Shift+F3")
    assert waiting.notice()[0] == "Are the goods not here?"
    assert jobs.get(waiting.box.shop, JOB).job.state == "accepted"
    waiting.press("Shift+F3")
    assert (waiting.stage, waiting.screen.stage.orders) == ("orders", ())


def test_late_and_failed_attempts_are_said(waiting: Till) -> None:
    waiting.press("Shift+F6", "H7K2")
    waiting.press("F4", "oven broken")
    assert waiting.notice()[0] == "Head office knows that it will be late."
    waiting.press("F3")
    waiting.press("F2", "Fridge")
    waiting.press("Shift+F4")
    assert waiting.notice()[0] == "Noted. The goods stay here, ready."


def test_an_order_that_is_not_here_is_refused_in_words(till: Till) -> None:
    till.press("Shift+F6", "NONE9")
    assert till.notice()[0] == "This shop has no order NONE9."


def hub(verb: str, arguments: Mapping[str, Any], *, ask_id: str, timeout_s: float) -> Any:
    """Offers a pick-up and a delivery; holds what is chosen; forgets what is released."""
    del arguments, ask_id, timeout_s
    if verb == "orders.hold":
        return {
            "order_id": WISH.order_id,
            "number": "H9",
            "hold_until": (NOW + timedelta(minutes=15)).isoformat(),
            "paper_code": PAPER,
        }
    way = {
        "offer_id": "a",
        "kind": "pickup",
        "location_id": "hillside",
        "location_name": "Hillside",
        "window": {"start": NOW.isoformat(), "end": (NOW + timedelta(hours=2)).isoformat()},
        "confidence_bp": 9_500,
        "expires_at": (NOW + timedelta(hours=1)).isoformat(),
    }
    later = {"start": NOW.isoformat(), "end": (NOW + timedelta(hours=3)).isoformat()}
    return {"offers": [way, way | {"offer_id": "b", "kind": "delivery", "window": later}]}


@pytest.fixture
def ordering(make_till: Callable[..., Till]) -> Till:
    """A counter whose hub answers, with bread in the basket."""
    till = make_till()
    box = till.box
    asking = Box(box.shop, box.changes, box.notices, box.conditions, box.line, box.ask_to_stop, hub)
    till.screens.desk._box = asking
    till.open_shift()
    till.scan(BREAD)
    return till


def test_a_way_is_chosen_with_one_key_and_paid_as_usual(ordering: Till) -> None:
    ordering.press("Shift+F7", "Jiyoon")
    ways = ordering.screen.stage.ways
    assert ways is not None
    assert [(way.press, way.kind, way.place) for way in ways.ways] == [
        ("1", "pickup", "Hillside"), ("2", "delivery", "Hillside"),
    ]  # fmt: skip
    assert ways.customer == "Jiyoon"
    ordering.press("1")
    assert ordering.notice()[0] == "Order H9 is held for the customer."
    view = selling.current(ordering.box.shop)
    assert view is not None
    assert [line.order_id for line in view.basket.lines] == [WISH.order_id]
    ordering.press("F8")
    assert ordering.stage == "done"


def test_a_delivery_wants_an_address(ordering: Till) -> None:
    ordering.press("Shift+F7", "Jiyoon")
    assert ordering.press("2") is False
    assert ordering.notice()[0] == "Expected where to bring it, got nothing."
    ordering.press("Enter", "12 Hill Road")
    ordering.press("2")
    assert ordering.notice()[0] == "Order H9 is held for the customer."


def test_a_key_that_stands_for_no_way_does_nothing(ordering: Till) -> None:
    ordering.press("Shift+F7")
    ordering.press("7")
    assert ordering.stage == "ordering"


def test_with_the_line_down_the_counter_says_so_and_the_basket_stays(till: Till) -> None:
    till.scan(BREAD)
    till.press("Shift+F7")
    assert (till.stage, till.notice()[0]) == (
        "selling",
        "The line to the hub is down: it was not asked, and nothing was done.",
    )


def test_a_basket_that_is_given_up_gives_the_hold_up(ordering: Till) -> None:
    asked: list[str] = []

    def heard(verb: str, arguments: Mapping[str, Any], **rest: Any) -> Any:
        asked.append(verb)
        return hub(verb, arguments, **rest)

    box = ordering.screens.desk._box
    ordering.screens.desk._box = Box(
        box.shop, box.changes, box.notices, box.conditions, box.line, box.ask_to_stop, heard
    )
    ordering.press("Shift+F7")
    ordering.press("1")
    ordering.press("Shift+F3")
    ordering.press("Shift+F3")
    assert asked == ["orders.quote", "orders.hold", "orders.release"]

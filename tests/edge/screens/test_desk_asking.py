"""While the hub is asked for a way, the counter says what it waits for and every key works: one of them leaves."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from edge.domain.errors import HubRefused, HubSilent
from edge.services import selling
from edge.services.hub import AskHub
from tests.edge.screens.conftest import BREAD, Till
from tests.edge.screens.test_desk_orders import WISH, hub


class Asked:
    """A hub during whose answers something else happens at the counter."""

    def __init__(self, meanwhile: Callable[[str], None]) -> None:
        self.meanwhile = meanwhile
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, verb: str, arguments: Mapping[str, Any], **rest: Any) -> Any:
        self.asked.append((verb, dict(arguments)))
        self.meanwhile(verb)
        return {} if verb == "orders.release" else hub(verb, arguments, **rest)


@pytest.fixture
def selling_till(make_till: Callable[..., Till]) -> Till:
    till = make_till()
    till.open_shift()
    till.scan(BREAD)
    return till


def answered_by(till: Till, ask_hub: AskHub) -> None:
    till.desk._box = replace(till.desk._box, ask_hub=ask_hub)


def order_ids(till: Till) -> set[str]:
    view = selling.current(till.box.shop)
    assert view is not None
    return {line.order_id for line in view.basket.lines}


def test_the_counter_says_what_it_waits_for_and_how_long(selling_till: Till) -> None:
    seen: list[tuple[str, str, set[str]]] = []

    def look(verb: str) -> None:
        del verb
        stage = selling_till.screen.stage
        keys = {key.command for key in stage.keys if key.is_enabled}
        seen.append((stage.name, selling_till.says(stage.asks), keys))

    answered_by(selling_till, Asked(look))
    selling_till.press("Shift+F7", "Jiyoon")
    selling_till.press("1")
    assert [(name, said) for name, said, _ in seen] == [
        ("ordering", "Asking head office for every way to get it: up to 4 seconds."),
        ("ordering", "Head office is holding the goods: up to 5 seconds."),
    ]
    assert ["choose_way" in keys for _, _, keys in seen] == [False, False]
    assert all("back" in keys for _, _, keys in seen)
    assert selling_till.notice()[0] == "Order H9 is held for the customer."
    assert (selling_till.desk.is_asking, selling_till.screen.stage.asks) == (False, None)


def test_whoever_leaves_while_the_ways_are_asked_for_is_back_at_the_basket(
    selling_till: Till,
) -> None:
    def leave(verb: str) -> None:
        del verb
        selling_till.press("Escape")

    answered_by(selling_till, Asked(leave))
    selling_till.press("Shift+F7")
    assert (selling_till.stage, selling_till.screen.notice) == ("selling", None)
    assert selling_till.desk.is_asking is False


def test_whoever_leaves_while_the_goods_are_held_has_ordered_nothing_and_the_hub_hears_it(
    selling_till: Till,
) -> None:
    def leave(verb: str) -> None:
        if verb == "orders.hold":
            selling_till.press("Escape")

    asked = Asked(leave)
    answered_by(selling_till, asked)
    selling_till.press("Shift+F7")
    selling_till.press("1")
    assert (selling_till.stage, order_ids(selling_till)) == ("selling", {""})
    assert asked.asked[-1] == ("orders.release", {"order_id": WISH.order_id})


def test_goods_that_are_scanned_meanwhile_are_in_the_basket(selling_till: Till) -> None:
    def scan(verb: str) -> None:
        if verb == "orders.quote":
            selling_till.scan(BREAD)

    answered_by(selling_till, Asked(scan))
    selling_till.press("Shift+F7")
    view = selling.current(selling_till.box.shop)
    assert view is not None
    assert selling_till.stage == "selling"
    assert sum(line.quantity for line in view.basket.lines) == 2
    answered_by(selling_till, hub)
    selling_till.press("Shift+F7")
    assert (selling_till.stage, selling_till.desk.is_asking) == ("ordering", False)


def test_silence_that_nobody_waits_for_any_more_is_not_told(selling_till: Till) -> None:
    def silent(verb: str, arguments: Mapping[str, Any], **rest: Any) -> Any:
        selling_till.press("Escape")
        raise HubSilent(timeout_s=4)

    answered_by(selling_till, silent)
    selling_till.press("Shift+F7")
    assert (selling_till.stage, selling_till.screen.notice) == ("selling", None)


def test_silence_is_told_where_somebody_waits(selling_till: Till) -> None:
    def silent(verb: str, arguments: Mapping[str, Any], **rest: Any) -> Any:
        raise HubSilent(timeout_s=4)

    answered_by(selling_till, silent)
    selling_till.press("Shift+F7")
    assert selling_till.stage == "selling"
    assert selling_till.notice()[0] == (
        "The hub did not answer within 4 s: nobody knows yet whether it was done."
    )


def test_the_ways_start_from_where_the_customer_is(selling_till: Till) -> None:
    asked: list[Any] = []

    def answers(verb: str, arguments: Mapping[str, Any], **rest: Any) -> Any:
        asked.append(arguments["near"])
        if arguments["near"] == "Atlantis":
            fields = {"place": "Atlantis"}
            raise HubRefused("orders.place_unknown", "No shop here is called so.", fields)
        return {**hub(verb, arguments, **rest), "near": {"ko": "용산구", "en": "Yongsan-gu"}}

    answered_by(selling_till, answers)
    selling_till.press("Shift+F7", "Jiyoon")
    selling_till.press("F3", " yongsan ")
    ways = selling_till.screen.stage.ways
    assert ways is not None
    assert (asked, ways.customer, dict(ways.near)["en"]) == (
        ["", "yongsan"],
        "Jiyoon",
        "Yongsan-gu",
    )

    selling_till.press("F3", "Atlantis")
    assert selling_till.notice()[0] == "No shop and no district here is called “Atlantis”."
    assert selling_till.screen.stage.ways == ways

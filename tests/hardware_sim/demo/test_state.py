"""Answers of box and hub become one picture."""

from hardware_sim.demo.state import Basket, Counter, Head, Till, head_of, newest, till_of

STATE = {
    "basket": {"lines": [{"line": 1}, {"line": 2}], "total_minor": 8000},
    "shift": {"cashier": "Haneul"},
    "line": {"online": False, "waiting": 3, "epoch": "a", "high": 12, "acked": 9, "chain": "00"},
    "peripherals": [
        {"name": "scanner", "state": "ready", "reasons": []},
        {"name": "printer", "state": "not_ready", "reasons": ["paper_out"]},
    ],
    "catalogue_version": 1,
    "prices_version": 1,
}
BOX = {"edge_id": "maru-1", "online": True, "box_high": 12, "hub_high": 9, "chain_equal": True}


def test_the_till_as_the_box_tells_it() -> None:
    assert till_of(STATE, [{"sale_id": "b"}, {"sale_id": "a"}]) == Till(
        is_online=False,
        waiting=3,
        high=12,
        basket=Basket(lines=2, total_minor=8000),
        last_sale="b",
        has_shift=True,
        peripherals={"scanner": ("ready", ()), "printer": ("not_ready", ("paper_out",))},
    )


def test_an_empty_counter() -> None:
    empty = STATE | {"basket": None, "shift": None}
    till = till_of(empty, [])
    assert (till.basket, till.has_shift, till.last_sale) == (None, False, "")


def test_sales_as_a_list_or_in_a_page() -> None:
    assert newest([{"sale_id": "a"}]) == newest({"sales": [{"sale_id": "a"}]}) == "a"
    assert newest(None) == ""


def test_the_box_among_others_at_the_hub() -> None:
    boxes = [BOX | {"edge_id": "other"}, BOX]
    assert head_of(boxes, "maru-1") == Head(
        is_online=True, box_high=12, hub_high=9, is_chain_equal=True
    )
    assert head_of([], "maru-1") is None


def test_numbers_meet_only_where_both_ends_have_everything() -> None:
    till = till_of(STATE | {"line": STATE["line"] | {"waiting": 0}}, [])  # type: ignore[operator]
    head = Head(is_online=True, box_high=12, hub_high=12, is_chain_equal=True)
    assert Counter(till=till, head=head).numbers_meet
    assert not Counter(till=till).numbers_meet
    assert not Counter(head=head).numbers_meet

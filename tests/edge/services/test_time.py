"""A clock that is set back a year changes what people read, not the books and not the order."""

from collections.abc import Callable
from typing import Any

from edge.clock import parse_stamp
from edge.services import sales, selling, shifts
from edge.services.selling import Ordered
from edge.services.shop import Shop

Facts = Callable[[Shop], list[dict[str, Any]]]


def test_within_a_shift_the_business_date_stays(shop: Shop, clock: Any, facts: Facts) -> None:
    selling.sell(shop, [Ordered("BREAD")])
    clock.jump(days=-365)
    selling.sell(shop, [Ordered("BREAD")])
    z = shifts.close(shop, 59_000)
    told = facts(shop)
    assert {fact["business_date"] for fact in told} == {"2026-11-23"}
    assert [fact["occurred_at"][:4] for fact in told] == ["2026", "2026", "2025", "2025"]
    assert (z.sale_count, z.variance_minor) == (2, 0)


def test_stamps_and_ids_only_grow(shop: Shop, clock: Any, facts: Facts) -> None:
    ids = []
    for days in (0, -365, 0, 1):
        clock.jump(days=days)
        ids.append(selling.sell(shop, [Ordered("BREAD")]).sale_id)
    stamps = [parse_stamp(fact["hlc"]) for fact in facts(shop)]
    assert stamps == sorted(set(stamps))
    assert ids == sorted(set(ids))


def test_the_newest_sales_are_the_newest_while_the_clock_stands_a_year_back(
    shop: Shop, clock: Any
) -> None:
    """All of them share the last millisecond before it was set back."""
    selling.sell(shop, [Ordered("BREAD")])
    clock.jump(days=-365)
    numbers = [selling.sell(shop, [Ordered("BREAD")]).receipt_number for _ in range(20)]
    assert [sale.receipt_number for sale in sales.newest(shop, 20)] == numbers[::-1]
    last = sales.newest(shop, 1)[0].sale_id
    assert sales.last_id(shop) == last


def test_ids_grow_on_past_what_a_millisecond_can_count_and_over_a_restart(
    shop: Shop, clock: Any, make_shop: Callable[..., Shop]
) -> None:
    ids = [selling.sell(shop, [Ordered("BREAD")]).sale_id]
    clock.jump(days=-365)
    for _ in range(2):
        for _ in range(5_000):
            shop.hlc.stamp()
        ids.append(selling.sell(shop, [Ordered("BREAD")]).sale_id)
    restarted = make_shop()
    ids.append(selling.sell(restarted, [Ordered("BREAD")]).sale_id)
    assert ids == sorted(set(ids))


def test_a_new_shift_does_not_turn_the_books_back(shop: Shop, clock: Any) -> None:
    shifts.close(shop, 50_000)
    clock.jump(days=-365)
    shift = shifts.open_shift(shop, "Lee", 0)
    assert (shift.number, shift.business_date, shift.opened_at[:4]) == (2, "2026-11-23", "2025")
    selling.sell(shop, [Ordered("MILK")])
    assert shifts.close(shop, 2_800).gross_minor == 2_800


def test_after_a_restart_with_the_clock_back_order_holds(
    shop: Shop, clock: Any, facts: Facts, make_shop: Callable[..., Shop]
) -> None:
    selling.sell(shop, [Ordered("BREAD")])
    clock.jump(days=-365)
    restarted = make_shop()
    selling.sell(restarted, [Ordered("BREAD")])
    stamps = [parse_stamp(fact["hlc"]) for fact in facts(restarted)]
    assert stamps == sorted(set(stamps))
    assert shifts.x(restarted).figures.sale_count == 2


def test_the_date_is_that_of_the_shops_own_midnight(closed_shop: Shop, clock: Any) -> None:
    clock.jump(hours=11.5)  # 23:30 in Seoul
    assert shifts.open_shift(closed_shop, "Kim", 0).business_date == "2026-11-23"
    shifts.close(closed_shop, 0)
    clock.jump(hours=1)
    assert shifts.open_shift(closed_shop, "Kim", 0).business_date == "2026-11-24"

"""What the hub may promise: sums by lot over what the shops' facts say, less what they have set aside."""

from typing import Any

import pytest

from cloud.db import Database
from cloud.stock.repository import Promisable, promisable
from contract.lots import Lot
from contract.topics import SHARDS

ALL = frozenset(range(SHARDS))
JOB = "018f2f4e-0001-7abc-8def-0123456789ab"
FRESH = {"lot": "L2", "expiry": "2026-12-01"}
OLDER = {"lot": "L1", "expiry": "2026-11-25"}


def came_in(bodies, *moves: dict[str, Any], **more: Any) -> dict[str, Any]:
    return bodies.stocked() | {"moves": list(moves)} | more


def job(bodies, kind: str, **more: Any) -> dict[str, Any]:
    own = {"type": kind, "job_id": JOB, "order_id": JOB, "revision": 1}
    return {
        name: value
        for name, value in bodies.stocked().items()
        if name not in ("movement_id", "reason", "cashier", "moves")
    } | (own | more)


def look(database: Database, *args: Any) -> list[Promisable]:
    with database.read() as session:
        return promisable(session, *args)


def test_lots_come_in_the_order_in_which_they_expire_and_undated_goods_last(
    database, box, bodies, arrive
) -> None:
    box.log(
        came_in(
            bodies,
            {"sku": "CAKE", "quantity": 2},
            {"sku": "CAKE", "quantity": 3} | FRESH,
            {"sku": "CAKE", "quantity": 4} | OLDER,
            {"sku": "BREAD", "quantity": 9},
        )
    )
    arrive(box)
    lots = (Lot("L1", "2026-11-25", 4), Lot("L2", "2026-12-01", 3), Lot("", "", 2))
    assert look(database, ["CAKE"]) == [Promisable("maru-office", "CAKE", 9, 0, lots)]


def test_a_sale_takes_out_of_the_lots_that_the_box_names(database, box, bodies, arrive) -> None:
    box.log(
        came_in(
            bodies, {"sku": "SKU1", "quantity": 1} | OLDER, {"sku": "SKU1", "quantity": 3} | FRESH
        )
    )
    sale = bodies.sale()
    sale["lines"][0]["lots"] = [OLDER | {"quantity": 1}, FRESH | {"quantity": 1}]
    box.log(sale)
    arrive(box)
    left = (Lot("L2", "2026-12-01", 2),)
    assert look(database, ["SKU1"]) == [Promisable("maru-office", "SKU1", 2, 0, left)]


def test_set_aside_goods_are_in_the_shop_and_free_for_nobody(database, box, bodies, arrive) -> None:
    box.log(came_in(bodies, {"sku": "CAKE", "quantity": 5} | OLDER))
    laid = {"line": 1, "sku": "CAKE", "quantity": 2} | OLDER
    box.log(job(bodies, "job.picked", picked=[laid]))
    arrive(box)
    (found,) = look(database, ["CAKE"])
    assert found == Promisable("maru-office", "CAKE", 5, 2, (Lot("L1", "2026-11-25", 3),))
    assert found.free == 3


@pytest.mark.parametrize(
    ("kind", "more", "on_hand"),
    [
        ("job.handed_over", {"proof": {"kind": "paper"}}, 3),
        ("job.cancelled", {}, 5),
    ],
)
def test_what_was_set_aside_leaves_with_the_hand_over_or_goes_back(
    kind: str, more: dict[str, Any], on_hand: int, database, box, bodies, arrive
) -> None:
    box.log(came_in(bodies, {"sku": "CAKE", "quantity": 5} | OLDER))
    laid = [{"line": 1, "sku": "CAKE", "quantity": 2} | OLDER]
    box.log(job(bodies, "job.picked", picked=laid))
    box.log(job(bodies, kind, **{"handed" if "hand" in kind else "released": laid}, **more))
    arrive(box)
    left = (Lot("L1", "2026-11-25", on_hand),)
    assert look(database, ["CAKE"]) == [Promisable("maru-office", "CAKE", on_hand, 0, left)]


def test_only_the_asked_shops_and_goods_are_looked_at(
    database, box, make_box, bodies, arrive
) -> None:
    other = make_box("maru-hill-1")
    other.log(came_in(bodies, {"sku": "CAKE", "quantity": 7}, location_id="maru-hill"))
    box.log(came_in(bodies, {"sku": "CAKE", "quantity": 5}, {"sku": "BREAD", "quantity": 1}))
    arrive(box)
    arrive(other)
    hill = Promisable("maru-hill", "CAKE", 7, 0, (Lot("", "", 7),))
    office = Promisable("maru-office", "CAKE", 5, 0, (Lot("", "", 5),))
    assert look(database, ["CAKE"]) == [hill, office]
    assert look(database, ["CAKE"], ["maru-hill"]) == [hill]
    assert look(database, ["TEA"]) == []

"""What of the shop's goods is whose, and the bound in words."""

import json
from dataclasses import replace

import pytest

from contract.feeds import Operation, Ops
from contract.rights import RightsAccount
from edge.domain.errors import Malformed
from edge.services import counting, feed_stores, feeds, rights, selling, stock
from edge.services.counting import Counted
from edge.services.selling import Ordered
from edge.services.shop import Shop, Work
from edge.services.stock import Move

FEED = "rights@maru-office-tower"


def allow(shop: Shop, **policy: dict[str, int]) -> None:
    rows = tuple(
        Operation(key=key.replace("any", "*"), version=1, value=value)
        for key, value in policy.items()
    )
    ops = Ops(feed=FEED, after=0, through=1, operations=rows)
    with shop.write() as work:
        feeds.apply(work.unit, feed_stores.stores_of("maru-office-tower")[FEED], ops)


def hear_everything(shop: Shop) -> None:
    with shop.write() as work:
        work.unit.sql("UPDATE stream SET acked = (SELECT max(seq) FROM outbox)")


def test_goods_without_a_policy_are_the_shops_own(shop: Shop) -> None:
    stock.move(shop, "received", [Move("CAKE", 5)])
    account = rights.accounts(shop)["CAKE"]
    assert account == RightsAccount(5)
    assert (account.leased, account.walk_in, account.bound) == (0, 5, 0)


def test_the_policy_of_a_product_goes_before_that_of_all(shop: Shop) -> None:
    allow(shop, CAKE={"cap": 2, "keep": 1}, any={"cap": 9, "keep": 0})
    stock.move(shop, "received", [Move("CAKE", 5), Move("BREAD", 3)])
    found = rights.accounts(shop)
    assert found == {"BREAD": RightsAccount(3, cap=9), "CAKE": RightsAccount(5, cap=2, keep=1)}
    assert (found["CAKE"].leased, found["CAKE"].walk_in) == (2, 3)


def test_set_aside_goods_are_nobody_elses(shop: Shop) -> None:
    allow(shop, CAKE={"cap": 4, "keep": 0})
    stock.move(shop, "received", [Move("CAKE", 5)])
    with shop.write() as work:
        work.unit.sql("INSERT INTO set_aside VALUES ('job-1', 1, 'CAKE', '', '', 0, 3)")
    account = rights.accounts(shop)["CAKE"]
    assert (account.free, account.leased, account.bound) == (2, 2, 2)


def test_what_the_hub_has_not_heard_counts_into_the_bound(shop: Shop) -> None:
    allow(shop, CAKE={"cap": 4, "keep": 0})
    stock.move(shop, "received", [Move("CAKE", 5)])
    hear_everything(shop)
    selling.sell(shop, [Ordered("CAKE", 4)])
    account = rights.accounts(shop)["CAKE"]
    assert (account.free, account.unheard, account.bound) == (1, 4, 4)
    hear_everything(shop)
    assert rights.accounts(shop)["CAKE"].bound == 1


# -- a customer who holds the goods ---------------------------------------------------------


@pytest.fixture
def told(shop: Shop) -> tuple[Shop, list[str]]:
    said: list[str] = []
    return replace(shop, tell=lambda error: said.append(error.message)), said


def promise(shop: Shop, quantity: int) -> None:
    """An open order of this shop that nobody has picked."""
    job = {"lines": [{"sku": "CAKE", "quantity": quantity}]}
    with shop.write() as work:
        work.unit.sql(
            "INSERT INTO shop_job (job_id, order_id, number, kind, state, revision, window_end, heard_at,"
            " updated_at, body) VALUES ('job-1', 'order-1', '7', 'pickup', 'accepted', 1, '', '', '', ?)",
            (json.dumps(job),),
        )


def test_what_another_shop_sends_for_an_order_is_not_promised_of_this_shelf(shop: Shop) -> None:
    stock.move(shop, "received", [Move("CAKE", 3)])
    promise(shop, 2)
    assert rights.accounts(shop)["CAKE"].promised == 2
    with shop.write() as work:
        body = json.dumps({"lines": [{"sku": "CAKE", "quantity": 2}], "from_job_id": "job-0"})
        work.unit.sql("UPDATE shop_job SET body = ?", (body,))
    assert rights.accounts(shop)["CAKE"].promised == 0


def test_what_was_counted_missing_is_gone_and_unheard(shop: Shop) -> None:
    stock.move(shop, "received", [Move("CAKE", 5)])
    hear_everything(shop)
    counting.count(shop, [Counted("CAKE", 3)])
    assert rights.accounts(shop)["CAKE"].unheard == 2


def test_who_pays_for_an_order_at_the_till_takes_nothing_off_this_shelf(told, facts) -> None:
    """Its goods may lie anywhere in the chain, and leave with its hand-over."""
    shop, _ = told
    stock.move(shop, "received", [Move("CAKE", 3)])
    promise(shop, 2)
    sale = selling.sell(shop, [Ordered("CAKE", 1)])
    [line] = sale.lines
    ordered = sale.model_copy(update={"lines": (line.model_copy(update={"order_id": "order-1"}),)})
    with shop.write() as work:
        assert [it.kind for it in rights.overrides(work, sale)] == ["promised"]
        assert rights.overrides(work, ordered) == []
    said = [it.model_dump(mode="json") for it in (sale, ordered)]
    assert [rights.gone_unheard([it])["CAKE"] for it in said] == [1, 0]


def test_a_sale_of_promised_goods_is_made_and_told(told, facts) -> None:
    shop, said = told
    stock.move(shop, "received", [Move("CAKE", 3)])
    promise(shop, 2)
    assert selling.sell(shop, [Ordered("CAKE", 1)]).lines[0].quantity == 1
    assert said == []
    sale = selling.sell(shop, [Ordered("CAKE", 1)])
    assert said == ["1 x 딸기 케이크 sold, though 2 are promised and 1 are left."]
    fact = facts(shop)[-1]
    assert (fact["type"], fact["sale_id"], fact["kind"]) == (
        "stock.overridden",
        sale.sale_id,
        "promised",
    )
    assert (fact["on_hand"], fact["set_aside"], fact["promised"]) == (2, 0, 2)


def test_set_aside_goods_that_a_customer_holds_are_sold_and_told(told, facts) -> None:
    shop, said = told
    stock.move(shop, "received", [Move("CAKE", 2)])
    with shop.write() as work:
        work.unit.sql("INSERT INTO set_aside VALUES ('job-1', 1, 'CAKE', '', '', 0, 2)")
    selling.sell(shop, [Ordered("CAKE"), Ordered("BREAD")])
    assert said == ["1 x 딸기 케이크 sold, though all that is left is set aside for orders."]
    assert [fact["kind"] for fact in facts(shop) if fact["type"] == "stock.overridden"] == [
        "set_aside"
    ]


def test_what_was_rolled_back_is_not_told(told) -> None:
    shop, said = told

    def refused(work: Work) -> None:
        work.told.append(Malformed(expected="one", got="two"))
        raise Malformed(expected="one", got="two")

    with pytest.raises(Malformed):
        shop.run(refused)
    assert said == []


def test_the_bound_is_said_in_three_languages() -> None:
    assert rights.sentences(RightsAccount(5, cap=2)) == {
        "en": "If the line drops now, at most 2 of these can be promised twice.",
        "ko": "지금 회선이 끊기면 이 상품은 최대 2개까지 이중으로 약속될 수 있습니다.",
        "zh": "如果线路现在断开，该商品最多有 2 件可能被重复承诺。",
    }

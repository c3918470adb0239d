"""What of the shop's goods is whose: free for walk-ins, leased to the hub, promised, set aside; counted here and now.

The hub counts the same way with what it has heard (`contract.rights`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from contract.feeds import shop_feed
from contract.rights import RightsAccount, override
from contract.sales import SaleCompleted
from contract.stock import StockOverridden
from edge.db.unit_of_work import Reader
from edge.domain.errors import PromisedGoodsSold, SetAsideGoodsSold
from edge.services import catalogue, feeds
from edge.services.shop import Shop, Work

BOUND: Final = {
    "en": "If the line drops now, at most {bound} of these can be promised twice.",
    "ko": "지금 회선이 끊기면 이 상품은 최대 {bound}개까지 이중으로 약속될 수 있습니다.",
    "zh": "如果线路现在断开，该商品最多有 {bound} 件可能被重复承诺。",
}

_LEVELS: Final = "SELECT sku, sum(quantity) FROM stock_move GROUP BY sku"
_LEVEL: Final = "SELECT coalesce(sum(quantity), 0) FROM stock_move WHERE sku = ?"
# What a job that is being picked still misses is promised as before; once it is ready, that was told and is owed to
# nobody here any more. A job whose goods come from another shop owes nothing of this shelf: they are kept as they come.
_OWED: Final = """
WITH picking AS (
    SELECT job_id, body FROM shop_job
    WHERE state IN ('accepted', 'picked', 'ready') AND state <> 'ready' AND coalesce(body ->> 'from_job_id', '') = '')
SELECT sku, sum(aside), max(0, sum(promised)) FROM (
    SELECT sku, quantity AS aside, 0 AS promised FROM set_aside
    UNION ALL
    SELECT line.value ->> 'sku', 0, line.value ->> 'quantity'
    FROM picking, json_each(picking.body, '$.lines') AS line
    UNION ALL
    SELECT sku, 0, -quantity FROM set_aside WHERE job_id IN (SELECT job_id FROM picking)
    UNION ALL
    SELECT sku, 0, -quantity FROM job_handed WHERE job_id IN (SELECT job_id FROM picking))
GROUP BY sku
"""
_UNHEARD: Final = """
SELECT outbox.body FROM outbox JOIN stream ON stream.epoch = outbox.epoch
WHERE outbox.seq > stream.acked
  AND outbox.body ->> 'type' IN ('sale.completed', 'stock.moved', 'stock.counted')
"""


class Owed(NamedTuple):
    """Pieces of one product that somebody else waits for: laid aside already, or promised and still on the shelf."""

    set_aside: int
    promised: int


def owed(reader: Reader) -> dict[str, Owed]:
    """By SKU; products that nobody waits for are not in it."""
    return {sku: Owed(aside, promised) for sku, aside, promised in reader.sql(_OWED)}


def level(reader: Reader, sku: str) -> int:
    return int(reader.sql(_LEVEL, (sku,)).fetchone()[0])


def accounts(shop: Shop) -> dict[str, RightsAccount]:
    """Every product that has ever moved here, by SKU."""
    with shop.read() as reader:
        policy = feeds.values(reader, shop_feed("rights", shop.settings.location_id))
        waiting, unheard = owed(reader), gone_unheard(_unheard(reader))
        levels = {sku: int(quantity) for sku, quantity in reader.sql(_LEVELS)}
    return {
        sku: _account(
            quantity, policy.get(sku) or policy.get("*") or {}, waiting.get(sku)
        )._replace(unheard=unheard[sku])
        for sku, quantity in sorted(levels.items())
    }


def overrides(work: Work, sale: SaleCompleted) -> list[StockOverridden]:
    """What a sale takes that was meant for somebody else, before its goods have moved; the counter is told."""
    waiting, sold = owed(work.unit), Counter[str]()
    for line in sale.lines:
        sold[line.sku] += 0 if line.order_id else line.quantity
    return [
        told
        for sku, quantity in sold.items()
        if sku in waiting and (told := _override(work, sale, sku, quantity, waiting[sku]))
    ]


def _override(
    work: Work, sale: SaleCompleted, sku: str, quantity: int, waiting: Owed
) -> StockOverridden | None:
    account = _account(level(work.unit, sku), {}, waiting)
    kind = override(account, quantity) if quantity else ""
    if not kind:
        return None
    name = catalogue.name_of(work.unit, sku, work.shop.settings.language)
    left = max(0, account.free - quantity)
    work.told.append(
        SetAsideGoodsSold(name=name, quantity=quantity)
        if kind == "set_aside"
        else PromisedGoodsSold(name=name, quantity=quantity, promised=account.promised, left=left)
    )
    return StockOverridden(
        **work.header(sale.business_date),
        sale_id=sale.sale_id,
        sku=sku,
        kind=kind,
        quantity=quantity,
        on_hand=account.on_hand,
        set_aside=account.set_aside,
        promised=account.promised,
    )


def sentences(account: RightsAccount) -> dict[str, str]:
    """The bound in words, by language."""
    return {language: words.format(bound=account.bound) for language, words in BOUND.items()}


def gone_unheard(facts: Iterable[dict[str, Any]]) -> Counter[str]:
    """What these facts took off the shelf, by SKU. What came in meanwhile makes nothing promised twice."""
    gone = Counter[str]()
    for fact in facts:
        for sku, quantity in _outflows(fact):
            gone[sku] += max(0, quantity)
    return gone


def _outflows(fact: dict[str, Any]) -> list[tuple[str, int]]:
    match fact["type"]:
        case "sale.completed":
            lines = [line for line in fact["lines"] if not line.get("order_id")]
            return [(line["sku"], line["quantity"]) for line in lines]
        case "stock.counted":
            return [(line["sku"], line["expected"] - line["counted"]) for line in fact["lines"]]
        case _:
            return [(move["sku"], -move["quantity"]) for move in fact.get("moves", ())]


def _account(on_hand: int, policy: dict[str, Any], waiting: Owed | None) -> RightsAccount:
    aside, promised = waiting or Owed(0, 0)
    return RightsAccount(on_hand, aside, policy.get("cap", 0), policy.get("keep", 0), promised)


def _unheard(reader: Reader) -> Iterable[dict[str, Any]]:
    return (json.loads(body) for (body,) in reader.sql(_UNHEARD))

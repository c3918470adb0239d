from collections.abc import Callable
from typing import Any

import pytest

from drivers.events import PaymentOutcome, PaymentResult
from drivers.interfaces import Element, QrSymbol, Rule, TextLine
from edge.domain.basket import Discount, EnteredCode
from edge.domain.returns import Wanted
from edge.services import documents, payments, printing, returns, sales, selling, shifts
from edge.services.just_sold import KEPT
from edge.services.returns import Receipt
from edge.services.selling import Ordered
from edge.services.shop import Shop


def shown(elements: tuple[Element, ...]) -> list[str]:
    """The paper in words: "left … right", a rule as "-", the symbol by its first characters."""
    out = []
    for element in elements:
        if isinstance(element, TextLine):
            out.append(f"{element.left} … {element.right}" if element.right else element.left)
        elif isinstance(element, Rule):
            out.append("-")
        elif isinstance(element, QrSymbol):
            out.append(element.data[:4])
    return out


def paper(shop: Shop) -> list[str]:
    job = printing.recent(shop, 1)[0]
    first = printing.oldest_waiting(shop)
    assert first is not None
    document = job.document or first.document
    return shown(documents.from_text(document).elements)


def test_made_from_the_sale_in_hand_or_from_its_rows_it_is_the_same_receipt(
    shop: Shop, make_shop: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    selling.add_scan(shop, EnteredCode("BREAD", lot="L42"), 2)
    selling.add_scan(shop, EnteredCode("MILK"))
    selling.discount_line(shop, 1, Discount(percent_bp=1050))
    selling.tender_cash(shop, 1_000)
    selling.tender_cash(shop, 20_000)
    with monkeypatch.context() as without_rows:
        without_rows.delattr(sales, "completed")
        in_hand = printing.oldest_waiting(shop)
    assert in_hand is not None
    assert in_hand.document.count("TW1:") == 1
    assert printing.oldest_waiting(make_shop()) == in_hand


def test_a_receipt_that_has_waited_long_is_made_from_the_rows(shop: Shop) -> None:
    waiting = selling.sell(shop, [Ordered("BREAD")])
    in_hand = printing.oldest_waiting(shop)
    assert shop.just_sold.get(waiting.sale_id) == waiting
    for _ in range(KEPT):
        selling.sell(shop, [Ordered("MILK")])
    assert shop.just_sold.get(waiting.sale_id) is None
    assert printing.oldest_waiting(shop) == in_hand


def test_a_korean_receipt_to_the_last_line(shop: Shop) -> None:
    selling.add_scan(shop, EnteredCode("BREAD", lot="L42"), 2)
    selling.add_scan(shop, EnteredCode("MILK"))
    selling.discount_line(shop, 1, Discount(percent_bp=1050))
    selling.tender_cash(shop, 20_000)
    assert paper(shop) == [
        "Maru",
        "마루 오피스타워점",
        "사업자등록번호 123-45-67890",
        "영수증",
        "번호 … till-1-000001",
        "일시 … 2026-11-23 12:00 KST",
        "담당 … Kim",
        "-",
        "우유 식빵",
        "  2 × 4,500 … 9,000",
        "  할인 … -945",
        "  로트 L42",
        "우유",
        "  1 × 2,800 … 2,800",
        "-",
        "소계 … 10,855",
        "끝전 처리 … 5",
        "합계 … 10,860 KRW",
        "현금 … 20,000",
        "거스름돈 … 9,140",
        "-",
        "면세 … 2,800",
        "부가세 10% … 732",
        "TW1:",
        "교환·반품 시 이 코드를 보여 주세요",
        "감사합니다",
    ]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "zh",
            [
                "销售小票",
                "牛奶面包",
                "合计 … 23.50 CNY",
                "现金 … 30.00",
                "找零 … 6.50",
                "含税 10% … 2.14",
            ],
        ),
        ("en", ["Receipt", "Milk bread", "Total … 23.50 CNY", "Cash … 30.00", "Change … 6.50"]),
    ],
)
def test_a_receipt_in_yuan(
    make_shop: Callable[..., Shop], language: str, expected: list[str]
) -> None:
    shop = make_shop(language, currency="CNY", language=language, cash_rounding_minor=0)
    shifts.open_shift(shop, "Li", 0)
    selling.sell(shop, [Ordered("BREAD")], 3_000)
    found = paper(shop)
    assert [line for line in found if line in expected] == expected


def test_a_card_shows_its_mask_and_nothing_more(shop: Shop) -> None:
    selling.add_scan(shop, EnteredCode("BREAD"))
    payment = payments.send(shop, payments.begin(shop).payment_id)
    told: dict[str, Any] = {
        "auth_code": "123456",
        "scheme": "VISA",
        "masked_pan": "411111******1111",
    }
    payments.settle(
        shop, payment.payment_id, PaymentOutcome(PaymentResult.APPROVED, "r", 4_500, "KRW", **told)
    )
    found = paper(shop)
    assert found[found.index("합계 … 4,500 KRW") :][:4] == [
        "합계 … 4,500 KRW",
        "카드 VISA … 4,500",
        "  411111******1111 … 승인번호 123456",
        "-",
    ]


def test_a_return_receipt_names_the_receipt_that_it_is_of(shop: Shop) -> None:
    sale = selling.sell(shop, [Ordered("CAKE", 2)], 70_000)
    returns.take_back(shop, Receipt(sale_id=sale.sale_id), [Wanted(1, 1)], "모양", "cash")
    found = paper(shop)
    assert found[3:] == [
        "반품 영수증",
        "번호 … till-1-000002",
        "일시 … 2026-11-23 12:00 KST",
        "담당 … Kim",
        "-",
        "원 영수증 … 2026-11-23 000001",
        "사유 … 모양",
        "-",
        "딸기 케이크",
        "  × 1 … -33,333",
        "소계 … 33,333",
        "끝전 처리 … -3",
        "환불 … 33,330 KRW",
        "현금 … 33,330",
        "-",
    ]

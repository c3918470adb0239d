from collections.abc import Callable
from typing import Any

import pytest

from contract.sales import SaleCompleted
from drivers.events import PaymentOutcome, PaymentResult
from edge.db.tables import Payment
from edge.domain.basket import Discount
from edge.domain.errors import (
    BadTransition,
    BasketIsPaid,
    Malformed,
    NotFound,
    NothingToReverse,
    PaymentIsSold,
    PaymentRunning,
    PaymentUnknown,
    ShiftHasPayment,
    TenderTooLarge,
)
from edge.services import payments, selling, shifts
from edge.services.selling import BasketView
from edge.services.shop import Shop

Facts = Callable[[Shop], list[dict[str, Any]]]
Rows = Callable[[Shop, str], list[tuple[Any, ...]]]
Scan = Callable[..., BasketView]


def outcome(result: PaymentResult, payment: Payment, **told: Any) -> PaymentOutcome:
    return PaymentOutcome(result, payment.reference, payment.amount_minor, payment.currency, **told)


def approved(payment: Payment) -> PaymentOutcome:
    return outcome(
        PaymentResult.APPROVED,
        payment,
        terminal_transaction_id="T77",
        terminal_timestamp="2026-11-23T03:00:05Z",
        auth_code="123456",
        scheme="VISA",
        masked_pan="411111******1111",
    )


def sent(shop: Shop, amount_minor: int | None = None) -> Payment:
    return payments.send(shop, payments.begin(shop, amount_minor).payment_id)


def test_the_intent_is_on_the_disk_before_anything_is_sent(
    scan: Scan, shop: Shop, make_shop: Callable[..., Shop]
) -> None:
    scan("BREAD")
    payment = payments.begin(shop)
    assert (payment.state, payment.amount_minor, payment.currency) == ("NEW", 4_500, "KRW")
    assert len(payment.reference) <= 10
    assert payments.get(make_shop(), payment.payment_id) == payment


def test_an_approved_card_completes_the_sale(
    scan: Scan, shop: Shop, facts: Facts, rows: Rows
) -> None:
    scan("BREAD", "MILK")
    payment = sent(shop)
    settled = payments.settle(shop, payment.payment_id, approved(payment))
    assert settled.payment.state == "APPROVED"
    assert settled.sale is not None
    [tender] = settled.sale.tenders
    assert tender.model_dump() == {
        "kind": "card",
        "amount_minor": 7_300,
        "tendered_minor": 7_300,
        "change_minor": 0,
        "payment_id": payment.payment_id,
        "masked_pan": "411111******1111",
        "scheme": "VISA",
        "auth_code": "123456",
    }
    assert [fact["type"] for fact in facts(shop)[-2:]] == ["payment.settled", "sale.completed"]
    assert rows(shop, "SELECT count(*) FROM drawer_opening") == [(0,)]
    assert selling.current(shop) is None


def test_split_between_card_and_cash(scan: Scan, shop: Shop) -> None:
    scan("CAKE")
    payment = sent(shop, 30_000)
    assert payments.settle(shop, payment.payment_id, approved(payment)).sale is None
    view = selling.current(shop)
    assert view is not None
    assert view.due_minor == 3_333
    sale = selling.tender_cash(shop, 5_000)
    assert isinstance(sale, SaleCompleted)
    assert [(tender.kind, tender.amount_minor) for tender in sale.tenders] == [
        ("card", 30_000),
        ("cash", 3_330),
    ]
    assert sale.total_minor + sale.rounding_minor == 33_330


@pytest.mark.parametrize(
    ("result", "state"),
    [(PaymentResult.DECLINED, "DECLINED"), (PaymentResult.CANCELLED, "CANCELLED")],
)
def test_a_card_that_says_no_is_a_result_and_the_basket_takes_other_money(
    scan: Scan, shop: Shop, facts: Facts, result: PaymentResult, state: str
) -> None:
    scan("BREAD")
    payment = sent(shop)
    settled = payments.settle(
        shop, payment.payment_id, outcome(result, payment, error_condition="Refusal")
    )
    assert (settled.payment.state, settled.sale) == (state, None)
    assert facts(shop)[-1]["outcome"] == state.lower()
    assert isinstance(selling.tender_cash(shop, 4_500), SaleCompleted)


@pytest.mark.parametrize("state", ["NEW", "SENT", "IN_PROGRESS"])
def test_while_the_terminal_is_busy_the_basket_stands_still(
    scan: Scan, shop: Shop, state: str
) -> None:
    before = scan("BREAD", "MILK")
    payment = payments.begin(shop)
    if state != "NEW":
        payments.send(shop, payment.payment_id)
    if state == "IN_PROGRESS":
        payments.settle(shop, payment.payment_id, outcome(PaymentResult.IN_PROGRESS, payment))
    for change in (
        lambda: payments.begin(shop),
        lambda: selling.tender_cash(shop, 10_000),
        lambda: selling.void_line(shop, 1),
        lambda: selling.void_basket(shop),
        lambda: scan("CAKE"),
        lambda: selling.discount_basket(shop, Discount(percent_bp=100)),
    ):
        with pytest.raises(PaymentRunning) as caught:
            change()
        assert caught.value.message == (
            f"The payment terminal is busy with {payment.reference} over 7,300 KRW."
        )
    view = selling.current(shop)
    assert view is not None
    assert (view.basket, view.payment and view.payment.state) == (before.basket, state)


def test_an_unknown_outcome_takes_no_second_payment_and_closes_no_shift(
    scan: Scan, shop: Shop
) -> None:
    scan("BREAD")
    payment = sent(shop)
    lost = payments.lose(shop, payment.payment_id, "the line was lost")
    assert (lost.state, lost.was_unknown, lost.error_condition) == (
        "UNKNOWN",
        True,
        "the line was lost",
    )
    for take in (lambda: payments.begin(shop), lambda: selling.tender_cash(shop, 5_000)):
        with pytest.raises(PaymentUnknown) as caught:
            take()
        assert caught.value.message == (
            f"The card payment {payment.reference} over 4,500 KRW is not settled yet."
        )
        assert caught.value.what_now == (
            "Wait until the payment terminal has been asked; do not take the money a second time."
        )
    with pytest.raises(ShiftHasPayment) as refused:
        shifts.close(shop, 50_000)
    assert refused.value.message == "1 payments by card or wallet are not settled."
    assert shifts.current(shop) is not None


def test_the_next_customer_is_served_while_an_outcome_is_unknown(scan: Scan, shop: Shop) -> None:
    scan("BREAD")
    payment = sent(shop)
    payments.lose(shop, payment.payment_id, "silence")
    selling.suspend(shop)
    scan("MILK")
    assert isinstance(selling.tender_cash(shop, 2_800), SaleCompleted)
    settled = payments.settle(shop, payment.payment_id, approved(payment))
    assert settled.sale is not None
    assert (settled.sale.total_minor, settled.payment.was_unknown) == (4_500, True)
    assert selling.suspended(shop) == []


def test_what_the_terminal_never_heard_of_moved_no_money(
    scan: Scan, shop: Shop, facts: Facts
) -> None:
    scan("BREAD")
    payment = sent(shop)
    payments.lose(shop, payment.payment_id, "silence")
    settled = payments.settle(
        shop, payment.payment_id, PaymentOutcome(PaymentResult.NOT_FOUND, "Q")
    )
    assert settled.payment.state == "CANCELLED"
    assert (facts(shop)[-1]["outcome"], facts(shop)[-1]["was_unknown"]) == ("cancelled", True)
    assert isinstance(selling.tender_cash(shop, 4_500), SaleCompleted)


def test_an_unknown_payment_that_still_runs_stays_unknown(scan: Scan, shop: Shop) -> None:
    scan("BREAD")
    payment = sent(shop)
    payments.lose(shop, payment.payment_id, "silence")
    still = payments.settle(shop, payment.payment_id, outcome(PaymentResult.IN_PROGRESS, payment))
    assert still.payment.state == "UNKNOWN"


def test_an_outcome_is_taken_once(scan: Scan, shop: Shop, rows: Rows) -> None:
    scan("BREAD")
    payment = sent(shop)
    payments.settle(shop, payment.payment_id, approved(payment))
    with pytest.raises(BadTransition) as caught:
        payments.settle(shop, payment.payment_id, approved(payment))
    assert (
        caught.value.message
        == f"Payment {payment.reference} is APPROVED and cannot become APPROVED."
    )
    assert rows(shop, "SELECT count(*) FROM sale") == [(1,)]


def test_a_part_that_was_approved_leaves_the_rest_due(scan: Scan, shop: Shop) -> None:
    scan("BREAD")
    payment = sent(shop)
    part = PaymentOutcome(PaymentResult.APPROVED, payment.reference, 3_000, "KRW")
    assert payments.settle(shop, payment.payment_id, part).sale is None
    view = selling.current(shop)
    assert view is not None
    assert view.due_minor == 1_500


def test_an_outcome_in_another_currency_is_not_ours(scan: Scan, shop: Shop) -> None:
    scan("BREAD")
    payment = sent(shop)
    with pytest.raises(Malformed):
        payments.settle(
            shop, payment.payment_id, PaymentOutcome(PaymentResult.APPROVED, "x", 4_500, "USD")
        )
    assert payments.get(shop, payment.payment_id).state == "SENT"


def test_a_card_never_takes_more_than_is_due(scan: Scan, shop: Shop, rows: Rows) -> None:
    scan("BREAD")
    with pytest.raises(TenderTooLarge):
        payments.begin(shop, 4_501)
    assert rows(shop, "SELECT count(*) FROM payment") == [(0,)]


def test_a_reversed_part_is_due_again_and_the_basket_may_go(
    scan: Scan, shop: Shop, facts: Facts
) -> None:
    scan("BREAD")
    payment = sent(shop, 2_000)
    payments.settle(shop, payment.payment_id, approved(payment))
    with pytest.raises(BasketIsPaid):
        selling.void_basket(shop)
    reversing = payments.reverse(shop, payment.payment_id)
    assert (reversing.state, len(reversing.reversal_reference)) == ("REVERSING", 8)
    with pytest.raises(PaymentUnknown):
        selling.tender_cash(shop, 5_000)
    pending = payments.reversal_pending(shop, payment.payment_id, "silence")
    again = payments.reverse(shop, payment.payment_id)
    assert (pending.state, again.reversal_reference) == (
        "REVERSAL_PENDING",
        reversing.reversal_reference,
    )
    payments.reversed_(shop, payment.payment_id)
    assert facts(shop)[-1]["outcome"] == "reversed"
    view = selling.current(shop)
    assert view is not None
    assert view.due_minor == 4_500
    selling.void_basket(shop)


def test_what_paid_for_a_sale_goes_back_with_its_goods_only(
    scan: Scan, shop: Shop, facts: Facts
) -> None:
    """Else the card and then the drawer could pay the same goods back."""
    scan("BREAD")
    payment = sent(shop)
    assert payments.settle(shop, payment.payment_id, approved(payment)).sale is not None
    logged = facts(shop)
    with pytest.raises(PaymentIsSold) as caught:
        payments.reverse(shop, payment.payment_id)
    assert caught.value.message == (
        f"The card payment {payment.reference} paid for a sale that is complete."
    )
    assert (payments.get(shop, payment.payment_id).state, facts(shop)) == ("APPROVED", logged)


def test_there_is_nothing_to_reverse_where_no_money_moved(scan: Scan, shop: Shop) -> None:
    scan("BREAD")
    payment = sent(shop)
    with pytest.raises(NothingToReverse) as caught:
        payments.reverse(shop, payment.payment_id)
    assert caught.value.message == (
        f"The card payment {payment.reference} is SENT: there is no money to give back."
    )


def test_after_a_crash_what_was_not_sent_is_cancelled_and_what_was_is_unknown(
    scan: Scan, shop: Shop, make_shop: Callable[..., Shop]
) -> None:
    scan("BREAD")
    waiting = payments.begin(shop)
    selling.suspend(shop)
    scan("MILK")
    under_way = sent(shop)
    restarted = make_shop()
    assert [(row.payment_id, row.state) for row in payments.recover(restarted)] == [
        (under_way.payment_id, "UNKNOWN")
    ]
    assert payments.get(restarted, waiting.payment_id).state == "CANCELLED"
    assert payments.get(restarted, under_way.payment_id).was_unknown
    assert payments.recover(restarted)[0].state == "UNKNOWN"


def test_a_payment_that_is_not_there(shop: Shop) -> None:
    with pytest.raises(NotFound) as caught:
        payments.get(shop, "nope")
    assert caught.value.message == "There is no payment nope here."


def test_references_are_not_counted_up(scan: Scan, shop: Shop) -> None:
    scan("BREAD")
    references = set()
    for _ in range(5):
        payment = payments.begin(shop)
        references.add(payment.reference)
        payments.cancel(shop, payment.payment_id)
    assert len(references) == 5

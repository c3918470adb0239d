"""A customer at the counter, from the scanner's bytes to the paper and the payment terminal's own ledger."""

import json
import threading

import pytest

from edge.services import payments, printing, selling


def jobs(box):
    return [(job.state, job.reason) for job in reversed(printing.recent(box.shop))]


def sales(box) -> int:
    with box.shop.read() as reader:
        return reader.sql("SELECT count(*) FROM sale").fetchone()[0]


def scanned(box, counter):
    counter.scanner.scan("9501101530003")
    box.until(lambda: selling.current(box.shop))


def test_from_the_scanner_to_the_paper(box, counter):
    scanned(box, counter)
    selling.tender_cash(box.shop, 20_000)
    box.until(lambda: jobs(box) == [("PRINTED", "")])
    paper = counter.printer.text()
    assert "Lipstick" in paper
    assert "12,000" in paper
    assert "[QR TW1:" in paper
    box.until(lambda: opened(box) == [("sale", True)])
    assert counter.printer.drawer_state()["kicks"] == 1


def opened(box):
    with box.shop.read() as reader:
        rows = reader.sql("SELECT body FROM outbox ORDER BY seq").fetchall()
    bodies = [json.loads(text) for (text,) in rows]
    return [(it["cause"], it["is_proved"]) for it in bodies if it["type"] == "drawer.opened"]


def test_a_scan_of_an_unknown_code_is_said_and_the_next_one_counts(box, counter):
    counter.scanner.scan("4006381333931")
    box.until(lambda: box.box.notices.newest)
    assert box.box.notices.newest.message == ("The code 4006381333931 is not in the catalogue.")
    scanned(box, counter)
    assert selling.current(box.shop).priced.total_minor == 12_000


def test_without_paper_the_sale_goes_on_and_the_receipt_comes_once(box, counter):
    counter.printer.set_paper("out")
    box.until(lambda: box.state("printer") == "not_ready")
    assert box.advice("printer") == "The receipt printer has no paper."
    selling.sell(box.shop, [selling.Ordered("A1")])
    box.until(lambda: jobs(box) == [("HELD", "paper_out")])
    counter.printer.set_paper("ok")
    box.until(lambda: jobs(box) == [("PRINTED", "")])
    assert len(counter.printer.receipts()) == 1


def test_a_printer_that_was_off_prints_what_waited_when_it_is_back(box, counter):
    counter.printer.set_power(is_on=False)
    box.until(lambda: box.state("printer") not in {"ready", "busy"})
    selling.sell(box.shop, [selling.Ordered("A1")])
    counter.printer.set_power(is_on=True)
    box.until(lambda: jobs(box) == [("PRINTED", "")])
    assert len(counter.printer.receipts()) == 1


def test_a_scanner_pulled_out_is_said_and_works_again(box, counter):
    counter.scanner.plug(is_in=False)
    box.until(lambda: box.state("scanner") == "absent")
    assert box.advice("scanner") == "The scanner is not connected."
    counter.scanner.plug(is_in=True)
    box.until_ready("scanner")
    scanned(box, counter)


def test_card_money_moves_once_when_the_answer_was_lost(box, counter):
    scanned(box, counter)
    counter.payment_terminal.arm("drop_after_host")
    payment = payments.begin(box.shop)
    box.until(lambda: payments.get(box.shop, payment.payment_id).state == "UNKNOWN")
    box.until(lambda: payments.get(box.shop, payment.payment_id).state == "APPROVED")
    assert (sales(box), charged(counter)) == (1, [1])
    assert payments.get(box.shop, payment.payment_id).was_unknown


def test_card_money_that_never_moved_is_asked_for_again(box, counter):
    scanned(box, counter)
    counter.payment_terminal.arm("drop_before_host")
    payment = payments.begin(box.shop)
    box.until(lambda: payments.get(box.shop, payment.payment_id).was_unknown)
    box.until(lambda: payments.get(box.shop, payment.payment_id).state == "CANCELLED")
    assert (sales(box), charged(counter)) == (0, [])
    payments.begin(box.shop)
    box.until(lambda: sales(box) == 1)
    assert charged(counter) == [1]


@pytest.mark.parametrize("fault", ["", "reversal_answer_lost", "reversal_lost"])
def test_a_reversal_is_retried_until_it_is_proved_and_done_once(box, counter, fault, mocker):
    mocker.patch("edge.peripherals.resolver.REVERSAL_S", 1.0)
    mocker.patch("edge.peripherals.resolver.ASK_AFTER_S", (0.2,))
    mocker.patch("edge.peripherals.resolver.ASK_EVERY_S", 0.2)
    scanned(box, counter)
    payment = payments.begin(box.shop, 5_000)
    box.until(lambda: payments.get(box.shop, payment.payment_id).state == "APPROVED")
    if fault:
        counter.payment_terminal.arm(fault)
    payments.reverse(box.shop, payment.payment_id)
    box.until(lambda: payments.get(box.shop, payment.payment_id).state == "REVERSED")
    assert selling.current(box.shop).due_minor == 12_000
    assert counter.payment_terminal.ledger.moved_minor == 0


def charged(counter) -> list[int]:
    return [times for times in counter.payment_terminal.ledger.times_charged().values() if times]


def test_a_box_killed_while_the_customer_pays_finds_the_money_after_its_start(
    box, counter, start, mocker
):
    scanned(box, counter)
    counter.payment_terminal.arm("drop_after_host")
    # The kill: the box gets no further than hearing no answer, and never writes that down.
    dying, is_over = threading.Event(), threading.Event()
    mocker.patch.object(payments, "lose", side_effect=lambda *_: (dying.set(), is_over.wait()))
    payment = payments.begin(box.shop)
    assert dying.wait(20)
    box.stop()
    mocker.stopall()
    again = start()
    again.until(lambda: payments.get(again.shop, payment.payment_id).state == "APPROVED")
    assert (sales(again), charged(counter)) == (1, [1])
    is_over.set()

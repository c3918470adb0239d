"""From a read to a line of the basket, and what happens to reads that are none."""

import logging

import pytest

from drivers.events import Health, ScanRead
from edge.domain.basket import EnteredCode
from edge.peripherals.owner import Readiness
from edge.peripherals.scanning import (
    MAX_WAITING,
    Misread,
    ScanDesk,
    ScannerWork,
    entered_code,
)
from edge.services import selling

WALLET_CODE = "134567890123456789"


def read(data, symbology="]E0"):
    return ScanRead(symbology, data, is_terminated=True, monotonic_s=0.0)


@pytest.mark.parametrize(
    ("symbology", "data", "code"),
    [
        ("]E0", "9501101530003", EnteredCode("9501101530003")),
        ("", "9501101530003", EnteredCode("9501101530003")),
        (
            "]d2",
            "010950110153000317261231" + "10AB-1",
            EnteredCode("09501101530003", lot="AB-1", expiry="2026-12-31"),
        ),
        ("]C0", "INHOUSE-7", EnteredCode("INHOUSE-7")),
        ("", "9501101530004", EnteredCode("9501101530004")),
        ("]Q1", "TW1:ABC", EnteredCode("TW1:ABC")),
        ("]C0", WALLET_CODE, EnteredCode(WALLET_CODE)),
    ],
)
def test_what_a_read_names(symbology, data, code):
    found = entered_code(read(data, symbology))
    assert (found.code.lstrip("0"), found.lot, found.expiry) == (
        code.code.lstrip("0"),
        code.lot,
        code.expiry,
    )


def test_a_misread_gtin_is_refused_in_words():
    with pytest.raises(Misread) as refused:
        entered_code(read("9501101530004"))
    assert refused.value.what_now == "Scan it again, or type the number under the bars."
    assert refused.value.message.startswith("The code was misread: expected ")


@pytest.fixture
def desk(shop, notices):
    return ScanDesk(lambda entered: selling.add_scan(shop, entered), notices)


def test_goods_go_into_the_basket(shop, desk):
    desk.take(read("9501101530003"))
    assert selling.current(shop).priced.total_minor == 12_000


def test_an_unknown_code_is_said_and_the_next_scan_works(shop, desk, notices):
    desk.take(read("4006381333931"))
    assert notices.newest.key == "goods.unknown_code"
    assert notices.newest.message == "The code 4006381333931 is not in the catalogue."
    assert selling.current(shop) is None
    desk.take(read("9501101530003"))
    assert selling.current(shop).priced.total_minor == 12_000


def test_a_defect_does_not_end_the_desk(notices):
    desk = ScanDesk(lambda _: 1 / 0, notices)
    desk.take(read("9501101530003"))
    assert (notices.newest.key, desk.counters["failed"]) == ("scans.failed", 1)


def test_the_queue_is_bounded_and_says_so(notices):
    desk = ScanDesk(lambda _: None, notices)
    for _ in range(MAX_WAITING + 1):
        desk.put(read("9501101530003"))
    assert (desk.counters["dropped"], notices.newest.key) == (1, "scans.too_fast")


@pytest.mark.parametrize("sink", [lambda _: 1 / 0, None])
def test_no_digit_of_a_scan_reaches_the_log(shop, notices, caplog, sink):
    caplog.set_level(logging.DEBUG)
    desk = ScanDesk(sink or (lambda entered: selling.add_scan(shop, entered)), notices)
    desk.take(read(WALLET_CODE, ""))
    desk.take(read(WALLET_CODE, "]C1"))
    assert caplog.records
    assert WALLET_CODE[:8] not in caplog.text


def test_the_owners_work_hands_over_what_it_hears():
    class FakeScanner:
        def open(self) -> None: ...
        def close(self) -> None: ...
        def health(self) -> Health:
            return Health(is_open=True)

        def reads(self, timeout_s):
            yield read("1")
            yield read("2")

    heard = []
    work = ScannerWork(FakeScanner(), heard.append)
    assert (work.opened(), work.once()) == (Readiness(), Readiness())
    assert [it.data for it in heard] == ["1", "2"]

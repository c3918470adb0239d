import itertools
import tomllib
from pathlib import Path
from typing import Any

import pytest

from drivers.events import PrinterStatus, Reason
from drivers.printers.status import (
    Answer,
    AutomaticStatus,
    BufferPassed,
    BuffersCleared,
    Flow,
    ProcessDone,
    RealTime,
    StatusStream,
    Stray,
    Text,
    status_from_asb,
    status_from_real_time,
)

VECTORS = tomllib.loads(
    (Path(__file__).parents[2] / "vectors" / "escpos_status.toml").read_text(encoding="utf-8")
)


def expected(vector: dict[str, Any]) -> PrinterStatus:
    return PrinterStatus(
        frozenset(Reason(word) for word in vector["reasons"]),
        vector.get("is_paper_low", False),
        vector.get("drawer_pin_high", False),
    )


def heard(data: str, *, awaited: int = 0) -> list[Answer]:
    stream = StatusStream()
    for _ in range(awaited):
        stream.expect_buffer_status()
    return list(stream.feed(bytes.fromhex(data)))


# -- what the bits mean ------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["real_time"], ids=lambda it: it["name"])
def test_real_time_answers_of_the_manual(vector: dict[str, Any]):
    first, second, third, fourth = bytes.fromhex(vector["answers"])

    assert status_from_real_time((first, second, third, fourth)) == expected(vector)


@pytest.mark.parametrize("vector", VECTORS["asb"], ids=lambda it: it["name"])
def test_automatic_status_of_the_manual(vector: dict[str, Any]):
    assert status_from_asb(bytes.fromhex(vector["values"])) == expected(vector)


def test_low_paper_does_not_stop_a_printer():
    assert status_from_asb(bytes.fromhex("10 00 03 00")).can_print
    assert not status_from_asb(bytes.fromhex("18 00 0F 00")).can_print


# -- one stream --------------------------------------------------------------------------------


def test_every_real_time_byte_of_the_table_is_one():
    """0xx1xx10: 0 and 7 clear, 1 and 4 set, whatever the other four are."""
    bits = [0x04, 0x08, 0x20, 0x40]
    for chosen in itertools.product([0, 1], repeat=4):
        value = 0x12 | sum(bit for bit, is_set in zip(bits, chosen, strict=True) if is_set)
        assert heard(f"{value:02X}") == [RealTime(value)]


def test_every_first_byte_of_an_automatic_status_is_one():
    bits = [0x04, 0x08, 0x20, 0x40]
    for chosen in itertools.product([0, 1], repeat=4):
        value = 0x10 | sum(bit for bit, is_set in zip(bits, chosen, strict=True) if is_set)
        assert heard(f"{value:02X} 00 03 0F") == [AutomaticStatus(bytes([value, 0, 3, 0x0F]))]


def test_flow_control_may_sit_between_the_bytes_of_an_automatic_status():
    assert heard("18 13 00 0C 11 00") == [
        Flow(is_ready=False),
        Flow(is_ready=True),
        AutomaticStatus(bytes.fromhex("18 00 0C 00")),
    ]


def test_an_automatic_status_just_before_a_real_time_answer():
    assert heard("14 00 00 00 16") == [
        AutomaticStatus(bytes.fromhex("14 00 00 00")),
        RealTime(0x16),
    ]


def test_process_id():
    assert heard("37 22 41 30 30 31 00") == [ProcessDone("A001")]


def test_process_id_of_characters_that_look_like_statuses():
    """2, 6 and 7 are a real-time answer and the head of a block when they stand alone."""
    assert heard("37 22 32 36 37 5F 00 12") == [ProcessDone("267_"), RealTime(0x12)]


def test_buffers_cleared():
    assert heard("37 25 00") == [BuffersCleared()]


def test_words_about_the_model():
    assert heard("5F 54 4D 2D 54 38 38 56 00") == [Text("TM-T88V")]
    assert heard("3D 31 00") == [Text("1")]


def test_buffer_status_only_while_one_is_awaited():
    assert heard("00", awaited=1) == [BufferPassed(0)]
    assert heard("0F 00", awaited=2) == [BufferPassed(0x0F), BufferPassed(0)]
    assert heard("00 00", awaited=1) == [BufferPassed(0), Stray(b"\0")]
    assert heard("0C") == [Stray(b"\x0c")]


def test_an_automatic_status_that_breaks_off_is_given_up():
    assert heard("18 00 12") == [Stray(b"\x18\0"), RealTime(0x12)]
    assert heard("18 00 10 00 00 00") == [Stray(b"\x18\0"), AutomaticStatus(b"\x10\0\0\0")]


def test_a_block_that_breaks_off_is_given_up():
    assert heard("37 22 41 12") == [Stray(b"\x37\x22\x41"), RealTime(0x12)]


def test_a_block_that_never_ends_does_not_swallow_the_stream():
    answers = heard("5F" + "41" * 200 + "12")

    assert answers[-1] == RealTime(0x12)
    assert sum(isinstance(it, Stray) for it in answers) > 0


def test_noise_is_stray_and_nothing_else():
    assert heard("FF 80 E5") == [Stray(b"\xff"), Stray(b"\x80"), Stray(b"\xe5")]


def test_reset_forgets_halves_and_expectations():
    stream = StatusStream()
    stream.expect_buffer_status()
    assert list(stream.feed(b"\x18\x00")) == []

    stream.reset()

    assert list(stream.feed(b"\x00\x12")) == [Stray(b"\0"), RealTime(0x12)]


def test_any_split_of_the_stream_says_the_same():
    data = bytes.fromhex("14 00 13 00 00 12 37 22 41 30 31 32 00 11 03 5F 41 00 1A 38 00 0F 00")
    whole = StatusStream()
    whole.expect_buffer_status()
    said = list(whole.feed(data))
    assert len(said) == 9
    assert not any(isinstance(it, Stray) for it in said)

    for first, second in itertools.combinations(range(len(data) + 1), 2):
        stream = StatusStream()
        stream.expect_buffer_status()
        parts = (data[:first], data[first:second], data[second:])
        assert [it for part in parts for it in stream.feed(part)] == said

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.wire import Unplugged

VECTORS = tomllib.loads(
    (Path(__file__).parents[2] / "vectors" / "escpos_status.toml").read_text(encoding="utf-8")
)
Plug = Callable[..., Any]
ASK_ALL = "10 04 01 10 04 02 10 04 03 10 04 04"


def set_state(sim: Any, vector: dict[str, Any]) -> None:
    reasons = set(vector["reasons"])
    sim.unit.is_cover_open = "cover_open" in reasons
    sim.unit.is_cutter_jammed = "cutter_jammed" in reasons
    sim.unit.is_broken = "unrecoverable" in reasons
    sim.unit.is_head_hot = "head_hot" in reasons
    if vector.get("is_paper_low"):
        sim.unit.leave_paper(0 if "paper_out" in reasons else 100)
    sim.unit.drawer.is_open = vector.get("drawer_pin_high", False)


def simulated(kind: str) -> list[dict[str, Any]]:
    """The button that feeds paper is not there to be pressed; "everything" is too much for one cause byte."""
    return [it for it in VECTORS[kind] if "offline" not in it["reasons"]]


# -- the manual's status bytes -----------------------------------------------------------------


@pytest.mark.parametrize("vector", simulated("real_time"), ids=lambda it: it["name"])
def test_real_time_answers_of_the_manual(wired: Plug, vector: dict[str, Any]):
    wire = wired()
    set_state(wire.sim, vector)
    expected = bytearray.fromhex(vector["answers"])
    if "cutter_jammed" in vector["reasons"]:
        assert expected[2] == 0x1A

    assert wire.at_once(ASK_ALL).hex(" ").upper() == expected.hex(" ").upper()


@pytest.mark.parametrize("vector", simulated("asb"), ids=lambda it: it["name"])
def test_automatic_status_of_the_manual(wired: Plug, vector: dict[str, Any]):
    wire = wired()
    assert wire.at_once("1D 61 0F").hex(" ") == "10 00 00 00"
    set_state(wire.sim, vector)

    wire.sim.step(0.0)

    expected = "" if vector["name"] == "idle" else vector["values"]
    assert wire.sim.give(99).hex(" ").upper() == expected


def test_an_asb_only_for_what_was_asked(wired: Plug):
    wire = wired()
    wire.at_once("1D 61 01")  # the drawer only

    wire.sim.unit.is_cover_open = True
    wire.sim.step(0.0)
    assert wire.sim.give(99) == b""
    wire.sim.unit.drawer.is_open = True
    wire.sim.step(0.0)
    assert wire.sim.give(99).hex(" ") == "3c 00 00 00"


def test_a_model_without_asb_never_speaks_unasked(wired: Plug):
    wire = wired("clone-58mm")
    wire.send("1D 61 FF")
    wire.sim.unit.is_cover_open = True

    assert wire.send("") == b""


# -- real time ---------------------------------------------------------------------------------


def test_answers_while_it_is_offline_and_its_buffer_is_half_full(wired: Plug):
    wire = wired()
    wire.sim.unit.leave_paper(0)
    wire.send(b"Line\n" * 400)

    assert wire.at_once("10 04 04").hex() == "7e"


def test_a_command_split_over_three_arrivals(wired: Plug):
    wire = wired()
    assert wire.at_once("10") == b""
    assert wire.at_once("04") == b""
    assert wire.at_once("01").hex() == "12"


def test_dots_that_read_as_a_command_are_obeyed_where_the_model_is_so(wired: Plug):
    """1D 76 30 00 06 00 01 00, then a row of six bytes that holds DLE DC4 1 0 5."""
    picture = "1D 76 30 00 06 00 01 00 10 14 01 00 05 00"
    wire = wired()
    wire.send(picture)
    assert wire.sim.unit.drawer.kicks == 1

    careful = wired()
    careful.sim.model = replace(careful.sim.model, acts_inside_data=False)
    careful.send(picture)
    assert careful.sim.unit.drawer.kicks == 0


def test_clearing_the_buffers_forgets_the_receipt(wired: Plug):
    wire = wired()
    wire.sim.unit.leave_paper(10)
    wire.send(b"Line\n" * 20)

    assert wire.at_once("10 14 08 01 03 14 01 06 02 08").hex(" ") == "37 25 00"
    wire.sim.unit.load_paper()
    wire.send(b"")
    assert wire.lines() == ["Line"]


# -- order and time ----------------------------------------------------------------------------


def test_process_id_comes_when_everything_before_it_is_printed(wired: Plug):
    wire = wired()
    job = b"Line\n" * 100 + bytes.fromhex("1D 28 48 06 00 30 30 41 30 30 31")

    assert wire.send(job, 1.0) == b""  # 3000 rows take 1.25 s at 2400 a second
    assert wire.send(b"", 0.5).hex(" ") == "37 22 41 30 30 31 00"


def test_no_process_id_on_a_model_without(wired: Plug):
    assert wired("clone-58mm").send("1D 28 48 06 00 30 30 41 30 30 31") == b""


def test_buffer_status_comes_in_its_turn(wired: Plug):
    wire = wired()
    wire.sim.unit.leave_paper(10)

    assert wire.send(b"Line\n\x1dr\x01") == b""
    wire.sim.unit.load_paper()
    assert wire.send(b"") == b"\x00"


def test_words_about_the_model(wired: Plug):
    assert wired().send("1D 49 43") == b"_TM-T88V\0"


def test_a_full_buffer_takes_no_more(wired: Plug):
    wire = wired()
    wire.sim.unit.leave_paper(0)

    wire.send(b"x" * 5000)

    assert len(wire.left) == 5000 - 4096
    wire.sim.unit.load_paper()
    wire.send(wire.left)
    assert wire.left == b""


def test_xon_and_xoff(wired: Plug):
    wire = wired("bixolon-srp-350-serial")
    wire.sim.unit.leave_paper(0)
    assert wire.send(b"Line\n" * 1000) == b"\x13"

    wire.sim.unit.load_paper()
    assert wire.send(wire.left, 60.0) == b"\x11"
    assert len(wire.lines()) == 1000


def test_a_picture_larger_than_the_buffer_is_printed_as_it_comes(wired: Plug):
    wire = wired("clone-58mm")

    wire.send(bytes.fromhex("1D 76 30 00 30 00 C8 00") + b"\xff" * (48 * 200) + b"End\n", 20.0)

    assert wire.lines() == ["[picture]", "End"]
    assert sum(row == b"\xff" * 48 for row in wire.sim.paper.rows) == 200


def test_a_stuck_reader_takes_nothing(wired: Plug):
    wire = wired()
    wire.sim.is_stuck = True

    wire.send(b"Line\n")

    assert wire.left == b"Line\n"


# -- mechanism ---------------------------------------------------------------------------------


def test_paper_out_stops_within_a_line_and_goes_on_there(wired: Plug):
    wire = wired()
    whole = wired()
    wire.sim.unit.leave_paper(77)
    for it in (wire, whole):
        it.send(b"Line one\nLine two\nLine three\n")
    assert len(wire.sim.paper.rows) - 96 == 77

    wire.sim.unit.load_paper()
    wire.send(b"")

    assert wire.sim.paper.rows == whole.sim.paper.rows
    assert wire.lines() == ["Line one", "Line two", "Line three"]


@pytest.mark.parametrize("cut", ["1D 56 42 00", "1D 56 41 00"])
def test_cut_feeds_to_the_knife(wired: Plug, cut: str):
    wire = wired()
    wire.send(b"One\n" + bytes.fromhex(cut) + b"Two\n" + bytes.fromhex(cut))

    assert [it.text for it in wire.sim.paper.receipts()] == ["One", "Two"]


def test_cut_without_feeding_goes_through_what_is_below_the_knife(wired: Plug):
    """GS V 0 right behind the text leaves it on the next piece: the classic beginner's receipt."""
    wire = wired()
    wire.send(b"One\n" + bytes.fromhex("1D 56 00"))

    assert [(it.text, it.is_cut) for it in wire.sim.paper.receipts()] == [
        ("", True),
        ("One", False),
    ]


def test_a_jammed_knife_stops_everything(wired: Plug):
    wire = wired()
    wire.sim.unit.will_jam = True
    wire.send(b"One\n\x1dVB\x00Two\n")
    assert wire.at_once("10 04 03").hex() == "1a"
    assert wire.lines() == ["One"]

    wire.sim.unit.is_cutter_jammed = False
    wire.send(b"")
    assert [it.text for it in wire.sim.paper.receipts()] == ["One", "Two"]


def test_power_off_forgets_all_but_the_paper(wired: Plug):
    wire = wired()
    wire.send("1D 61 0F 1B 45 01")
    wire.sim.unit.leave_paper(100)
    wire.send(b"Line\n" * 20)

    wire.sim.power_off()
    with pytest.raises(Unplugged):
        wire.sim.step(0.0)
    wire.sim.power_on()
    wire.sim.unit.load_paper()

    assert wire.send(b"Next\n") == b""  # ASB is off, the rest of the lines is gone
    assert wire.lines() == ["Line"] * 4 + ["Next"]


def test_a_serial_line_outlives_its_printer(wired: Plug):
    wire = wired("bixolon-srp-350-serial")
    wire.sim.power_off()

    assert wire.send("10 04 01") == b""
    assert wire.left == b""


@pytest.mark.parametrize(("pulse", "opens"), [("1B 70 00 32 FA", True), ("1B 70 01 32 FA", False)])
def test_the_drawer_is_on_one_pin(wired: Plug, pulse: str, opens: bool):
    wire = wired()
    wire.send(pulse)

    assert wire.sim.unit.drawer.is_open is opens
    assert wire.at_once("10 04 01").hex() == ("16" if opens else "12")


# -- characters --------------------------------------------------------------------------------


def test_korean_firmware_begins_in_its_own_ways(wired: Plug):
    wire = wired("epson-tm-t88v-korean")
    wire.send("합계 \\500\n".encode("euc_kr"))

    assert wire.lines() == ["합계 ₩500"]


def test_chinese_firmware_has_the_yen_for_the_dollar(wired: Plug):
    wire = wired("gprinter-gp-l80250")
    wire.send("合计 $5\n".encode("gbk") + b"\x1bR\x00$5\n")

    assert wire.lines() == ["合计 ¥5", "$5"]


def test_four_bytes_of_gb18030_are_a_nought_and_a_six(wired: Plug):
    """What the yen sign looks like on most Chinese printers when nobody thought of it."""
    wire = wired("gprinter-gp-l80250")
    wire.send("¥5\n".encode("gb18030"))

    assert wire.lines() == ["065"]


def test_western_firmware_shows_korean_as_its_code_page(wired: Plug):
    wire = wired()
    wire.send("합계\n".encode("euc_kr"))

    assert wire.lines() == ["╟╒░Φ"]


def test_double_byte_mode_can_be_left(wired: Plug):
    wire = wired("epson-tm-t88v-korean")
    wire.send(b"\x1c." + "합".encode("euc_kr") + b"\n\x1c&" + "합\n".encode("euc_kr"))

    assert wire.lines() == ["╟╒", "합"]


def test_a_pair_split_over_two_arrivals(wired: Plug):
    wire = wired("epson-tm-t88v-korean")
    for value in "합계\n".encode("euc_kr"):
        wire.send(bytes([value]), 0.05)

    assert wire.lines() == ["합계"]


def test_a_line_longer_than_the_paper_goes_on_below(wired: Plug):
    wire = wired()
    wire.send(b"x" * 50 + b"\n")

    assert wire.lines() == ["x" * 48, "xx"]


def test_alignment_and_size(wired: Plug):
    wire = wired()
    wire.send(b"\x1ba\x01Middle\n\x1ba\x02Right\n\x1ba\x00\x1d!\x11Big\n\x1b!\x00\x1bE\x01Bold\n")

    assert wire.lines() == [" " * 21 + "Middle", " " * 43 + "Right", "Big", "Bold"]
    assert len(wire.sim.paper.rows) - 96 == 30 + 30 + 48 + 30


def test_the_picture_is_the_paper_with_its_margins(wired: Plug):
    wire = wired()
    wire.send(b"Line\n")

    picture = wire.sim.paper.picture()

    assert picture.size == (640, 126)
    assert picture.getextrema() == (32, 250)
    assert wire.sim.paper.png().startswith(b"\x89PNG")


def test_tearing_leaves_what_is_between_head_and_bar(wired: Plug):
    wire = wired()
    wire.send(b"Line\n")

    wire.sim.paper.tear()

    assert wire.sim.paper.receipts() == []
    assert len(wire.sim.paper.rows) == 96

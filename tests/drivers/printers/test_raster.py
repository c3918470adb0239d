import pytest

from drivers.printers import raster
from drivers.printers.layout import Row


def commands(data: bytes) -> list[tuple[int, int, bytes]]:
    """(bytes a row, rows, dots) of every GS v 0 in `data`, which holds nothing else."""
    found = []
    while data:
        assert data[:4] == b"\x1dv0\x00"
        width, height = (int.from_bytes(data[at : at + 2], "little") for at in (4, 6))
        found.append((width, height, data[8 : 8 + width * height]))
        data = data[8 + width * height :]
    return found


def test_strips_fit_any_buffer():
    strips = commands(raster.strips(bytes(72 * 1000), 72))

    assert [height for _, height, _ in strips] == [56] * 17 + [48]
    assert all(len(dots) <= 4096 for _, _, dots in strips)


def test_strips_have_at_most_255_rows():
    assert [height for _, height, _ in commands(raster.strips(bytes(600), 1))] == [255, 255, 90]


def test_strips_together_are_the_picture():
    picture = bytes(range(32, 232)) * 72

    assert b"".join(dots for _, _, dots in commands(raster.strips(picture, 72))) == picture


@pytest.mark.parametrize(
    ("dots", "safe"),
    [
        ("10 04 01", "18 04 01"),  # DLE EOT 1: a stray status byte
        ("10 14 01 00 05", "18 14 01 00 05"),  # DLE DC4: opens the drawer
        ("10 05 02", "18 05 02"),  # DLE ENQ 2: forgets the receipt
        ("10 10 04", "10 18 04"),
        ("10 00 04", "10 00 04"),
        ("10", "10"),
    ],
)
def test_real_time_commands_are_defused(dots: str, safe: str):
    assert raster.defuse(bytes.fromhex(dots)).hex(" ") == safe


def test_no_strip_carries_a_real_time_command_across_its_rows():
    data = raster.strips(b"\x10\x04\x10\x14\x01\x10" * 500, 6)

    assert not any(it in data for it in (b"\x10\x04", b"\x10\x05", b"\x10\x14"))


def test_text_row_is_thirty_dots_high_and_has_ink_at_both_ends():
    row = raster.text_row(Row("합계", "₩500"), "ko", 576, 1, is_bold=False, is_centered=False)
    ((width, height, dots),) = commands(row)

    assert (width, height) == (72, 30)
    columns = [any(dots[y * 72 + x] for y in range(30)) for x in range(72)]
    assert columns[0]
    assert columns[71]
    assert not any(columns[10:60])


def test_languages_have_their_own_shapes():
    korean, chinese = (
        raster.text_row(Row("直骨"), language, 384, 1, is_bold=False, is_centered=False)
        for language in ("ko", "zh")
    )

    assert korean != chinese


def test_a_row_is_drawn_once():
    raster.text_row.cache_clear()
    for _ in range(3):
        raster.text_row(Row("우유"), "ko", 576, 1, is_bold=False, is_centered=False)

    assert raster.text_row.cache_info().misses == 1

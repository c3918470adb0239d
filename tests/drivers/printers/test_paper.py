"""Receipts of the real driver as they lie on the simulated paper: read back by a scanner, compared between models."""

from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from drivers.interfaces import Feed, PrintDocument, QrSymbol, Rule, TextLine
from hardware_sim.printers.models import models

Put = Callable[..., Any]
ALL = sorted(models())
SIGNED = "TW1.maru-office-tower-1.000123." + "x9Kd_-" * 20

RECEIPTS = {
    "ko": PrintDocument(
        "ko",
        (
            TextLine("마루 오피스타워점", align="center", is_bold=True, scale=2),
            TextLine("사업자번호 123-45-67890", align="center"),
            Rule(),
            TextLine("신라면 큰사발 114g", "₩3,000"),
            TextLine("바나나맛 우유 240ml", "₩1,700"),
            Rule(),
            TextLine("합계", "₩4,700", is_bold=True),
            QrSymbol(SIGNED),
            TextLine("이용해 주셔서 감사합니다", align="center"),
        ),
    ),
    "zh": PrintDocument(
        "zh",
        (
            TextLine("玛露写字楼店", align="center", is_bold=True, scale=2),
            Rule(),
            TextLine("康师傅红烧牛肉面", "¥5.50"),
            TextLine("农夫山泉 550ml", "¥2.00"),
            Rule(),
            TextLine("合计", "¥7.50", is_bold=True),
            QrSymbol(SIGNED),
            TextLine("谢谢惠顾", align="center"),
        ),
    ),
    "en": PrintDocument(
        "en",
        (
            TextLine("Maru Office Tower", align="center", is_bold=True, scale=2),
            Rule(),
            TextLine("Café latte", "12.00"),
            TextLine("Instant noodles", "3.00"),
            Rule(),
            TextLine("Total", "15.00", is_bold=True),
            QrSymbol(SIGNED),
            TextLine("Thank you", align="center"),
        ),
    ),
}


def paper_of(counter: Any, document: PrintDocument) -> Image.Image:
    assert counter.driver.print_bytes(counter.driver.encode(document), "A001", 60.0).is_printed
    (piece,) = counter.sim.paper.receipts()
    return counter.sim.paper.picture(piece.first, piece.last)


def bands(picture: Image.Image) -> list[tuple[int, int]]:
    """Left and right edge of the ink in every line of print, from the top."""
    found: list[tuple[int, int]] = []
    top = None
    for y in range(picture.height):
        box = (
            picture.crop((0, y, picture.width, y + 1)).point(lambda it: 255 * (it < 128)).getbbox()
        )
        if box and top is None:
            top = y
        elif not box and top is not None:
            inked = picture.crop((0, top, picture.width, y)).point(lambda it: 255 * (it < 128))
            left, _, right, _ = inked.getbbox() or (0, 0, 0, 0)
            found.append((left, right))
            top = None
    return found


@pytest.mark.parametrize("language", sorted(RECEIPTS))
@pytest.mark.parametrize("model", ALL)
def test_the_symbol_is_read_back_from_every_paper(at_counter: Put, model: str, language: str):
    picture = paper_of(at_counter(model), RECEIPTS[language])

    (code,) = zxingcpp.read_barcodes(picture)

    assert code.text == SIGNED
    assert code.symbology_identifier.startswith("]Q")


@pytest.mark.parametrize("data", ["TW1", "TW1." + "x9Kd_-/+" * 110, "TW1:" + "ABCDEFGHIJ" * 113])
@pytest.mark.parametrize("model", ALL)
def test_long_codes_still_fit_and_read(at_counter: Put, model: str, data: str):
    picture = paper_of(at_counter(model), PrintDocument("en", (QrSymbol(data),)))

    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [data]


@pytest.mark.parametrize(
    ("language", "with_font"), [("ko", "epson-tm-t88v-korean"), ("zh", "gprinter-gp-l80250")]
)
def test_a_model_without_the_font_prints_the_same_receipt(
    at_counter: Put, language: str, with_font: str
):
    """Line for line, ink begins and ends at the same place, give or take the difference of two fonts."""
    by_font = bands(paper_of(at_counter(with_font), RECEIPTS[language]))
    by_picture = bands(paper_of(at_counter("epson-tm-t88v"), RECEIPTS[language]))

    assert len(by_font) == len(by_picture)
    for (left, right), (other_left, other_right) in zip(by_font, by_picture, strict=True):
        assert abs(left - other_left) <= 48
        assert abs(right - other_right) <= 48


def test_korean_by_the_models_own_font(at_counter: Put):
    counter = at_counter("epson-tm-t88v-korean")
    paper_of(counter, RECEIPTS["ko"])

    assert counter.printed_lines() == [
        "   마루 오피스타워점",
        "            사업자번호 123-45-67890",
        "-" * 48,
        "신라면 큰사발 114g                        ₩3,000",
        "바나나맛 우유 240ml                       ₩1,700",
        "-" * 48,
        "합계                                      ₩4,700",
        f"[QR {SIGNED}]",
        "            이용해 주셔서 감사합니다",
    ]


def test_chinese_by_the_models_own_font(at_counter: Put):
    counter = at_counter("gprinter-gp-l80250")
    paper_of(counter, RECEIPTS["zh"])

    assert counter.printed_lines() == [
        "      玛露写字楼店",
        "-" * 48,
        "康师傅红烧牛肉面                          ￥5.50",
        "农夫山泉 550ml                            ￥2.00",
        "-" * 48,
        "合计                                      ￥7.50",
        f"[QR {SIGNED}]",
        "                    谢谢惠顾",
    ]


@pytest.mark.parametrize("model", ["epson-tm-t88v", "gprinter-gp-l80250", "clone-58mm"])
def test_korean_on_models_without_the_font_is_all_pictures(at_counter: Put, model: str):
    counter = at_counter(model)
    paper_of(counter, RECEIPTS["ko"])

    lines = set(counter.printed_lines()) - {f"[QR {SIGNED}]"}
    assert lines == {"[picture]", "-" * counter.sim.model.columns}


@pytest.mark.parametrize("model", ALL)
def test_english_is_text_everywhere(at_counter: Put, model: str):
    counter = at_counter(model)
    document = PrintDocument(
        "en", (TextLine("Instant noodles", "3.00"), Feed(1), TextLine("\\ $ #"))
    )
    paper_of(counter, document)

    room = counter.sim.model.columns - len("Instant noodles3.00")
    assert counter.printed_lines() == ["Instant noodles" + " " * room + "3.00", "\\ $ #"]

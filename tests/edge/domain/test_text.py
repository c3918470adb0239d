"""What paper, screens and the hub can hold."""

import pytest

from edge.domain.text import is_plain, is_scanned


@pytest.mark.parametrize(
    ("text", "is_text"),
    [
        ("", True),
        ("Jiyoon 지윤 智允", True),
        ("전각　공백", True),
        ("👩‍🍳", True),
        ("a\0b", False),
        ("a\tb", False),
        ("a\x1bb", False),
        ("a\u2028b", False),
        ("\ud83d", False),
    ],
)
def test_text_holds_nothing_that_cannot_be_shown(text: str, is_text: bool) -> None:
    assert is_plain(text) is is_text


@pytest.mark.parametrize(
    ("data", "is_code"),
    [
        ("8801007000015\r\n", True),
        ("0109501101530003\x1d10AB", True),
        ("88\0", False),
        ("\n1", False),
    ],
)
def test_a_scan_may_have_separators_and_a_line_end(data: str, is_code: bool) -> None:
    assert is_scanned(data) is is_code

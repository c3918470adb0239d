"""A row of numbers as a line."""

from ui.sparkline import points, sparkline


def test_the_smallest_lies_at_the_bottom_and_the_line_fills_the_width() -> None:
    assert points([1, 3, 2]) == [(2.0, 18.0), (48.0, 2.0), (94.0, 10.0)]


def test_a_flat_row_runs_in_the_middle() -> None:
    assert points([5, 5]) == [(2.0, 10.0), (94.0, 10.0)]


def test_it_says_in_words_what_it_shows_and_escapes_them() -> None:
    svg = sparkline([1, 2], "sales <today>, now 2")
    assert 'aria-label="sales &lt;today&gt;, now 2"' in svg
    assert '<path d="M2 18 L94 2"/>' in svg
    assert '<circle cx="94" cy="2" r="1.8"/>' in svg


def test_no_numbers_are_no_picture() -> None:
    assert sparkline([], "nothing") == ""

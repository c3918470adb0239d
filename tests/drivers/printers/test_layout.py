from drivers.printers.layout import Row, lay_out, wrap


def columns(text: str) -> int:
    return sum(1 if char.isascii() else 2 for char in text)


def test_short_texts_share_a_row():
    assert lay_out("Tea", "2.50", 20, 1, len) == [Row("Tea", "2.50")]


def test_words_stay_whole():
    assert wrap("one two three", 8, len) == ["one two", "three"]


def test_a_word_longer_than_the_paper_is_broken():
    assert wrap("abcdefgh ij", 5, len) == ["abcde", "fgh", "ij"]


def test_chinese_breaks_anywhere():
    assert wrap("康师傅红烧牛肉面", 6, columns) == ["康师傅", "红烧牛", "肉面"]


def test_indent_is_kept():
    assert wrap("  2 x 500", 20, len) == ["  2 x 500"]


def test_right_that_is_wider_than_the_paper_is_wrapped():
    assert lay_out("", "one two", 4, 1, len) == [Row("", "one"), Row("", "two")]

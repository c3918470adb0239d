import pytest
from pydantic import TypeAdapter, ValidationError

from contract.text import PlainText, is_plain


@pytest.mark.parametrize("text", ["", "거스름돈", "口红　№1", "a b", "👩‍🦰", "\u00a0", "\u202a"])
def test_what_can_be_shown_is_text(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize("text", ["a\0b", "\x1b@", "a\nb", "\t", "\x7f", "\u2028", "\ud83d"])
def test_what_cannot_is_none(text: str) -> None:
    assert not is_plain(text)


def test_a_field_says_what_it_got() -> None:
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(PlainText).validate_python("a\0b")
    assert [it["msg"] for it in refusal.value.errors()] == [
        "Value error, expected text without control characters, got 'a\\x00b'"
    ]

"""Everybody who turns minor units into digits does it the same way: four programs that never ask each other."""

import pytest
from babel.numbers import get_currency_precision

from contract.money import MINOR_DIGITS
from drivers.payment_terminals.nexo import amount_of
from edge.domain.money import scale_of
from hardware_sim.payment_terminals import nexo as terminal
from ui.formats import digits_of


@pytest.mark.parametrize("currency", MINOR_DIGITS)
def test_box_terminal_and_screens_agree(currency: str) -> None:
    digits = MINOR_DIGITS[currency]
    assert (scale_of(currency), digits_of(currency)) == (digits, digits)
    assert amount_of(123_456, currency) == 123_456 / 10**digits
    assert terminal.minor_of(amount_of(123_456, currency), currency) == 123_456
    assert get_currency_precision(currency) == digits

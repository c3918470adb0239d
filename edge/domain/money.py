"""Amounts are integers of a currency's minor unit (ISO 4217); nothing here ever becomes a float.

>>> allocate(100, [1, 1, 1])
[34, 33, 33]
>>> spelled(1234567, "CNY")
'12,345.67 CNY'
"""

from __future__ import annotations

from collections.abc import Sequence

from contract.money import MINOR_DIGITS

# Nobody takes more at a till: far above any sale, far enough below 64 bits that every sum of them fits.
MAX_AMOUNT_MINOR = 1_000_000_000_000


def scale_of(currency: str) -> int:
    """Digits behind the decimal point: 0 for KRW, 2 for CNY."""
    return MINOR_DIGITS[currency]


def spelled(amount_minor: int, currency: str) -> str:
    """The amount for a message: grouped digits, the decimal point where the currency has one, its code."""
    return f"{digits(amount_minor, currency)} {currency}"


def digits(amount_minor: int, currency: str) -> str:
    scale = scale_of(currency)
    sign = "-" if amount_minor < 0 else ""
    whole, part = divmod(abs(amount_minor), 10**scale)
    return f"{sign}{whole:,}.{part:0{scale}d}" if scale else f"{sign}{whole:,}"


def half_up(numerator: int, denominator: int) -> int:
    """The quotient to the nearest integer, a half upwards. For amounts of zero and more."""
    return (2 * numerator + denominator) // (2 * denominator)


def to_step(amount_minor: int, step_minor: int) -> int:
    """The nearest multiple of the smallest coin, a half upwards; the amount itself where there is no step."""
    return half_up(amount_minor, step_minor) * step_minor if step_minor > 1 else amount_minor


def down_to_step(amount_minor: int, step_minor: int) -> int:
    return amount_minor // step_minor * step_minor if step_minor > 1 else amount_minor


def allocate(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Splits `total_minor` in proportion to `weights` so that the parts sum to it: largest remainder (Hamilton).

    What is left after rounding down goes one unit each to the largest remainders, to the earlier line among
    equals. Weights are zero or more; without any weight there is nothing to give a part to, and the total must be 0.
    """
    if total_minor == 0:
        return [0] * len(weights)
    whole = sum(weights)
    if whole == 0:
        raise ValueError(f"Expected a weight to allocate {total_minor} to, got none.")
    parts = [total_minor * weight // whole for weight in weights]
    left = total_minor - sum(parts)
    by_remainder = sorted(
        range(len(weights)), key=lambda i: (-(total_minor * weights[i] % whole), i)
    )
    for i in by_remainder[:left]:
        parts[i] += 1
    return parts


def share_so_far(amount_minor: int, pieces: int, of_pieces: int) -> int:
    """What the first `pieces` of `of_pieces` are worth together.

    Differences of this are what each partial return gives back: however it is cut, the sum is the whole amount.
    """
    return half_up(amount_minor * pieces, of_pieces)

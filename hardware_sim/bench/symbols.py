"""Bar codes as they lie on a product, drawn: EAN-13 and EAN-8 (GS1 General Specifications, 5.2.1)."""

from __future__ import annotations

from typing import Final

# Modules of each digit in set A; set C is its complement, set B is set C backwards.
A: Final = (
    "0001101", "0011001", "0010011", "0111101", "0100011",
    "0110001", "0101111", "0111011", "0110111", "0001011",
)  # fmt: skip
C: Final = tuple(it.translate(str.maketrans("01", "10")) for it in A)
B: Final = tuple(it[::-1] for it in C)
# Which sets the first digit of an EAN-13 chooses for the six after it.
PARITY: Final = (
    "AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB",
    "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA",
)  # fmt: skip
EDGE: Final = "101"
MIDDLE: Final = "01010"


def modules(digits: str) -> str:
    """The symbol as dark (1) and light (0) modules; "" where it is neither 8 nor 13 digits."""
    if not digits.isascii() or not digits.isdigit() or len(digits) not in {8, 13}:
        return ""
    numbers = [int(it) for it in digits]
    if len(numbers) == 8:
        return EDGE + _set(A, numbers[:4]) + MIDDLE + _set(C, numbers[4:]) + EDGE
    sets = ((A if it == "A" else B) for it in PARITY[numbers[0]])
    left = "".join(chosen[number] for chosen, number in zip(sets, numbers[1:7], strict=True))
    return EDGE + left + MIDDLE + _set(C, numbers[7:]) + EDGE


def bars(digits: str) -> str:
    """The dark bars as an SVG path, one unit a module, one unit high."""
    return "".join(f"M{at} 0h1v1h-1z" for at, it in enumerate(modules(digits)) if it == "1")


def _set(chosen: tuple[str, ...], numbers: list[int]) -> str:
    return "".join(chosen[it] for it in numbers)

import pytest

from hardware_sim.printers.tokens import length_of


@pytest.mark.parametrize(
    ("command", "length"),
    [
        ("48 69 0A", 2),
        ("0A 48", 1),
        ("1B 40 48", 2),
        ("1B 52 0D", 3),
        ("1B 70 00 19 FA 41", 5),
        ("1C 26 C7", 2),
        ("1D 56 00 41", 3),
        ("1D 56 42 00 41", 4),
        ("1D 28 6B 03 00 31 51 30 0A", 8),
        ("1D 28 48 06 00 30 30 41 30 30 31", 11),
        ("1D 76 30 00 02 00 02 00 FF FF 00 00 41", 12),
        ("1D 6B 04 41 42 00 0A", 6),
        ("1D 6B 49 02 41 42 0A", 6),
        ("1B FF 41", 2),
    ],
)
def test_commands_end_where_the_manual_says(command: str, length: int):
    data = bytes.fromhex(command)

    assert length_of(data) == length
    whole = data[:length]
    if data[0] < 0x20:
        assert [length_of(whole[:at]) for at in range(length)] == [None] * length

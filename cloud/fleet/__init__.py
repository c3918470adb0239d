"""The boxes: presence, the sync's truth, what their peripherals say, what could not be taken in."""

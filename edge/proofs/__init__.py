"""Random histories of what the box decides alone, on the functions it decides with; `twinstore prove bounds` runs them.

Each module is one bound: CLAIM, BUGS (names of seeded bugs), and `history(seed, bug)`, which plays one history and
gives the first violation in words, "" where there is none.
"""

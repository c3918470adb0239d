"""What every proof and story raises at the first thing that is not as promised."""


class Untrue(Exception):
    """What was expected and what was found, in words."""

"""Every error is one that a cashier can act on and a screen can translate."""

import inspect
import string

import pytest

from edge.domain import errors
from edge.domain.errors import Broken, Malformed, NotFound, Refused, ShopError

SORTS = {ShopError, Malformed, NotFound, Refused, Broken}
ALL = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ShopError)
]


def fields_of(template: str) -> dict[str, str | int]:
    return {name: f"<{name}>" for _, name, _, _ in string.Formatter().parse(template) if name}


# What the hub refuses is told in the hub's own words.
@pytest.mark.parametrize("kind", [kind for kind in ALL if kind is not errors.HubRefused])
def test_an_error_says_what_happened_and_what_to_do_now(kind: type[ShopError]) -> None:
    error = kind(**fields_of(kind.template))
    assert error.message == str(error)
    assert error.message.endswith(".")
    assert error.what_now.endswith(".")
    assert fields_of(kind.advice).keys() <= fields_of(kind.template).keys()


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind not in SORTS])
def test_an_error_belongs_to_one_sort_and_has_a_key_of_its_own(kind: type[ShopError]) -> None:
    assert issubclass(kind, Malformed | NotFound | Refused | Broken)
    assert [other for other in ALL if other.key == kind.key] == [kind]
    assert kind.advice != ShopError.advice

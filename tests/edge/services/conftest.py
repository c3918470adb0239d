"""A shop that is one of a chain."""

import pytest

from edge.services.shop import Shop
from tests.edge.membership import KEY, join


@pytest.fixture
def chain(shop: Shop) -> Shop:
    """The shop of a chain: it has the hub's key and the programme."""
    join(shop, KEY)
    return shop

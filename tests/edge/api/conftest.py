"""The box's JSON doors over a shop, without a peripheral."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from edge import api
from edge.services.shop import Shop


@pytest.fixture
def client(shop: Shop) -> TestClient:
    box = api.Box(
        shop=shop,
        software="0",
        boot="b",
        read_code=lambda data, _: pytest.fail(data),
        is_online=lambda: False,
        peripherals=list,
    )
    app = FastAPI()
    api.answer_errors(app, lambda *_: pytest.fail("a page"))
    for router in api.routers(box):
        app.include_router(router)
    return TestClient(app)

"""The cursors of /api/sales and /api/returns: any number that is sent gets an answer in words."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.db import Database
from cloud.sales.endpoints import router

HIGHEST = (1 << 63) - 1


@pytest.fixture
def client(database: Database) -> TestClient:
    app = FastAPI()
    app.include_router(router(database))
    return TestClient(app)


@pytest.mark.parametrize("path", ["/api/sales", "/api/returns"])
def test_nothing_comes_after_the_highest_position(client: TestClient, path: str) -> None:
    answer = client.get(path, params={"after": HIGHEST})
    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize("path", ["/api/sales", "/api/returns"])
@pytest.mark.parametrize(
    ("after", "message"),
    [
        (HIGHEST + 1, f"Input should be less than {HIGHEST + 1}"),
        (-1, "Input should be greater than or equal to 0"),
    ],
)
def test_a_position_that_no_column_holds_is_refused(
    client: TestClient, path: str, after: int, message: str
) -> None:
    answer = client.get(path, params={"after": after})
    assert answer.status_code == 422
    assert [it["msg"] for it in answer.json()["detail"]] == [message]

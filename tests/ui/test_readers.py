import pytest
from starlette.requests import Request

from ui.readers import wants_page

BROWSER = ("accept", "text/html,application/xhtml+xml")
SWAP = ("hx-request", "true")


@pytest.mark.parametrize(
    ("path", "headers", "is_wanted"),
    [
        ("/nothing", [BROWSER], True),
        ("/", [BROWSER], True),
        ("/apiary", [BROWSER], True),
        ("/api/sales", [BROWSER], False),
        ("/nothing", [BROWSER, SWAP], False),
        ("/nothing", [("accept", "application/json")], False),
        ("/nothing", [], False),
    ],
)
def test_only_a_person_at_a_browser_gets_a_page(
    path: str, headers: list[tuple[str, str]], is_wanted: bool
) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "path": path, "headers": raw, "server": ("box", 80), "scheme": "http"}
    assert wants_page(Request(scope | {"query_string": b""}), {"api"}) is is_wanted

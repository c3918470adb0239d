"""How the hub says no: in our form to a program, as a page to a person, whatever went wrong."""

import re
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException
from starlette.requests import Request

from cloud.answers import in_words
from cloud.main import build_app
from tests.hubs import open_hub

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Cookie": "look=language=en"}


@pytest.fixture
def client(tmp_path: Path, clock):
    with open_hub(tmp_path, clock) as hub:
        yield TestClient(build_app(hub))


def words(html: str) -> str:
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_a_person_at_an_unknown_address_gets_a_page_with_a_way_back(client) -> None:
    answer = client.get("/nonsense", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert words(answer.text) == (
        "No such page There is no page at /nonsense. Check the address, choose a page from the list, "
        "or find it with “/”. To the boxes"
    )
    assert '<a class="button main" href="/">' in answer.text


@pytest.mark.parametrize("language", ["ko", "zh"])
@pytest.mark.parametrize("path", ["/nonsense", "/sales/filters/forget", "/boxes/nobody"])
def test_the_page_is_in_the_readers_language(client, path, language) -> None:
    html = client.get(path, headers={**BROWSER, "Cookie": f"look=language={language}"}).text
    assert "There is" not in html
    assert "Nothing was" not in html


def test_an_address_stays_text(client) -> None:
    html = client.get("/%3Cscript%3Ealert(1)%3C/script%3E", headers=BROWSER).text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_program_at_an_unknown_address_gets_our_form(client) -> None:
    answer = client.get("/nonsense")
    assert (answer.status_code, answer.json()) == (
        404,
        {
            "key": "hub.no_such_address",
            "message": "There is nothing at /nonsense of this hub. Nothing was changed.",
            "what_now": "Check the address; /openapi.json lists those that there are.",
            "fields": {"path": "/nonsense"},
        },
    )


@pytest.mark.parametrize(
    "path", ["/api/nonsense", "/events/nonsense", "/snapshots/none", "/.well-known/nothing"]
)
def test_an_address_for_programs_is_never_answered_with_a_page(client, path) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert set(answer.json()) == {"key", "message", "what_now", "fields"}


def test_a_wrong_method_says_which_are_right(client) -> None:
    answer = client.delete("/api/boxes")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.json() == {
        "key": "hub.wrong_method",
        "message": "Expected GET at /api/boxes, got DELETE. Nothing was changed.",
        "what_now": "Send the request again with a method that the address takes.",
        "fields": {"path": "/api/boxes", "method": "DELETE", "allowed": "GET"},
    }


def test_a_person_who_opens_what_is_only_pressed_gets_a_page(client) -> None:
    answer = client.get("/data/alarms/done", headers=BROWSER)
    assert answer.status_code == 405
    assert words(answer.text) == (
        "Not done /data/alarms/done cannot be opened like a page. Nothing was changed. "
        "Go back and use the button on the page. To the boxes"
    )


def test_a_form_with_a_hole_in_it_gets_a_page(client) -> None:
    answer = client.post("/sales/filters", data={"name": "x" * 41}, headers=BROWSER)
    assert answer.status_code == 422
    assert words(answer.text) == (
        "Not done The form was not complete: body.name. Nothing was changed. "
        "Go back, correct it and send it again. To the boxes"
    )


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]"])
def test_a_body_that_cannot_be_read_is_refused_in_our_form(client, body) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.put("/api/prices", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.json()["key"] in ("hub.malformed", "hub.unreadable")
    assert answer.json()["message"].endswith(" Nothing was changed.")


def test_what_the_framework_refuses_for_another_reason_keeps_its_words() -> None:
    request = Request({"type": "http", "method": "POST", "path": "/x", "headers": []})
    refusal = in_words(request, HTTPException(400, "There was an error parsing the body."))
    assert refusal.as_dict() == {
        "key": "hub.unreadable",
        "message": (
            "The request was not understood: There was an error parsing the body. Nothing was changed."
        ),
        "what_now": "Correct the request and send it again.",
        "fields": {"detail": "There was an error parsing the body"},
    }


@pytest.mark.parametrize(
    "path",
    ["/api/boxes/a%00b", "/api/sales?edge_id=%00", "/api/facts?edge_id=x&epoch=%00", "/%00"],
)
def test_an_address_that_names_nul_is_refused_in_our_form(client, path) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["key"]) == (422, "hub.malformed")
    assert answer.json()["message"] == (
        "address: Expected text without NUL, got one. Nothing was changed."
    )


def test_an_address_that_spells_nul_twice_is_only_unknown(client) -> None:
    assert client.get("/api/boxes/x?y=%2500").status_code == 404


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/sales/filters", {"name": "a\0", "query": ""}),
        ("/sales/filters", {"name": "a", "query": "\0"}),
        ("/sales/filters/forget", {"name": "\0"}),
        ("/data/alarms/done", {"edge_id": "\0", "key": "k"}),
        ("/data/alarms/done", {"edge_id": "e", "key": "\0"}),
    ],
)
def test_a_form_that_holds_nul_is_refused(client, path, form) -> None:
    answer = client.post(path, data=form, follow_redirects=False)
    assert (answer.status_code, answer.json()["key"]) == (422, "hub.malformed")
    assert "expected text without control characters" in answer.json()["message"]


def test_a_catalogue_that_holds_nul_is_refused(client) -> None:
    price = {"sku": "A\0", "currency": "KRW", "amount_minor": 1}
    answer = client.put("/api/prices", json={"prices": [price]})
    assert (answer.status_code, answer.json()["key"]) == (409, "hub.catalogue")

"""Every page of the console, in every language, empty and with a day in it."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient
from sqlmodel import select
from starlette.routing import Route

import cloud.console
from cloud.fleet.presence import SILENT_AFTER_S
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.sales.tables import Sale
from contract.envelope import State
from contract.errors import WireError
from contract.health import Health
from contract.sales import TenderKind

LOCALES = Path(cloud.console.__file__).parent / "locale"
TEMPLATES = Path(cloud.console.__file__).parent / "templates"
PAGES = [
    "/", "/sales", "/stock", "/stock/purchasing", "/stock/transfers", "/money", "/money/books", "/data", "/find",
    "/find?q=lipstick",
]  # fmt: skip


@pytest.fixture
def client(app) -> TestClient:
    return TestClient(app)


def page(client: TestClient, path: str, language: str = "en") -> str:
    answer = client.get(path, headers={"Cookie": f"look=language={language}"})
    assert answer.status_code == 200, answer.text
    return answer.text


def words(html: str) -> str:
    """What a reader sees, without tags and in single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize("language", ["ko", "zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_before_anything_has_happened(client, path, language) -> None:
    html = page(client, path, language)
    assert f'<html lang="{"zh-Hans" if language == "zh" else language}"' in html


@pytest.mark.parametrize("language", ["ko", "zh", "en"])
def test_every_page_is_there_with_a_day_in_it(client, day, bodies, hub, language) -> None:
    with hub.database.read() as session:
        [sale] = session.exec(select(Sale)).all()
    inner = [
        f"/boxes/{day.edge_id}",
        f"/sales/{sale.sale_id}",
        "/stock/maru-office/SKU1",
        f"/money/{bodies.shift_id}",
    ]
    for path in PAGES + inner:
        page(client, path, language)


def test_an_empty_console_says_what_to_do_first(client) -> None:
    assert (
        "No box has said hello yet. Start a box whose broker_url names this hub's broker: "
        "it appears here by itself."
    ) in words(page(client, "/"))


def test_a_box_is_told_in_one_sentence(client, day) -> None:
    assert (
        "Office is connected, no shift is open; 0 facts behind; 2 in quarantine ; "
        "Receipt printer: cover open since 12:00 KST ."
    ) in words(page(client, f"/boxes/{day.edge_id}"))


def test_the_sync_panel_shows_both_ends_and_that_the_chains_are_equal(client, day) -> None:
    text = words(page(client, f"/boxes/{day.edge_id}"))
    assert "The box has written 7 The hub holds 7 Behind 0" in text
    assert "Chain of every fact Equal: same facts, same order" in text


def test_a_differing_figure_is_marked_beside_what_its_facts_give(client, day, bodies) -> None:
    text = words(page(client, f"/money/{bodies.shift_id}"))
    assert "1 figure does not follow from the shift's facts." in text
    assert "Sold Differs ₩ 12,000 ₩ 11,000" in text
    assert "1 figure differs" in words(page(client, "/money"))


def test_what_came_over_the_wire_stays_text(client, day) -> None:
    html = page(client, "/data")
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in html
    assert "<script>alert" not in html


def test_sales_are_filtered_and_a_filter_is_kept(client, day) -> None:
    assert "립스틱" not in page(client, "/sales")
    assert "₩ 11,000" in words(page(client, "/sales?search=립스틱"))
    assert "No sale fits this filter." in page(client, "/sales?tender=card")
    saved = client.post(
        "/sales/filters", data={"name": "Kim", "query": "search=Kim"}, follow_redirects=False
    )
    assert (saved.status_code, saved.headers["location"]) == (303, "/sales?search=Kim")
    assert '<a href="/sales?search=Kim">Kim</a>' in page(client, "/sales")
    client.post("/sales/filters/forget", data={"name": "Kim"}, follow_redirects=False)
    assert "search=Kim" not in page(client, "/sales")


@pytest.mark.parametrize("language", ["en", "ko", "zh"])
def test_every_way_to_pay_has_its_word(client, language: str) -> None:
    for kind in set(get_args(TenderKind)) - {"unknown"}:
        html = page(client, f"/sales?tender={kind}", language)
        assert f'<option value="{kind}" selected>' in html


def test_the_search_finds_boxes_products_and_sales(client, day) -> None:
    assert "Office maru-office-1" in words(page(client, "/find?q=office"))
    assert "SKU1 Rose lipstick ₩ 5,500" in words(page(client, "/find?q=lipstick"))
    assert "₩ 11,000" in words(page(client, "/find?q=1"))
    assert "Nothing fits." in page(client, "/find?q=nowhere")


def test_an_alarm_is_done_when_somebody_has_seen_to_it(client, day) -> None:
    assert "A Z report does not follow" in page(client, "/")
    done = {"edge_id": day.edge_id, "key": "money.z_differs"}
    client.post("/data/alarms/done", data=done, follow_redirects=False)
    assert "A Z report does not follow" not in page(client, "/")


def press(client, day, **form: str):
    path = f"/boxes/{day.edge_id}/commands"
    answer = client.post(path, data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/boxes/{day.edge_id}#commands-title",
    )


def became(client, day) -> str:
    text = words(page(client, f"/boxes/{day.edge_id}"))
    return text[text.index("Ask the box") : text.index("Warnings of the box's program")].strip()


BUTTONS = "Ask the box Print a test page Compare and repair: catalogue Compare and repair: prices"


def test_a_box_that_was_asked_for_nothing_says_so(client, day) -> None:
    assert became(client, day) == f"{BUTTONS} Nothing has been asked of this box yet."


def test_what_became_of_a_command_is_told_in_words(client, day, hub, bodies, arrive, clock) -> None:
    press(client, day, verb="print_test")
    asked = f"{BUTTONS} Ask the box Asked What What became of it 23 Nov 2026 12:00 KST"
    assert became(client, day) == f"{asked} Print a test page On its way to the box"
    html = page(client, f"/boxes/{day.edge_id}")
    assert '<button class="button" disabled>Print a test page</button>' in html
    [row] = client.get(f"/api/boxes/{day.edge_id}/commands").json()
    day.log(bodies.finished(row["command_id"]))
    arrive(day)
    assert became(client, day) == (
        f"{asked} Print a test page Done at 12:00 KST: the page went to the printer"
    )


def test_a_command_of_a_box_that_is_away_waits_and_then_is_too_late(
    client, day, hub, clock
) -> None:
    away = State(online=False, boot="boot-1")
    Inbox(hub.database, clock).commit([Admitted(day.edge_id, away)], Allowance(8, 0))
    press(client, day, verb="resync_feed", feed="prices")
    assert became(client, day).endswith(
        "Compare and repair: prices Waits until 24 Nov 2026, 12:00 KST: the box is offline"
    )
    clock.jump(24 * 3600 + 1)
    assert became(client, day).endswith(
        "Compare and repair: prices "
        "Too late: the box was offline until 24 Nov 2026, 12:00 KST. Nothing was done."
    )


def test_a_box_is_offered_only_what_it_says_it_can_do(client, day, hub, clock) -> None:
    hello = day.hello(capabilities=("verb:print_test", "feed:prices"))
    Inbox(hub.database, clock).commit([Admitted(day.edge_id, hello)], Allowance(8, 0))
    assert became(client, day) == (
        "Ask the box Print a test page Nothing has been asked of this box yet."
    )
    form = {"verb": "resync_feed", "feed": "prices"}
    answer = client.post(
        f"/boxes/{day.edge_id}/commands", data=form, headers={"Accept": "text/html"}
    )
    assert answer.status_code == 409
    assert (
        "The software of the box maru-office-1 does not know this request. It was not asked. "
        "Install newer software on the box, then ask again. Back to the box"
    ) in words(answer.text)


@pytest.fixture
def report(hub, day, clock):
    """Health of the box that says `more`."""

    def report(**more):
        health = Health(
            at=clock.at, boot="boot-1", uptime_s=1, disk_free_bytes=10**8, waiting_facts=0, **more
        )
        Inbox(hub.database, clock).commit([Admitted(day.edge_id, health)], Allowance(8, 0))

    return report


def test_a_box_without_warnings_shows_no_table_of_them(client, day) -> None:
    html = page(client, f"/boxes/{day.edge_id}")
    assert '<section id="warnings" aria-labelledby="warnings-title" hidden>' in html


def test_the_newest_warnings_of_the_boxs_program_come_first(client, day, report, clock) -> None:
    old, new = clock.at - timedelta(hours=1), clock.at
    line = {"place": "edge.uplink.mqtt", "level": "warning", "text": "<b>Refused</b> …"}
    fault = {"place": "edge.main", "level": "error", "text": "Gone", "error": "OSError"}
    report(
        log=[
            {**line, "count": 1_200, "first_at": old, "last_at": old},
            {**fault, "first_at": new, "last_at": new},
        ]
    )
    html = page(client, f"/boxes/{day.edge_id}")
    text = words(html)
    assert (
        "Last Kind What it said Times "
        "23 Nov 2026 12:00 KST Error Gone edge.main · OSError 1 "
        "23 Nov 2026 11:00 KST Warning <b>Refused</b> … edge.uplink.mqtt 1,200 "
    ) in text
    assert "&lt;b&gt;Refused&lt;/b&gt; …" in html


def test_a_box_that_leaves_its_reports_out_is_not_silent_and_says_so(
    client, day, report, clock
) -> None:
    report(sheds=("telemetry",))
    clock.jump(SILENT_AFTER_S + 1)
    text = words(page(client, f"/boxes/{day.edge_id}"))
    assert "has said nothing since" not in text
    assert (
        "The box leaves out its reports for now. Its line or its disk is short, and sales come first. "
        "What is shown here is of 23 Nov 2026, 12:00 KST."
    ) in text


def test_a_command_of_another_program_is_shown_by_its_name(client, day) -> None:
    client.post(f"/api/boxes/{day.edge_id}/commands", json={"verb": "reboot"})
    assert "reboot On its way to the box" in became(client, day)


@pytest.mark.parametrize(
    ("path", "form", "status", "back"),
    [
        ("/boxes/nobody/commands", {"verb": "print_test"}, 404, "/"),
        ("/boxes/maru-office-1/commands", {"verb": "Print it"}, 422, "/"),
        ("/boxes/maru-office-1/commands", {"verb": "print_test", "feed": "x" * 17_000}, 409,
         "/boxes/maru-office-1"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_made_gets_a_page(client, day, path, form, status, back) -> None:
    answer = client.post(path, data=form, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert f'<a class="button main" href="{back}">' in answer.text
    assert client.get(f"/api/boxes/{day.edge_id}/commands").json() == []


@pytest.mark.parametrize("path", ["/boxes/nobody", "/sales/nothing", "/stock/a/b", "/money/none"])
def test_what_is_not_there_is_said_in_words(client, path) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is nothing here by the name" in answer.text


def test_pages_allow_no_inline_script_and_no_other_site(client, day) -> None:
    answer = client.get("/")
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert not re.findall(r"<script(?![^>]* src=)", answer.text)
    assert not re.findall(r"""(?:src|href)=["']https?://""", answer.text)
    assert not re.findall(r"<[^>]* style=", answer.text)


def test_every_language_says_everything() -> None:
    said = {}
    for language in ("ko", "zh", "en"):
        with (LOCALES / f"{language}.po").open("rb") as file:
            catalogue = read_po(file, locale=language)
        said[language] = {
            message.id if isinstance(message.id, str) else message.id[0]
            for message in catalogue
            if message.id
            and all(message.string if isinstance(message.string, tuple) else [message.string])
        }
    assert said["ko"] == said["en"]
    assert said["zh"] == said["en"]


def test_every_sentence_of_a_template_is_in_the_catalogue() -> None:
    with (LOCALES / "en.po").open("rb") as file:
        catalogue = read_po(file, locale="en")
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue if m.id}
    text = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    asked = set(re.findall(r"""\bt\(["']([a-z_0-9.]+)["'][,)]""", text))
    assert {key for key in asked - known if not key.startswith("ui.")} == set()
    assert len(asked) > 100


def test_every_alarm_of_the_wire_is_said_in_words() -> None:
    """UNKNOWN is none: a key of a newer box is shown as it is."""
    with (LOCALES / "en.po").open("rb") as file:
        known = {message.id for message in read_po(file, locale="en")}
    raised = {f"alarm.{key}" for key in set(WireError) - {WireError.UNKNOWN}}
    assert (raised | {f"{key}.now" for key in raised}) - known == set()


def test_every_page_has_its_stream_beside_it(app) -> None:
    paths = {route.path for route in app.routes if isinstance(route, Route)}
    for path in (
        "",
        "/boxes/{edge_id}",
        "/sales",
        "/stock",
        "/money",
        "/money/{shift_id}",
        "/data",
    ):
        assert f"/events{path}" in paths


def test_a_ledger_says_whose_the_goods_are_and_what_a_cut_could_break(client, day) -> None:
    said = words(page(client, "/stock/maru-office/SKU1"))
    assert "0 set aside, 0 promised, 0 more may be promised." in said
    assert "If the line drops now, at most 0 of these can be promised twice." in said

"""The one sentence about a box."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cloud.console import truth as truth_module
from cloud.console.truth import Clause, tone_of
from cloud.fleet.presence import Presence
from cloud.fleet.service import Box
from cloud.ingest.tables import Edge, Stream
from cloud.names import shop_name
from contract.health import Health, PeripheralHealth

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SINCE = NOW - timedelta(hours=1)


def truth(box: Box, *, is_selling: bool = True) -> list[Clause]:
    return truth_module.truth(box, is_selling=is_selling)


def box(
    presence: Presence = Presence.ONLINE, *, lag: int = 0, quarantined: int = 0, **more: Any
) -> Box:
    edge = Edge(edge_id="maru-office-1", shard=1, epoch="e1", box_high=5 + lag, last_seen=SINCE)
    stream = {"is_frozen": False, "is_chain_equal": True} | more.pop("stream", {})
    row = Stream(
        edge_id=edge.edge_id,
        epoch="e1",
        shard=1,
        high=5,
        chain="0" * 32,
        opened_at=SINCE,
        moved_at=NOW,
        **stream,
    )
    return Box(edge, presence, [row], quarantined, more.get("health"))


def health(*peripherals: PeripheralHealth) -> Health:
    counts = {"uptime_s": 1, "disk_free_bytes": 1, "waiting_facts": 0}
    return Health(at=NOW, boot="b", peripherals=peripherals, **counts)


def printer(state: str, *reasons: str) -> PeripheralHealth:
    return PeripheralHealth.model_validate(
        {
            "name": "printer",
            "kind": "receipt_printer",
            "state": state,
            "reasons": reasons,
            "since": SINCE,
        }
    )


def test_a_box_that_sells_and_is_whole() -> None:
    assert truth(box(health=health(printer("ready")))) == [
        Clause("truth.selling", "good"),
        Clause("truth.behind", "good", n=0),
    ]


def test_a_box_with_no_open_shift_that_is_behind() -> None:
    clauses = truth(box(lag=3), is_selling=False)
    assert clauses == [Clause("truth.closed", "good"), Clause("truth.behind", "busy", n=3)]
    assert tone_of(clauses) == "busy"


def test_low_paper_is_said_though_the_printer_works() -> None:
    low = truth(box(health=health(printer("ready", "paper_low"))))[-1]
    assert low == Clause(
        "truth.peripheral_since",
        "warn",
        since=SINCE,
        kind="receipt_printer",
        reasons=("paper_low",),
    )


def test_a_printer_that_cannot_print_is_bad_and_says_why() -> None:
    assert truth(box(health=health(printer("not_ready", "cover_open"))))[-1].reasons == (
        "cover_open",
    )
    absent = truth(box(health=health(printer("absent"))))
    assert (absent[-1].reasons, tone_of(absent)) == (("absent",), "bad")


def test_a_box_that_is_away_says_since_when_and_nothing_stale() -> None:
    away = truth(box(Presence.OFFLINE, health=health(printer("absent"))))
    assert away == [Clause("truth.offline", "warn", since=SINCE)]
    assert truth(box(Presence.SILENT))[0] == Clause("truth.silent", "warn", since=SINCE)


def test_a_second_box_under_its_name_is_said_before_any_other_doubt() -> None:
    doubled = replace(box(Presence.OFFLINE, stream={"is_frozen": True}), is_doubled=True)
    assert truth(doubled)[1:] == [Clause("truth.two_boxes", "bad"), Clause("truth.frozen", "bad")]


def test_doubts_about_the_facts_are_said_even_when_it_is_away() -> None:
    frozen = truth(box(Presence.OFFLINE, quarantined=2, stream={"is_frozen": True}))
    assert frozen[1:] == [
        Clause("truth.frozen", "bad"),
        Clause("truth.quarantined", "warn", n=2),
    ]
    assert truth(box(stream={"is_chain_equal": False}))[-1] == Clause("truth.chain_differs", "bad")
    assert truth(box(stream={"is_chain_equal": None})) == [
        Clause("truth.selling", "good"),
        Clause("truth.behind", "good", n=0),
    ]


def test_a_shop_is_called_what_it_calls_itself() -> None:
    edge = Edge(edge_id="maru-office-1", shard=1, location_id="maru-office-tower", last_seen=NOW)
    assert shop_name(edge, "maru", "en") == "Office Tower"
    edge.location_name = '{"ko": "마루 오피스타워점"}'
    assert shop_name(edge, "maru", "en") == "마루 오피스타워점"
    assert shop_name(Edge(edge_id="x-1", shard=1, last_seen=NOW), "maru", "en") == "x-1"

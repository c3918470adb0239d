"""What comes over the wire is admitted or refused with a reason; nothing raises."""

import pytest

from cloud.ingest.admission import (
    KEPT_BYTES,
    MAX_FACTS_BYTES,
    Admitted,
    Packet,
    Rejected,
    admit,
)
from contract import topics
from contract.envelope import MAX_MESSAGE_BYTES, to_json
from contract.errors import WireError

FACTS = topics.up("maru-office-1", topics.Up.FACTS)
HELLO = topics.up("maru-office-1", topics.Up.HELLO)


def refused(packet: Packet) -> Rejected:
    outcome = admit(packet)
    assert isinstance(outcome, Rejected)
    return outcome


def test_a_hello_is_admitted(box) -> None:
    hello = box.hello()
    assert admit(Packet(HELLO, to_json(hello).encode())) == Admitted("maru-office-1", hello)


def test_half_a_batch_is_refused_with_its_place() -> None:
    outcome = refused(Packet(FACTS, b'{"v":1,"epoch":"e1"'))
    assert outcome.key is WireError.MALFORMED
    assert outcome.detail == "Invalid JSON: EOF while parsing an object at line 1 column 19"
    assert (outcome.edge_id, outcome.kept) == ("maru-office-1", '{"v":1,"epoch":"e1"')


def test_a_wrong_field_is_refused_by_its_name(box) -> None:
    box.log("{}")
    text = box.batch().model_dump_json().replace('"first":1', '"first":0')
    outcome = refused(Packet(FACTS, text.encode()))
    assert outcome.detail == "first: Input should be greater than or equal to 1"


def test_an_oversized_hello_is_refused_and_its_beginning_kept() -> None:
    outcome = refused(Packet(HELLO, b"x" * (MAX_MESSAGE_BYTES + 1)))
    assert outcome.key is WireError.OVERSIZED
    assert outcome.detail == "Expected at most 100000 bytes, got 100001."
    assert (outcome.size_bytes, outcome.kept) == (100_001, "x" * KEPT_BYTES)


def test_one_large_sale_is_never_refused_for_its_size(box) -> None:
    box.log({"lines": "x" * (2 * MAX_MESSAGE_BYTES)})
    outcome = admit(Packet(FACTS, box.batch().model_dump_json().encode()))
    assert outcome == Admitted("maru-office-1", box.batch())


def test_facts_beyond_a_million_bytes_are_refused() -> None:
    outcome = refused(Packet(FACTS, b"x" * (MAX_FACTS_BYTES + 1)))
    assert outcome.detail == "Expected at most 1000000 bytes, got 1000001."


@pytest.mark.parametrize(
    "topic", ["twin1/00/maru-office-1/up/facts", "twin1/07/a/up/what", "other", ""]
)
def test_an_unknown_topic_names_no_box(topic: str) -> None:
    outcome = refused(Packet(topic, b"{}"))
    assert (outcome.key, outcome.edge_id, outcome.topic) == (WireError.MALFORMED, "", topic)


def test_a_newer_language_is_refused_as_such(box) -> None:
    outcome = refused(Packet(HELLO, to_json(box.hello(min_v=2)).encode()))
    assert outcome.key is WireError.VERSION_TOO_NEW
    assert outcome.detail == "Expected a box that speaks version 1, got 2 and up."


def test_a_nul_in_a_fact_is_admitted_but_in_a_name_of_the_stream_it_is_not(box) -> None:
    box.log('{"name":"\\u0000"}')
    box.log("\0")
    batch = box.batch()
    assert admit(Packet(FACTS, batch.model_dump_json().encode())) == Admitted(box.edge_id, batch)
    renamed = batch.model_copy(update={"epoch": "e\0"})
    outcome = refused(Packet(FACTS, renamed.model_dump_json().encode()))
    assert outcome.detail == "Expected text without NUL, got one."
    outcome = refused(Packet(HELLO, to_json(box.hello(software="\0")).encode()))
    assert outcome.detail == "Expected text without NUL, got one."


def test_a_nul_in_the_place_of_a_mistake_is_spelt(box) -> None:
    text = to_json(box.hello()).replace('"location_name":{}', '"location_name":{"k\\u0000":1}')
    outcome = refused(Packet(HELLO, text.encode()))
    assert outcome.detail == "location_name.k\\x00: Input should be a valid string"


def test_bytes_that_are_no_text_are_kept_readable() -> None:
    assert refused(Packet(FACTS, b"\xff\x00A")).kept == "\\xff\\x00A"


def test_the_same_packet_has_the_same_digest() -> None:
    first, second = refused(Packet(FACTS, b"x")), refused(Packet(FACTS, b"x"))
    assert first.digest == second.digest
    assert first.digest != refused(Packet(HELLO, b"x")).digest

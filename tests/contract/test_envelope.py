from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from contract.envelope import (
    GENESIS,
    MAX_BATCH_FACTS,
    Batch,
    EdgeId,
    Uid,
    chain,
    fact_type,
    make_uid,
)

FIRST = "018f2f4e-0001-7abc-8def-0123456789ab"
SECOND = "018f2f4e-0002-7abc-8def-0123456789ab"


def test_chain_vector() -> None:
    """Computed with `b2sum -l 128` over the very bytes; a change of it breaks every box in the field."""
    one = chain(GENESIS, FIRST, '{"a":1}')
    two = chain(one, SECOND, '{"name":"소금빵"}')
    assert (one, two) == ("4b0ac8b7ad56d659a71a087ae4ff0d65", "b19900dd248ca0c849699562910071c2")


def test_the_chain_tells_every_byte_of_a_body() -> None:
    assert chain(GENESIS, FIRST, '{"a":1}') != chain(GENESIS, FIRST, '{"a": 1}')


def test_uid_is_a_uuid_version_7() -> None:
    """RFC 9562, appendix A.6: 2022-02-22 14:22:22 -05:00."""
    value = make_uid(0x017F22E279B0, lambda count: bytes.fromhex("0cc318c4dc0c0c07398f")[:count])
    assert value == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.mark.parametrize(
    "uid", ["", "018F2F4E-0001-7ABC-8DEF-0123456789AB", "018f2f4e", FIRST + "0"]
)
def test_a_uid_of_another_shape_is_refused(uid: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Uid).validate_python(uid)


@pytest.mark.parametrize(
    "edge_id", ["", "-till", "a/b", "a+b", "a#b", "a" * 64, "till 1", "계산대"]
)
def test_an_edge_id_that_could_not_be_a_topic_level_is_refused(edge_id: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(EdgeId).validate_python(edge_id)


@pytest.mark.parametrize("count", [0, MAX_BATCH_FACTS + 1])
def test_a_batch_of_no_or_too_many_facts_is_refused(count: int) -> None:
    with pytest.raises(ValidationError):
        Batch(epoch="e", first=1, prev=GENESIS, facts=tuple((FIRST, "{}") for _ in range(count)))


def test_the_type_of_a_body_that_says_none() -> None:
    assert fact_type({}) == ("", 0)
    assert fact_type({"type": "sale.completed", "version": 1}) == ("sale.completed", 1)

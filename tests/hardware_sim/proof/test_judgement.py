from __future__ import annotations

import json
from dataclasses import replace

import pytest

from contract.envelope import GENESIS, chain
from hardware_sim.proof.judgement import Evidence, Judgement, Receipt, judge

CLEAN = Judgement(
    lost=0, doubled=0, out_of_order=0, bodies_unequal=0, phantoms=0, gaps=0, chains_unequal=0
)


def body(number: int, total_minor: int = 1_000) -> str:
    line = {"sku": "BREAD-1", "quantity": 1, "amount_minor": total_minor, "name": "소금빵"}
    sale = {"sale_id": f"s{number}", "total_minor": total_minor, "lines": [line]}
    return json.dumps({"type": "sale.completed", **sale}, ensure_ascii=False)


def fact(seq: int, text: str, alias_of: str | None = None) -> dict[str, object]:
    return {"epoch": "e1", "seq": seq, "uid": f"u{seq}", "body": text, "alias_of": alias_of}


def receipt(number: int, total_minor: int = 1_000) -> Receipt:
    return Receipt(f"s{number}", total_minor, (("BREAD-1", 1, total_minor),))


def head(*bodies: str) -> str:
    link = GENESIS
    for seq, text in enumerate(bodies, 1):
        link = chain(link, f"u{seq}", text)
    return link


BODIES = [body(1), body(2), body(3)]
AGREED = Evidence(
    receipts=[receipt(1), receipt(2), receipt(3)],
    streams={"e1": [fact(seq, text) for seq, text in enumerate(BODIES, 1)]},
    rows={("e1", seq): text for seq, text in enumerate(BODIES, 1)},
    books=["s1", "s2", "s3"],
    heads={"e1": head(*BODIES)},
)


def told(**changes: object) -> Evidence:
    return replace(AGREED, **changes)  # type: ignore[arg-type]


def test_where_all_agree_nothing_is_counted() -> None:
    assert judge(AGREED) == CLEAN
    assert judge(AGREED).is_clean


def test_a_sale_without_a_receipt_is_no_fault() -> None:
    """The box was killed between its commit and its answer: the customer has no paper, the sale is true."""
    assert judge(told(receipts=[receipt(1), receipt(3)])) == CLEAN


def test_a_receipt_that_the_inbox_lacks_is_lost() -> None:
    found = judge(told(receipts=[*AGREED.receipts, receipt(4)]))
    assert found == replace(CLEAN, lost=1)


def test_a_receipt_that_the_books_lack_is_lost() -> None:
    assert judge(told(books=["s1", "s3"])) == replace(CLEAN, lost=1)


def test_a_sale_that_is_twice_in_the_books_is_doubled() -> None:
    assert judge(told(books=["s1", "s2", "s2", "s3"])) == replace(CLEAN, doubled=1)


def test_a_fact_that_is_twice_in_the_inbox_is_doubled() -> None:
    bodies = [*BODIES, body(3)]
    found = judge(
        told(
            streams={"e1": [fact(seq, text) for seq, text in enumerate(bodies, 1)]},
            rows={("e1", seq): text for seq, text in enumerate(bodies, 1)},
            heads={"e1": head(*bodies)},
        )
    )
    assert found == replace(CLEAN, doubled=1)


def test_the_same_fact_logged_again_is_an_alias_and_no_double() -> None:
    bodies = [*BODIES, body(3)]
    stream = [fact(seq, text) for seq, text in enumerate(BODIES, 1)] + [fact(4, body(3), "u3")]
    found = judge(
        told(
            streams={"e1": stream},
            rows={("e1", seq): text for seq, text in enumerate(bodies, 1)},
            heads={"e1": head(*bodies)},
        )
    )
    assert found == CLEAN


def test_receipts_in_another_order_than_the_hub_has_them() -> None:
    found = judge(told(receipts=[receipt(2), receipt(1), receipt(3)]))
    assert found == replace(CLEAN, out_of_order=1)


def test_a_receipt_with_another_total_than_its_fact() -> None:
    found = judge(told(receipts=[receipt(1), receipt(2, 999), receipt(3)]))
    assert found == replace(CLEAN, bodies_unequal=1)


def test_a_body_that_differs_by_one_byte_between_box_and_hub() -> None:
    rows = dict(AGREED.rows) | {("e1", 2): BODIES[1].replace(": ", ":", 1)}
    assert judge(told(rows=rows)) == replace(CLEAN, bodies_unequal=1)


def test_a_sale_that_the_box_never_made_is_a_phantom() -> None:
    rows = {key: text for key, text in AGREED.rows.items() if key != ("e1", 3)}
    found = judge(told(rows=rows))
    assert found == replace(CLEAN, phantoms=1, bodies_unequal=1)


def test_a_sale_of_another_box_in_the_books_is_a_phantom() -> None:
    assert judge(told(books=[*AGREED.books, "s9"])) == replace(CLEAN, phantoms=1)


def test_the_judgement_of_several_boxes_is_their_sum() -> None:
    assert replace(CLEAN, lost=1).plus(replace(CLEAN, lost=2, gaps=1)) == replace(
        CLEAN, lost=3, gaps=1
    )


def test_a_missing_number_is_a_gap_and_breaks_the_chain() -> None:
    stream = [fact(1, BODIES[0]), fact(3, BODIES[2])]
    found = judge(told(streams={"e1": stream}, receipts=[], books=["s1", "s3"]))
    assert found == replace(CLEAN, gaps=1, chains_unequal=1)


@pytest.mark.parametrize("name", Judgement.__slots__)
def test_any_single_count_spoils_the_judgement(name: str) -> None:
    assert not replace(CLEAN, **{name: 1}).is_clean

from __future__ import annotations

import httpx
import pytest

from hardware_sim.proof.outside import HeadOffice, Program, Refused, gtin13, until


def program(kind: type[Program], answers: list[httpx.Response], asked: list[str]) -> Program:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.raw_path.decode()}")
        return answers.pop(0)

    made = kind("http://hub")
    made.client.close()
    made.client = httpx.Client(base_url="http://hub", transport=httpx.MockTransport(answer))
    return made


@pytest.mark.parametrize(("number", "gtin"), [(1, "8800000000015"), (123_456, "8800001234563")])
def test_a_gtin_has_its_check_digit(number: int, gtin: str) -> None:
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(gtin))
    assert (gtin13(number), total % 10) == (gtin, 0)


@pytest.mark.parametrize(
    ("answer", "words", "key"),
    [
        (httpx.Response(409, json={"key": "a.b", "message": "No shift."}), "409: No shift.", "a.b"),
        (httpx.Response(500, text="Internal Server Error"), "500: Internal Server Error", ""),
    ],
)  # fmt: skip
def test_a_refusal_keeps_the_words_of_the_program(
    answer: httpx.Response, words: str, key: str
) -> None:
    with pytest.raises(Refused) as refused, program(Program, [answer], []) as asked:
        asked.ask("POST", "/api/sales", {})
    assert (str(refused.value), refused.value.key) == (words, key)


def test_facts_are_read_page_by_page_and_epoch_by_epoch() -> None:
    asked: list[str] = []
    pages = [
        httpx.Response(200, json={"epochs": [{"epoch": "e1"}, {"epoch": "e2"}]}),
        httpx.Response(200, json=[{"seq": 1}, {"seq": 2}]),
        httpx.Response(200, json=[]),
        httpx.Response(200, json=[]),
    ]
    office = program(HeadOffice, pages, asked)
    assert isinstance(office, HeadOffice)
    with office:
        assert office.facts("till-1") == {"e1": [{"seq": 1}, {"seq": 2}], "e2": []}
    assert asked == [
        "GET /api/boxes/till-1",
        "GET /api/facts?after=0&limit=1000&edge_id=till-1&epoch=e1",
        "GET /api/facts?after=2&limit=1000&edge_id=till-1&epoch=e1",
        "GET /api/facts?after=0&limit=1000&edge_id=till-1&epoch=e2",
    ]


def test_until_outlives_a_program_that_is_being_restarted() -> None:
    answers = iter([httpx.ConnectError("gone"), Refused(503, {}), None])

    def is_true() -> bool:
        if answer := next(answers):
            raise answer
        return True

    assert until(is_true, 5.0)


def test_until_gives_up() -> None:
    assert not until(lambda: False, 0.0)

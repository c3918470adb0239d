"""The newest warnings for the hub: few, counted, and never a value that somebody said or typed."""

import ast
import logging
from pathlib import Path

import pytest

from contract.health import LogLine
from edge.uplink.log_tail import MAX_CHARACTERS, MAX_KINDS, PROGRAMS, LogTail, bare

ROOT = Path(__file__).parents[3]
LEVELS = ("warning", "error", "exception", "critical")
LOGGERS = ("log", "logger", "logging")


@pytest.fixture
def tail(clock):
    tail = LogTail(clock)
    tail.listen()
    yield tail
    tail.close()


@pytest.fixture
def log():
    return logging.getLogger("edge.uplink.test")


def test_a_line_is_kept_without_its_values_and_counted(tail, log, clock):
    first_at = clock.now()
    for name in ("Kim", "Lee"):
        log.warning("Nothing was found of %s at %5.1f %%", name, 1.5)
        clock.pass_s(60)
    assert tail.lines() == (
        LogLine(
            place="edge.uplink.test",
            level="warning",
            text="Nothing was found of … at … %",
            count=2,
            first_at=first_at,
            last_at=first_at + (clock.now() - first_at) / 2,
        ),
    )
    assert tail.said == 2


def test_an_error_names_the_kind_of_exception_and_nothing_of_its_text(tail, log):
    try:
        int("4111 1111 1111 1111")
    except ValueError:
        log.exception("A defect")
    [line] = tail.lines()
    assert (line.level, line.text, line.error) == ("error", "A defect", "ValueError")
    assert "4111" not in line.model_dump_json()


def test_what_is_no_warning_or_not_of_the_box_is_not_kept(tail, log):
    log.info("A thing happened")
    logging.getLogger("uvicorn.error").warning("Somebody called %s", "Kim")
    assert (tail.lines(), tail.said) == ((), 0)


def test_drivers_are_heard_as_well(tail):
    logging.getLogger("drivers.printers.escpos").warning("The printer was silent for %s s", 5)
    assert [line.place for line in tail.lines()] == ["drivers.printers.escpos"]


def test_the_oldest_kind_gives_way_and_one_that_comes_again_is_the_newest(tail):
    for number in range(MAX_KINDS):
        logging.getLogger(f"edge.part{number}").warning("It happened")
    logging.getLogger("edge.part0").warning("It happened")
    logging.getLogger("edge.one_more").warning("It happened")
    places = [line.place for line in tail.lines()]
    assert len(places) == MAX_KINDS
    assert places[-2:] == ["edge.part0", "edge.one_more"]
    assert "edge.part1" not in places


def test_after_its_end_nothing_is_heard(tail, log):
    tail.close()
    log.warning("It happened")
    assert tail.lines() == ()


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("100 %% of %s", "100 % of …"),
        ("%(name)s paid %-10.2f", "… paid …"),
        ("%s", "…"),
        ("x" * 300, "x" * MAX_CHARACTERS),
        (ValueError("Kim"), ""),
        (None, ""),
    ],
)
def test_a_sentence_without_its_values(template, text):
    assert bare(template) == text


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_warning_of_the_box_is_written_as_a_plain_sentence(program):
    """A sentence put together in the program would carry its values up as if they were the program's own words."""
    put_together = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted((ROOT / program).rglob("*.py"))
        for call in _warnings(ast.parse(path.read_text(encoding="utf-8")))
        if not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert put_together == []


def _warnings(tree):
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=level)):
                if name in LOGGERS and level in LEVELS:
                    yield node

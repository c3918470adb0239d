"""Every state has a tone and a word; nothing is green that does not answer."""

from dataclasses import replace
from pathlib import Path

import pytest

from hardware_sim.demo import drawing
from hardware_sim.demo.drawing import Mark
from hardware_sim.demo.state import Head, Picture, Till
from hardware_sim.processes import Company, Ports
from ui.catalogues import Catalogues

TILL = Till(
    is_online=True,
    waiting=0,
    high=12,
    basket=None,
    last_sale="",
    has_shift=True,
    peripherals={"scanner": ("ready", ()), "printer": ("not_ready", ("paper_out",))},
)
WELL = Picture(
    till=TILL,
    head=Head(is_online=True, box_high=12, hub_high=12, is_chain_equal=True),
    hub_answers=True,
    sim_answers=True,
    broker_is_alive=True,
    line_is_alive=True,
    wallets_are_alive=True,
)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path, Ports.in_a_row(8100))


def test_a_shop_that_is_well(company: Company) -> None:
    drawn = drawing.drawing(WELL, company)
    assert drawn.hub == Mark("hub", "good", "facts", {"n": 12}, "http://127.0.0.1:8101")
    assert drawn.broker == Mark("broker", "good", "running", {})
    bench = "http://127.0.0.1:8103/#wallets"
    assert drawn.wallets == Mark("wallets", "good", "running", {}, bench)
    assert drawn.line == Mark("line", "good", "up", {}, "http://127.0.0.1:8103")
    assert drawn.box == Mark("box", "good", "facts", {"n": 12}, "http://127.0.0.1:8102")
    assert [(it.name, it.tone, it.word) for it in drawn.peripherals] == [
        ("scanner", "good", "ready"),
        ("printer", "warn", "paper_out"),
        ("drawer", "off", "unseen"),
        ("payment_terminal", "off", "unseen"),
    ]


def test_a_shop_with_the_line_pulled(company: Company) -> None:
    drawn = drawing.drawing(replace(WELL, till=replace(TILL, is_online=False, waiting=2)), company)
    assert (drawn.line.tone, drawn.line.word) == ("warn", "down")
    assert (drawn.box.tone, drawn.box.word, drawn.box.fields) == ("warn", "waiting", {"n": 2})


def test_nothing_answers(company: Company) -> None:
    drawn = drawing.drawing(Picture(), company)
    assert {it.tone for it in (drawn.hub, drawn.broker, drawn.wallets, drawn.line, drawn.box)} == {
        "bad"
    }
    assert {it.tone for it in drawn.peripherals} == {"off"}


def test_every_word_has_a_sentence_in_every_language() -> None:
    sentences = Catalogues(Path(drawing.__file__).parent / "locale")
    words = {*drawing.TONES, *drawing.REASONS, "up", "down", "facts", "waiting", "unseen"}
    for word in words:
        for language in ("ko", "zh", "en"):
            assert sentences.text(language, f"landing.state.{word}", n=2)

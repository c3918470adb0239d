"""Every state has a tone and a word; nothing is green that does not answer."""

from dataclasses import replace
from pathlib import Path

import pytest

from hardware_sim.demo import drawing
from hardware_sim.demo.chain import Chain
from hardware_sim.demo.drawing import Mark
from hardware_sim.demo.products import products
from hardware_sim.demo.state import Counter, Head, Picture, Till
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
FIRST = Counter(
    till=TILL,
    head=Head(is_online=True, box_high=12, hub_high=12, is_chain_equal=True),
    sim_answers=True,
    line_is_alive=True,
)
WELL = Picture(
    counters=(FIRST, Counter()),
    hub_answers=True,
    broker_is_alive=True,
    wallets_are_alive=True,
)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path, 8100, "en", products())


def test_a_shop_that_is_well(chain: Chain) -> None:
    drawn = drawing.drawing(WELL, chain)
    assert drawn.hub == Mark("hub", "good", "facts", {"n": 12}, "http://127.0.0.1:8101")
    assert drawn.broker == Mark("broker", "good", "running", {})
    bench = "http://127.0.0.1:8103/#wallets"
    assert drawn.wallets == Mark("wallets", "good", "running", {}, bench)
    assert drawn.storefront == Mark("storefront", "good", "open", {}, "http://127.0.0.1:8101/shop")
    office, hillside = drawn.shops
    assert office.line == Mark("line", "good", "up", {}, "http://127.0.0.1:8103")
    assert office.box == Mark("box", "good", "facts", {"n": 12}, "http://127.0.0.1:8102")
    assert office.picking == Mark("picking", "good", "open", {}, "http://127.0.0.1:8102/picking")
    assert hillside.picking == Mark(
        "picking", "bad", "stopped", {}, "http://127.0.0.1:8113/picking"
    )
    assert [(it.name, it.tone, it.word) for it in office.peripherals] == [
        ("scanner", "good", "ready"),
        ("printer", "warn", "paper_out"),
        ("drawer", "off", "unseen"),
        ("payment_terminal", "off", "unseen"),
    ]


def test_a_shop_with_the_line_pulled(chain: Chain) -> None:
    pulled = replace(FIRST, till=replace(TILL, is_online=False, waiting=2))
    office, hillside = drawing.drawing(replace(WELL, counters=(Counter(), pulled)), chain).shops
    assert (hillside.line.tone, hillside.line.word) == ("warn", "down")
    assert (hillside.box.tone, hillside.box.word, hillside.box.fields) == (
        "warn",
        "waiting",
        {"n": 2},
    )
    assert (office.line.word, office.box.word) == ("stopped", "stopped")


def test_nothing_answers(chain: Chain) -> None:
    drawn = drawing.drawing(Picture((Counter(), Counter())), chain)
    above = (drawn.hub, drawn.storefront, drawn.broker, drawn.wallets)
    below = [mark for it in drawn.shops for mark in (it.line, it.box, it.picking)]
    assert {it.tone for it in (*above, *below)} == {"bad"}
    assert {mark.tone for it in drawn.shops for mark in it.peripherals} == {"off"}


def test_every_word_has_a_sentence_in_every_language() -> None:
    sentences = Catalogues(Path(drawing.__file__).parent / "locale")
    words = {*drawing.TONES, *drawing.REASONS, "up", "down", "facts", "waiting", "unseen", "open"}
    for word in words:
        for language in ("ko", "zh", "en"):
            assert sentences.text(language, f"landing.state.{word}", n=2)

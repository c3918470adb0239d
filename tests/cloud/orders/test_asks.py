"""What a counter asks of head office about orders: whole answers, and each refusal in the words of its screen."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from cloud.orders import asks
from cloud.questions import QuestionDesk
from contract.asks import Answer, Ask

OFFICE, CAKE = "office", "CAKE"
BOX = "maru-office-1"
FIRST, SECOND = (f"018f2f4e-000{n}-7abc-8def-0123456789ab" for n in (1, 2))
COUNTER = Path(__file__).parents[3] / "edge/screens/locale"


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def ask(chain, changes):
    """As the box at the office asks; `ask_id` is the question's own."""
    verbs = asks.verbs(chain.database, chain.clock, lambda: changes.append("told"))
    desk = QuestionDesk(chain.database, chain.clock, verbs, lambda: None)

    def ask(verb: str, ask_id: str = FIRST, **arguments: Any) -> Answer:
        until = chain.clock.now() + timedelta(seconds=5)
        return desk.answer(BOX, Ask(id=ask_id, verb=verb, not_after=until, arguments=arguments))

    yield ask
    desk.close()


def done(answer: Answer) -> dict[str, Any]:
    assert answer.outcome == "done", answer.text
    return dict(answer.body)


def cakes(quantity: int = 1) -> list[dict[str, Any]]:
    return [{"sku": CAKE, "quantity": quantity}]


def test_the_ways_are_those_of_the_shop_that_asks_in_its_language(ask, chain) -> None:
    found = done(ask("orders.quote", lines=cakes(), language="ko"))
    expected = [
        it.model_dump(mode="json")
        | {"location_name": f"{it.location_id}점", "source_name": f"{it.source_id}점"}
        for it in chain.quote(OFFICE)
    ]
    for it in (*found["offers"], *expected):
        it["plan_b"].pop("location_name", None)
    assert found == {"offers": expected, "near": {}}
    assert found["offers"][0]["location_id"] == OFFICE


def test_the_question_itself_makes_a_second_asking_the_first(ask, chain, changes) -> None:
    offer = chain.quote(OFFICE)[0]
    wanted = {"offer_id": offer.offer_id, "lines": cakes(), "customer": "Mina", "channel": "forged"}
    held = done(ask("orders.hold", **wanted))
    made = {name: held[name] for name in ("order_id", "number", "paper_code")}
    assert held == made | {
        "hold_until": "2026-11-23T03:15:00Z",
        "goods_minor": 30_000,
        "fee_minor": 0,
        "currency": "KRW",
    }
    assert done(ask("orders.hold", **wanted)) == held
    assert chain.standing() == [(OFFICE, CAKE, False, 1)]
    view = done(ask("orders.look", order_id=held["order_id"]))
    assert view == chain.view(held["order_id"])
    assert (view["channel"], view["customer"]) == ("counter", "Mina")
    given_up = {"order_id": held["order_id"], "state": "cancelled"}
    assert done(ask("orders.release", order_id=held["order_id"])) == given_up
    assert (chain.standing(), changes) == ([], ["told"])


def refusals(ask, chain) -> dict[str, Answer]:
    """One of each, by what was wrong."""
    offer = chain.quote(OFFICE)[0]
    good = {"offer_id": offer.offer_id, "lines": cakes()}
    done(ask("orders.hold", ask_id=SECOND, **good))
    found = {
        "doubled": ask("orders.hold", ask_id=SECOND, **good | {"lines": cakes(2)}),
        "no offer": ask("orders.hold", **good | {"offer_id": "pickup"}),
        "gone": ask("orders.hold", **good | {"lines": cakes(2)}),
        "unknown goods": ask("orders.quote", lines=[{"sku": "PIE", "quantity": 1}]),
        "unknown order": ask("orders.look", order_id="none"),
        "malformed": ask("orders.quote", lines=[]),
    }
    chain.clock.jump(601)
    return found | {"expired": ask("orders.hold", **good)}


def test_each_refusal_has_its_key_and_its_fields(ask, chain) -> None:
    told = {what: (it.outcome, it.key) for what, it in refusals(ask, chain).items()}
    assert told == {
        "doubled": ("refused", "orders.doubled_key"),
        "no offer": ("refused", "orders.offer_changed"),
        "gone": ("refused", "orders.goods_gone"),
        "unknown goods": ("refused", "hub.not_found"),
        "unknown order": ("refused", "hub.not_found"),
        "malformed": ("refused", "hub.malformed"),
        "expired": ("refused", "orders.offer_expired"),
    }
    assert len(chain.standing()) == 1


def test_a_refusal_is_told_whole(ask, chain) -> None:
    assert refusals(ask, chain)["gone"] == Answer(
        id=FIRST,
        outcome="refused",
        key="orders.goods_gone",
        text=(
            "office can no longer promise 2 of CAKE: it has 1 to promise. "
            "Ask again for the ways to get it, and choose one of them."
        ),
        fields={"location_id": OFFICE, "sku": CAKE, "quantity": 2, "left": 1},
    )


@pytest.mark.parametrize("language", ["en", "ko", "zh"])
def test_the_counter_says_each_refusal_in_its_language(ask, chain, language) -> None:
    with (COUNTER / f"{language}.po").open("rb") as file:
        said = {message.id: str(message.string) for message in read_po(file, locale=language)}
    for answer in refusals(ask, chain).values():
        for key in (answer.key, f"{answer.key}.now"):
            words = said[key].format(**answer.fields)
            assert words
            assert language == "en" or not words.isascii()

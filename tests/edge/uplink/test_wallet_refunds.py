"""Money back to wallets with goods: in parts, at any shop of the chain, and what is said where it cannot go."""

import pytest
from sqlmodel import select

from cloud.sales.tables import ReturnTender
from drivers.interfaces import QrSymbol
from edge.domain.errors import (
    HubRefused,
    HubSilent,
    WalletRefundImpossible,
    WalletRefundOffline,
)
from edge.screens import return_keys
from edge.screens.state import DeskState
from edge.services import documents, printing, selling, shifts, wallets
from tests.wallet_counter import Counter

both = pytest.mark.parametrize("name", ["wechat_pay", "alipay"])


@both
def test_goods_come_back_and_their_money_goes_back_to_the_wallet_in_parts(counter, name) -> None:
    counter.scan()
    counter.scan()
    payment = counter.pay(name)
    counter.step()
    for pieces_left in (1, 0):
        back = counter.give_back(1)
        assert [(it.kind, it.amount_minor, it.payment_id) for it in back.tenders] == [
            ("wallet", 4500, payment.payment_id)
        ]
        counter.step()
        assert counter.bench.moved_minor == counter.tendered_minor() == 4500 * pieces_left


@pytest.mark.parametrize("fault", ["question", "answer", "refund_lost", "refund_system_error"])
def test_a_refund_that_is_not_proved_is_asked_for_again(counter, fault) -> None:
    counter.scan()
    counter.pay("alipay")
    counter.step()
    counter.give_back(1)
    if fault.startswith("refund"):
        counter.bench.provider("alipay").arm(fault)
    else:
        counter.line.faults.append(fault)
    counter.step()
    assert len(wallets.pending_refunds(counter.shop)) == 1
    assert counter.notices.newest.message == (
        "4,500 KRW has not gone back to the wallet yet; it is asked for again until it has."
    )
    counter.step(10)
    assert wallets.pending_refunds(counter.shop) == []
    assert counter.bench.moved_minor == 0


def test_more_than_a_wallet_paid_never_goes_back_to_it(counter, rows) -> None:
    counter.scan()
    selling.tender_cash(counter.shop, 1500)
    counter.pay("alipay")
    counter.step()
    with pytest.raises(WalletRefundImpossible) as refused:
        counter.give_back(1)
    assert refused.value.message == (
        "4,500 KRW cannot go back to the wallet: 3,000 KRW of what it paid is left."
    )
    assert rows(counter.shop, "SELECT * FROM wallet_refund") == []
    assert counter.bench.moved_minor == 3000


# -- another shop of the chain ----------------------------------------------------------------------


def code_of(shop) -> str:
    """The code on the receipt that is about to be printed."""
    job = printing.oldest_waiting(shop)
    [symbol] = [e for e in documents.from_text(job.document).elements if isinstance(e, QrSymbol)]
    return symbol.data


class Chain:
    """A seller and another shop that knows its receipts, at one hub."""

    def __init__(self, make_counter, make_shop) -> None:
        seller = make_shop("seller", edge_id="maru-hillside-1", location_id="maru-hillside")
        shifts.open_shift(seller, "Park", 0)
        here = make_shop("here", receipt_keys=(seller.key.public,))
        shifts.open_shift(here, "Kim", 0)
        self.seller: Counter = make_counter(seller)
        self.here: Counter = make_counter(here)

    def sell(self, name="alipay", pieces=2) -> str:
        """The receipt's code of a sale that a wallet paid."""
        for _ in range(pieces):
            self.seller.scan()
        self.seller.pay(name)
        self.seller.step()
        return code_of(self.seller.shop)

    def read(self, code) -> DeskState:
        return return_keys.open_receipt(self.here.shop, DeskState(), code)

    def refund(self, state, pieces=1) -> DeskState:
        for _ in range(pieces):
            state = return_keys.toggle(state, 1)
        line = self.here.line
        return return_keys.refund_wallet(
            self.here.shop, line.ask, state, "unwanted", is_online=line.is_up
        )

    @property
    def moved_minor(self) -> int:
        return self.here.bench.moved_minor


@pytest.fixture
def chain(make_counter, make_shop) -> Chain:
    return Chain(make_counter, make_shop)


@both
def test_another_shop_gives_the_money_back_to_the_wallet_part_by_part(chain, facts, name) -> None:
    code = chain.sell(name)
    chain.seller.deliver()
    for left in (1, 0):
        state = chain.read(code)
        assert state.draft.has_wallet
        done = chain.refund(state).done
        assert done.tenders == (("wallet", 4500, ""),)
        chain.here.step()
        assert chain.moved_minor == 4500 * left
    back = facts(chain.here.shop)[-1]
    (sale,) = [it for it in facts(chain.seller.shop) if it["type"] == "sale.completed"]
    assert back["original_edge_id"] == "maru-hillside-1"
    told = {it: back["tenders"][0][it] for it in ("kind", "payment_id", "scheme")}
    payment_id = sale["tenders"][0]["payment_id"]
    assert told == {"kind": "wallet", "payment_id": payment_id, "scheme": name}
    chain.here.deliver()
    with chain.here.hub_database.read() as session:
        schemes = {it.scheme for it in session.exec(select(ReturnTender))}
    assert schemes == {name}  # the journal clears each provider by itself
    assert wallets.pending_refunds(chain.here.shop) == []


def test_what_went_back_elsewhere_cannot_go_back_once_more(chain, rows) -> None:
    """Both shops take the same piece back, for a box knows its own returns alone: the money goes back once."""
    code = chain.sell(pieces=1)
    chain.seller.deliver()
    chain.refund(chain.read(code))
    chain.here.step()
    chain.seller.give_back(1)
    chain.seller.step()
    assert chain.moved_minor == 0
    assert wallets.pending_refunds(chain.seller.shop) == []
    notice = chain.seller.notices.newest
    assert (notice.tone, notice.key) == ("bad", "wallet.refund_refused")
    assert notice.message == (
        "4,500 KRW did not go back to the wallet: what it paid has gone back already."
    )


def test_offline_the_other_shop_says_so_and_nothing_comes_back(chain, rows) -> None:
    code = chain.sell()
    chain.seller.deliver()
    state = chain.read(code)
    assert state.draft.has_wallet
    chain.here.line.is_up = False
    with pytest.raises(WalletRefundOffline) as refused:
        chain.refund(state)
    assert refused.value.message == (
        "The line to the hub is down: no wallet can be given its money back. Nothing was returned."
    )
    assert rows(chain.here.shop, "SELECT * FROM goods_return") == []
    assert chain.here.line.asked == []
    assert chain.moved_minor == 9000


@pytest.mark.parametrize("fault", ["question", "answer"])
def test_a_hub_that_does_not_answer_returns_nothing(chain, rows, fault) -> None:
    code = chain.sell()
    chain.seller.deliver()
    chain.here.line.faults.append(fault)
    with pytest.raises(HubSilent):
        chain.refund(chain.read(code))
    assert rows(chain.here.shop, "SELECT * FROM wallet_refund") == []
    assert chain.moved_minor == 9000


def test_a_sale_that_the_hub_has_not_heard_of_yet_is_said(chain) -> None:
    code = chain.sell()
    with pytest.raises(HubRefused) as refused:
        chain.refund(chain.read(code))
    assert "sale" in refused.value.message
    assert chain.moved_minor == 9000


def test_a_sale_that_no_wallet_paid_gives_none_back(chain) -> None:
    chain.seller.scan()
    selling.tender_cash(chain.seller.shop, 4500)
    chain.seller.deliver()
    with pytest.raises(WalletRefundImpossible) as refused:
        chain.refund(chain.read(code_of(chain.seller.shop)))
    assert refused.value.message == (
        "4,500 KRW cannot go back to the wallet: 0 KRW of what it paid is left."
    )

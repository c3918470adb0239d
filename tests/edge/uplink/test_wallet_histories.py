"""Money is conserved whatever fails: no charge twice, nothing kept that was given back; and seeded bugs are caught."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import cloud.payments.wechat_pay as hub_wechat
from cloud.payments.service import WalletService
from drivers.events import PaymentResult
from edge.domain.errors import HubSilent, HubUnreachable
from edge.services import payments, wallets
from edge.uplink.wallet_desk import WalletDesk
from tests import wallet_histories
from tests.wallet_counter import Counter

EXAMPLES = 40
HUNTED = 150


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(random=st.randoms(use_true_random=True))
def play(counter: Counter, random: Random) -> None:
    wallet_histories.episode(counter, random)
    assert wallet_histories.violation(counter) == ""


@pytest.mark.timeout(400)
def test_every_book_agrees_after_whatever_happened(counter: Counter) -> None:
    """One counter through all of it: what an earlier customer left behind is compared again after each."""
    play(counter)
    states = {name: counter.bench.provider(name).ledger for name in wallet_histories.NAMES}
    assert sum(len(it.entries) for it in states.values()) > EXAMPLES


# -- seeded bugs ------------------------------------------------------------------------------------

Patch = pytest.MonkeyPatch


def asked_twice_paid_twice(patch: Patch) -> None:
    begin = WalletService._begin
    patch.setattr(
        WalletService,
        "_begin",
        lambda *it: (begin(*it)[0], True) if it[-1] == "asked" else begin(*it),
    )


def nobody_looks_after_a_reversal(patch: Patch) -> None:
    patch.setattr(WalletService, "watch", lambda _: 0)


def unknown_is_a_no(patch: Patch) -> None:
    patch.setitem(wallets._RESULTS, "unknown", PaymentResult.DECLINED)


def silence_is_taken_for_a_cut_line(patch: Patch) -> None:
    asked = WalletDesk._asked

    def ask(*it: object) -> object:
        try:
            return asked(*it)  # type: ignore[arg-type]  # a bug's
        except HubSilent as error:
            raise HubUnreachable from error

    patch.setattr(WalletDesk, "_asked", ask)


def a_restart_forgets_what_was_sent(patch: Patch) -> None:
    def recover(shop: object) -> None:
        for payment in payments.in_state(shop, "NEW", "SENT", "IN_PROGRESS"):  # type: ignore[arg-type]  # a bug's shop
            payments.cancel(shop, payment.payment_id, "restarted")  # type: ignore[arg-type]

    patch.setattr(payments, "recover", recover)


def a_system_error_is_a_no(patch: Patch) -> None:
    patch.setattr(hub_wechat, "DOUBTFUL", frozenset())


def a_refund_that_was_asked_is_done(patch: Patch) -> None:
    def waits(desk: WalletDesk, refund: object, *_: object) -> None:
        wallets.refund_done(desk._shop, refund.refund_id)  # type: ignore[attr-defined]

    patch.setattr(WalletDesk, "_refund_waits", waits)


def given_up_is_given_back(patch: Patch) -> None:
    def reverse(desk: WalletDesk, payment: object, _: object) -> None:
        if payment.state != "REVERSING":  # type: ignore[attr-defined]
            wallets.give_up(desk._shop, payment, "given up")  # type: ignore[arg-type]
        payments.reversed_(desk._shop, payment.payment_id)  # type: ignore[attr-defined]

    patch.setattr(WalletDesk, "_reverse", reverse)


BUGS = (
    asked_twice_paid_twice,
    nobody_looks_after_a_reversal,
    unknown_is_a_no,
    silence_is_taken_for_a_cut_line,
    a_restart_forgets_what_was_sent,
    a_system_error_is_a_no,
    a_refund_that_was_asked_is_done,
    given_up_is_given_back,
)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("bug", BUGS, ids=lambda it: it.__name__)
def test_a_seeded_bug_is_caught(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, bug: Callable[[Patch], None]
) -> None:
    bug(monkeypatch)
    for seed in range(HUNTED):
        wallet_histories.episode(counter, Random(seed))
        if wallet_histories.violation(counter):
            return
    pytest.fail(f"{bug.__name__} lived through {HUNTED} customers")

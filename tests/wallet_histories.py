"""Random histories of customers who pay by wallet while everything fails; afterwards every book must agree.

An episode is one customer on the real box, the real hub and the real providers: answers are lost, questions come twice,
the box loses its power, the line is cut, the provider answers late or wrong. Then the line comes back, time passes, and
whatever was taken is compared payment by payment.
"""

from collections.abc import Callable
from random import Random

from edge.domain.basket import EnteredCode
from edge.domain.errors import ShopError
from edge.services import payments, selling
from hardware_sim.wallets.provider import FAULTS, STEPS
from tests.wallet_counter import Counter, Stop

BREAD = "8801234500012"
SETTLE_ROUNDS = 60
LOST = ("", "", "", "question", "answer", "twice", "power", "power_after")
AT_TILL = [it for it in FAULTS if it.startswith(("pay_", "query_", "reverse_"))]
NAMES = ("wechat_pay", "alipay")


def episode(counter: Counter, random: Random) -> None:
    """One customer: chosen trouble, her payment, goods back now and then."""
    name = random.choice(NAMES)
    provider = counter.bench.provider(name)
    provider.set_script([random.choice(STEPS)])
    provider.faults.extend(random.sample(AT_TILL, random.choice((0, 0, 1, 2))))
    counter.line.faults.extend(random.choice(LOST) for _ in range(random.randrange(4)))
    for _ in range(random.choice((1, 2))):
        selling.add_scan(counter.shop, EnteredCode(BREAD))
    payment = counter.pay(name, random.choice((None, None, 1_000)))
    for _ in range(random.randrange(1, 7)):
        random.choice(DEEDS)(counter, random)
    if random.random() < 0.3:
        counter.desk.stop(payment.payment_id)
    settle(counter)
    finish(counter)
    if random.random() < 0.5:
        take_back(counter, random, name)


def _step(counter: Counter, random: Random) -> None:
    survive(counter, lambda: counter.step(random.choice((0, 3, 5, 10, 20, 40))))


def _stop(counter: Counter, _: Random) -> None:
    for payment in payments.of_kind(counter.shop, "wallet", *selling.UNSETTLED):
        counter.desk.stop(payment.payment_id)


def _restart(counter: Counter, _: Random) -> None:
    payments.recover(counter.shop)
    counter.start()


def _line(counter: Counter, random: Random) -> None:
    counter.line.is_up = random.random() < 0.5


def _press(counter: Counter, random: Random) -> None:
    for name in NAMES:
        provider = counter.bench.provider(name)
        if provider.state()["waiting"]:
            provider.press(random.choice(("approve", "decline")))


def _watch(counter: Counter, _: Random) -> None:
    counter.hub.watch()


DEEDS: tuple[Callable[[Counter, Random], None], ...] = (
    *(_step, _step, _step, _step),
    *(_stop, _restart, _line, _press, _watch),
)


def survive(counter: Counter, work: Callable[[], object]) -> None:
    """The box may lose its power in the middle; then it starts again."""
    try:
        work()
    except Stop:
        _restart(counter, Random(0))


def settle(counter: Counter) -> None:
    """Everything works again, and time passes; whoever still holds her phone puts it away."""
    counter.line.is_up = True
    counter.line.faults.clear()
    for name in NAMES:
        counter.bench.provider(name).faults.clear()
    for _ in range(SETTLE_ROUNDS):
        counter.step(20)
        counter.hub.watch()
        if not payments.of_kind(counter.shop, "wallet", *selling.UNSETTLED) and not waiting(
            counter
        ):
            break
    for _ in range(3):
        counter.step(400)
        counter.hub.watch()


def waiting(counter: Counter) -> bool:
    """Whether a customer may yet pay of her own accord."""
    return any(counter.bench.provider(name).state()["waiting"] for name in NAMES)


def finish(counter: Counter) -> None:
    """The rest is paid in cash, so that the next customer finds an empty counter."""
    view = selling.current(counter.shop)
    if view is not None and view.basket.live_lines:
        selling.tender_cash(counter.shop, 100_000)


def take_back(counter: Counter, random: Random, name: str) -> None:
    """A piece comes back, where a wallet paid enough for it; the refund has its own troubles."""
    try:
        counter.give_back(1)
    except ShopError:
        return
    faults = [it for it in FAULTS if it.startswith("refund")]
    counter.bench.provider(name).faults.extend(random.sample(faults, random.choice((0, 1))))
    counter.line.faults.extend(random.choice(LOST) for _ in range(random.randrange(3)))
    for _ in range(random.randrange(1, 4)):
        _step(counter, random)
    settle(counter)


# -- the judge --------------------------------------------------------------------------------------


def violation(counter: Counter) -> str:
    """The first difference between the books in words, "" where there is none."""
    box, hub, providers = of_box(counter), of_hub(counter), of_providers(counter)
    for number in sorted(box.keys() | hub.keys() | providers.keys()):
        amounts = box.get(number, 0), hub.get(number, 0), providers.get(number, 0)
        if len(set(amounts)) > 1:
            return f"{number}: the box has {amounts[0]}, the hub {amounts[1]}, the provider {amounts[2]}"
    for name in NAMES:
        for number, times in counter.bench.provider(name).ledger.times_charged().items():
            if times > 1:
                return f"{number} was charged {times} times"
    if taken_minor(counter) != sum(box.values()):
        return f"takings are {taken_minor(counter)}, payments {sum(box.values())}"
    return ""


def of_box(counter: Counter) -> dict[str, int]:
    with counter.shop.read() as reader:
        rows = reader.sql(
            "SELECT payment_id, amount_minor - coalesce((SELECT sum(amount_minor) FROM wallet_refund r"
            " WHERE r.payment_id = p.payment_id AND r.state = 'DONE'), 0)"
            " FROM payment p WHERE kind = 'wallet' AND state = 'APPROVED'"
        ).fetchall()
    return {payment_id.replace("-", ""): left for payment_id, left in rows}


def of_hub(counter: Counter) -> dict[str, int]:
    with counter.hub_database.read() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT order_number, amount_minor - coalesce((SELECT sum(amount_minor) FROM wallet_refund r"
            " WHERE r.payment_id = p.payment_id AND r.state = 'done'), 0)"
            " FROM wallet_payment p WHERE state = 'approved'"
        )
        return {row[0]: row[1] for row in rows}


def of_providers(counter: Counter) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in NAMES:
        for entry in counter.bench.provider(name).ledger.entries:
            number = entry.order_number
            found[number] = found.get(number, 0) + entry.amount_minor
    return found


def taken_minor(counter: Counter) -> int:
    """What the till's own receipts say."""
    with counter.shop.read() as reader:
        return int(
            reader.sql(
                "SELECT coalesce((SELECT sum(amount_minor) FROM sale_tender WHERE kind = 'wallet'), 0)"
                " - coalesce((SELECT sum(amount_minor) FROM wallet_refund), 0)"
            ).fetchone()[0]
        )

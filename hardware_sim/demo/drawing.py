"""The drawing of a chain: what stands where, in which state, and where a click leads. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hardware_sim.demo.chain import Chain
from hardware_sim.demo.state import Counter, Picture, Till
from hardware_sim.processes import Company

Tone = Literal["good", "warn", "bad", "off"]

# The order in which the counter is drawn, and the sign of each.
PERIPHERALS = ("scanner", "printer", "drawer", "payment_terminal")

TONES: dict[str, Tone] = {
    "ready": "good",
    "busy": "good",
    "opening": "warn",
    "not_ready": "warn",
    "unknown": "warn",
    "faulted": "bad",
    "absent": "bad",
}

# Why a peripheral that is there cannot work: said instead of its state.
REASONS = frozenset(
    {
        "paper_low",
        "paper_out",
        "cover_open",
        "cutter_jammed",
        "head_hot",
        "offline",
        "unrecoverable",
        "drawer_open",
        "silent",
    }
)


@dataclass(frozen=True)
class Mark:
    """One thing in the drawing: `word` is the key of its state's sentence, `fields` fill it."""

    name: str
    tone: Tone
    word: str
    fields: dict[str, object]
    href: str = ""


@dataclass(frozen=True)
class Shopfront:
    """One shop of the drawing; `names` by language."""

    names: Mapping[str, str]
    line: Mark
    box: Mark
    picking: Mark
    peripherals: tuple[Mark, ...]


@dataclass(frozen=True)
class Drawing:
    hub: Mark
    storefront: Mark
    broker: Mark
    wallets: Mark
    shops: tuple[Shopfront, ...]


def drawing(picture: Picture, chain: Chain) -> Drawing:
    office = chain.office
    pairs = zip(picture.counters, chain.branches, strict=True)
    return Drawing(
        hub=hub_mark(picture, office.hub.url),
        storefront=open_mark("storefront", f"{office.hub.url}/shop", is_open=picture.hub_answers),
        broker=running("broker", is_alive=picture.broker_is_alive),
        wallets=running(
            "wallets", is_alive=picture.wallets_are_alive, href=f"{office.sim.url}/#wallets"
        ),
        shops=tuple(shopfront(counter, branch.company) for counter, branch in pairs),
    )


def shopfront(counter: Counter, company: Company) -> Shopfront:
    box, bench = company.box.url, company.sim.url
    return Shopfront(
        names=company.shop.location_name,
        line=line_mark(counter, bench),
        box=box_mark(counter.till, box),
        picking=open_mark("picking", f"{box}/picking", is_open=counter.till is not None),
        peripherals=tuple(peripheral_mark(name, counter, bench) for name in PERIPHERALS),
    )


def open_mark(name: str, href: str, *, is_open: bool) -> Mark:
    return Mark(name, *(("good", "open") if is_open else ("bad", "stopped")), {}, href)


def running(name: str, *, is_alive: bool, href: str = "") -> Mark:
    return Mark(name, *(("good", "running") if is_alive else ("bad", "stopped")), {}, href)


def hub_mark(picture: Picture, href: str) -> Mark:
    if not picture.hub_answers:
        return Mark("hub", "bad", "stopped", {}, href)
    high = sum(counter.head.hub_high for counter in picture.counters if counter.head)
    return Mark("hub", "good", "facts", {"n": high}, href)


def line_mark(counter: Counter, href: str) -> Mark:
    if not counter.line_is_alive:
        return Mark("line", "bad", "stopped", {}, href)
    if counter.till is None:
        return Mark("line", "off", "unseen", {}, href)
    if counter.till.is_online:
        return Mark("line", "good", "up", {}, href)
    return Mark("line", "warn", "down", {}, href)


def box_mark(till: Till | None, href: str) -> Mark:
    if till is None:
        return Mark("box", "bad", "stopped", {}, href)
    if till.waiting:
        return Mark("box", "warn", "waiting", {"n": till.waiting}, href)
    return Mark("box", "good", "facts", {"n": till.high}, href)


def peripheral_mark(name: str, counter: Counter, href: str) -> Mark:
    known = counter.till.peripherals.get(name) if counter.till else None
    if not counter.sim_answers or known is None:
        return Mark(name, "off", "unseen", {}, href)
    state, reasons = known
    word = reasons[0] if reasons and reasons[0] in REASONS else state
    return Mark(name, TONES.get(state, "warn"), word, {}, href)

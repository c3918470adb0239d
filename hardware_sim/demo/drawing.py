"""The drawing of a company: what stands where, in which state, and where a click leads. Pure."""

from dataclasses import dataclass
from typing import Literal

from hardware_sim.demo.state import Picture, Till
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
class Drawing:
    hub: Mark
    broker: Mark
    wallets: Mark
    line: Mark
    box: Mark
    peripherals: tuple[Mark, ...]


def drawing(picture: Picture, company: Company) -> Drawing:
    return Drawing(
        hub=hub_mark(picture, company.hub.url),
        broker=running("broker", is_alive=picture.broker_is_alive),
        wallets=running(
            "wallets", is_alive=picture.wallets_are_alive, href=f"{company.sim.url}/#wallets"
        ),
        line=line_mark(picture, company.sim.url),
        box=box_mark(picture.till, company.box.url),
        peripherals=tuple(peripheral_mark(name, picture, company.sim.url) for name in PERIPHERALS),
    )


def running(name: str, *, is_alive: bool, href: str = "") -> Mark:
    return Mark(name, *(("good", "running") if is_alive else ("bad", "stopped")), {}, href)


def hub_mark(picture: Picture, href: str) -> Mark:
    if not picture.hub_answers:
        return Mark("hub", "bad", "stopped", {}, href)
    high = picture.head.hub_high if picture.head else 0
    return Mark("hub", "good", "facts", {"n": high}, href)


def line_mark(picture: Picture, href: str) -> Mark:
    if not picture.line_is_alive:
        return Mark("line", "bad", "stopped", {}, href)
    if picture.till is None:
        return Mark("line", "off", "unseen", {}, href)
    if picture.till.is_online:
        return Mark("line", "good", "up", {}, href)
    return Mark("line", "warn", "down", {}, href)


def box_mark(till: Till | None, href: str) -> Mark:
    if till is None:
        return Mark("box", "bad", "stopped", {}, href)
    if till.waiting:
        return Mark("box", "warn", "waiting", {"n": till.waiting}, href)
    return Mark("box", "good", "facts", {"n": till.high}, href)


def peripheral_mark(name: str, picture: Picture, href: str) -> Mark:
    known = picture.till.peripherals.get(name) if picture.till else None
    if not picture.sim_answers or known is None:
        return Mark(name, "off", "unseen", {}, href)
    state, reasons = known
    word = reasons[0] if reasons and reasons[0] in REASONS else state
    return Mark(name, TONES.get(state, "warn"), word, {}, href)

"""Stories: a day, or three, in real processes, told step by step; each step says what was checked.

stage       the real processes, the party that is killed or cut, the steps
cashier     a day at the counter, over the box's API
ledger      what must be true, kept by the teller apart from box and hub
comparison  box and hub against each other and against that ledger
keepsakes   the folder that is left: receipts, pages, ledgers, an index
two_shops   the stage with a second shop
insisting   asking again where somebody is away
money       drawers, cards and wallets against every book
orders      an order as its customer, head office and the shop deal with it
membership  a member with her phone, and her points
pickups     orders promised before a cut, collected in it
blackout    three days without a line
cake        chosen at one shop, collected at another
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from hardware_sim.processes import PartyError
from hardware_sim.proof.outside import Refused
from hardware_sim.proof.report import last_line, say
from hardware_sim.proof.untrue import Untrue
from hardware_sim.stories.stage import Mishap

FOLDER = Path(".twinstore") / "stories"

Figures = dict[str, object]


class Tale(NamedTuple):
    """One story: `tell` plays it on the stage that is built for it. `parties` can be cut and killed."""

    stage: Callable[[Path, Mishap], Any]
    tell: Callable[[Any], Figures]
    parties: tuple[str, ...]
    chosen: Figures


def tales(days: int, variant: str) -> dict[str, Tale]:
    from hardware_sim.stories import blackout, cake
    from hardware_sim.stories.two_shops import TwoShops

    return {
        "blackout": Tale(
            TwoShops,
            lambda stage: blackout.blackout(stage, days),
            blackout.PARTIES,
            {"days": days},
        ),
        "cake": Tale(
            TwoShops,
            lambda stage: cake.cake(stage, variant),
            cake.PARTIES,
            {"variant": variant},
        ),
    }


def refusal(name: str, known: dict[str, Tale], mishap: Mishap) -> str:
    """Why this cannot be played, "" where it can."""
    if name not in known:
        return f"Expected a story of {', '.join(known)}, got {name!r}."
    for party in (mishap.cut, mishap.kill):
        if party and party not in known[name].parties:
            return f"Expected a party of {', '.join(known[name].parties)}, got {party!r}."
    return ""


def play(name: str, mishap: Mishap, *, days: int, variant: str, as_json: bool) -> int:
    """Exit status: 0 where all of it was true, 1 at the first thing that was not, 2 for what cannot be played."""
    known = tales(days, variant)
    if why := refusal(name, known, mishap):
        sys.stderr.write(f"{why}\n")
        return 2
    tale = known[name]
    stage = tale.stage(FOLDER / name, mishap)
    figures: Figures = {
        **tale.chosen,
        "seed": mishap.seed,
        "cut": mishap.cut or "",
        "kill": mishap.kill or "",
    }
    verdict = "Nothing of it was untrue."
    try:
        with stage:
            figures |= tale.tell(stage)
    except (Untrue, PartyError, Refused, httpx.HTTPError) as reason:
        verdict = f"Not true: {reason}"
        figures["untrue"] = str(reason)
    is_true = "untrue" not in figures
    stage.say(f"\n{verdict}")
    stage.kept.keep_index(name.capitalize(), stage.told, verdict)
    say(f"Receipts, pages and ledgers are in {stage.folder}; begin with index.html.")
    if as_json:
        say(last_line(name, ok=is_true, figures=figures))
    return 0 if is_true else 1

"""Stories: a day, or three, in real processes, told step by step; each step says what was checked.

stage       the real processes, the party that is killed or cut, the steps
cashier     a day at the counter, over the box's API
ledger      what must be true, kept by the teller apart from box and hub
comparison  box and hub against each other and against that ledger
keepsakes   the folder that is left: receipts, pages, ledgers, an index
blackout    three days without a line
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from hardware_sim.processes import PartyError
from hardware_sim.proof.report import last_line, say
from hardware_sim.proof.untrue import Untrue
from hardware_sim.stories.stage import Mishap, Stage

FOLDER = Path(".twinstore") / "stories"

Figures = dict[str, object]


def names() -> dict[str, Callable[[Stage, int], Figures]]:
    from hardware_sim.stories.blackout import blackout

    return {"blackout": blackout}


def play(
    name: str, *, days: int, cut: str | None, kill: str | None, seed: int, as_json: bool
) -> int:
    """Exit status: 0 where all of it was true, 1 at the first thing that was not, 2 for an unknown name."""
    stories = names()
    if name not in stories:
        sys.stderr.write(f"Expected a story of {', '.join(stories)}, got {name!r}.\n")
        return 2
    mishap = Mishap(cut=cut, kill=kill, seed=seed)
    stage = Stage(FOLDER / name, mishap)
    figures: Figures = {"days": days, "seed": seed, "cut": cut or "", "kill": kill or ""}
    verdict = "Nothing of it was untrue."
    try:
        with stage:
            figures |= stories[name](stage, days)
    except (Untrue, PartyError) as reason:
        verdict = f"Not true: {reason}"
        figures["untrue"] = str(reason)
    is_true = "untrue" not in figures
    stage.say(f"\n{verdict}")
    stage.kept.keep_index(name.capitalize(), stage.told, verdict)
    say(f"Receipts, pages and ledgers are in {stage.folder}; begin with index.html.")
    if as_json:
        say(last_line(name, ok=is_true, figures=figures))
    return 0 if is_true else 1

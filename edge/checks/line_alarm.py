"""Whether the line to the hub is only down, or something is wrong with it."""

from __future__ import annotations

from edge.checks import Problem, Seen

SENTENCES = {
    "taken_over": "Another box uses this box's name: both throw each other off the line.",
    "keeps_being_closed": "The line is closed again soon after it opens: another box may use this box's name.",
    "connect_refused": "The broker refuses this box.",
    "untrusted": "The broker and this box do not trust each other: a certificate is wrong, missing or out of date.",
    "subscribe_refused": "The broker does not let this box listen.",
    "publish_refused": "The broker does not take what this box sends.",
}


def check(seen: Seen) -> Problem | None:
    if seen.forks:
        return Problem(
            "checks.line_alarm.fork",
            "bad",
            "The hub knows more of this box than the box itself: its disk was restored, or a copy of it sells.",
            "Sell on, everything is sent again. Tell head office: a copied box must be switched off.",
        )
    if not seen.line_alarm:
        return None
    return Problem(
        f"checks.line_alarm.{seen.line_alarm}",
        "bad",
        SENTENCES.get(seen.line_alarm, "Something is wrong with the line to the hub."),
        "Sell on, nothing is lost; tell head office.",
    )

"""Events that carry only what changed."""

from ui.stream import HEARTBEAT, Parts, event, partial


def test_a_fresh_page_gets_the_whole_state() -> None:
    html = Parts().changed({"#a": "<p id=a>1</p>", "#b": "<p id=b>2</p>"})
    assert html == (
        '<hx-partial hx-target="#a" hx-swap="outerMorph"><p id=a>1</p></hx-partial>'
        '<hx-partial hx-target="#b" hx-swap="outerMorph"><p id=b>2</p></hx-partial>'
    )


def test_only_the_parts_that_differ_are_sent_again() -> None:
    parts = Parts()
    parts.changed({"#a": "1", "#b": "2"})
    assert parts.changed({"#a": "1", "#b": "3"}) == partial("#b", "3")
    assert parts.changed({"#a": "1", "#b": "3"}) == ""


def test_an_event_is_one_frame_whatever_lines_it_has() -> None:
    assert event("<p>\n</p>") == b"data: <p>\ndata: </p>\n\n"


def test_nothing_to_say_is_a_heartbeat_not_an_empty_event() -> None:
    assert event("") == HEARTBEAT == b": still here\n\n"

"""Every message of the wire: read from golden bytes, written again to the same bytes, refused where a type is wrong.

`tests/vectors/contract` has a folder for each release, with the bytes that it sends. A message that gains a field in a
later release has its new bytes in that release's folder; those of the releases before stay, for their boxes live on.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from contract.envelope import Batch, to_json
from contract.frozen import COMMAND, differences, freeze, messages, name_of, schema_of

GOLDEN = Path(__file__).parents[1] / "vectors" / "contract"
MESSAGES = messages()


def age(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parent.name.split("."))


RELEASED = sorted(GOLDEN.glob("*/*.json"), key=age)
NEWEST = {path.stem: path for path in RELEASED}

every_message = pytest.mark.parametrize("name", MESSAGES)


def golden(name: str) -> bytes:
    """The newest bytes of a message: those of this release."""
    return NEWEST[name].read_bytes()


def read(name: str, value: Any) -> BaseModel:
    return MESSAGES[name].model_validate_json(json.dumps(value))


def within(read: Any, said: Any) -> Any:
    """What of `read` was `said`: a newer class fills in fields of its own, and need not say an empty text."""
    if isinstance(said, dict):
        empty = {name: "" for name, value in said.items() if value == ""}
        return {name: within((empty | read)[name], value) for name, value in said.items()}
    if isinstance(said, list):
        return [within(*pair) for pair in zip(read, said, strict=True)]
    return read


def wrong(value: Any) -> Any:
    """A JSON value of a type that `value`'s field cannot take."""
    return "five" if isinstance(value, bool | int | float | list | dict) else {"wrong": True}


@every_message
def test_golden_bytes_come_back_as_the_same_bytes(name: str) -> None:
    message = MESSAGES[name].model_validate_json(golden(name))
    assert to_json(message).encode() == golden(name)


@every_message
def test_golden_bytes_fill_every_field(name: str) -> None:
    assert set(json.loads(golden(name))) == set(MESSAGES[name].model_fields)


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_any_release_sends_is_read_whole(path: Path) -> None:
    message = MESSAGES[path.stem].model_validate_json(path.read_bytes())
    said = json.loads(path.read_bytes())
    assert within(json.loads(to_json(message)), said) == said


@every_message
def test_an_unknown_field_of_a_newer_peer_is_tolerated(name: str) -> None:
    message = read(name, json.loads(golden(name)) | {"from_the_future": [1]})
    known = message.model_dump(exclude={"from_the_future"})
    assert known == MESSAGES[name].model_validate_json(golden(name)).model_dump()


@every_message
def test_an_unknown_field_is_kept_and_sent_on(name: str) -> None:
    if MESSAGES[name] is Batch:
        return  # opened by the hub and never sent on; its facts are kept as text
    message = read(name, json.loads(golden(name)) | {"from_the_future": [1]})
    assert json.loads(to_json(message))["from_the_future"] == [1]


@pytest.mark.parametrize(
    ("name", "field"),
    [(name, field) for name, model in MESSAGES.items() for field in model.model_fields],
)
def test_a_field_of_a_wrong_type_is_refused_and_named(name: str, field: str) -> None:
    value = copy.deepcopy(json.loads(golden(name)))
    value[field] = wrong(value[field])
    with pytest.raises(ValidationError) as refusal:
        read(name, value)
    assert {error["loc"][0] for error in refusal.value.errors()} == {field}


def test_every_schema_is_frozen_as_the_classes_say_it() -> None:
    found = "\n".join(f"  {name} {what}" for name, what in differences().items())
    assert not found, (
        f"The wire has changed:\n{found}\n"
        "An added optional field is well: freeze it. Anything else needs a new version beside the old one.\n"
        f"To freeze: {COMMAND}"
    )


def test_a_changed_schema_is_told_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contract.frozen.FOLDER", tmp_path)
    freeze()
    path = tmp_path / "state.v1.json"
    path.write_text(path.read_text().replace('"title": "Boot"', '"title": "Boots"'))
    (tmp_path / "gone.v1.json").write_text("{}")
    (tmp_path / "pull.v1.json").unlink()
    assert differences() == {
        "gone.v1": "is frozen, but no class speaks it any more",
        "pull.v1": "is not frozen yet",
        "state.v1": "changed:\n    - properties.boot.title = 'Boots'\n    + properties.boot.title = 'Boot'",
    }


def test_freezing_keeps_what_old_boxes_still_speak(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contract.frozen.FOLDER", tmp_path)
    (tmp_path / "gone.v1.json").write_text("{}")
    assert sorted(path.stem for path in freeze()) == sorted(MESSAGES)
    assert (tmp_path / "gone.v1.json").read_text() == "{}"
    assert (tmp_path / "state.v1.json").read_text() == schema_of(MESSAGES["state.v1"])


def test_a_fact_is_named_by_its_type_and_version() -> None:
    assert name_of(MESSAGES["sale.completed.v1"]) == "sale.completed.v1"
    assert name_of(MESSAGES["hello.v1"]) == "hello.v1"

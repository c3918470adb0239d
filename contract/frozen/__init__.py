"""One JSON Schema for each message and version, as released. `python -m contract.frozen` writes them.

A test compares them with the classes, so that no change of the wire goes unseen: an added field is a line in the
review, a changed one is a new version beside the old.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import contract
from contract.envelope import Batch, FactBody, Message

FOLDER = Path(__file__).parent
COMMAND = "python -m contract.frozen"


def messages() -> dict[str, type[BaseModel]]:
    """Every message that travels on its own, by the name of its schema's file: "sale.completed.v1"."""
    found = {name_of(model): model for model in every_model()}
    nested = {
        name for model in found.values() for name in model.model_json_schema().get("$defs", {})
    }
    return {name: model for name, model in sorted(found.items()) if model.__name__ not in nested}


def name_of(model: type[BaseModel]) -> str:
    """Facts are named by their type, other messages by their class; those without a version are version 1."""
    fields = model.model_fields
    name = fields["type"].default if issubclass(model, FactBody) else model.__name__.lower()
    version = next((fields[key].default for key in ("version", "v") if key in fields), 1)
    return f"{name}.v{version}"


def schema_of(model: type[BaseModel]) -> str:
    return (
        json.dumps(model.model_json_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    )


def differences() -> dict[str, str]:
    """What is frozen and what the classes say now, where they differ: {file name: what is wrong}."""
    now = {name: schema_of(model) for name, model in messages().items()}
    frozen = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    return {
        name: _verdict(frozen.get(name), now.get(name))
        for name in sorted(now | frozen)
        if frozen.get(name) != now.get(name)
    }


def freeze() -> list[Path]:
    """Writes what is new or changed; gives what it wrote. A schema is never deleted: old boxes still speak it."""
    written = []
    spoken = messages()
    for name in differences():
        if model := spoken.get(name):
            path = FOLDER / f"{name}.json"
            path.write_text(schema_of(model), encoding="utf-8")
            written.append(path)
    return written


def _verdict(frozen: str | None, now: str | None) -> str:
    if frozen is None:
        return "is not frozen yet"
    if now is None:
        return "is frozen, but no class speaks it any more"
    before, after = _lines(frozen), _lines(now)
    changes = [f"- {line}" for line in sorted(before - after)] + [
        f"+ {line}" for line in sorted(after - before)
    ]
    return "changed:\n    " + "\n    ".join(changes)


def _lines(schema: str) -> set[str]:
    """A schema as paths and values, so that a change can be read at once."""
    return {f"{path} = {value!r}" for path, value in _leaves("", json.loads(schema))}


def _leaves(path: str, node: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(node, dict | list) or not node:
        yield path, node
        return
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in items:
        yield from _leaves(f"{path}.{key}" if path else str(key), child)


def every_model() -> Iterator[type[BaseModel]]:
    for module in pkgutil.iter_modules(contract.__path__, "contract."):
        importlib.import_module(module.name)
    waiting: list[type[BaseModel]] = [Batch, Message]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        is_ours = model not in (Message, FactBody) and model.__module__.startswith("contract.")
        if is_ours and not _is_a_base(model):
            yield model


def _is_a_base(model: type[BaseModel]) -> bool:
    """What several facts have in common is none of its own."""
    return issubclass(model, FactBody) and model.model_fields["type"].is_required()

"""What a story leaves to look at: receipts as pictures, pages as they stood, every ledger, and an index of it all."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from hardware_sim.proof.outside import Program

_NEEDS_A_SERVER = re.compile(r'<script\b.*?</script>|<link rel="icon"[^>]*>', re.DOTALL)
_STYLESHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)">')


class Paper(Protocol):
    """Whoever can see what came out of a printer."""

    def receipts(self) -> list[dict[str, Any]]: ...
    def picture(self, number: int) -> bytes: ...


class Keepsakes:
    """Files below `folder`, in the order in which they were kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def keep(self, name: str, content: str | bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.names.append(name)

    def keep_json(self, name: str, content: Any) -> None:
        self.keep(name, json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    def keep_lines(self, name: str, rows: Sequence[Any]) -> None:
        """One JSON object a line."""
        self.keep(name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

    def keep_page(self, name: str, program: Program, path: str) -> None:
        self.keep(name, standing_still(program, path))

    def keep_paper(self, name: str, cashier: Paper) -> int:
        """Every receipt of a counter as text and picture; how many there were."""
        receipts = cashier.receipts()
        for receipt in receipts:
            one = f"{name}-{receipt['number'] + 1:03}"
            self.keep(f"{one}.txt", receipt["text"])
            self.keep(f"{one}.png", cashier.picture(receipt["number"]))
        return len(receipts)

    def keep_index(self, title: str, told: Sequence[str], verdict: str) -> None:
        """One page to begin with."""
        from jinja2 import Environment, PackageLoader

        pages = Environment(loader=PackageLoader("hardware_sim.stories"), autoescape=True)
        receipts = [name for name in self.names if name.endswith(".png")]
        others = [name for name in self.names if not name.startswith("receipts/")]
        content = pages.get_template("index.html").render(
            title=title, told=told, verdict=verdict, receipts=receipts, others=others
        )
        self.keep("index.html", content)


def standing_still(program: Program, path: str) -> str:
    """A page with its styles inside and its scripts gone: it is looked at when no process runs any more."""

    def style(found: re.Match[str]) -> str:
        sheet = program.client.get(found[1]).raise_for_status().text
        return f"<style>\n{sheet}</style>"

    page = program.client.get(path).raise_for_status().text
    return _STYLESHEET.sub(style, _NEEDS_A_SERVER.sub("", page))

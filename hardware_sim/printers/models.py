"""The simulated models: what each one's firmware and mechanism have, from `models.toml`."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class PrinterModel:
    """One model.

    `double_byte` is the set drawn by its firmware ("", "ksc5601", "gb18030"), `international` the ESC R set it starts
    with. `is_line_powered` says that its end of the line dies with it (TCP, USB); a serial line stays.
    `acts_inside_data`: real-time commands work wherever their bytes appear, also within a picture.
    """

    maker: str
    name: str
    dots: int = 576
    rows_per_s: float = 1600.0
    buffer_bytes: int = 4096
    double_byte: str = ""
    international: int = 0
    has_process_id: bool = True
    has_asb: bool = True
    has_cutter: bool = True
    has_qr: bool = True
    is_flow_by_xon: bool = False
    is_line_powered: bool = True
    acts_inside_data: bool = True

    @property
    def columns(self) -> int:
        return self.dots // 12


@functools.cache
def models() -> dict[str, PrinterModel]:
    rows = tomllib.loads((files(__package__) / "models.toml").read_text(encoding="utf-8"))
    return {name: PrinterModel(**row) for name, row in rows.items()}

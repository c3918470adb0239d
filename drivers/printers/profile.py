"""What is particular to one model of ESC/POS printer: a row of `profiles.toml`, never a subclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drivers.printers.text import Fonts


@dataclass(frozen=True, slots=True)
class EscposProfile:
    """One model's paper, fonts, proof and drawer.

    `double_byte` is the set in the model's firmware (Korean, Chinese and Western models share one name on the box);
    it is used only where `is_font_verified` says that a test print was looked at. `witness` is how the model proves
    that a job came out: by process id (GS ( H), by the answer to a question that waits in its buffer (GS r), or not
    at all. `tail_lines` is fed where nothing cuts, so that the text clears the tear bar. The drawer is pulsed for
    `drawer_on_ms` on connector pin 2 (`drawer_pin` 0) or pin 5 (1).
    """

    columns: int = 48
    dots: int = 576
    double_byte: Literal["", "ksc5601", "gb18030"] = ""
    is_font_verified: bool = False
    won_set: int = 0
    latin_page: int = 0
    latin_codec: str = ""
    witness: Literal["process_id", "buffer", "none"] = "buffer"
    has_asb: bool = True
    has_cutter: bool = True
    has_qr: bool = True
    tail_lines: int = 4
    drawer_command: Literal["esc_p", "dle_dc4"] = "esc_p"
    drawer_pin: Literal[0, 1] = 0
    drawer_on_ms: int = 100

    @property
    def fonts(self) -> Fonts:
        """What of the model's fonts may be relied on."""
        if self.double_byte and not self.is_font_verified:
            return Fonts()
        return Fonts(self.double_byte, self.won_set, self.latin_page, self.latin_codec)

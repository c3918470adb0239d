"""Room on the disk that is kept for finishing what people at the counter have begun."""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

# 16 MB hold some 2,500 sales of five lines with their receipts and facts: more than a busy shop's day.
RESERVE_BYTES = 16_000_000


class Reserve:
    """A file that is only there to be given up. `is_released` is a problem that a person must see."""

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self.path = path
        self.size_bytes = size_bytes

    @property
    def is_released(self) -> bool:
        return not self.path.exists()

    def fill(self) -> bool:
        """Takes the room, where the disk still has it; False where it has not."""
        if self.path.exists() and self.path.stat().st_size == self.size_bytes:
            return True
        try:
            with self.path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self.size_bytes)
        except OSError as error:
            self.path.unlink(missing_ok=True)
            log.warning(
                "Could not keep %s bytes of the disk in reserve: %s", self.size_bytes, error
            )
            return False
        return True

    def release(self) -> bool:
        """Gives the room up; False where it was given up before."""
        if self.is_released:
            return False
        self.path.unlink()
        log.error("The disk is full: the reserve of %s bytes was given up", self.size_bytes)
        return True

"""A file system that is really full: the box's data on a tmpfs of its own, filled to the last byte.

The tmpfs is mounted in a namespace that only the box's process sees, which needs no more than root in a container with
CAP_SYS_ADMIN, or a kernel that gives users namespaces of their own. Where neither is allowed it is left out, and said.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hardware_sim.processes import Company, Ports, stopped
from hardware_sim.proof.estate import DATABASE, collect, drained, open_shop, some_lines, start
from hardware_sim.proof.judgement import Receipt, judge
from hardware_sim.proof.outside import HeadOffice, Json, Refused, Till
from hardware_sim.proof.untrue import Untrue

SIZE_MB = 48
LEFT_BYTES = 2_000_000  # of the reserve, so that its end is seen in seconds
FEWEST_SALES = 60  # on so much; a log that is not written back early would take it all for twenty
MOST_SALES = 1_000
NAMESPACES = (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount"))
_BLOCK = bytes(4096)
_MOUNT = f'mount -t tmpfs -o size={SIZE_MB}m twinstore "$0" && exec "$@"'


def namespace() -> Sequence[str] | None:
    """How a process gets a mount of its own here; None where it may not."""
    if shutil.which("unshare") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        return next((way for way in NAMESPACES if _may_mount(way, folder)), None)


def _may_mount(way: Sequence[str], folder: str) -> bool:
    tried = subprocess.run(
        on_tmpfs(way, Path(folder), ["true"]),
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    return tried.returncode == 0


def on_tmpfs(way: Sequence[str], folder: Path, command: Sequence[str]) -> list[str]:
    """`command` with a small file system of its own at `folder`; its process id is that of what is started."""
    return [*way, "sh", "-c", _MOUNT, str(folder), *command]


class Disk:
    """The box's file system, seen through its process; `ballast` is what fills it."""

    def __init__(self, company: Company) -> None:
        self.folder = Path(f"/proc/{company.box.pid}/root{company.folder / DATABASE.parent}")
        self.ballast = self.folder / "ballast"

    def fill(self, left_bytes: int = 0) -> None:
        """To the last byte, whatever the box writes meanwhile; then gives `left_bytes` back."""
        with self.ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(_BLOCK)
        os.truncate(self.ballast, self.ballast.stat().st_size - left_bytes)

    def empty(self) -> None:
        self.ballast.unlink()

    def copied(self, folder: Path) -> Path:
        """The database of a box at rest, where SQLite finds it: it would look up the link in /proc by itself."""
        for suffix in ("", "-wal"):
            name = DATABASE.name + suffix
            shutil.copyfile(self.folder / name, folder / name)
        return folder / DATABASE.name


def full_disk(seed: int) -> tuple[str, Json]:
    """What was seen, in words and figures. Raises Untrue."""
    way = namespace()
    if way is None:
        words = "a full file system: left out, this machine allows no mount of one's own"
        return words, {"full_file_system": False}
    with tempfile.TemporaryDirectory(prefix="twinstore-full-") as folder:
        company = Company(Path(folder), Ports.free())
        data = company.folder / DATABASE.parent
        data.mkdir(parents=True)
        company.box.command = on_tmpfs(way, data, company.box.command)
        with stopped(company), Till(company.box.url) as till, HeadOffice(company.hub.url) as office:
            start(company.broker, company.hub, company.line, company.box)
            open_shop(till, office)
            return _play(company, till, office, random.Random(seed))


def _play(company: Company, till: Till, office: HeadOffice, rng: random.Random) -> tuple[str, Json]:
    disk, receipts = Disk(company), [_sold(till, rng)]
    disk.fill()
    receipts.append(_sold(till, rng))
    if "twinstore_reserve_released 1" not in till.client.get("/metrics").text.splitlines():
        raise Untrue("expected the box to say that its reserve was given up")
    disk.fill(LEFT_BYTES)
    on_reserve = _sold_out(till, rng)
    receipts += on_reserve
    disk.empty()
    receipts.append(_sold(till, rng))
    if not drained(company, till, office):
        raise Untrue("expected the box to be drained, facts still wait")
    found = judge(collect(company, office, receipts, disk.copied(company.folder)))
    if not found.is_clean:
        raise Untrue(f"expected nothing lost, doubled or changed at the hub, got {found}")
    words = (
        f"a full file system: the reserve was given up, {len(on_reserve)} sales on the last "
        f"{LEFT_BYTES // 1_000_000} MB of it, then refused in words; sold on when there was room"
    )
    return words, {"full_file_system": True, "sales_on_reserve": len(on_reserve)}


def _sold(till: Till, rng: random.Random) -> Receipt:
    return Receipt.of(till.sell(some_lines(rng)))


def _sold_out(till: Till, rng: random.Random) -> list[Receipt]:
    """Every sale until the disk takes no more."""
    receipts: list[Receipt] = []
    while len(receipts) < MOST_SALES:
        try:
            receipts.append(_sold(till, rng))
        except Refused as refusal:
            if refusal.key != "box.disk_full" or not refusal.what_now:
                raise Untrue(f"expected box.disk_full and what to do, got {refusal}") from None
            if len(receipts) < FEWEST_SALES:
                raise Untrue(f"expected {FEWEST_SALES} sales on it, got {len(receipts)}") from None
            return receipts
    raise Untrue(f"expected {LEFT_BYTES} bytes to be full after {MOST_SALES} sales")

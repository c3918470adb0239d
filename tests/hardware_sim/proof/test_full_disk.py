from __future__ import annotations

from pathlib import Path

import pytest

from hardware_sim.proof import failing_disk, full_disk
from hardware_sim.proof.report import Layer, Progress
from hardware_sim.proof.vfs import StaticallyLinked


def test_where_no_mount_is_allowed_it_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(full_disk, "NAMESPACES", (("false",),))
    assert full_disk.full_disk(1) == (
        "a full file system: left out, this machine allows no mount of one's own",
        {"full_file_system": False},
    )


def test_the_command_keeps_its_words_behind_the_mount() -> None:
    command = full_disk.on_tmpfs(["unshare", "--mount"], Path("/data/box"), ["twinstore", "edge"])
    assert command == [
        "unshare", "--mount", "sh", "-c",
        'mount -t tmpfs -o size=48m twinstore "$0" && exec "$@"',
        "/data/box", "twinstore", "edge",
    ]  # fmt: skip


def test_a_python_with_its_own_sqlite_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "Expected a Python whose sqlite3 module links it."

    def built_in() -> str:
        raise StaticallyLinked(reason)

    monkeypatch.setattr(failing_disk, "linked_library", built_in)
    layer = failing_disk.prove(1, Progress())
    assert layer == Layer("disk", ok=False, figures={"reason": reason}, lines=(reason,))

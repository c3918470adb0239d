"""Starts the `twinstore` command under the recording VFS: DATABASE JOURNAL VERB...

The program is found by its entry point, as a shell would find it: nothing of it is imported here.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path

from hardware_sim.proof.vfs import Recorder


def main() -> None:
    database, journal, *command = sys.argv[1:]
    recorder = Recorder(str(Path(database).resolve()), Path(journal))
    recorder.register()
    (script,) = entry_points(group="console_scripts", name="twinstore")
    sys.argv = ["twinstore", *command]
    sys.exit(script.load()())


if __name__ == "__main__":
    main()

"""What is the same in every test and slow to make: a hub's tables, and the compiled pages of box and hub."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def folder() -> Path:
    """This process's own; gone when it ends."""
    made = Path(tempfile.mkdtemp(prefix="twinstore-made-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def _hub_file() -> Path:
    from cloud.db import Database

    path = folder() / "hub.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.create()
    database.close()
    return path


def hub_file(path: Path) -> Path:
    """An empty hub's database as a file at `path`; one that is there already stays, as at a hub's second start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        shutil.copyfile(_hub_file(), path)
    return path


def kept_pages(data_dir: Path) -> None:
    """Lets the program of `data_dir` find what another test's program compiled: each file knows its source."""
    data_dir.mkdir(parents=True, exist_ok=True)
    pages = folder() / "pages"
    pages.mkdir(mode=0o700, exist_ok=True)
    if not (data_dir / "pages").exists():
        (data_dir / "pages").symlink_to(pages)

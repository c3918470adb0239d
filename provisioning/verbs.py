"""The verbs of people who work on Twinstore: test, check, lock."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent

# What has to be true of the text before the tests say what is true of the shop.
CHECKS: dict[str, tuple[str, ...]] = {
    "ruff": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("mypy",),
    "imports": ("lint-imports", "--no-logo"),
}

LOCK = (
    "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--all-extras",
    "--python-version", "3.11", "--no-emit-index-url", "--no-header",
    "--override", "requirements/overrides.txt", "-o", "requirements/all.lock", "pyproject.toml",
)  # fmt: skip

# Every core, as far as they have work: a file's tests stay together, and those in a browser still come last.
WHOLE = ("-n", "logical", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")

PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command(context_settings=PASS_ON)
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def test(pytest_arguments: tuple[str, ...]) -> None:
    """Runs every check and the whole suite; what follows the verb goes to pytest, alone.

    \b
    twinstore test                           ruff, format, mypy, import walls, then pytest on all cores
    twinstore test tests/drivers -k serial   pytest only, on one

    TWINSTORE_REQUIRE=all makes a skipped test a failed one.
    """  # noqa: D301 - click's mark for lines that stay as they are
    needs_clone()
    failed = [] if pytest_arguments else run_checks()
    if failed:
        click.echo(f"check: {', '.join(failed)} failed, see above. The tests run all the same.")
    ended = run(("pytest", *(pytest_arguments or WHOLE)))
    sys.exit(ended or len(failed))


@click.command()
def check() -> None:
    """Runs the linters, the type checker and the import walls."""
    needs_clone()
    if failed := run_checks():
        raise SystemExit(f"check: {', '.join(failed)} failed, see above.")
    click.echo("check: all passed.")


@click.command()
def lock() -> None:
    """Remakes requirements/all.lock: every package, every platform, every hash, no address."""
    needs_clone()
    sys.exit(run(LOCK))


def run_checks() -> list[str]:
    """Runs all of them, also after one has failed; the names of those that did."""
    failed = []
    for name, command in CHECKS.items():
        click.echo(f"check: {name} ({' '.join(command)})")
        if run(command) != 0:
            failed.append(name)
    return failed


def run(command: Sequence[str]) -> int:
    """Runs a tool of this environment in the project's folder; its exit status."""
    program = Path(sys.executable).parent / command[0]
    sys.stdout.flush()
    return subprocess.run([str(program), *command[1:]], cwd=ROOT, check=False).returncode


def needs_clone() -> None:
    if not (ROOT / "requirements" / "all.lock").exists():
        raise SystemExit(
            "twinstore: this verb works in a clone of the source, and this is an installed package. "
            "Clone Twinstore and start ./twinstore there."
        )

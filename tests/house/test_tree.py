"""The walls that import-linter cannot see: what may stand where, and what no file may name."""

import re
import subprocess
from pathlib import Path

import pytest

from drivers import registry

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = {"edge", "drivers", "cloud", "provisioning", "hardware_sim", "contract", "ui"}
BESIDE = {
    "tests", "requirements", "twinstore", "pyproject.toml", "README.md", "LICENSE", "BENCHMARKS.md", "CHANGELOG.md",
    "CONTRIBUTING.md", ".gitignore", ".ci", ".github",
}  # fmt: skip

# Paths of one machine, and hosts of package registries: a clone elsewhere has neither.
UNWANTED = re.compile(r"/(?:work|root|home)/|\b(?:pypi|pythonhosted|npmjs)\.org\b")

WORST_NAMES = {"utils", "helpers", "common", "misc"}
LONGEST_FILE = 600


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [Path(name) for name in listed.stdout.split("\0") if name]


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and (ROOT / path).exists()]


def test_the_root_holds_the_house_and_nothing_else() -> None:
    assert {path.parts[0] for path in tracked()} - PACKAGES - BESIDE == set()


def test_every_driver_has_its_mirror_at_the_other_end_of_the_wire() -> None:
    missing = [
        f"hardware_sim/{entry.family}/{entry.name}.py mirrors drivers/{entry.family}/{entry.name}.py"
        for entry in registry.all_entries()
        if not (ROOT / "hardware_sim" / entry.family / f"{entry.name}.py").exists()
    ]
    assert missing == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    this = Path(__file__).relative_to(ROOT)
    found = [
        f"{path}:{number}: {line.strip()[:80]}"
        for path in tracked()
        if path != this
        and path.suffix not in {".png", ".woff2", ".lock"}
        and (ROOT / path).exists()
        for number, line in enumerate((ROOT / path).read_text(errors="replace").splitlines(), 1)
        if UNWANTED.search(line)
    ]
    assert found == []


def test_the_lock_names_no_address() -> None:
    text = (ROOT / "requirements" / "all.lock").read_text()
    assert re.findall(r"^.*://.*$", text, re.MULTILINE) == []


def test_no_module_is_named_for_nothing() -> None:
    assert [str(path) for path in sources() if WORST_NAMES & {*path.parts, path.stem}] == []


def test_tests_are_not_a_package() -> None:
    """python-barcode installs a top-level `tests` of its own: ours must never be imported by name."""
    assert [str(path) for path in sources() if path.match("tests/**/__init__.py")] == []
    assert not (ROOT / "tests" / "__init__.py").exists()


def test_no_file_is_longer_than_a_reader() -> None:
    lengths = {str(path): len((ROOT / path).read_text().splitlines()) for path in sources()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_every_package_goes_into_the_wheel(package: str) -> None:
    assert f'"{package}"' in (ROOT / "pyproject.toml").read_text()

"""The three numbers that tell admired code from the rest, printed on every run. No gate."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("edge", "drivers", "cloud", "provisioning", "hardware_sim", "contract", "ui")

LONG = 70


def trees() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            yield text, ast.parse(text)


def function_lengths(tree: ast.Module) -> list[int]:
    functions = (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions]


def is_catch_all(node: ast.AST) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    named = node.type.id if isinstance(node.type, ast.Name) else ""
    return node.type is None or named in {"Exception", "BaseException"}


def percentile(values: list[int], share: float) -> int:
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


def test_measure(capsys: pytest.CaptureFixture[str]) -> None:
    lengths: list[int] = []
    lines = catch_alls = 0
    for text, tree in trees():
        lengths += function_lengths(tree)
        lines += text.count("\n")
        catch_alls += sum(map(is_catch_all, ast.walk(tree)))
    long = sum(length > LONG for length in lengths)
    with capsys.disabled():
        print(  # noqa: T201 - the numbers are this test's whole purpose
            f"\nmeasure: {lines} lines, {len(lengths)} functions: median {percentile(lengths, 0.5)}, "
            f"p95 {percentile(lengths, 0.95)} lines; {100 * long / len(lengths):.1f} % over {LONG}; "
            f"{1000 * catch_alls / lines:.2f} catch-alls in 1,000 lines"
        )
    assert lengths


def test_the_measure_sees_lengths_and_catch_alls() -> None:
    text = "def f():\n    try:\n        g()\n    except Exception:\n        pass\n"
    tree = ast.parse(text)
    assert function_lengths(tree) == [5]
    assert sum(map(is_catch_all, ast.walk(tree))) == 1

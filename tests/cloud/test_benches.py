"""The benches of the hub still run on the hub as it is."""

from pathlib import Path

import pytest

from cloud import benches


def test_a_quote_of_the_bench_finds_ways_and_takes_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benches, "ROUNDS", 1)
    [(quote_ms, bare_ms)] = benches._measure(tmp_path, 10)
    assert quote_ms > bare_ms > 0

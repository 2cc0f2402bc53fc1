"""The benchmark runs, and writes the page that docs/benchmarks.md is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_benchmark_runs_on_the_smallest_size(tmp_path: Path) -> None:
    places = ["--work", str(tmp_path / "work"), "--out", str(tmp_path)]
    what = ["--sizes", "0.01", "--runs", "1", "--rounds", "1", "--peers", "scikit_learn", "classic"]
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), *places, *what]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    ours, scikit_learn, classic = (
        next(row for row in rows if row.startswith(f"| {name}"))
        for name in ("movierec, by ratings alone", "scikit-learn", "the classic script")
    )
    assert ours.endswith("| 50 of 50 |")
    assert scikit_learn.endswith("| 10 of 10 |")
    assert "failed" not in classic
    assert _text(page) == _text((ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8"))


def _text(page: str) -> set[str]:
    """Return the lines of a page that hold no figures."""
    return {line for line in page.splitlines() if not any(map(str.isdigit, line))}

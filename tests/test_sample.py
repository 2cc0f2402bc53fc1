from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parent.parent / "data"


def test_sample_is_what_its_script_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["make_sample.py", "--out", str(tmp_path)])
    runpy.run_path(str(DATA / "make_sample.py"), run_name="__main__")
    for name in ("movies.csv", "ratings.csv"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_sample_is_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir() if path.is_file()) < 2_000_000

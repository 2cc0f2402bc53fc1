"""The examples in the help of commands run as they are written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from movierec.data.discover import sample_folder
from tests.conftest import Run

NEW = "userId,movieId,rating,timestamp\n1,1,4.5,1700000000\n777777,2,3,1700000001\n"
NEW_MOVIES = "movieId,title,genres\n888888,New Film (2024),Drama\n"
FOUND = {"check": {0, 3}}  # with --strict, it counts what is only doubtful


@pytest.mark.parametrize("command", ["check", "update", "forget"])
def test_examples_run(
    command: str, tmp_path: Path, movierec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ratings.csv", "movies.csv"):
        shutil.copy(sample_folder() / name, name)
    Path("new.csv").write_text(NEW)
    Path("new-movies.csv").write_text(NEW_MOVIES)
    assert movierec("fit", "-q", "ratings.csv", "movies.csv").returncode == 0
    shown = movierec(command, "--help").stdout
    examples = re.findall(r"^ +movierec (.*)$", shown.split("Examples:")[1], re.M)
    assert len(examples) >= 2
    for example in examples:
        result = movierec(*example.split())
        assert result.returncode in FOUND.get(command, {0}), result.stderr

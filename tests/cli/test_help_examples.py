"""The examples in the help of commands run as they are written."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from movierec.cli._app import COMMANDS, GROUPS
from movierec.data.discover import sample_folder
from tests.conftest import Run

NEW = "userId,movieId,rating,timestamp\n1,1,4.5,1700000000\n777777,2,3,1700000001\n"
NEW_MOVIES = "movieId,title,genres\n888888,New Film (2024),Drama\n"
STUDY = 'algorithms = ["svd"]\n[data.mine]\nratings = "ratings.csv"\n'
ANN = "movieId,rating\n1,4.5\n260,5\n296,2\n"
BOB = "movieId,rating\n1,4\n296,5\n593,4.5\n"
FOUND = {"check": {0, 3}}  # with --strict, it counts what is only doubtful


ELSEWHERE = {"download", "serve"}  # need a server, or do not end


@pytest.mark.parametrize("command", sorted({*COMMANDS} - ELSEWHERE))
def test_examples_run(
    command: str, tmp_path: Path, movierec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ratings.csv", "movies.csv"):
        shutil.copy(sample_folder() / name, name)
    Path("new.csv").write_text(NEW)
    Path("new-movies.csv").write_text(NEW_MOVIES)
    Path("ann.csv").write_text(ANN)
    Path("bob.csv").write_text(BOB)
    Path("study.toml").write_text(STUDY)
    assert movierec("fit", "-q", "ratings.csv", "movies.csv").returncode == 0
    shown = movierec(command, "--help").stdout
    examples = re.findall(r"^ +movierec (.*)$", shown.split("Examples:")[1], re.M)
    assert len(examples) >= 2
    for example in examples:
        result = movierec(*shlex.split(example))
        assert result.returncode in FOUND.get(command, {0}), result.stderr


def test_all_commands_are_on_one_screen(movierec: Run) -> None:
    shown = movierec("--help").stdout
    assert all(f"\n{heading}:\n" in shown for heading in GROUPS)
    lines = dict(re.findall(r"^  ([a-z]+) +([A-Z].*)$", shown, re.M))
    assert list(lines) == list(COMMANDS)
    assert all(re.search(r"[^.]\.$", line) for line in lines.values())
    assert len(shown.splitlines()) <= 48

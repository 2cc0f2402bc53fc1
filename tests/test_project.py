"""What continuous integration checks besides behavior: lint, types, layers, and its own files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        pytest.param(("mypy",), marks=pytest.mark.slow),
        ("lint-imports",),
    ],
    ids=" ".join,
)
def test_check_passes(command: tuple[str, ...]) -> None:
    program = Path(sys.executable).with_name(command[0])
    run = subprocess.run(
        [program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def jobs() -> dict[str, Any]:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)["jobs"]
    return found


def _commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_the_workflow_tries_every_python_that_is_declared(jobs: dict[str, Any]) -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    declared = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    assert jobs["check"]["strategy"]["matrix"]["python"] == declared
    assert project["requires-python"] == f">={declared[0]}"


def test_the_workflow_runs_what_is_there(jobs: dict[str, Any]) -> None:
    assert _commands(jobs["check"]) == [".ci/run"]
    assert set(jobs["tests"]["strategy"]["matrix"]["system"]) == {"macos-latest", "windows-latest"}
    words = " ".join(command for job in jobs.values() for command in _commands(job)).split()
    paths = [word for word in words if re.match(r"(tests|docs|\.ci)(/|$)", word)]
    assert len(paths) >= 4
    assert [path for path in paths if not (ROOT / path).exists()] == []

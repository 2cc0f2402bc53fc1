"""Shells complete commands, options and names, by the protocols that their scripts use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from movierec.algorithms import registry
from movierec.cli._app import COMMANDS
from movierec.data.public.sets import public_sets
from tests.conftest import Run
from tests.test_imports import COMMAND, HEAVY, modules_after

Completed = Callable[[str], list[str]]


def bash(words: str) -> dict[str, str]:
    """Return what the script for bash sets: all words, and which one is completed."""
    return {
        "_MOVIEREC_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }


@pytest.fixture
def completed(movierec: Run) -> Completed:
    def complete(words: str) -> list[str]:
        result = movierec(env={**os.environ, **bash(words)})
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout.split()

    return complete


def test_commands_are_completed(completed: Completed) -> None:
    assert completed("movierec ") == list(COMMANDS)
    assert completed("movierec s") == ["similar", "search", "stats", "study", "serve"]
    assert completed("movierec nosuch") == []


@pytest.mark.parametrize("command", COMMANDS)
def test_options_of_every_command_are_completed(
    completed: Completed, movierec: Run, command: str
) -> None:
    found = completed(f"movierec {command} --")
    help_text = movierec(command, "--help").stdout
    assert "--help" in found
    assert all(option in help_text for option in found)
    shown = {word.strip(",") for word in help_text.split("Options:")[1].split()}
    assert len([word for word in shown if word in found]) == len(found)


def test_values_are_completed_where_they_are_known(completed: Completed) -> None:
    assert completed("movierec download ") == list(public_sets())
    assert completed("movierec download ml-1") == ["ml-10m", "ml-1m", "ml-100k"]
    assert completed("movierec fit --algorithm ") == list(registry.names())
    assert completed("movierec fit --algorithm=eas") == ["ease"]
    assert completed("movierec fit --weighting ") == ["corrected", "none"]


def test_titles_and_files_are_left_to_the_shell(completed: Completed) -> None:
    assert completed("movierec similar Toy") == []
    assert completed("movierec fit rat") == []


def test_other_shells_get_what_a_command_does(movierec: Run) -> None:
    for shell, shown in {"zsh": '"search":"List the', "fish": "search\tList the"}.items():
        environment = {
            "_MOVIEREC_COMPLETE": f"complete_{shell}",
            "_TYPER_COMPLETE_ARGS": "movierec sea",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }
        assert shown in movierec(env={**os.environ, **environment}).stdout


def test_a_completion_imports_nothing_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    for words in ("movierec similar --", "movierec download ml"):
        for name, value in bash(words).items():
            monkeypatch.setenv(name, value)
        assert not HEAVY & modules_after(COMMAND)


@pytest.fixture
def in_bash(tmp_path: Path) -> Callable[[str], str]:
    """Run lines in bash, with an empty home."""
    program = shutil.which("bash")
    if program is None or os.name != "posix":
        pytest.skip("there is no bash")
    programs = Path(sys.executable).parent
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": f"{programs}:{os.environ['PATH']}"}

    def run(lines: str) -> str:
        return subprocess.run(
            [program, "--norc", "-c", lines],
            env=environment, capture_output=True, encoding="utf-8", timeout=120, check=True,
        ).stdout  # fmt: skip

    return run


USED = """
COMP_WORDS=(movierec similar --div) COMP_CWORD=2
_movierec_completion movierec
echo "${COMPREPLY[@]}"
"""


def test_the_shown_script_completes(in_bash: Callable[[str], str]) -> None:
    assert in_bash(f'eval "$(movierec --show-completion)"\n{USED}') == "--diversity\n"


def test_installed_completion_is_there_in_the_next_shell(
    in_bash: Callable[[str], str], tmp_path: Path
) -> None:
    assert "installed" in in_bash("movierec --install-completion; true")
    assert in_bash(f"source {tmp_path}/.bashrc\n{USED}") == "--diversity\n"

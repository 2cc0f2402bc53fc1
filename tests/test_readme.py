"""The commands of the README are run, and what they print must be what it shows.

``python tests/test_readme.py`` writes into the README what they print now.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from movierec.readers import sample_folder

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"(?<=^```console\n)\$ (?P<command>.+)\n(?P<output>(?:.*\n)*?)(?=```$)", re.M)
SECONDS = re.compile(r"\d+\.\d s\b")  # the one thing that differs between two runs


def run(command: str, folder: Path) -> str:
    """Return what a command of the README prints, both streams, without blanks at line ends."""
    script = command.replace("movierec", f'"{sys.executable}" -m movierec', 1)
    environment = {**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    output = subprocess.run(
        script,
        shell=True,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    ).stdout
    return "".join(f"{line.rstrip()}\n" for line in output.splitlines() if line.strip())


def rewritten(readme: str, folder: Path) -> str:
    return BLOCK.sub(lambda block: f"$ {block['command']}\n{run(block['command'], folder)}", readme)


def test_commands_print_what_the_readme_shows(tmp_path: Path) -> None:
    readme = README.read_text(encoding="utf-8")
    assert len(BLOCK.findall(readme)) >= 6
    shown = SECONDS.sub("N s", readme)
    assert SECONDS.sub("N s", rewritten(readme, tmp_path)) == shown


def test_python_example_runs(tmp_path: Path) -> None:
    readme = README.read_text(encoding="utf-8")
    example = re.findall(r"^```python\n((?:.*\n)*?)```$", readme, re.M)[0]
    for name in ("ratings.csv", "movies.csv"):
        (tmp_path / name).write_bytes((sample_folder() / name).read_bytes())
    output = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert output.startswith("2 Toy Story 2 (1999) 0.909617 194\n")


def test_ci_calls_the_test_command_of_the_readme() -> None:
    commands = re.findall(r"^    (python3 -m venv .+)$", README.read_text(encoding="utf-8"), re.M)
    assert len(commands) == 2
    assert commands[0].endswith('similar "Toy Story (1995)"')
    assert commands[1].endswith("pytest")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        text = rewritten(README.read_text(encoding="utf-8"), Path(temporary))
        README.write_text(text, encoding="utf-8")

"""The README is true: its commands print what it shows, and CI runs its test command."""

from __future__ import annotations

import re
from pathlib import Path

from tests._docs import ROOT, blocks_of, needed_data, rewritten, without_times

README = ROOT / "README.md"


def test_examples_print_what_the_readme_shows(tmp_path: Path) -> None:
    readme = README.read_text(encoding="utf-8")
    languages = [block.language for block in blocks_of(readme)]
    assert languages.count("console") >= 6
    assert languages.count("python") >= 1
    assert not needed_data(readme)
    assert without_times(rewritten(readme, tmp_path)) == without_times(readme)


def test_ci_calls_the_test_command_of_the_readme() -> None:
    commands = re.findall(r"^    (python3 -m venv .+)$", README.read_text(encoding="utf-8"), re.M)
    assert len(commands) == 2
    assert commands[0].endswith('similar "Toy Story (1995)"')
    assert commands[1].endswith("pytest")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "python3 -m venv .*pytest" in ci
    assert "README.md" in ci


def test_it_is_short_and_links_to_files_that_exist() -> None:
    readme = README.read_text(encoding="utf-8")
    assert readme.count("\n") < 200
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", readme)
    local = [link for link in links if "://" not in link]
    assert len(local) > 10
    assert [link for link in local if not (ROOT / link).is_file()] == []

"""The documentation is true: its examples run, its references are complete, and it builds."""

from __future__ import annotations

import doctest
import importlib
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import movierec
from movierec import errors
from movierec.cli._app import COMMANDS
from movierec.data import columns
from tests._docs import ROOT, blocks_of, needed_data, pages, rewritten, without_times

DOCS = ROOT / "docs"
SOURCE = ROOT / "src"
EXECUTED = {"console", "python"}


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _has_examples(page: Path) -> bool:
    text = page.read_text(encoding="utf-8")
    return any(block.language in EXECUTED for block in blocks_of(text))


PAGES = [page for page in pages() if DOCS in page.parents and _has_examples(page)]


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are for a POSIX shell")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_examples_print_what_the_page_shows(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if page.name == "commands.md" and version("typer") < "0.28":
        pytest.skip("older typers lay out help in another way")
    text = page.read_text(encoding="utf-8")
    data = request.getfixturevalue("real_data").resolve() if needed_data(text) else None
    assert without_times(rewritten(text, tmp_path, data)) == without_times(text), (
        "python -m tests.update_docs writes what the examples print now"
    )


def test_most_pages_have_examples_and_one_needs_real_data() -> None:
    assert len(PAGES) >= 8
    assert [page.name for page in PAGES if needed_data(page.read_text(encoding="utf-8"))] == [
        "tutorial.md"
    ]


@pytest.mark.parametrize(
    "example",
    ["console\n$ movierec --version\nmovierec 0\n", "python\nprint(1)\n```\n\n```text\n2\n"],
    ids=["console", "python"],
)
def test_an_example_that_prints_something_else_is_noticed(example: str, tmp_path: Path) -> None:
    page = f"```{example}```\n"
    assert rewritten(page, tmp_path) != page


def test_a_crash_is_never_an_example(tmp_path: Path) -> None:
    page = "```console\n$ echo hint: please report it\nhint: please report it\n```\n"
    with pytest.raises(AssertionError, match="crashed"):
        rewritten(page, tmp_path)


def test_a_shown_beginning_stays_a_beginning(tmp_path: Path) -> None:
    page = "```console\n$ movierec --help\nUsage: movierec [OPTIONS] COMMAND [ARGS]...\n...\n```\n"
    assert rewritten(page, tmp_path) == page


def test_every_command_shows_its_help() -> None:
    shown = re.findall(r"^\$ movierec (\S+) --help$", _text("reference/commands.md"), re.M)
    assert shown == list(COMMANDS)


def test_every_public_name_is_described() -> None:
    page = _text("reference/python.md")
    described = re.findall(r"^\.\. auto(?:class|exception|function):: movierec\.(\w+)$", page, re.M)
    assert sorted(described) == sorted(set(movierec.__all__) - {"__version__"})


def test_every_address_of_the_api_is_described() -> None:
    document = json.loads((SOURCE / "movierec/web/openapi.json").read_text(encoding="utf-8"))
    page = _text("reference/http.md")
    shown = set(re.findall(r"`(GET|POST) (/[\w/.]+)", page))
    assert shown == {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }


def test_exit_codes_are_those_of_the_errors() -> None:
    listed = {
        int(code) for code in re.findall(r"^\| (\d+) \|", _text("reference/exit-codes.md"), re.M)
    }
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, errors.MovierecError)}
    assert listed == codes | {0, 130}


def test_column_names_are_those_that_are_recognized() -> None:
    table = _text("reference/formats.md").split("<!-- names of columns -->")[1].split("\n\n")[1]
    rows = [row.strip("| ").split(" | ")[1] for row in table.splitlines()[2:]]
    meanings = [{columns.column_name(name) for name in row.split(",")} for row in rows]
    assert all(len(meaning) == 1 for meaning in meanings)
    assert set.union(*meanings) == set(columns._COLUMN_OF.values())
    assert sum(row.count(",") + 1 for row in rows) == len(columns._COLUMN_OF)


MODULES = [
    ".".join(file.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for file in sorted(SOURCE.rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples_run(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(importlib.import_module(module), verbose=False)
    assert result.attempted > 0
    assert result.failed == 0


def test_there_are_docstring_examples() -> None:
    assert len(MODULES) >= 3


def test_the_site_builds_without_warnings(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-d",
        str(tmp_path / "doctrees"),
    ]
    run = subprocess.run(
        [*build, str(DOCS), str(tmp_path / "site")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    built = {page.relative_to(tmp_path / "site").as_posix() for page in tmp_path.rglob("*.html")}
    assert {
        page.relative_to(DOCS).with_suffix(".html").as_posix() for page in DOCS.rglob("*.md")
    } <= built

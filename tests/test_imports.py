"""A query must not import what only `fit` needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "numpy", "numba", "llvmlite", "pandas", "scipy", "sklearn", "pydantic", "rapidfuzz", "joblib",
    "flask", "werkzeug", "waitress",
}  # fmt: skip


def modules_after(code: str, *arguments: str) -> set[str]:
    """Run code in a new interpreter and return the packages that it imported."""
    report = "; print('MODULES', *{name.partition('.')[0] for name in sys.modules})"
    script = f"import sys; sys.argv[1:] = {list(arguments)!r}\ntry: {code}\nfinally: pass{report}"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split("MODULES")[1].split())


COMMAND = """
  from movierec.cli._main import main
  main()
except SystemExit: pass
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("similar", "Toy Story (1995)"),
        ("similar", "toy story", "--json"),
        ("similar", "Toy Story", "--genre", "Animation", "-k", "3"),
        ("why", "Toy Story", "Toy Story 2"),
        ("search", "toy"),
        ("stats",),
        ("--help",),
    ],
    ids=" ".join,
)
def test_command_imports_nothing_heavy(
    sample_model: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVIEREC_MODEL", str(sample_model))
    imported = modules_after(COMMAND, *arguments)
    assert {"typer", "movierec"} <= imported
    assert not HEAVY & imported


def test_importing_the_package_imports_nothing_else() -> None:
    assert not (HEAVY | {"typer", "rich"}) & modules_after("import movierec")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("similar", "Toy Story", "-k", "150"), ("numpy",)),
        (("similar", "Toy Story", "Heat"), ("numpy",)),
        (("recommend", "--like", "Heat"), ("numpy",)),
    ],
    ids=str,
)
def test_computed_lists_import_no_more_than_they_need(
    sample_model: Path,
    arguments: tuple[str, ...],
    expected: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOVIEREC_MODEL", str(sample_model))
    assert HEAVY & modules_after(COMMAND, *arguments) == {*expected}


def test_a_list_with_covers_in_a_notebook_imports_nothing_heavy(sample_model: Path) -> None:
    code = (
        "from movierec import Recommender; "
        "shown = Recommender.load(sys.argv[1]).similar('Heat')._repr_html_(); "
        "assert shown.count('<img') == 10"
    )
    imported = modules_after(code, str(sample_model))
    assert not HEAVY & imported

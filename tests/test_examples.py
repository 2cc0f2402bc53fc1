"""The notebooks in examples/ run, on the sample and on real data, and are kept without outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests import exports, notebooks
from tests.conftest import REAL_DATA

# What each prints near its end.
PRINTS = {
    "choosing-an-algorithm": "So use default",
    "item-neighbors": "the same movie at",
    "letterboxd-year": "people who rated the movie:",
    "own-algorithm": "walk is clearly ahead of popular",
}
Outputs = Callable[..., str]


@pytest.fixture
def printed(tmp_path: Path) -> Outputs:
    """Run a notebook in an empty folder, and return what it prints."""

    def printed(name: str, **variables: str) -> str:
        environment = {key: os.environ[key] for key in os.environ.keys() - {REAL_DATA}}
        # Its own history and connection: kernels of other tests may start at the same time.
        own = {"IPYTHONDIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path)}
        source, result = notebooks.EXAMPLES / f"{name}.ipynb", tmp_path / "result.ipynb"
        run = subprocess.run(
            [sys.executable, notebooks.__file__, source, result],
            cwd=tmp_path,
            env=environment | own | variables,
            capture_output=True,
            encoding="utf-8",
            timeout=1200,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return _text(json.loads(result.read_text(encoding="utf-8")))

    return printed


def _text(notebook: dict[str, Any]) -> str:
    outputs = [out for cell in notebook["cells"] for out in cell.get("outputs", ())]
    warnings = ["".join(out["text"]) for out in outputs if out.get("name") == "stderr"]
    assert warnings == []
    return "".join("".join(out["text"]) for out in outputs if out.get("name") == "stdout")


def test_there_are_four_notebooks() -> None:
    assert [path.stem for path in notebooks.NOTEBOOKS] == sorted(PRINTS)


@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_valid_and_kept_without_outputs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == notebooks.cleaned(text), "python -m tests.notebooks leaves the outputs out"
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    first = notebook.cells[0].source
    assert "pip install" in first
    assert REAL_DATA in first


def test_what_a_run_adds_is_left_out() -> None:
    path = notebooks.NOTEBOOKS[0]
    text = path.read_text(encoding="utf-8")
    edited = json.loads(text)
    cell = next(cell for cell in edited["cells"] if cell["cell_type"] == "code")
    output = {"name": "stdout", "output_type": "stream", "text": ["a rating of real data\n"]}
    cell |= {"execution_count": 7, "outputs": [output], "metadata": {"scrolled": True}}
    edited["metadata"]["kernelspec"]["display_name"] = "my-environment"
    edited["metadata"]["language_info"]["version"] = "3.14.0"
    assert json.dumps(edited) != text
    assert notebooks.cleaned(json.dumps(edited)) == text


@pytest.mark.slow
@pytest.mark.parametrize("name", PRINTS)
def test_a_notebook_runs_on_the_sample(name: str, printed: Outputs) -> None:
    text = printed(name)
    assert text.startswith("reading the sample")
    assert PRINTS[name] in text


# Of the other two, one says the same of both data, and one reads an export below.
@pytest.mark.slow
@pytest.mark.parametrize("name", ["choosing-an-algorithm", "item-neighbors"])
def test_a_notebook_runs_on_real_data(name: str, printed: Outputs, real_data: Path) -> None:
    text = printed(name, **{REAL_DATA: str(real_data.resolve())})
    assert text.startswith("reading ml-latest-small")
    assert PRINTS[name] in text


@pytest.mark.slow
def test_the_year_is_that_of_a_reader_with_an_export(printed: Outputs, tmp_path: Path) -> None:
    variables = {"LETTERBOXD_EXPORT": str(exports.letterboxd_zip(tmp_path / "letterboxd-ann.zip"))}
    if REAL_DATA in os.environ:
        variables[REAL_DATA] = str(Path(os.environ[REAL_DATA]).resolve())
    text = printed("letterboxd-year", **variables)
    assert "rated movies found, and 2 on the watchlist" in text
    assert "not found: A Film That Nobody Made (2020)" in text

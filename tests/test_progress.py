"""progress=True shows a bar: in notebooks as HTML, in terminals on stderr, elsewhere none."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import movierec
from movierec import Recommender, UsageError, _progress
from movierec.data.discover import sample_folder

CALLS: dict[str, Any] = {
    "fit": Recommender.fit,
    "evaluate": lambda **given: movierec.evaluate(sample_folder(), [], **given),
    "check": movierec.check,
}


class Notebook:
    """What a notebook shows, one text for each change."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown: list[str] = []
        ipython: Any = ModuleType("IPython")
        ipython.get_ipython = lambda: SimpleNamespace(kernel=None)
        display: Any = ModuleType("IPython.display")
        display.HTML = str
        display.display = self._display
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        monkeypatch.setitem(sys.modules, "IPython.display", display)

    def _display(self, text: str, *, display_id: bool) -> Any:
        self.shown.append(text)
        return SimpleNamespace(update=self.shown.append)


@pytest.mark.parametrize("name", CALLS)
def test_a_notebook_shows_a_bar_and_removes_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook(monkeypatch)
    told: list[tuple[str, float]] = []
    CALLS[name](progress=lambda stage, done: told.append((stage, done)))
    assert notebook.shown == []
    CALLS[name](progress=True)
    assert notebook.shown[0] == notebook.shown[-1] == ""
    bars = notebook.shown[1:-1]
    found = [
        re.fullmatch(r'<progress value="(\d+)" max="100"></progress> (.+)', bar) for bar in bars
    ]
    assert all(found)
    assert {each[2] for each in found if each} == {stage for stage, _ in told}
    assert len(bars) == len(dict.fromkeys(bars))


def test_the_bar_is_removed_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook(monkeypatch)
    with pytest.raises(UsageError):
        Recommender.fit(n_neighbors=0, progress=True)
    assert notebook.shown == ["", ""]


def test_stages_are_text_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook(monkeypatch)
    with _progress.progress_bar() as progress:
        progress("<script>", 0.5)
        progress("<script>", 0.501)
    assert notebook.shown[1:-1] == ['<progress value="50" max="100"></progress> &lt;script&gt;']


@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_terminal_shows_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for progress in (True, False):
        CALLS[name](progress=progress)
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with _progress.progress_bar() as progress:
        progress("comparing movies", 0.5)
    assert "comparing movies" in terminal.getvalue()


@pytest.mark.parametrize("progress", [3, "yes", [True]])
@pytest.mark.parametrize("name", CALLS)
def test_anything_else_is_refused(name: str, progress: Any) -> None:
    with pytest.raises(UsageError, match=r"progress is .*; it must be a function"):
        CALLS[name](progress=progress)


NOTEBOOK = """
from movierec import Recommender
recommender = Recommender.fit(progress=True)
recommender
"""


def test_a_real_notebook_shows_the_bar_and_the_result(tmp_path: Path) -> None:
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    program = (
        "import nbformat, nbclient, sys\n"
        "notebook = nbformat.v4.new_notebook()\n"
        "notebook.cells = [nbformat.v4.new_code_cell(sys.stdin.read())]\n"
        "nbclient.NotebookClient(notebook, kernel_name='python3', timeout=300).execute()\n"
        "nbformat.write(notebook, sys.stdout)\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        input=NOTEBOOK,
        cwd=tmp_path,
        env={**os.environ, "IPYTHONDIR": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=400,
        check=True,
    )
    assert "the ratings of 700 people" in run.stdout
    assert '"output_type": "display_data"' in run.stdout
    assert "error" not in run.stdout

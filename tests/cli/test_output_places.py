"""Places where no model can be written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from movierec import OutputError, Recommender
from tests.cli.conftest import BOTH, Refused, lines_of, posix_only, snapshot
from tests.conftest import Run

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.mark.parametrize(
    ("model", "named"),
    [
        pytest.param("none/m", "cannot write none/m", id="in-a-missing-folder"),
        pytest.param("folder.model", "folder.model is a folder", id="folder"),
        pytest.param("ratings.csv/m", "cannot write ratings.csv/m", id="below-a-file"),
    ],
)
def test_place_where_no_file_can_be(folder: Path, refused: Refused, model: str, named: str) -> None:
    (folder / "folder.model").mkdir()
    refused("fit", *BOTH, "--model", model, code=1, named=(named,))


@pytest.mark.parametrize("model", ["", "none/m", "ratings.csv/m", "m" * 300])
def test_saving_where_no_file_can_be(
    folder: Path, good: Recommender, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.chdir(folder)
    before = snapshot(folder)
    with pytest.raises(OutputError, match=r"cannot write|is a folder"):
        good.save(model)
    assert snapshot(folder) == before


@pytest.mark.skipif(AS_ROOT, reason="root may write anywhere")
def test_folder_that_may_not_be_written(folder: Path, refused: Refused) -> None:
    folder.chmod(0o500)
    try:
        refused("fit", *BOTH, code=1, named=("cannot write movierec.model", "Permission denied"))
    finally:
        folder.chmod(0o700)


@pytest.mark.skipif(AS_ROOT, reason="root may read anything")
@pytest.mark.parametrize("name", [*BOTH, "movierec.model"])
def test_file_that_may_not_be_read(folder: Path, movierec: Run, name: str) -> None:
    (folder / name).chmod(0)
    command = ("similar", "alpha") if name == "movierec.model" else ("fit", *BOTH)
    result = movierec(*command)
    assert result.returncode == 3
    assert f"{name} may not be read" in lines_of(result.stderr, "error: ")[0]


@pytest.mark.filterwarnings("ignore:.*fork")  # of a process in which JAX has threads
@pytest.mark.parametrize("limit", [100, 11_000])
def test_disk_that_fills_up(folder: Path, refused: Refused, limit: int) -> None:
    """A limit on the size of files stops a write in the same places as a full disk."""
    resource = pytest.importorskip("resource", reason="this system has no limits on files")

    def no_more() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    refused("fit", *BOTH, code=1, named=("cannot write movierec.model",), preexec_fn=no_more)


@posix_only
def test_what_is_not_a_file_is_not_replaced(folder: Path, movierec: Run) -> None:
    """Otherwise root, with ``--model /dev/null``, would replace the device for everyone."""
    os.mkfifo(folder / "fifo")
    result = movierec("fit", *BOTH, "--model", "fifo")
    assert (folder / "fifo").is_fifo()
    assert result.returncode == 1
    assert "fifo" in lines_of(result.stderr, "error: ")[0]


def test_model_does_not_replace_a_file_that_it_is_made_of(refused: Refused) -> None:
    refused("fit", *BOTH, "--model", "movies.csv", code=(1, 2), named=("movies.csv",))


@posix_only
def test_fit_in_a_folder_that_is_gone(folder: Path, refused: Refused) -> None:
    (folder / "gone").mkdir()
    script = f"cd gone; rmdir ../gone; {sys.executable} -m movierec fit {folder}/ratings.csv "
    before = snapshot(folder)
    result = subprocess.run(
        ["sh", "-c", f"{script} {folder}/movies.csv"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    del before[str(folder / "gone")]
    assert snapshot(folder) == before
    assert result.returncode == 1
    assert lines_of(result.stderr, "error: cannot write movierec.model")
    assert "please report" not in result.stderr


def test_model_of_any_name(folder: Path, movierec: Run) -> None:
    model = "-m my 'model',\n\"ünïcode\""
    result = movierec("fit", *BOTH, f"--model={model}", "--quiet")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert movierec("similar", "alpha", f"--model={model}").returncode == 0
    assert {path.name for path in folder.iterdir()} == {*BOTH, "movierec.model", model}


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2), ("", 2)])
def test_terminal_is_asked_before_the_sample_replaces_a_model(
    folder: Path, answer: str, code: int
) -> None:
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    before = (folder / "movierec.model").read_bytes()
    terminal, its_end = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "movierec", "fit"], cwd=folder, stdin=its_end, stderr=its_end
    )
    os.write(terminal, f"{answer}\n".encode())
    assert program.wait(60) == code
    assert b"Replace it by one of the sample? [y/N]" in os.read(terminal, 10_000)
    assert ((folder / "movierec.model").read_bytes() == before) == (code == 2)
    os.close(terminal)
    os.close(its_end)

"""Closed standard streams, no memory, and places that lead nowhere: one clear line each."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from movierec import OutputError, Recommender
from movierec.errors import ArtifactError
from tests.cli.conftest import BOTH, RATINGS, Refused, lines_of, posix_only
from tests.conftest import Run

pytestmark = posix_only  # other shells close no streams


def in_shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the program in a shell, which closes streams."""
    line = f"{shlex.quote(sys.executable)} -m movierec {command}"
    return subprocess.run(
        ["sh", "-c", line], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    "command", ["similar alpha", "similar alpha --json", "search alpha -f csv", "--help", "stats"]
)
def test_results_need_standard_output(folder: Path, command: str) -> None:
    result = in_shell(folder, f"{command} >&-")
    assert result.returncode == 1
    assert lines_of(result.stderr, "error: ") == ["error: standard output is closed"]
    assert result.stderr.count("\n") == 2  # with its hint


def test_errors_do_not_go_to_standard_output(folder: Path) -> None:
    result = in_shell(folder, "similar nothing 2>&-")
    assert (result.returncode, result.stdout) == (4, "")


def test_fit_without_any_stream_writes_a_sound_model(folder: Path, movierec: Run) -> None:
    """What would be printed must not land in a file that got the number of a stream."""
    (folder / "movierec.model").unlink()
    assert in_shell(folder, "fit ratings.csv movies.csv <&- >&- 2>&-").returncode == 0
    assert movierec("similar", "alpha").returncode == 0


def test_standard_input_that_is_closed(folder: Path) -> None:
    result = in_shell(folder, "fit - movies.csv <&-")
    assert result.returncode == 3
    assert lines_of(result.stderr, "error: ") == ["error: standard input is closed"]


def test_nobody_can_be_asked_on_a_closed_stream(folder: Path) -> None:
    result = in_shell(folder, "fit <&-")
    assert result.returncode == 2
    assert "is a model of other data" in lines_of(result.stderr, "error: ")[0]


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full")
def test_full_disk_behind_standard_error_stops_nothing(folder: Path) -> None:
    assert in_shell(folder, "fit ratings.csv movies.csv 2>/dev/full").returncode == 0
    assert in_shell(folder, "similar nothing 2>/dev/full").returncode == 4


@pytest.mark.filterwarnings("ignore:.*fork")  # of a process in which JAX has threads
def test_no_space_for_standard_input(folder: Path, refused: Refused) -> None:
    """A limit on the size of files stops the copy as a full disk does."""
    resource = pytest.importorskip("resource", reason="this system has no limits on files")

    def no_more() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    result = refused(
        *("fit", "-", "movies.csv"),
        code=1,
        named=("cannot keep standard input in a temporary file",),
        input=(RATINGS * 1000).decode(),
        preexec_fn=no_more,
    )
    assert "TMPDIR" in result.stderr


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("similar", "alpha", "-m", "loop"), 3),
        (("stats", "-m", "loop/m"), 3),
        (("fit", *BOTH, "-m", "loop"), 1),
        (("fit", *BOTH, "-m", "loop/m"), 1),
        (("export", "loop.csv"), 1),
        (("fit", "loop", "movies.csv"), 3),
        (("evaluate", "ratings.csv", "--plot", "loop.png"), 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_loop_of_links(folder: Path, refused: Refused, command: tuple[str, ...], code: int) -> None:
    for name in ("loop", "loop.csv", "loop.png"):
        (folder / name).symlink_to(f"other-{name}")
        (folder / f"other-{name}").symlink_to(name)
    refused(*command, code=code, named=("loop", "Too many levels of symbolic links"))
    assert (folder / "loop").is_symlink()


def test_loop_of_links_in_python(tmp_path: Path, good: Recommender) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OutputError, match="symbolic links"):
        good.save(tmp_path / "loop")
    with pytest.raises(ArtifactError, match="symbolic links"):
        Recommender.load(tmp_path / "loop")


FAILING = """
import sys
from importlib import import_module
from movierec.cli._main import main
module, name, error = sys.argv[1:4]
del sys.argv[1:4]
def failing(*arguments, **options):
    raise eval(error)
setattr(import_module(module), name, failing)
main()
"""


FIT = ("movierec.neighbors.blockwise", "top_k_indices", "fit", *BOTH)
WRITE = ("os", "fsync", "fit", *BOTH)
LOAD = ("movierec.store.local", "Artifact", "similar", "alpha")
MAP = ("mmap", "mmap", "similar", "alpha")


@pytest.mark.parametrize(
    ("place", "error"),
    [
        (FIT, "MemoryError('Unable to allocate 9 TiB')"),
        (FIT, "ValueError('Error tokenizing data. C error: out of memory')"),
        (FIT, "ImportError('x.so: failed to map segment from shared object')"),
        (LOAD, 'RuntimeError("can\'t start new thread")'),
        (LOAD, "MemoryError()"),
        (MAP, "OSError(12, 'Cannot allocate memory')"),
        (WRITE, "OSError(12, 'Cannot allocate memory')"),
        (WRITE, "MemoryError()"),
    ],
)
def test_no_memory(folder: Path, place: tuple[str, ...], error: str) -> None:
    module, name, *command = place
    program = [sys.executable, "-c", FAILING, module, name, error, *command]
    before = (folder / "movierec.model").read_bytes()
    result = subprocess.run(
        program, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 1
    assert lines_of(result.stderr, "error: ") == ["error: not enough memory"]
    assert len(lines_of(result.stderr, "hint: ")) == 1
    assert "please report" not in result.stderr
    assert (folder / "movierec.model").read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {*BOTH, "movierec.model"}

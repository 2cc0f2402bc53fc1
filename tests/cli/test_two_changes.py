"""Two commands that change one model file at the same time: no change is lost without a word."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from movierec import Recommender
from tests.cli.conftest import BOTH, RATINGS, Refused, posix_only
from tests.conftest import Run

pytestmark = posix_only  # locks and modes

# Runs a command, which says "HERE" when it calls a function, and waits for a line there.
PAUSING = """
import sys
from importlib import import_module
from movierec.cli._main import main
module, name = sys.argv[1:3]
del sys.argv[1:3]
place = import_module(module)
original = getattr(place, name)
def pausing(*arguments, **options):
    setattr(place, name, original)
    print("HERE", flush=True)
    sys.stdin.readline()
    return original(*arguments, **options)
setattr(place, name, pausing)
main()
"""


def started(folder: Path, module: str, function: str, *command: str) -> subprocess.Popen[str]:
    """Start a command, and return when it waits in a function."""
    process = subprocess.Popen(
        [sys.executable, "-c", PAUSING, module, function, *command],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "HERE\n"
    return process


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Let a command go on; return its exit code and what it said."""
    _, stderr = process.communicate("go on\n", timeout=60)
    return process.returncode, stderr


@pytest.fixture
def new(folder: Path) -> Path:
    for name, row in (("first", "3,40,4.5,200"), ("second", "4,10,2,202")):
        (folder / f"{name}.csv").write_text(f"userId,movieId,rating,timestamp\n{row}\n")
    return folder


@pytest.mark.parametrize("function", ["encode", "make_card"])
def test_a_second_update_waits_for_the_first(new: Path, function: str) -> None:
    first = started(new, "movierec.training.fit", function, "update", "first.csv")
    second = subprocess.Popen(
        [sys.executable, "-m", "movierec", "update", "second.csv"],
        cwd=new,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert second.stderr is not None
    said = second.stderr.readline()
    assert said == "waiting until another command has changed movierec.model\n"
    assert ended(first)[0] == 0
    _, stderr = second.communicate(timeout=60)
    assert second.returncode == 0, stderr
    assert Recommender.load(new / "movierec.model").card["n_ratings"] == 9


def test_a_killed_update_is_not_waited_for(new: Path, movierec: Run) -> None:
    first = started(new, "movierec.training.fit", "encode", "update", "first.csv")
    first.kill()
    first.communicate(timeout=60)
    result = movierec("update", "second.csv")
    assert (result.returncode, "waiting" in result.stderr) == (0, False), result.stderr


def test_a_model_that_is_fitted_meanwhile_is_kept(new: Path, movierec: Run) -> None:
    (new / "fewer.csv").write_bytes(RATINGS.rpartition(b"3,")[0])
    update = started(new, "movierec.training.fit", "encode", "update", "first.csv")
    assert movierec("fit", "-q", "fewer.csv", "movies.csv").returncode == 0
    fitted = (new / "movierec.model").read_bytes()
    code, stderr = ended(update)
    assert code == 1
    assert "another command replaced movierec.model meanwhile" in stderr
    assert "Traceback" not in stderr
    assert (new / "movierec.model").read_bytes() == fitted


@pytest.mark.parametrize("command", [("update", "first.csv"), ("forget", "--user", "1")], ids=str)
def test_a_changed_model_keeps_its_mode_or_is_private(
    new: Path, movierec: Run, command: tuple[str, ...]
) -> None:
    model = new / "movierec.model"
    model.chmod(0o640)
    assert movierec(*command).returncode == 0
    assert stat.S_IMODE(model.stat().st_mode) == 0o640
    assert movierec("fit", "-q", *BOTH).returncode == 0
    assert movierec(*command, "--private").returncode == 0
    assert stat.S_IMODE(model.stat().st_mode) == 0o600


def test_only_a_file_of_this_machine_can_be_private(new: Path, refused: Refused) -> None:
    address = "memory://bucket/m.model"
    for command in (("update", "first.csv"), ("forget", "--user", "1")):
        refused(*command, "--private", "-m", address, code=2, named=("private", address))

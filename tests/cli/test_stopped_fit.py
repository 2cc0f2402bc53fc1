"""A fit that a signal stops leaves the old model as it was."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from movierec import Recommender
from tests.cli.conftest import BOTH, RATINGS, posix_only, snapshot

pytestmark = posix_only  # Windows has no such signals


STOPPING_ITSELF = """
import os, signal, sys
from importlib import import_module
from movierec.cli._main import main
module, name, stop = sys.argv[1], sys.argv[2], int(sys.argv[3])
del sys.argv[1:4]
place = import_module(module)
original = getattr(place, name)
def stopping(*arguments, **options):
    setattr(place, name, original)
    print("STOP", [file for file in os.listdir() if file.endswith(".tmp")], flush=True)
    os.kill(os.getpid(), stop)
    return original(*arguments, **options)
setattr(place, name, stopping)
main()
"""
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has none
SIGNALS = (signal.SIGINT, signal.SIGTERM, KILL)
# Python itself may exit by SIGINT once it has seen one; a shell reports 130 for that too.
CODES = {signal.SIGINT: (130, -2), signal.SIGTERM: (143,), KILL: (-9,)}


def check_stopped(
    folder: Path, before: dict[str, bytes | None], stop: signal.Signals, code: int, stderr: str
) -> None:
    """Check that a fit ended and left the old model as it was."""
    assert code in CODES[stop]
    assert "Traceback" not in stderr
    if stop is signal.SIGINT:
        assert stderr.endswith("interrupted\n")
    after = snapshot(folder)
    if stop is KILL:  # no program can clean up after that; the next one does
        after = {name: file for name, file in after.items() if not name.endswith(".tmp")}
    assert after == before
    assert len(Recommender.load(folder / "movierec.model")) == 4


@pytest.mark.parametrize("stop", SIGNALS)
@pytest.mark.parametrize(
    ("module", "function", "is_writing"),
    [
        pytest.param("movierec.neighbors.blockwise", "top_k_indices", False, id="comparing"),
        pytest.param("os", "fsync", True, id="writing"),
    ],
)
def test_fit_that_is_stopped(
    folder: Path, module: str, function: str, is_writing: bool, stop: signal.Signals
) -> None:
    before = snapshot(folder)
    result = subprocess.run(
        [sys.executable, "-c", STOPPING_ITSELF, module, function, str(int(stop)), "fit", *BOTH],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert re.match(r"STOP \[.*\]", result.stdout), "it was never where it should be stopped"
    assert (".tmp" in result.stdout) is is_writing
    check_stopped(folder, before, stop, result.returncode, result.stderr)


@pytest.mark.parametrize("stop", SIGNALS)
def test_fit_that_is_stopped_while_it_reads(folder: Path, stop: signal.Signals) -> None:
    before = snapshot(folder)
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "movierec", "fit", "-", "movies.csv"],
        cwd=folder,
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:  # it stays open, so the program waits for more
        pipe.write(RATINGS * 10_000)  # more than a pipe holds, so the program is reading
        pipe.flush()
        for _ in range(10):  # a signal just before a read is noticed only after it
            process.send_signal(stop)
            try:
                stdout, stderr = process.communicate(timeout=2)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            process.kill()
            pytest.fail("no signal ended it")
    assert stdout == ""
    check_stopped(folder, before, stop, process.returncode, stderr)

"""Compiled loops run where nothing may be written: in containers, for users without a home."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import movierec
from movierec import Recommender
from tests.cli.conftest import posix_only

pytestmark = [posix_only, pytest.mark.slow]

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

FIT = """
import sys, tempfile
from movierec import Recommender
from movierec.neighbors import top_k
top_k._MANY = 0  # as for many ratings
if len(sys.argv) > 1:
    tempfile.tempdir = sys.argv[1]
print(list(Recommender.fit().similar(1)))
from numba import config
print("numba's folder:", config.CACHE_DIR)
"""


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder with a copy of the package that may only be read."""
    package = tmp_path / "lib" / "movierec"
    source = Path(movierec.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    if not (package / "sample").exists():  # the package is used from its checkout
        shutil.copytree(source.parent.parent / "data", package / "sample")
    folders = [path for path in package.rglob("*") if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    yield tmp_path
    for folder in folders:
        folder.chmod(0o755)


def fit(folder: Path, *arguments: str | Path, **environment: str) -> str:
    """Fit as somebody who may write nothing but temporary files; root loses its privileges."""
    nowhere = {"HOME": "/proc/none", "NUMBA_CACHE_DIR": "/proc/none", "XDG_CACHE_HOME": "/proc/no"}
    if IS_ROOT and not shutil.which("setpriv"):
        pytest.skip("root may write anywhere, and there is no setpriv to take that from it")
    unprivileged = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if IS_ROOT else []
    result = subprocess.run(
        [*unprivileged, sys.executable, "-c", FIT, *map(str, arguments)],
        cwd="/",
        env={**os.environ, **nowhere, "PYTHONPATH": str(folder / "lib"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def test_private_temporary_folder_is_used_and_used_again(
    locked: Path, temporary: Path, sample: Recommender
) -> None:
    first = fit(locked, TMPDIR=str(temporary))
    assert first.startswith(str(list(sample.similar(1))))
    (cache,) = temporary.iterdir()
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    kept = {path: path.stat().st_mtime_ns for path in cache.rglob("*.nbc")}
    assert kept
    assert fit(locked, TMPDIR=str(temporary)) == first
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.nbc")} == kept


def test_nothing_is_kept_where_nothing_may_be_written(locked: Path, sample: Recommender) -> None:
    assert fit(locked, "/proc/none").startswith(str(list(sample.similar(1))))


@pytest.mark.parametrize("kind", ["open", "link"])
def test_folder_that_others_may_have_filled_is_not_used(
    locked: Path, temporary: Path, kind: str
) -> None:
    """Whoever writes to it could have the program run what they like."""
    folder = temporary / f"movierec-{os.getuid()}"
    if kind == "link":
        (temporary / "theirs").mkdir(mode=0o777)
        folder.symlink_to("theirs")
    else:
        folder.mkdir()
        folder.chmod(0o777)
    assert "numba's folder: /proc/none" in fit(locked, TMPDIR=str(temporary))
    assert not list(temporary.rglob("*.nb*"))

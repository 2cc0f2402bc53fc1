"""Files that are replaced: who may read them, and what killed processes leave."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from movierec import Recommender
from movierec.store.atomic import replacing
from tests.cli.conftest import posix_only

pytestmark = posix_only  # modes, umask, locks

WRITING = """
import sys, time
from pathlib import Path
from movierec.store.atomic import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print(file.name, flush=True)
    time.sleep(100)
"""


def write(path: Path, content: bytes = b"new") -> None:
    with replacing(path) as file:
        file.write(content)


def writing(path: Path) -> tuple[subprocess.Popen[str], Path]:
    """Start a process that writes for a long time; return it and its temporary file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITING, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_a_killed_process_left_is_removed_by_the_next_write(tmp_path: Path) -> None:
    process, leftover = writing(tmp_path / "m")
    end(process)
    assert leftover.read_bytes() == b"half"
    write(tmp_path / "other")
    assert leftover.exists()
    write(tmp_path / "m")
    assert {path.name for path in tmp_path.iterdir()} == {"m", "other"}


def test_the_file_of_a_living_process_stays(tmp_path: Path) -> None:
    process, its_file = writing(tmp_path / "m")
    try:
        os.utime(its_file, (0, 0))  # its age says nothing
        write(tmp_path / "m")
        assert its_file.exists()
    finally:
        end(process)


@pytest.mark.parametrize(("age", "is_removed"), [(0, False), (3600, False), (25 * 3600, True)])
def test_files_of_other_hosts_must_be_old(tmp_path: Path, age: int, is_removed: bool) -> None:
    process, leftover = writing(tmp_path / "m")
    end(process)
    host = int(leftover.name[-12:-8], 16)
    foreign = leftover.rename(tmp_path / f".m.{host ^ 1:04x}0000.tmp")
    then = time.time() - age
    os.utime(foreign, (then, then))
    write(tmp_path / "m")
    assert foreign.exists() is not is_removed


def test_files_of_similar_names_stay(tmp_path: Path) -> None:
    names = (".m.tmp", ".m.12345678.tmp.x", "m.12345678.tmp", ".mm.12345678.tmp", ".m.1234567g.tmp")
    for name in names:
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".m.12345678.tmp").symlink_to(tmp_path / ".m.tmp")
    os.mkfifo(tmp_path / ".m.87654321.tmp")
    write(tmp_path / "m")
    assert len(list(tmp_path.iterdir())) == len(names) + 3


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    (tmp_path / "m").write_bytes(b"old")
    (tmp_path / "m").chmod(mode)
    with replacing(tmp_path / "m") as file:
        assert mode_of(Path(file.name)) == mode  # never readable by more people, even for a moment
        file.write(b"new")
    assert (mode_of(tmp_path / "m"), (tmp_path / "m").read_bytes()) == (mode, b"new")


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_follows_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write(tmp_path / "m")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "m") == mode


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_root_leaves_a_file_to_its_owner(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"old")
    os.chown(tmp_path / "m", 65534, 65534)
    write(tmp_path / "m")
    assert ((tmp_path / "m").stat().st_uid, (tmp_path / "m").stat().st_gid) == (65534, 65534)


def test_model_and_export_keep_their_modes(tmp_path: Path, sample: Recommender) -> None:
    for name in ("m", "n.csv", "n?#%.sqlite"):
        (tmp_path / name).touch(mode=0o600)
    sample.save(tmp_path / "m")
    for name in ("n.csv", "n?#%.sqlite"):
        sample.export(tmp_path / name, 1, overwrite=True)
    assert {mode_of(path) for path in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) == 3
    database = sqlite3.connect(tmp_path / "n?#%.sqlite")
    assert database.execute("SELECT count(*) FROM neighbors").fetchone()[0] == len(sample)
    database.close()

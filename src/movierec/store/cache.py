"""Local copies of models at addresses, which are mapped as other models are.

A copy is named by the address and by what tells its content from others there, so that a copy is
never out of date, and two processes that fetch the same model write the same file.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

from movierec.errors import OutputError, UsageError
from movierec.store.atomic import replacing
from movierec.store.filesystems import RemoteFile, Stat

FOLDER, MOST = "MOVIEREC_CACHE", "MOVIEREC_CACHE_MB"
_MB = 1_000_000
_DAY = 24 * 60 * 60  # seconds
_USUAL_MOST = 10_000  # MB


def cached(file: RemoteFile) -> Path:
    """Return the path of a copy of a file, which is fetched unless it is there.

    Parameters
    ----------
    file : RemoteFile

    Raises
    ------
    RemoteError
        If it cannot be fetched.
    OutputError
        If there is no place for the copy.
    """
    stat = file.stat()
    path = _path(file.address, stat)
    if stat.mark:
        with suppress(OSError):
            os.utime(path)  # the last use says what is removed first
            return path
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _fetched(file, path)
    except OutputError as error:
        hint = f"name a folder with enough space: {FOLDER}=FOLDER"
        raise OutputError(f"cannot keep a copy of {file.name}: {error}", hint) from error


def _fetched(file: RemoteFile, path: Path) -> Path:
    with replacing(path) as new:
        found = file.get(Path(new.name))
    final = _path(file.address, found)  # it may have been replaced since it was looked up
    with suppress(OSError):  # removed by another process, so that it is fetched again
        path.replace(final)
    _evict(final)
    return final


def _path(address: str, stat: Stat) -> Path:
    digest = hashlib.sha256(f"{address}\0{stat.mark}\0{stat.size}".encode()).hexdigest()
    return _folder() / f"{digest[:40]}.model"


def _folder() -> Path:
    if named := os.environ.get(FOLDER):
        return Path(named)
    usual = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(usual) / "movierec"


def _evict(kept: Path) -> None:
    """Remove the copies that were not used for longest, until the others are few enough.

    A program that has one open keeps it, even if its name is gone.

    Parameters
    ----------
    kept : Path
        The one that stays, whatever its size.
    """
    copies = []
    for path in kept.parent.iterdir():
        with suppress(OSError):  # removed by another process
            stat = path.stat()
            if path.suffix == ".model":
                copies.append((path != kept, -stat.st_mtime, stat.st_size, path))
            elif path.suffix == ".tmp" and time.time() - stat.st_mtime > _DAY:
                path.unlink()  # of a process that was killed
    total = 0
    for is_other, _, size, path in sorted(copies):
        total += size
        if is_other and total > _most():
            with suppress(OSError):
                path.unlink()


def _most() -> float:
    """Return how many bytes the copies may take."""
    text = os.environ.get(MOST) or str(_USUAL_MOST)
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f'{MOST} is "{text}"; it must be a whole number', f"{MOST}={_USUAL_MOST}")
    return int(text) * _MB

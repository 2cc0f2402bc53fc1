"""Replace a file atomically: readers see the old content or the new, never a part of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from movierec.errors import OutputError

_HINTS = {
    errno.EACCES: "choose another folder, or change the permissions",
    errno.ENOENT: "create the folder first",
    errno.ENOSPC: "free some space, or choose another folder",
}


def target_of(path: Path) -> Path:
    """Return the file that writing to `path` replaces: a symbolic link stays one.

    Raises
    ------
    OSError
        If there cannot be such a file, as in a loop of links.
    """
    with suppress(FileNotFoundError):
        path.stat()  # resolving a loop is an error of another kind, or none, by Python's version
    return path.resolve()


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that replaces `path` once it is complete and on disk.

    If anything fails, the new file is removed and `path` stays unchanged.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    temporary = None
    try:
        target = target_of(path)
        temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.tmp")
        with temporary.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        if error.errno == errno.ENOMEM:  # the disk is not at fault
            raise MemoryError from error
        hint = _HINTS.get(error.errno or 0, "choose another path")
        raise OutputError(f"cannot write {path}: {error.strerror or error}", hint) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Flush the new name to disk, on systems that can open a folder."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

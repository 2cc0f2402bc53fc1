"""Replacing a file whole: whoever opens it finds the old content or the new, never a part."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from movierec.errors import OutputError

_HINTS = {
    errno.EACCES: "choose another place, or change the permissions",
    errno.ENOENT: "make that folder first",
    errno.ENOSPC: "make room, or choose another place",
}


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that takes the place of `path` once it is complete and on disk.

    If anything goes wrong the new file is removed and `path` stays as it was.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    temporary = None
    try:
        target = path.resolve()  # a link goes on pointing to where the file is
        temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.tmp")
        with temporary.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "choose another place")
        raise OutputError(f"cannot write {path}: {error.strerror or error}", hint) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name itself last, where the system lets a folder be opened."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

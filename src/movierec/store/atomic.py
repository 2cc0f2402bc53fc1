"""Replace a file atomically: readers see the old content or the new, never a part of it."""

from __future__ import annotations

import errno
import os
import platform
import re
import stat
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO

from movierec.errors import OutputError

_DAY = 24 * 60 * 60  # seconds
_HOST = f"{zlib.crc32(platform.node().encode()) & 0xFFFF:04x}"  # in the names of new files
_PRIVATE = 0o600  # the owner may read and write
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
def replacing(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """Open a new file that replaces `path` once it is complete and on disk.

    If anything fails, the new file is removed and `path` stays unchanged. The new file has the mode
    and the owner of the one that it replaces, as far as the system allows; otherwise, the umask
    says who may read it. Files that killed processes left are removed.

    Parameters
    ----------
    path : Path
    private : bool
        Whether only the owner may read and write it, whatever the umask and the old mode.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    temporary = None
    try:
        target = target_of(path)
        with suppress(OSError):  # a folder that may be written, but not read
            _remove_leftovers(target)
        with _new_file_beside(target, private=private) as file:
            temporary = Path(file.name)
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


def _new_file_beside(target: Path, *, private: bool) -> IO[bytes]:
    """Open a file of a new name, which is locked for as long as it is open."""
    old = target.stat() if target.exists() else None
    mode = _PRIVATE if old or private else 0o666  # the umask lowers the latter
    while True:
        path = target.with_name(f".{target.name}.{_HOST}{os.urandom(2).hex()}.tmp")
        try:
            file = open(path, "x+b", opener=partial(os.open, mode=mode))  # noqa: SIM115
        except FileExistsError:
            continue
        lock(file.fileno())
        if path.exists():  # else another process took it for a leftover before it was locked
            break
        file.close()
    if hasattr(os, "fchmod"):
        if old:
            with suppress(OSError):  # only root may give a file away
                os.fchown(file.fileno(), old.st_uid, old.st_gid)
        if old or private:
            os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode) if old and not private else _PRIVATE)
    return file


def _remove_leftovers(target: Path) -> None:
    """Remove files that processes left beside `target` because they were killed."""
    pattern = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}\.tmp")
    for path in target.parent.iterdir():
        if pattern.fullmatch(path.name):
            with suppress(OSError):  # such as a file of somebody else
                _remove_leftover(path, is_of_this_host=path.name[-12:-8] == _HOST)


def _remove_leftover(path: Path, *, is_of_this_host: bool) -> None:
    """Remove a file unless a living process has it open.

    The system drops the lock of a process that dies, however it dies. A folder of a network may not
    know the locks of other hosts, so that files of these must be old, too.
    """
    found = path.lstat()
    if stat.S_ISREG(found.st_mode) and (is_of_this_host or time.time() - found.st_mtime > _DAY):
        with path.open("rb") as file:
            if lock(file.fileno(), wait=False):
                path.unlink()


def lock(descriptor: int, *, wait: bool = True) -> bool:
    """Lock an open file, and tell whether that was possible.

    Without such locks, as on Windows, the system does not remove files that are open.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


@contextmanager
def locked(path: Path, wait: Callable[[], object]) -> Iterator[None]:
    """Lock a file against others who lock it, from reading it to replacing it.

    A file that is missing, or where there are no locks, is not locked.

    Parameters
    ----------
    path : Path
    wait : callable
        Called before waiting for another process.
    """
    with ExitStack() as files:
        with suppress(OSError):
            while True:
                file = files.enter_context(path.open("rb"))
                if not lock(file.fileno(), wait=False):
                    wait()
                    lock(file.fileno())
                if os.path.samestat(path.stat(), os.fstat(file.fileno())):
                    break  # else the other process has replaced it
        yield


def _sync_folder(folder: Path) -> None:
    """Flush the new name to disk, on systems that can open a folder."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

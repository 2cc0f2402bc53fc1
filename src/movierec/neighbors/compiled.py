"""Compile loops, and keep what was compiled where the system allows it."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """Compile a loop when it is first called; it releases Python's global lock.

    The machine code is kept next to the package or in the home of the user, where numba looks, or
    in a private folder of temporary files. Where none of these can be written, as in containers, it
    is compiled by each process that needs it.

    Parameters
    ----------
    loop : callable
        A function that numba can compile.
    """
    return _kept(loop, {"nogil": True})


def compiled_freely(loop: Loop) -> Loop:
    """Compile a loop whose sums of floats may be made in any order, several terms at a time.

    The last digits of a sum then depend on the processor, but not on the number of threads.
    Dividing by 0 gives what it gives in NumPy.

    Parameters
    ----------
    loop : callable
        As for :func:`compiled`.
    """
    return _kept(loop, {"nogil": True, "fastmath": {"reassoc", "contract"}, "error_model": "numpy"})


def _kept(loop: Loop, options: dict[str, Any]) -> Loop:
    import numba

    decorator: Any = numba.njit(cache=True, **options)
    try:
        kept: Loop = decorator(loop)
    except RuntimeError:  # numba found no folder to write to
        folder = _private_folder()
        if folder is None:
            decorator = numba.njit(**options)
        else:
            config: Any = numba.config
            config.CACHE_DIR = str(folder)
        kept = decorator(loop)
    return kept


def _private_folder() -> Path | None:
    """Return a folder that only this user can write to, since numba runs what it finds there."""
    if not hasattr(os, "getuid"):
        return None
    try:
        folder = Path(tempfile.gettempdir()) / f"movierec-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return None
    is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    return folder if is_private and found.st_uid == os.getuid() else None

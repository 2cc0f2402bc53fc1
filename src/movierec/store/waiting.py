"""How long servers are waited for: their clients' own retries take minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

# Seconds; some clients try again for a minute before they say that nobody is there.
FIRST_ANSWER = 8
_LONGEST_PAUSE = 40  # seconds
_SLOWEST = 100_000  # bytes a second


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns.

    Raises
    ------
    TimeoutError
        If it takes longer; the call then continues in its thread, and nobody waits for it.
    """
    outcome: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not outcome:
        raise TimeoutError
    return outcome[0]


def transfer(fs: Any, method: str, *arguments: str, size: int, **options: int) -> Any:
    """Copy bytes by a method of a file system, and end that if it takes far too long.

    Parameters
    ----------
    fs : fsspec.AbstractFileSystem
    method : str
    *arguments, **options
        Of the method.
    size : int
        Number of bytes.

    Raises
    ------
    TimeoutError
        If it does; nothing is copied any more.
    """
    if not fs.async_impl:
        return getattr(fs, method)(*arguments, **options)
    import asyncio

    copied = getattr(fs, f"_{method}")(*arguments, **options)
    copying = asyncio.run_coroutine_threadsafe(copied, fs.loop)
    try:
        return copying.result(_LONGEST_PAUSE + size / _SLOWEST)
    except BaseException:
        copying.cancel()
        raise

"""Stop on a signal and clean up, even if the signal arrives during an import.

A pipe that its reader closed, as in ``movierec stats | head -1``, ends a command too.
"""

from __future__ import annotations

import os
import signal
from typing import Any, TextIO

_received: list[int] = []


def stop_cleanly() -> None:
    """Raise an exception on SIGINT and SIGTERM from now on, so that files are cleaned up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


def raise_if_stopped() -> None:
    """Raise an interrupt again that an extension module swallowed during its import."""
    if _received:
        raise KeyboardInterrupt


def exit_code_if_stopped() -> int:
    """Return 128 plus the number of the first signal, as shells do, or 0 without a signal."""
    return 128 + _received[0] if _received else 0


def is_closed_pipe(error: BaseException) -> bool:
    """Tell whether an exception means that nobody reads the output any more.

    Rich and typer turn the `BrokenPipeError` into an exit with code 1.
    """
    if isinstance(error, SystemExit):
        return isinstance(error.__context__, BrokenPipeError)
    return isinstance(error, BrokenPipeError)


def discard_output(stream: TextIO) -> None:
    """Send what is still written to a stream nowhere, so that Python can flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _stop(number: int, frame: Any) -> None:
    _received.append(number)
    raise KeyboardInterrupt

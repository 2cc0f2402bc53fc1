"""Stop on a signal and clean up, even if the signal arrives during an import."""

from __future__ import annotations

import signal
from typing import Any

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


def _stop(number: int, frame: Any) -> None:
    _received.append(number)
    raise KeyboardInterrupt

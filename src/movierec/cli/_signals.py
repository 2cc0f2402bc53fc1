"""Being told to stop: what is half done is undone, even if the signal falls into an import."""

from __future__ import annotations

import signal
from typing import Any

_received: list[int] = []


def stop_cleanly() -> None:
    """From now on, end on SIGINT and SIGTERM as on an error, so that files are cleaned up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


def raise_if_stopped() -> None:
    """Raise the interrupt again that an extension module swallowed while it was imported."""
    if _received:
        raise KeyboardInterrupt


def exit_code_if_stopped() -> int:
    """Return 128 and the number of the first signal, as shells do, or 0."""
    return 128 + _received[0] if _received else 0


def _stop(number: int, frame: Any) -> None:
    _received.append(number)
    raise KeyboardInterrupt

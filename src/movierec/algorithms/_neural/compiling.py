"""Compile by JAX so that results do not depend on the number of processors.

XLA divides sums by the number of its threads, and by the number of processors that it sees while
it compiles; in another order, the last digits of a sum differ. So both are fixed. Systems other
than Linux do not tell a thread that it has one processor only; there, results may differ.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_N_THREADS = 4  # of XLA, also where there are fewer processors


def load_jax() -> ModuleType:
    """Return JAX, whose threads are started now unless they were before.

    Raises
    ------
    ModuleNotFoundError
        If JAX is not installed.
    """
    os.environ.setdefault("PJRT_NPROC", str(_N_THREADS))
    import jax

    jax.devices()
    return jax


class Compiled:
    """A function that XLA compiles at the first call; later arguments must have the same shapes.

    Parameters
    ----------
    function : callable
        Of and to arrays.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._compiled: Any = None

    def __call__(self, *arguments: Any) -> Any:
        if self._compiled is None:
            lowered = load_jax().jit(self._function).lower(*arguments)
            with _one_processor():
                self._compiled = lowered.compile()
        return self._compiled(*arguments)


@contextmanager
def _one_processor() -> Iterator[None]:
    """Restrict this thread to one of its processors."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, processors)

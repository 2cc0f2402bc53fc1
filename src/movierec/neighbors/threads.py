"""Run blocks of work on several processors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from movierec._util import n_processors

Block = TypeVar("Block")
Result = TypeVar("Result")


def run_blocks(
    work: Callable[[Block], Result],
    blocks: Iterable[Block],
    done: Callable[[Result], object] = lambda result: None,
    n_threads: int | None = None,
) -> None:
    """Work on blocks, on several processors if the work releases Python's global lock.

    Parameters
    ----------
    work : callable
        Takes a block.
    blocks : iterable
    done : callable, optional
        Called with what `work` returned for each block, in their order.
    n_threads : int, optional
        Default: all processors.
    """
    with ThreadPoolExecutor(n_threads or n_processors()) as pool:
        try:
            for result in pool.map(work, blocks):
                done(result)
        except BaseException:  # an interrupt must not wait for blocks that have not started
            pool.shutdown(cancel_futures=True)
            raise

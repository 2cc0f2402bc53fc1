"""Columns of plain numbers, parsed by pandas in blocks of lines on all processors."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from movierec.processors import n_processors
from movierec.readers.layout import Layout
from movierec.readers.source import Source

_BLOCK = 1 << 23  # bytes, about 300,000 rows
_LONGEST_ROW = 1 << 12  # bytes

Chunk = dict[str, npt.NDArray[Any]]


def read_chunks(
    source: Source,
    layout: Layout,
    types: dict[str, Any],
    progress: Callable[[float], None] | None = None,
) -> Iterator[Chunk]:
    """Yield some columns of a file, a block of lines at a time, in their order.

    Parameters
    ----------
    source, layout : Source, Layout
    types : dict of str to dtype
        The columns to read; None where pandas shall find the type.
    progress : callable, optional
        Called with the fraction that is read, 0 to 1.

    Raises
    ------
    ValueError
        If a line is not like the others, or has no number where one is asked for.
    """
    # Between numbers, "::" is a ":" with an empty column behind it: pandas has no fast way for two.
    step = len(layout.separator)
    places = {layout.columns[name] * step: name for name in types}
    dtypes = {place: types[name] for place, name in places.items() if types[name]}
    parse = partial(_parse, separator=layout.separator[0], places=places, dtypes=dtypes)
    n_threads = n_processors()
    waiting: deque[Future[Chunk]] = deque()
    with source.open(progress) as content, ThreadPoolExecutor(n_threads) as pool:
        skipped = int(layout.has_header)
        for block in _blocks(content):
            waiting.append(pool.submit(parse, block, skipped))  # pandas lets go of the lock
            skipped = 0
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        for chunk in waiting:
            yield chunk.result()


def _blocks(content: IO[bytes]) -> Iterator[bytes]:
    """Yield the content in blocks of whole lines."""
    while block := content.read(_BLOCK):
        yield block + content.readline()


def _parse(
    block: bytes, skipped: int, *, separator: str, places: dict[int, str], dtypes: dict[int, Any]
) -> Chunk:
    """Parse some lines; a ValueError where they are not all alike."""
    import pandas as pd

    try:
        frame = pd.read_csv(
            io.BytesIO(block),
            sep=separator,
            header=None,
            skiprows=skipped,
            usecols=sorted(places),
            dtype=dtypes,
            encoding_errors="replace",
        )
    except pd.errors.EmptyDataError:  # only blank lines
        return {name: np.empty(0) for name in places.values()}
    # pandas would ignore what a longer row has more, such as "3,5" for 3.5.
    n_separators = np.count_nonzero(np.frombuffer(block, np.uint8) == ord(separator))
    first_line = block[:_LONGEST_ROW].splitlines()[0]
    if n_separators != (skipped + len(frame)) * first_line.count(separator.encode()):
        raise ValueError("rows of different lengths")
    return {name: frame[place].to_numpy() for place, name in places.items()}

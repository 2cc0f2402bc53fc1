"""Columns of plain numbers, parsed by pandas in blocks of lines on a few threads.

Measured on two cores with 25.1 million ratings (665 MB), medians of three runs, wall time, CPU
time and peak memory: blocks on threads 1.8 s, 2.6 s, 575 MB; the same blocks one after the other
2.6 s, 2.6 s, 476 MB; one ``pandas.read_csv`` 2.3 s, 2.3 s, 678 MB; one with its pyarrow engine
4.2 s, 6.4 s, 2.6 GB. From gzip, as people download it, where parsing overlaps decompression,
threads take 3.7 s and one block after the other 4.8 s. Smaller blocks cost more CPU time: half
the size, a fifth more.

pandas alone would misread some files: ``007`` as 7, ``True`` as 1, ``"5"6`` as 56, and it takes
rows of any length. So each block is checked before it is parsed.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import IO, Any

import numpy as np

from movierec._util import n_processors, parts_of
from movierec.data.formats.content import Content
from movierec.data.formats.layout import Layout
from movierec.data.table import Batch, Done

_BLOCK = 1 << 23  # bytes, about 300,000 rows
_MOST_THREADS = 4  # each holds a block and its columns; reading the file keeps no more busy
_LONGEST_ROW = 1 << 12  # bytes
_MARKS = b'\0\t\n\v\f\r"+'  # and the separator: they are compared, all other bytes are not
_HARMLESS = (b"", b"+", b'""')  # the marks of a field that is not read


def read_blocks(
    content: Content, layout: Layout, types: Mapping[str, Any], progress: Done | None = None
) -> Iterator[Batch]:
    """Yield some columns of a text table, a block of lines at a time, in their order.

    Parameters
    ----------
    content : Content
    layout : Layout
    types : mapping of str to dtype
        The columns to read: int64 for whole numbers, without a plus or zeros in front; float64 for
        any numbers; None to let pandas find the type.
    progress : callable, optional
        Called with the fraction that is read, from 0 to 1.

    Raises
    ------
    ValueError
        If a line is not like the others, or has no number where one is asked for.
    """
    import pandas as pd

    # Columns of mixed types are refused below; there is no need to warn of them.
    warnings.filterwarnings("ignore", category=pd.errors.DtypeWarning, module=re.escape(__name__))
    parse = partial(_parse, layout=layout, types=types)
    n_threads = min(n_processors(), _MOST_THREADS)
    waiting: deque[Future[Batch]] = deque()
    with content.open(progress) as stored, ThreadPoolExecutor(n_threads) as pool:
        if layout.has_header and b"\r" in stored.readline(_LONGEST_ROW).rstrip(b"\r\n"):
            raise ValueError("lines end with a carriage return alone")
        for block in _blocks(stored):
            waiting.append(pool.submit(parse, block))  # pandas releases the lock
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        for batch in waiting:
            yield batch.result()


def _blocks(stored: IO[bytes]) -> Iterator[bytes]:
    """Yield the content in blocks of whole lines."""
    while block := stored.read(_BLOCK):
        rest = stored.readline(_LONGEST_ROW)
        if len(rest) == _LONGEST_ROW:
            raise ValueError("a very long line")
        yield block + rest


def _parse(block: bytes, *, layout: Layout, types: Mapping[str, Any]) -> Batch:
    """Parse some lines; a ValueError where they are not all alike."""
    import pandas as pd

    n_rows = _count_rows(block, layout, types)
    if not n_rows:
        return {name: np.empty(0, dtype) for name, dtype in types.items()}
    if np.int64 in types.values():
        _check_whole_numbers(block, layout.separator)
    # Between numbers, "::" is a ":" with an empty column after it: pandas is slow with two.
    step = len(layout.separator)
    if step == 2:
        _check_pairs(block, n_rows * (len(layout.first_line) - 1))
    positions = {name: layout.columns[name] * step for name in types}
    frame = pd.read_csv(
        io.BytesIO(block),
        sep=layout.separator[0],
        header=None,
        usecols=sorted(positions.values()),
        na_filter=None in types.values(),
        quoting=csv.QUOTE_NONE,
        encoding_errors="replace",
    )
    if len(frame) != n_rows:
        raise ValueError("rows of different lengths")
    return {name: _column(frame[positions[name]], types[name]) for name in types}


def _column(values: Any, dtype: Any) -> Any:
    """Return a column if pandas found it to be of a type: given one, it would take True for 1."""
    if dtype and values.dtype.kind not in ("i" if dtype is np.int64 else "if"):
        raise ValueError("not a number")
    return values.to_numpy()


def _count_rows(block: bytes, layout: Layout, types: Mapping[str, Any]) -> int:
    """Return the number of rows; a ValueError if they are not all alike.

    Comparing all rows takes a fifth of the time of parsing them. So the marks of full blocks are
    only counted, where there are none but separators and line feeds. What that misses is a row with
    a mark too many, if another of the same block lacks the end.
    """
    n_fields = len(layout.first_line)
    is_full = len(block) >= _BLOCK and block.endswith(b"\n")
    if is_full and b'"' not in block and b"\r" not in block:
        n_rows, n_more = divmod(_count_marks(block, layout.separator), n_fields)
        if not n_more:
            return n_rows
    return _count_equal_rows(block, layout, {layout.columns[name] for name in types})


def _count_marks(block: bytes, separator: str) -> int:
    """Return the number of separators, line feeds, and other bytes that no number has."""
    text = np.frombuffer(block, np.uint8)
    n_low = n_others = 0
    for part in parts_of(len(text)):
        n_low += int(np.count_nonzero(text[part] < ord("-")))
        if separator > "-":
            n_others += int(np.count_nonzero(text[part] == ord(separator[0])))
    return n_low + n_others // len(separator)


def _count_equal_rows(block: bytes, layout: Layout, read: Collection[int]) -> int:
    """Return the number of rows; a ValueError if they differ in separators, quotes or breaks."""
    separator = layout.separator.encode()
    others = bytes(set(range(256)).difference(_MARKS, separator))
    marks = block.translate(None, others).rstrip(b"\r\n")
    if not marks:
        if block.strip():
            raise ValueError("rows without separators")
        return 0
    row, line_feed, _ = marks.partition(b"\n")
    fields = row.rstrip(b"\r").split(separator)
    row += line_feed or b"\n"
    marks += row[len(row.rstrip(b"\r\n")) :]
    n_rows = len(marks) // len(row)
    are_plain = all(
        field in (_HARMLESS[:1] if position in read else _HARMLESS)
        for position, field in enumerate(fields)
    )
    if not are_plain or len(fields) != len(layout.first_line) or marks != row * n_rows:
        raise ValueError("rows of different lengths")
    return n_rows


def _check_whole_numbers(block: bytes, separator: str) -> None:
    """Raise a ValueError if a field may be a number with a zero or a blank in front, as 007 is."""
    has_others = b" " in block or b"-" in block
    text = np.frombuffer(block, np.uint8)
    # pandas would drop a byte order mark, which is only one at the start of a file.
    found = bool(re.match(rb" |0[0-9]|-0|\xef\xbb\xbf", block))
    for part in parts_of(len(text)):
        piece = text[part.start : part.stop + 2]
        before, first, second = piece[:-2], piece[1:-1], piece[2:]
        padded = first == ord("0")
        padded &= second >= ord("0")
        if separator in (",", "\t") and not has_others:
            padded &= before < ord("-")  # the same as below, in less time
        else:
            padded &= second <= ord("9")
            if has_others:
                padded |= ((first == ord("-")) & (second == ord("0"))) | (first == ord(" "))
            padded &= (before == ord(separator[0])) | (before == ord("\n"))
        found = found or bool(padded.any())
    if found:
        raise ValueError("a number with zeros or blanks in front")


def _check_pairs(block: bytes, n_pairs: int) -> None:
    """Raise a ValueError unless all colons of some rows are in pairs."""
    text = np.frombuffer(block, np.uint8)
    n_found = 0
    for part in parts_of(len(text)):
        is_colon = text[part.start : part.stop + 1] == ord(":")
        n_found += int(np.count_nonzero(is_colon[1:] & is_colon[:-1]))
    if n_found != n_pairs:
        raise ValueError("a colon alone")

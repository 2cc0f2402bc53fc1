"""Who rated what, from a file that need not say how much they liked it."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from movierec.errors import DataError
from movierec.ratings import RatingRows
from movierec.readers.layout import Layout, recognise
from movierec.readers.numbers import read_chunks
from movierec.readers.ratings import read_ratings
from movierec.readers.source import Source, sources_at
from movierec.readers.text import RowReport
from movierec.wording import counted


def only_source(path: str | os.PathLike[str]) -> Source:
    """Return the one file at a path.

    Raises
    ------
    DataError
        If there is none, or a folder or zip of several.
    """
    sources = sources_at(path)
    if len(sources) != 1:
        raise DataError(f"{path} holds {counted(len(sources), 'file')}", "name the one to read")
    return sources[0]


def read_interactions(
    path: str | os.PathLike[str], progress: Callable[[float], None] | None = None
) -> RatingRows:
    """Read a file of ratings, or one of users and films alone, where every row is a 1.

    Raises
    ------
    DataError
        If it is missing, or has no columns for user and film, or a row cannot be used.
    """
    source = only_source(path)
    layout = recognise(source)
    if layout.kind == "ratings":
        report = RowReport(source.name, skip=False)
        return read_ratings(source, layout, report, text_ids=False, progress=progress)
    if not {"user", "item"} <= layout.columns.keys():
        raise DataError(
            f"{source.name} has no columns for user and film; its first line is: "
            f"{', '.join(layout.header[:8])[:120]}",
            "it needs userId and movieId, and perhaps rating and timestamp",
        )
    return _read_pairs(source, layout, progress)


def _read_pairs(
    source: Source, layout: Layout, progress: Callable[[float], None] | None
) -> RatingRows:
    types = {"user": np.int64, "item": np.int64}
    try:
        chunks = list(read_chunks(source, layout, types, progress))
    except (ValueError, OverflowError) as error:
        raise DataError(f"{source.name}: {error}", "users and films must be numbers") from error
    users, items = (np.concatenate([chunk[name] for chunk in chunks]) for name in types)
    return RatingRows(users, items, np.ones(len(users), np.float32))

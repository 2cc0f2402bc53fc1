"""Reading the files that users have.

``source``: where bytes come from; ``layout``: what a file is; ``text``: its rows; ``numbers``: its
columns; ``movies``, ``ratings`` and ``genome``: what they say; ``dataset``: all of it together;
``frames``: the same from data frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from movierec.readers.dataset import Dataset, read_dataset, sample_folder
from movierec.readers.frames import frames_dataset

__all__ = ["Dataset", "frames_dataset", "read", "read_dataset", "sample_folder"]


def read(
    ratings: Any,
    movies: Any,
    *,
    on_error: str,
    progress: Callable[[str, float], None],
    **more: Any,
) -> Dataset:
    """Read files as :func:`read_dataset` does, or data frames as :func:`frames_dataset` does."""
    if hasattr(ratings, "columns"):
        return frames_dataset(ratings, movies, skip_bad_rows=on_error == "skip")
    return read_dataset(
        ratings,
        movies,
        **more,
        skip_bad_rows=on_error == "skip",
        progress=lambda done: progress("reading the ratings", done),
    )

"""Reading the tag genome of MovieLens: how relevant each of some thousand tags is for a movie.

Vig, Sen and Riedl, "The tag genome", ACM Transactions on Interactive Intelligent Systems 2 (2012).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from movierec.errors import DataError

if TYPE_CHECKING:
    from movierec.data.report import RowReport
    from movierec.data.table import Table

_RELEVANT = 0.5  # of 1; most tags say nothing about most movies
_TYPES = {"item": np.int64, "tag_id": np.int64, "relevance": np.float64}


def read_genome(table: Table, report: RowReport) -> dict[str, dict[str, float]]:
    """Read the relevance of the tags that are relevant for each movie, by the id of the movie.

    Parameters
    ----------
    table : Table
        With columns for item, tag id and relevance.
    report : RowReport
        Not told of anything: the table is made by a program, and one bad row spoils it.

    Raises
    ------
    DataError
        If something in the table is not a number, or a relevance is not from 0 to 1.
    """
    genome: dict[str, dict[str, float]] = defaultdict(dict)
    try:
        for batch in table.batches(_TYPES):
            if not ((batch["relevance"] >= 0) & (batch["relevance"] <= 1)).all():
                raise ValueError("a relevance is not from 0 to 1")
            relevant = batch["relevance"] >= _RELEVANT
            columns = (batch[name][relevant].tolist() for name in _TYPES)
            for movie, tag, relevance in zip(*columns, strict=True):
                genome[str(movie)][str(tag)] = relevance
    except (ValueError, OverflowError) as error:
        raise DataError(
            f"{table.name}: {error}", "it should hold movieId, tagId and relevance, all numbers"
        ) from error
    return dict(genome)

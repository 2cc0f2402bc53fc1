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
    from movierec.data.table import Batch, Table

_HINT = "it should hold movieId, tagId and relevance, all numbers"
_HIGHEST_ID = 2**53  # up to here, float64 holds every whole number
_RELEVANT = 0.5  # of 1; most tags say nothing about most movies
_TYPES = dict.fromkeys(("item", "tag_id", "relevance"), np.float64)  # ids may be written 17.0


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
            if problem := _problem(batch):
                raise DataError(f"{table.name}: {problem}", _HINT)
            relevant = batch["relevance"] >= _RELEVANT
            columns = (batch[name][relevant].tolist() for name in _TYPES)
            for movie, tag, relevance in zip(*columns, strict=True):
                genome[str(int(movie))][str(int(tag))] = relevance
    except (ValueError, OverflowError) as error:
        raise DataError(f"{table.name} does not hold numbers only", _HINT) from error
    return dict(genome)


def _problem(batch: Batch) -> str | None:
    ids = np.concatenate([batch["item"], batch["tag_id"]])
    if not ((np.abs(ids) <= _HIGHEST_ID) & (ids == np.floor(ids))).all():  # also for NaN
        return "an id is not a whole number"
    if not ((batch["relevance"] >= 0) & (batch["relevance"] <= 1)).all():
        return "a relevance is not from 0 to 1"
    return None

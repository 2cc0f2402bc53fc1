"""Reading the tag genome of MovieLens: how relevant each of some thousand tags is for a film.

Vig, Sen and Riedl, "The tag genome", ACM Transactions on Interactive Intelligent Systems 2 (2012).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from movierec.errors import DataError
from movierec.readers.layout import Layout
from movierec.readers.numbers import read_chunks
from movierec.readers.source import Source
from movierec.readers.text import RowReport

_RELEVANT = 0.5  # of 1; most tags say nothing of most films


def read_genome(
    source: Source, layout: Layout, report: RowReport
) -> Mapping[str, Mapping[str, float]]:
    """Read the tags that are relevant for each film, by its id, with their relevance.

    Raises
    ------
    DataError
        If something in the file is not a number.
    """
    genome: dict[str, dict[str, float]] = defaultdict(dict)
    types = {"item": np.int64, "tag_id": np.int64, "relevance": np.float64}
    try:
        for chunk in read_chunks(source, layout, types):
            if not ((chunk["relevance"] >= 0) & (chunk["relevance"] <= 1)).all():
                raise ValueError("a relevance is not from 0 to 1")
            relevant = chunk["relevance"] >= _RELEVANT
            columns = (chunk[name][relevant].tolist() for name in types)
            for movie, tag, relevance in zip(*columns, strict=True):
                genome[str(movie)][str(tag)] = relevance
    except (ValueError, OverflowError) as error:
        raise DataError(
            f"{source.name}: {error}", "it should hold movieId, tagId and relevance, all numbers"
        ) from error
    return genome

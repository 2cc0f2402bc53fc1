"""Summarize a data set, with or without a fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from movierec._util import Progress, no_progress
from movierec.data.dataset import read_dataset
from movierec.data.encode import encode
from movierec.data.summary import RatingCounts, summarize
from movierec.model.histories import Histories

if TYPE_CHECKING:
    from movierec.data.dataset import Dataset, OnError


# Up to this many ratings, their times are read, so that recent ones count more. For 25 million,
# reading and sorting them would take half as long as the rest of a fit.
MOST_TIMES = 3_000_000


def counts_of(dataset: Dataset) -> dict[str, int]:
    """Return the counts made while reading."""
    return {
        "rating_rows": dataset.n_rating_rows,
        "movie_rows": dataset.n_movie_rows,
        "movies_with_links": len(dataset.links),
        "movies_with_tags": len(dataset.tags),
        "movies_with_genome": len(dataset.genome),
    }


def summary_of(
    sources: Mapping[str, Any], *, on_error: OnError = "fail", progress: Progress = no_progress
) -> dict[str, Any]:
    """Summarize files without a model, as :meth:`movierec.Recommender.stats` does for a model.

    Parameters
    ----------
    sources : mapping of str to path-like or data frame
        ``ratings`` and ``movies``; see :func:`movierec.data.dataset.read_dataset`.
    on_error : {"fail", "skip"}
        Whether an unusable row raises an error or is skipped.
    progress : callable, optional
    """
    dataset = read_dataset(**sources, on_error=on_error, progress=progress)
    encoded = encode(dataset)
    facts, interactions = {}, encoded.interactions
    if interactions.has_timestamps and len(interactions) <= MOST_TIMES:
        facts = Histories.by_time(encoded.users, interactions).facts_of_times()
    return {
        **summarize(encoded.catalog, RatingCounts.of(interactions.item_users), counts_of(dataset)),
        **facts,
        "files": dataset.files,
        "notes": dataset.notes,
        "dropped": encoded.dropped,
    }

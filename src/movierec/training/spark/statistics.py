"""Counts of the ratings on a cluster, and what predicts ratings."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.algorithms._stars import DAMPING, Baseline, chosen_users
from movierec.data.interactions import Interactions
from movierec.data.summary import N_BARS, RatingCounts
from movierec.neighbors.sums import DeviationSums, Histogram
from movierec.training.spark.chunks import Chunks
from movierec.training.stars import StarsFitter


def counts_of_chunks(
    chunks: Chunks,
    n_ratings: npt.NDArray[Any],
    users_with: npt.NDArray[Any],
    sums: npt.NDArray[np.float64],
) -> RatingCounts:
    """Count ratings for a summary.

    Parameters
    ----------
    chunks : Chunks
    n_ratings, sums : ndarray of shape (n_items,)
    users_with : ndarray of shape (n_items + 1,)
        Number of users with 0, 1, ... ratings.
    """
    mean = float(sums.sum() / n_ratings.sum())
    return RatingCounts(n_ratings, users_with, mean, _histogram(chunks))


def _histogram(chunks: Chunks) -> dict[float, int]:
    found = chunks.values()
    if found is not None:
        return found
    edges = np.histogram_bin_edges(np.array(chunks.scale, np.float32), N_BARS)
    counts = chunks.add_up(Histogram(edges))["counts"]
    return dict(zip(edges[:-1].tolist(), counts.tolist(), strict=True))


def stars_of_chunks(
    chunks: Chunks, n_ratings: npt.NDArray[Any], sums: npt.NDArray[np.float64]
) -> StarsFitter | None:
    """Learn to predict ratings; None if all ratings are equal.

    The deviations are those of :meth:`Baseline.fit`, but for rounding.

    Parameters
    ----------
    chunks : Chunks
    n_ratings, sums : ndarray of shape (n_items,)
    """
    lowest, highest = chunks.scale
    if lowest == highest:
        return None
    mean = float(sums.sum() / n_ratings.sum())
    rest = sums - n_ratings * mean
    what = DeviationSums(mean, rest / (n_ratings + DAMPING), DAMPING)
    by_users = what.as_deviations(chunks.add_up(what)["sums"])
    items = ((rest - by_users) / (n_ratings + DAMPING)).astype(np.float32)
    sample = chunks.of_users(chosen_users(np.arange(chunks.n_users)))
    user_items = sample.user_items(chunks.n_items)
    return StarsFitter(Baseline(mean, items), Interactions.from_user_items(user_items))

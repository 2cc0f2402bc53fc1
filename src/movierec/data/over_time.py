"""Ratings by the year of the movie, and by when they were given."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.data.times import is_known
from movierec.films.catalog import Catalog

_MOST_MONTHS = 36  # of which each is counted; longer times are counted by year


def by_year(catalog: Catalog) -> list[dict[str, Any]]:
    """Count the movies and ratings of each year in which a movie was made.

    Parameters
    ----------
    catalog : Catalog

    Returns
    -------
    list of dict
        ``year``, ``films``, ``ratings`` and ``mean_rating``, which is None without ratings.
        Movies whose number of ratings is hidden count as having none.
    """
    made = np.asarray(catalog.years[:])
    n_ratings = np.asarray(catalog.n_ratings[:], dtype=np.int64)
    sums = np.bincount(made, n_ratings * np.asarray(catalog.mean_ratings[:], dtype=np.float64))
    films, ratings = np.bincount(made), np.bincount(made, n_ratings).astype(np.int64)
    return [
        {
            "year": int(year),
            "films": int(films[year]),
            "ratings": int(ratings[year]),
            "mean_rating": round(float(sums[year] / ratings[year]), 4) if ratings[year] else None,
        }
        for year in np.flatnonzero(films)
        if year
    ]


def activity(times: npt.NDArray[Any]) -> list[dict[str, Any]]:
    """Count the ratings of each month or, if they span more than three years, of each year.

    Parameters
    ----------
    times : ndarray of shape (n_ratings,), int64 or float64
        Seconds since 1970, in UTC, as :func:`movierec.data.times.as_seconds` returns them.

    Returns
    -------
    list of dict
        ``year``, ``month`` (None where years are counted) and ``ratings``, oldest first; those
        without ratings are left out.
    """
    seconds = times[is_known(times)].astype("datetime64[s]")
    months, counts = np.unique(seconds.astype("datetime64[M]").astype(np.int64), return_counts=True)
    if not len(months):
        return []
    by_month = months[-1] - months[0] < _MOST_MONTHS
    if not by_month:
        years, first = np.unique(months // 12, return_index=True)
        months, counts = years * 12, np.add.reduceat(counts, first)
    return [
        {
            "year": int(1970 + month // 12),
            "month": int(month % 12) + 1 if by_month else None,
            "ratings": int(count),
        }
        for month, count in zip(months, counts, strict=True)
    ]

"""Counts and distributions of a set of ratings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec._util import parts_of
from movierec.data.over_time import by_year
from movierec.films.catalog import Catalog
from movierec.neighbors.sparse import column_counts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_N_LISTED = 10  # length of the lists of most rated and best rated movies
_BEST_RATED_SHARE = 0.95  # best rated movies have at least as many ratings as this share of movies
_QUARTILES = ("lower_quartile", "median", "upper_quartile")
N_BARS = 12
MOST_VALUES = 2 * N_BARS  # different ratings that are counted one by one


class RatingCounts(NamedTuple):
    """What a summary takes of the ratings.

    Attributes
    ----------
    per_movie : ndarray of shape (n_items,), integer
        Number of ratings of each.
    users_with : ndarray of shape (m,), integer
        Number of users with 0, 1, ... ratings.
    mean : float
    histogram : mapping of float to int
        See :func:`histogram`.
    """

    per_movie: npt.NDArray[Any]
    users_with: npt.NDArray[Any]
    mean: float
    histogram: Mapping[float, int]

    @classmethod
    def of(cls, item_users: csr_matrix) -> RatingCounts:
        """Count the ratings in a CSR matrix of shape (n_items, n_users)."""
        return cls(
            np.diff(item_users.indptr),
            np.bincount(column_counts(item_users)),
            float(item_users.data.mean(dtype=np.float64)),
            histogram(item_users.data),
        )


def summarize(catalog: Catalog, found: RatingCounts, counts: Mapping[str, int]) -> dict[str, Any]:
    """Summarize ratings.

    Parameters
    ----------
    catalog : Catalog
    found : RatingCounts
    counts : mapping of str to int
        Counts made while reading, such as ``rating_rows``, which are added to the result.

    Returns
    -------
    dict
        Numbers, strings, lists and dicts that JSON can represent.
    """
    per_movie = found.per_movie[found.per_movie > 0]
    n_ratings, n_users = int(per_movie.sum()), int(found.users_with.sum())
    return {
        **counts,
        "ratings": n_ratings,
        "films_listed": len(catalog),
        "films_rated": len(per_movie),
        "users": n_users,
        "density": n_ratings / max(len(per_movie) * n_users, 1),
        "mean_rating": found.mean,
        "rating_histogram": [
            {"rating": round(rating, 4), "count": found.histogram[rating]}
            for rating in sorted(found.histogram)
        ],
        "ratings_per_user": _spread(found.users_with),
        "ratings_per_film": _spread(np.bincount(per_movie)),
        "years": _years(catalog),
        "most_rated": _most_rated(catalog),
        "best_rated": _best_rated(catalog, per_movie),
        "tied_ratings": None,  # this and the next are of those that know when people rated
        "activity": None,
    }


def summarize_released(catalog: Catalog, n_users: int, counts: Mapping[str, int]) -> dict[str, Any]:
    """Summarize what a differentially private fit released, which is noisy; the rest is hidden.

    Parameters
    ----------
    catalog : Catalog
    n_users : int
    counts : mapping of str to int
        As in :func:`summarize`.
    """
    per_movie = np.asarray(catalog.n_ratings[:], dtype=np.int64)
    n_ratings = int(per_movie.sum())
    mean = float(per_movie @ np.asarray(catalog.mean_ratings[:])) / max(n_ratings, 1)
    everybody = np.array([0, n_users])  # how often 0 and 1 occur; nobody knows what else
    hidden = dict.fromkeys(("min", *_QUARTILES, "max"))
    found = summarize(catalog, RatingCounts(per_movie, everybody, mean, {}), counts)
    return found | {
        "rating_rows": n_ratings,
        "density": min(found["density"], 1.0),
        "ratings_per_user": {**hidden, "mean": n_ratings / n_users, "bars": []},
    }


def histogram(values: npt.NDArray[np.float32]) -> dict[float, int]:
    """Return the count of each rating, or of equal ranges if there are many different ratings.

    Parameters
    ----------
    values : ndarray of shape (n,), float32
    """
    found = counts_of_values(values)
    if len(found) <= MOST_VALUES:
        return found
    counts, edges = np.histogram(values, bins=N_BARS)
    return dict(zip(edges[:-1].tolist(), counts.tolist(), strict=True))


def counts_of_values(values: npt.NDArray[np.float32]) -> dict[float, int]:
    """Return the count of each rating; incomplete if there are too many different ratings.

    Parameters
    ----------
    values : ndarray of shape (n,), float32
    """
    found: Counter[float] = Counter()
    for part in parts_of(len(values)):
        ratings, counts = np.unique(values[part], return_counts=True)
        found.update(dict(zip(ratings.tolist(), counts.tolist(), strict=True)))
        if len(found) > MOST_VALUES:
            break
    return dict(found)


def _spread(numbers: npt.NDArray[Any]) -> dict[str, Any]:
    """Return the quartiles, the mean, and bars of a histogram whose bins double in width.

    Parameters
    ----------
    numbers : ndarray of shape (m,), integer
        How often 0, 1, ... occur.
    """
    present = np.flatnonzero(numbers)
    if not len(present):
        return {**dict.fromkeys(("min", *_QUARTILES, "max", "mean"), 0.0), "bars": []}
    ends = np.cumsum(numbers)
    places = np.array([0, 25, 50, 75, 100]) / 100 * (ends[-1] - 1)
    below, above = (
        np.searchsorted(ends, rounded(places), side="right") for rounded in (np.floor, np.ceil)
    )
    quartiles = below + (above - below) * (places - np.floor(places))
    names = ("min", *_QUARTILES, "max")
    first, last = (int(count).bit_length() for count in (present[0], present[-1]))
    edges = 2 ** np.arange(first - 1, last + 1)
    bars = [int(numbers[low:high].sum()) for low, high in pairwise(edges)]
    return {
        **{name: float(value) for name, value in zip(names, quartiles, strict=True)},
        "mean": float(np.arange(len(numbers)) @ numbers / ends[-1]),
        "bars": [
            {"from": int(low), "to": int(high) - 1, "count": count}
            for (low, high), count in zip(pairwise(edges), bars, strict=True)
        ],
    }


def _years(catalog: Catalog) -> dict[str, Any]:
    years = np.asarray(catalog.years[:])
    known = years[years > 0]
    decades, counts = np.unique(known // 10 * 10, return_counts=True)
    return {
        "first": int(known.min()) if len(known) else None,
        "last": int(known.max()) if len(known) else None,
        "films_without": int((years == 0).sum()),
        "films_per_decade": [
            {"decade": int(decade), "count": int(count)}
            for decade, count in zip(decades, counts, strict=True)
        ],
        "by_year": by_year(catalog),
    }


def _most_rated(catalog: Catalog) -> list[dict[str, Any]]:
    n_ratings = np.asarray(catalog.n_ratings[:])
    order = np.argsort(-n_ratings.astype(np.int64), kind="stable")[:_N_LISTED]
    return [_listed(catalog, int(index)) for index in order if n_ratings[index]]


def _best_rated(catalog: Catalog, per_movie: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return the movies with the highest mean rating, and the number of ratings they must have.

    The mean of few ratings is unreliable, so only the 5 % of movies with the most ratings count.
    """
    if not len(per_movie):
        return {"min_ratings": 0, "films": []}
    enough = int(np.quantile(per_movie, _BEST_RATED_SHARE, method="higher"))
    n_ratings = np.asarray(catalog.n_ratings[:])
    means = np.where(n_ratings >= enough, np.asarray(catalog.mean_ratings[:]), -np.inf)
    order = np.argsort(-means, kind="stable")[:_N_LISTED]
    movies = [_listed(catalog, int(index)) for index in order if n_ratings[index] >= enough]
    return {"min_ratings": enough, "films": movies}


def _listed(catalog: Catalog, index: int) -> dict[str, Any]:
    movie = catalog.movie(index)
    names = ("movie_id", "title", "n_ratings", "mean_rating")
    return {name: movie[name] for name in names}

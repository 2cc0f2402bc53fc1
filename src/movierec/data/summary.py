"""Counts and distributions of a set of ratings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._util import parts_of
from movierec.films.catalog import Catalog
from movierec.neighbors.sparse import column_counts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_N_LISTED = 10  # length of the lists of most rated and best rated movies
_BEST_RATED_SHARE = 0.95  # best rated movies have at least as many ratings as this share of movies
_N_BARS = 12


def summarize(
    catalog: Catalog, item_users: csr_matrix, counts: Mapping[str, int]
) -> dict[str, Any]:
    """Summarize ratings.

    Parameters
    ----------
    catalog : Catalog
    item_users : scipy.sparse.csr_matrix of shape (n_items, n_users)
    counts : mapping of str to int
        Counts made while reading, such as ``rating_rows``, which are added to the result.

    Returns
    -------
    dict
        Numbers, strings, lists and dicts that JSON can represent.
    """
    per_movie = np.diff(item_users.indptr)
    per_movie = per_movie[per_movie > 0]
    per_user = column_counts(item_users)
    return {
        **counts,
        "ratings": int(item_users.nnz),
        "films_listed": len(catalog),
        "films_rated": len(per_movie),
        "users": item_users.shape[1],
        "density": item_users.nnz / max(len(per_movie) * item_users.shape[1], 1),
        "mean_rating": float(item_users.data.mean(dtype=np.float64)),
        "rating_histogram": _histogram(item_users.data),
        "ratings_per_user": _spread(per_user),
        "ratings_per_film": _spread(per_movie),
        "years": _years(catalog),
        "most_rated": _most_rated(catalog),
        "best_rated": _best_rated(catalog, per_movie),
    }


def _histogram(values: npt.NDArray[np.float32]) -> list[dict[str, float]]:
    """Return the count of each rating, or of equal ranges if there are many different ratings."""
    found: Counter[float] = Counter()
    for part in parts_of(len(values)):
        ratings, counts = np.unique(values[part], return_counts=True)
        found.update(dict(zip(ratings.tolist(), counts.tolist(), strict=True)))
        if len(found) > 2 * _N_BARS:
            counts, edges = np.histogram(values, bins=_N_BARS)
            found = Counter(dict(zip(edges[:-1].tolist(), counts.tolist(), strict=True)))
            break
    return [{"rating": round(rating, 4), "count": found[rating]} for rating in sorted(found)]


def _spread(counts: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return the quartiles, the mean, and bars of a histogram whose bins double in width."""
    quartiles = np.percentile(counts, [0, 25, 50, 75, 100])
    names = ("min", "lower_quartile", "median", "upper_quartile", "max")
    first, last = (int(count).bit_length() for count in (counts.min(), counts.max()))
    edges = 2 ** np.arange(first - 1, last + 1)
    bars, _ = np.histogram(counts, bins=edges)
    return {
        **{name: float(value) for name, value in zip(names, quartiles, strict=True)},
        "mean": float(counts.mean()),
        "bars": [
            {"from": int(low), "to": int(high) - 1, "count": int(count)}
            for low, high, count in zip(edges[:-1], edges[1:], bars, strict=True)
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
    }


def _most_rated(catalog: Catalog) -> list[dict[str, Any]]:
    n_ratings = np.asarray(catalog.n_ratings[:])
    order = np.argsort(-n_ratings.astype(np.int64), kind="stable")[:_N_LISTED]
    return [_listed(catalog, int(index)) for index in order if n_ratings[index]]


def _best_rated(catalog: Catalog, per_movie: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return the movies with the highest mean rating, and the number of ratings they must have.

    The mean of few ratings is unreliable, so only the 5 % of movies with the most ratings count.
    """
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

"""Fitting: from what was read to a model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np

from movierec.algorithms.item_knn import fit_estimator, fitted_matrix
from movierec.aliases import split_year
from movierec.catalog import Catalog
from movierec.columns import IdArray, TextColumn
from movierec.model import Model, Parameters, Progress
from movierec.neighbors import top_k
from movierec.ratings import Ratings, build_ratings
from movierec.readers import Dataset
from movierec.readers.text import as_ids
from movierec.stats import describe
from movierec.title_keys import build_index


def fit_model(dataset: Dataset, parameters: Parameters, progress: Progress) -> Model:
    """Fit a model on a data set; may raise what :func:`movierec.ratings.build_ratings` does."""
    progress("arranging the ratings", 0.0)
    arrays, ratings = arrange(dataset, parameters.min_ratings)
    estimator = fit_estimator(ratings.item_users, parameters.n_neighbors)
    # scikit-learn keeps a copy of the matrix: from here on it is the only one.
    ratings = replace(ratings, item_users=fitted_matrix(estimator))
    table = top_k(
        ratings.item_users,
        parameters.n_neighbors,
        min_support=parameters.min_support,
        progress=lambda done: progress("comparing the films", done),
    )
    arrays |= asdict(table)
    stats = describe(Catalog(arrays), ratings.item_users, counts_of(dataset))
    meta = _card(dataset, ratings, parameters, arrays)
    return Model(
        arrays, meta, parameters, load_stats=lambda: stats, load_estimator=lambda: estimator
    )


def arrange(dataset: Dataset, min_ratings: int = 1) -> tuple[dict[str, Any], Ratings]:
    """Return the arrays of the catalogue with its title index, and the rating matrix."""
    item_ids = as_ids([movie.movie_id for movie in dataset.movies])
    order = np.argsort(item_ids, kind="stable")
    item_ids, movies = item_ids[order], [dataset.movies[place] for place in order]
    ratings = build_ratings(
        dataset.take_ratings(), item_ids, min_ratings, name=dataset.files["ratings"]
    )
    links = {
        index: dataset.links[movie.movie_id]
        for index, movie in enumerate(movies)
        if movie.movie_id in dataset.links
    }
    titles = [movie.title for movie in movies]
    tags = ["|".join(dataset.tags.get(movie.movie_id, ())) for movie in movies]
    return {
        "item_ids": item_ids,
        "user_ids": ratings.user_ids,
        **TextColumn.of(titles).to_arrays("titles"),
        **TextColumn.of(movie.genres for movie in movies).to_arrays("genres"),
        **TextColumn.of(tags).to_arrays("tags"),
        "years": _years(titles),
        **_rating_columns(ratings.item_users),
        **build_index(titles, links),
    }, ratings


def _years(titles: list[str]) -> Any:
    return np.array([split_year(title)[1] or 0 for title in titles], dtype=np.int16)


def _rating_columns(item_users: Any) -> dict[str, Any]:
    n_ratings = np.diff(item_users.indptr).astype(np.int32)
    sums = np.asarray(item_users.sum(axis=1, dtype=np.float64)).ravel()
    return {
        "n_ratings": n_ratings,
        "mean_ratings": (sums / np.maximum(n_ratings, 1)).astype(np.float32),
    }


def counts_of(dataset: Dataset) -> dict[str, int]:
    """Return what was counted while reading."""
    return {
        "rating_rows": dataset.n_rating_rows,
        "movie_rows": dataset.n_movie_rows,
        "movies_with_links": len(dataset.links),
        "movies_with_tags": len(dataset.tags),
    }


def _card(
    dataset: Dataset, ratings: Ratings, parameters: Parameters, arrays: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "algorithm": "item_knn",
        "similarity": "cosine",
        "parameters": asdict(parameters),
        "versions": _versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": dataset.files,
        "fingerprint": _fingerprint(ratings.item_users, arrays["item_ids"], ratings.user_ids),
        "notes": dataset.notes,
        "dropped": ratings.dropped,
        "n_items": ratings.item_users.shape[0],
        "n_users": ratings.item_users.shape[1],
        "n_ratings": int(ratings.item_users.nnz),
    }


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("movierec", "scikit-learn", "scipy", "numpy")}


def _fingerprint(item_users: Any, item_ids: IdArray, user_ids: IdArray) -> str:
    """Return a SHA-256 that two models share if they were fitted on the same ratings."""
    digest = hashlib.sha256()
    for array in (item_users.indptr, item_users.indices, item_users.data, item_ids, user_ids):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()

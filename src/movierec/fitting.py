"""Fitting: from what was read to a model."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

import numpy as np
import numpy.typing as npt

from movierec.algorithms._base import Scorer, make
from movierec.algorithms._estimator import fit_estimator, fitted_matrix, place
from movierec.algorithms.item_knn import ItemKnn
from movierec.aliases import split_year
from movierec.catalog import Catalog
from movierec.columns import IdArray, TextColumn
from movierec.content import content_matrix, features_of
from movierec.model import COSINE, LEARNED, Model, Parameters, Progress, learned_in
from movierec.neighbors import NeighborTable
from movierec.neighbors.blockwise import Rows, fill_table, inverse_norms
from movierec.ratings import Ratings, build_ratings
from movierec.readers import Dataset, read
from movierec.readers.text import as_ids
from movierec.stats import describe
from movierec.title_keys import build_index

if TYPE_CHECKING:
    import pandas as pd

_SHARED = ("n_neighbors", "content_weight", "prior")  # parameters of a model and of item_knn


def fit_model(dataset: Dataset, parameters: Parameters, progress: Progress) -> Model:
    """Fit a model on a data set; may raise what :func:`movierec.ratings.build_ratings` does."""
    scorer = _scorer(parameters)
    parameters = replace(parameters, settings=scorer.parameters(), **_shared(scorer))
    progress("arranging the ratings", 0.0)
    arrays, ratings = arrange(dataset, parameters.min_ratings)
    stats = describe(Catalog(arrays), ratings.item_users, counts_of(dataset))
    content, parts = _content(arrays, dataset, parameters)
    meta = {**_card(dataset, ratings, parameters, arrays), "content_parts": parts}
    meta["similarity"] = COSINE if _is_plain(scorer) else scorer.SIMILARITY
    if not _is_plain(scorer):
        progress(f"fitting {parameters.algorithm}", 0.0)
        scorer.fit(ratings.item_users.T, content)
    vectors = place(ratings.item_users, content, parameters.content_weight, parameters.prior)
    del ratings, content  # each step frees what it was made from
    estimator = fit_estimator(vectors, parameters.n_neighbors)
    vectors = fitted_matrix(estimator)  # scikit-learn keeps a copy: now it is the only one
    arrays |= _table(scorer, vectors, arrays["n_ratings"], meta["n_users"], parameters, progress)
    arrays |= _vector_arrays(vectors)
    return Model(
        arrays,
        meta,
        parameters,
        load_stats=lambda: stats,
        load_estimator=lambda: estimator,
        load_scorer=cache(lambda: scorer.restore(learned_in(arrays))),
    )


def _table(
    scorer: Scorer,
    vectors: Any,
    n_ratings: npt.NDArray[Any],
    n_users: int,
    parameters: Parameters,
    progress: Progress,
) -> dict[str, Any]:
    """Return the arrays of the table of neighbours, and of the algorithm."""

    def comparing(done: float) -> None:
        progress("comparing the films", done)

    least = parameters.min_support
    if _is_plain(scorer):
        scorer.fit_vectors(
            vectors, n_ratings, n_users=n_users, min_support=least, progress=comparing
        )
        return asdict(scorer.table_)
    table = NeighborTable.empty(len(n_ratings), parameters.n_neighbors)
    rows = Rows(lambda *ends: scorer.similarities(np.arange(*ends)), vectors, n_users, least)
    fill_table(table, rows, comparing)
    return asdict(table) | {LEARNED + name: array for name, array in scorer.learned().items()}


def _scorer(parameters: Parameters) -> Scorer:
    """Return the algorithm; item_knn compares films as the estimator does unless told otherwise."""
    of_the_model = {name: getattr(parameters, name) for name in _SHARED}
    plain = {**of_the_model, "weighting": "none", "shrinkage": 0.0, "feedback": "value"}
    is_default = parameters.algorithm == Parameters.algorithm
    return make(parameters.algorithm, (plain if is_default else {}) | dict(parameters.settings))


def _shared(scorer: Scorer) -> dict[str, Any]:
    """Return what a model takes from item_knn, whose table and content are the model's."""
    is_ours = isinstance(scorer, ItemKnn)
    return {name: getattr(scorer, name) for name in _SHARED} if is_ours else {}


def _is_plain(scorer: Scorer) -> TypeGuard[ItemKnn]:
    """Tell whether the algorithm compares films by the estimator's vectors."""
    return isinstance(scorer, ItemKnn) and scorer.is_plain


def _vector_arrays(vectors: Any) -> dict[str, Any]:
    """Return the arrays of a :class:`movierec.space.Space`."""
    inverse = inverse_norms(vectors)
    norms = np.divide(1.0, inverse, out=np.zeros(len(inverse)), where=inverse > 0)
    parts = {f"vectors_{part}": getattr(vectors, part) for part in ("data", "indices", "indptr")}
    return {**parts, "norms": norms}


def _content(
    arrays: Mapping[str, Any], dataset: Dataset, parameters: Parameters
) -> tuple[Any, dict[str, int]]:
    """Return the content of the films that may be compared, and where its parts end."""
    if parameters.content_weight == 0:
        return None, {}
    catalog = Catalog(arrays)
    ids = [str(catalog.movie_id(index)) for index in range(len(catalog))]
    features = features_of(
        catalog.titles.tolist(),
        genres=map(catalog.genres, range(len(ids))),
        years=arrays["years"].tolist(),
        tags=(dataset.tags.get(movie_id, ()) for movie_id in ids),
        genome=(dataset.genome.get(movie_id, {}) for movie_id in ids),
    )
    content, parts = content_matrix(features, parameters.content_parts)
    if content is not None and parameters.min_ratings > 1:
        enough = arrays["n_ratings"] >= parameters.min_ratings
        content = content.multiply(enough[:, None]).tocsr()
    return content, parts


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
        "movies_with_genome": len(dataset.genome),
    }


def _card(
    dataset: Dataset, ratings: Ratings, parameters: Parameters, arrays: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "algorithm": parameters.algorithm,
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
        "highest_rating": float(ratings.item_users.data.max()),
    }


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("movierec", "scikit-learn", "scipy", "numpy")}


def _fingerprint(item_users: Any, item_ids: IdArray, user_ids: IdArray) -> str:
    """Return a SHA-256 that two models share if they were fitted on the same ratings."""
    digest = hashlib.sha256()
    for array in (item_users.indptr, item_users.indices, item_users.data, item_ids, user_ids):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def stats_of(
    ratings: str | os.PathLike[str] | pd.DataFrame,
    movies: str | os.PathLike[str] | pd.DataFrame | None = None,
    *,
    on_error: Literal["fail", "skip"] = "fail",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return what :meth:`movierec.Recommender.stats` does, straight from files, without a model."""
    tell = progress or (lambda stage, done: None)
    dataset = read(ratings, movies, on_error=on_error, progress=tell)
    arrays, matrix = arrange(dataset)
    return {
        **describe(Catalog(arrays), matrix.item_users, counts_of(dataset)),
        "files": dataset.files,
        "notes": dataset.notes,
        "dropped": matrix.dropped,
    }

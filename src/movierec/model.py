"""A fitted model: what `fit` makes of a data set, what a file keeps, what a question reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.artifact.reading import Artifact
from movierec.catalog import Catalog
from movierec.columns import Array, IdArray, TextColumn

if TYPE_CHECKING:
    from movierec.ratings import Ratings
    from movierec.readers import Dataset

Progress = Callable[[str, float], None]
"""Called with the name of a stage and the fraction of it that is done, 0 to 1."""


@dataclass(frozen=True)
class Parameters:
    """How a model is fitted; every field is kept in the model file."""

    n_neighbors: int = 100
    min_support: int = 1
    min_ratings: int = 1


@dataclass(frozen=True)
class Model:
    """A fitted model, in memory or in a file.

    Attributes
    ----------
    arrays : mapping of str to array
    meta : dict
        The model's card: algorithm, parameters, versions, counts, when, from which files.
    parameters : Parameters
    load_stats : callable
        Returns what :func:`movierec.stats.describe` gave.
    load_estimator : callable
        Returns the fitted ``sklearn.neighbors.NearestNeighbors``.
    """

    arrays: Mapping[str, Array]
    meta: dict[str, Any]
    parameters: Parameters
    load_stats: Callable[[], dict[str, Any]]
    load_estimator: Callable[[], Any]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model file; see :func:`movierec.artifact.writing.write_artifact`."""
        from movierec.algorithms.item_knn import fitted_matrix
        from movierec.artifact.writing import write_artifact

        estimator = self.load_estimator()
        matrix = fitted_matrix(estimator)
        arrays = {name: np.asarray(array) for name, array in self.arrays.items()}
        for part in ("data", "indices", "indptr"):
            arrays[f"ratings_{part}"] = getattr(matrix, part)
        ids = {name: arrays[name] for name in ("item_ids", "user_ids")}
        of_the_file = {"path", "bytes"}  # of the one that this was loaded from
        write_artifact(
            path,
            {name: value for name, value in self.meta.items() if name not in of_the_file},
            arrays,
            pickled={"estimator": estimator, **ids},
            stats=self.load_stats(),
        )


def load_model(path: str | os.PathLike[str]) -> Model:
    """Open a model file; see :class:`movierec.artifact.reading.Artifact`."""
    artifact = Artifact(path)
    meta = artifact.meta | {"path": str(path), "bytes": Path(path).stat().st_size}
    with artifact.reporting_damage():
        parameters = Parameters(**meta["parameters"])
    return Model(
        artifact,
        meta,
        parameters,
        load_stats=lambda: dict(artifact.read_json("stats")),
        load_estimator=lambda: _estimator_of(artifact),
    )


def _estimator_of(artifact: Artifact) -> Any:
    """Return the estimator in a model file, once its matrix is known to be sound."""
    from movierec.algorithms.item_knn import fitted_matrix

    content = artifact.unpickle()
    with artifact.reporting_damage():
        matrix = fitted_matrix(content["estimator"])
        matrix.check_format(full_check=True)  # an index out of range would be read out of range
        if matrix.shape[0] != len(artifact["item_ids"]):
            raise ValueError("its matrix is not of its films")
        return content["estimator"]


def fit_model(dataset: Dataset, parameters: Parameters, progress: Progress) -> Model:
    """Fit a model on a data set; may raise what :func:`movierec.ratings.build_ratings` does."""
    from movierec.algorithms.item_knn import fit_estimator, fitted_matrix
    from movierec.neighbors import top_k
    from movierec.stats import describe

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
    from movierec.ratings import build_ratings
    from movierec.readers.text import as_ids
    from movierec.title_keys import build_index

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
    from movierec.aliases import split_year

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
    from datetime import UTC, datetime

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
    from importlib.metadata import version

    return {name: version(name) for name in ("movierec", "scikit-learn", "scipy", "numpy")}


def _fingerprint(item_users: Any, item_ids: IdArray, user_ids: IdArray) -> str:
    """Return a SHA-256 that two models share if they were fitted on the same ratings."""
    import hashlib

    digest = hashlib.sha256()
    for array in (item_users.indptr, item_users.indices, item_users.data, item_ids, user_ids):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()

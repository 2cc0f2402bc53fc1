"""A fitted model: what a file keeps, and what a question reads."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from movierec.artifact.reading import Artifact
from movierec.columns import Array
from movierec.errors import UsageError

COSINE = "cosine"  # the similarity that the vectors of the films have, in a model's card
LEARNED = "learned_"  # before the names of the arrays that are an algorithm's own
TABLE = ("neighbors", "similarities", "support", "n_ratings")
_READ = {"n_users": int, "highest_rating": float, "similarity": str}  # of a card, by questions

Progress = Callable[[str, float], None]
"""Called with the name of a stage and the fraction of it that is done, 0 to 1."""


# What the parts of the content count, relative to each other.
CONTENT_PARTS = {"genres": 0.3, "title": 0.65, "year": 0.05, "tags": 0.15, "genome": 0.15}
_PARTS_HINT = f"the parts are {', '.join(CONTENT_PARTS)}"
_HINT = "see movierec fit --help"
_HEAVIEST = 1e6


@dataclass(frozen=True)
class Parameters:
    """How a model is fitted; every field is kept in the model file.

    `settings` are the parameters of the algorithm. The defaults of the content were chosen by what
    is written in docs/similarity.md.
    """

    n_neighbors: int = 100
    min_support: int = 0
    min_ratings: int = 1
    content_weight: float = 0.33
    prior: float = 5.0
    content_parts: Mapping[str, float] = field(default_factory=lambda: dict(CONTENT_PARTS))
    algorithm: str = "item_knn"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Raise a `UsageError` if a parameter makes no sense."""
        for name, least in (("n_neighbors", 1), ("min_support", 0), ("min_ratings", 1)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be at least {least}")
        if not 0 <= self.content_weight <= 1:
            raise UsageError(
                f"content_weight is {self.content_weight}; it must be from 0 to 1", _HINT
            )
        if not 0 <= self.prior < math.inf:
            raise UsageError(
                f"prior is {self.prior}; it must be a finite number of at least 0", _HINT
            )
        for name, weight in self.content_parts.items():
            if name not in CONTENT_PARTS:
                raise UsageError(f'no part of the content is called "{name}"', _PARTS_HINT)
            if not 0 <= weight <= _HEAVIEST:
                raise UsageError(
                    f"the weight of {name} is {weight}; it must be from 0 to {_HEAVIEST:g}",
                    _PARTS_HINT,
                )


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
    load_scorer : callable
        Returns the fitted :class:`movierec.algorithms._base.Scorer`.
    """

    arrays: Mapping[str, Array]
    meta: dict[str, Any]
    parameters: Parameters
    load_stats: Callable[[], dict[str, Any]]
    load_estimator: Callable[[], Any]
    load_scorer: Callable[[], Any]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model file; see :func:`movierec.artifact.writing.write_artifact`."""
        import numpy as np

        from movierec.algorithms._estimator import fitted_matrix
        from movierec.artifact.writing import write_artifact

        estimator = self.load_estimator()
        matrix = fitted_matrix(estimator)
        arrays = {name: np.asarray(array) for name, array in self.arrays.items()}
        for part in ("data", "indices", "indptr"):
            arrays[f"vectors_{part}"] = getattr(matrix, part)
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
        meta |= {name: kind(meta[name]) for name, kind in _READ.items()}
    return Model(
        artifact,
        meta,
        parameters,
        load_stats=lambda: dict(artifact.read_json("stats")),
        load_estimator=lambda: _estimator_of(artifact),
        load_scorer=cache(lambda: _scorer_of(artifact, parameters)),
    )


def _scorer_of(artifact: Artifact, parameters: Parameters) -> Any:
    """Return the algorithm in a model file, once it is known to score its films."""
    import numpy as np
    from scipy.sparse import csr_matrix

    from movierec.algorithms._base import make

    with artifact.reporting_damage():
        n_items = len(artifact["item_ids"])
        scorer = make(parameters.algorithm, parameters.settings)
        scorer.restore(learned_in(artifact))
        nobody = csr_matrix((1, n_items), dtype=np.float32)
        if scorer.score(nobody).shape != nobody.shape:
            raise ValueError("its algorithm is not of its films")
        return scorer


def learned_in(arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Return what an algorithm takes back from the arrays of a model."""
    import numpy as np

    own = {name: array for name, array in arrays.items() if name.startswith(LEARNED)}
    if not own:  # it needs nothing but the table
        own = {name: arrays[name] for name in TABLE}
    return {name.removeprefix(LEARNED): np.asarray(array) for name, array in own.items()}


def _estimator_of(artifact: Artifact) -> Any:
    """Return the estimator in a model file, once its matrix is known to be sound."""
    from movierec.algorithms._estimator import fitted_matrix

    content = artifact.unpickle()
    with artifact.reporting_damage():
        matrix = fitted_matrix(content["estimator"])
        matrix.check_format(full_check=True)  # an index out of range would be read out of range
        if matrix.shape[0] != len(artifact["item_ids"]):
            raise ValueError("its matrix is not of its films")
        return content["estimator"]

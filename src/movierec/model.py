"""A fitted model: what a file keeps, and what a question reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from movierec.artifact.reading import Artifact
from movierec.columns import Array

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
        import numpy as np

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

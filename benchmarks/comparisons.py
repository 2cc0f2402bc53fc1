"""The ways of comparing movies that `similarity.py` measures: movierec's and those of others."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from measures import Compare, Mask
from scipy.sparse import csr_matrix

from movierec._util import Progress
from movierec.data.dataset import read_dataset
from movierec.model.parameters import Parameters
from movierec.model.vectors import ItemVectors
from movierec.neighbors.blockwise import cosine, cosine_of_factors
from movierec.neighbors.support import SupportMatrix
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.top_k import NeighborSpec
from movierec.neighbors.weighting import CORRECTED
from movierec.privacy.terms import Terms
from movierec.training.engine import Task
from movierec.training.fit import fit_model
from movierec.training.local import LocalEngine
from movierec.training.private import fit_private

EASE_L2 = 300.0
IMPLICIT = ("BM25Recommender", "CosineRecommender", "TFIDFRecommender")


@dataclass(frozen=True)
class Data:
    """Ratings and movies as data frames, the movies in the order of their ids."""

    ratings: pd.DataFrame
    movies: pd.DataFrame
    tags: pd.DataFrame | None = None

    @cached_property
    def index(self) -> dict[int, int]:
        """``item_index`` by movie id."""
        return {movie: place for place, movie in enumerate(self.movies["movieId"])}

    @cached_property
    def matrix(self) -> csr_matrix:
        """Ratings of shape (n_items, n_users), float64."""
        users, columns = np.unique(self.ratings["userId"], return_inverse=True)
        rows = np.searchsorted(self.movies["movieId"], self.ratings["movieId"])
        shape = (len(self.movies), len(users))
        return csr_matrix((self.ratings["rating"].to_numpy(float), (rows, columns)), shape=shape)

    @cached_property
    def rated(self) -> Mask:
        """Whether each item has a rating, shape (n_items,)."""
        return np.isin(self.movies["movieId"], self.ratings["movieId"])


Fit = Callable[[Data], Compare]


class VectorsOnly(LocalEngine):
    """Leaves the table of neighbors empty: what is measured here is computed from the vectors."""

    def neighbors(
        self,
        vectors: ItemVectors,
        ratings: csr_matrix | None,
        spec: NeighborSpec,
        support: SupportMatrix | None,
        progress: Progress,
    ) -> NeighborTable:
        return NeighborTable.empty(len(vectors), spec.n_neighbors)


def movierec(
    *, with_tags: bool = False, epsilon: float | None = None, copies: float = 1, **parameters: Any
) -> Fit:
    """Compare movies as movierec does.

    Parameters
    ----------
    with_tags : bool
        Whether the tags are part of the content.
    epsilon : float, optional
        Of differential privacy.
    copies : float
        How many people there are for each one, with the same ratings.
    **parameters
        Fields of :class:`movierec.model.parameters.Parameters`.
    """

    def fit(data: Data) -> Compare:
        tags = data.tags if with_tags else None
        dataset = read_dataset(copied(data.ratings, int(copies)), data.movies, tags=tags)
        given = Parameters(**parameters)
        if epsilon is None:
            model = fit_model(dataset, given, VectorsOnly())
        else:
            model = fit_private(dataset, Task({}, given), Terms(epsilon))
        assert model.vectors is not None
        is_corrected = model.parameters.weighting == CORRECTED
        rows = (cosine_of_factors if is_corrected else cosine)(model.vectors.matrix)
        return lambda items: np.vstack(
            [rows(item, item + 1).astype(np.float32) for item in items.tolist()]
        )

    return fit


def copied(ratings: pd.DataFrame, copies: int) -> pd.DataFrame:
    """Return ratings by several people with the same ratings for each one."""
    apart = ratings["userId"].max() + 1
    parts = [ratings.assign(userId=ratings["userId"] + apart * copy) for copy in range(copies)]
    return pd.concat(parts, ignore_index=True)


def ease(data: Data) -> Compare:
    """Compare movies by the weights of EASE (Steck, WWW 2019): -P_ij / P_jj.

    P is the inverse of the Gram matrix of the items. As there are fewer users than items, it is
    computed from a matrix of the users (Woodbury's identity).
    """
    binary = (data.matrix > 0).astype(float).toarray()
    inner = np.linalg.inv(np.eye(binary.shape[1]) * EASE_L2 + binary.T @ binary)
    right = inner @ binary.T
    diagonal = (1 - np.einsum("iu,ui->i", binary, right)) / EASE_L2
    return lambda items: (binary[items] @ right / EASE_L2 / diagonal).astype(np.float32)


def implicit(name: str) -> Fit:
    """Compare movies by one of implicit's recommenders."""

    def fit(data: Data) -> Compare:
        from implicit import nearest_neighbours

        model = getattr(nearest_neighbours, name)(K=200)
        with warnings.catch_warnings():  # implicit warns about its own matrices
            warnings.simplefilter("ignore")
            model.fit(data.matrix.T.tocsr(), show_progress=False)
        return lambda items: model.similarity[items].toarray().astype(np.float32)

    return fit


def contenders(data: Data, *, peers: bool) -> dict[str, Fit]:
    """Return what is measured, by its name in the table.

    Parameters
    ----------
    data : Data
    peers : bool
        Whether implicit is measured too.
    """
    alone = {
        f"{part} alone": movierec(content_weight=1.0, content_parts={part: 1.0})
        for part in ("genres", "title", "year")
    }
    return {
        "cosine of ratings": movierec(content_weight=0.0, weighting="none"),
        **alone,
        "movierec": movierec(),
        **({"movierec, with tags": movierec(with_tags=True)} if data.tags is not None else {}),
        "EASE's weights": ease,
        **({f"implicit, {name}": implicit(name) for name in IMPLICIT} if peers else {}),
    }

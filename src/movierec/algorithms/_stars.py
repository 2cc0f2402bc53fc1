"""Predict ratings by what is usual for the item and the user, and by ratings of near items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.data.interactions import Interactions
from movierec.neighbors.sparse import column_counts, row_parts
from movierec.neighbors.table import NeighborTable

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float32]
Deviations = npt.NDArray[np.float64]

# Of algorithms that store a baseline.
BASELINE_SCHEMA: Schema = {
    "means_": Column("f4", (1,)),
    "item_deviations_": Column("f4", ("items",)),
}
DAMPING = 5.0  # ratings of 0 deviation that are added to those of each item and user
_N_ROUNDS = 2
SHRINKAGE = 0.1  # added to the sum of the weights of near items
_N_CHECKED = 300  # users whose ratings are predicted to learn how far predictions are off
_N_LEVELS = 5


@dataclass(frozen=True)
class Baseline:
    """What is usual: the mean rating, and how much better or worse each item is rated.

    A rating by user u of item i is ``mean + b_u + b_i`` without more knowledge, where each
    deviation b is a mean that is damped towards 0. Koren, "Factor in the neighbors: scalable and
    accurate collaborative filtering" (TKDD 2010), section 2.1.

    Attributes
    ----------
    mean : float
    items : ndarray of shape (n_items,), float32
        The deviations of the items.
    """

    mean: float
    items: Floats

    @classmethod
    def fit(cls, interactions: Interactions) -> Baseline:
        """Learn from ratings; the deviations of users and items are computed in turn."""
        ratings = interactions.item_users
        mean = float(ratings.data.mean(dtype=np.float64))
        by_user = np.zeros(ratings.shape[1])
        for _ in range(_N_ROUNDS):
            by_item, by_user = _deviations(ratings, mean, by_user)
        return cls(mean, by_item.astype(np.float32))

    def of_users(self, users: Interactions) -> Floats:
        """Return the deviation of each user, shape (users.n_users,)."""
        residuals = users.ratings - np.float32(self.mean) - self.items[users.items]
        sums = np.bincount(users.users, weights=residuals, minlength=users.n_users)
        n_ratings = np.bincount(users.users, minlength=users.n_users)
        return (sums / (n_ratings + DAMPING)).astype(np.float32)


def _deviations(
    ratings: csr_matrix, mean: float, by_user: Deviations
) -> tuple[Deviations, Deviations]:
    """Return damped means of what is left of the ratings: for items, then for users."""
    from scipy.sparse import csr_matrix

    by_item, sums = np.zeros(ratings.shape[0]), np.zeros_like(by_user)
    for rows, part in row_parts(ratings):
        rest = csr_matrix((part.data - mean, part.indices, part.indptr), part.shape)
        rated = csr_matrix((np.ones(part.nnz), part.indices, part.indptr), part.shape)
        n_ratings = np.diff(part.indptr)
        by_item[rows] = (rest.sum(axis=1).A1 - rated @ by_user) / (n_ratings + DAMPING)
        sums += rest.sum(axis=0).A1 - by_item[rows] @ rated
    return by_item, sums / (column_counts(ratings) + DAMPING)


class Prediction(NamedTuple):
    """Predicted ratings.

    Attributes
    ----------
    stars : ndarray of shape (n,), float32
        Not clipped to the scale.
    weights : ndarray of shape (n,), float32
        The sum of the weights of the near items on which each rests.
    n_near : ndarray of shape (n,), int64
        The number of these items.
    """

    stars: Floats
    weights: Floats
    n_near: npt.NDArray[np.int64]


def predict(
    baseline: Baseline,
    table: NeighborTable,
    items: npt.NDArray[Any],
    rated: npt.NDArray[Any],
    ratings: Floats,
    *,
    leave_out: bool = False,
) -> Prediction:
    """Predict ratings of one user: what is usual, plus how the user deviates on near items.

    The weight of a near item is its squared similarity; see Koren (2010), equation 3.

    Parameters
    ----------
    baseline : Baseline
    table : NeighborTable
        In memory, or mapped from a file; only the rows of `items` are read.
    items : ndarray of shape (n,), integer
        The items whose ratings are predicted.
    rated, ratings : ndarray of shape (m,)
        What the user rated, and how.
    leave_out : bool
        Whether to predict each of the `rated` items from the others: `items` must be `rated`.
    """
    rest = (ratings - np.float32(baseline.mean) - baseline.items[rated]).astype(np.float32)
    n_rated = len(rest) - leave_out
    totals = rest.sum() - (rest if leave_out else 0)
    by_user = (totals / (n_rated + DAMPING)).astype(np.float32)
    known = np.zeros(len(baseline.items) + 1, dtype=bool)  # the last is that of -1: no neighbor
    residuals = np.zeros(len(known), dtype=np.float32)
    known[rated], residuals[rated] = True, rest
    near = np.array([np.asarray(table.neighbors[item]) for item in items]).reshape(len(items), -1)
    similar = np.array([np.asarray(table.similarities[item]) for item in items])
    weights = np.square(similar.reshape(near.shape)) * known[near]
    sums = (weights * (residuals[near] - np.reshape(by_user, (-1, 1)))).sum(axis=1)
    total = weights.sum(axis=1)
    stars = baseline.mean + by_user + baseline.items[items] + sums / (total + SHRINKAGE)
    return Prediction(stars.astype(np.float32), total, known[near].sum(axis=1))


class ErrorLevels(NamedTuple):
    """How far predictions are off, by how much they rest on.

    Attributes
    ----------
    borders : ndarray of shape (n,), float32, ascending
        Weights that divide predictions into n + 1 levels.
    deviations : ndarray of shape (n + 1,), float32
        The root of the mean squared error on each level.
    """

    borders: Floats
    deviations: Floats

    @classmethod
    def fit(
        cls, baseline: Baseline, table: NeighborTable, interactions: Interactions
    ) -> ErrorLevels:
        """Predict each rating of some users from their other ratings."""
        weights, errors = [], []
        for user in range(interactions.n_users):
            own = interactions.users == user
            rated, ratings = interactions.items[own], interactions.ratings[own]
            found = predict(baseline, table, rated, rated, ratings, leave_out=True)
            weights.append(found.weights)
            errors.append(found.stars - ratings)
        return cls._of(np.concatenate(weights), np.concatenate(errors))

    @classmethod
    def _of(cls, weights: Floats, errors: Floats) -> ErrorLevels:
        shares = np.arange(1, _N_LEVELS) / _N_LEVELS
        borders = np.quantile(weights, shares).astype(np.float32)
        levels = np.searchsorted(borders, weights, side="right")
        counts = np.bincount(levels, minlength=_N_LEVELS)
        squares = np.bincount(levels, weights=errors**2, minlength=_N_LEVELS)
        overall = float((errors**2).mean())
        means = np.where(counts > 0, squares / np.maximum(counts, 1), overall)
        return cls(borders, np.sqrt(means).astype(np.float32))

    def of(self, weights: Floats) -> Floats:
        """Return the expected deviation of predictions that rest on some weights."""
        return np.asarray(self.deviations[np.searchsorted(self.borders, weights, side="right")])


def sample_of_users(interactions: Interactions) -> Interactions:
    """Return the ratings of a few hundred users, for :meth:`ErrorLevels.fit`."""
    has_ratings = np.zeros(interactions.n_users, dtype=bool)
    has_ratings[interactions.users] = True
    chosen = chosen_users(np.flatnonzero(has_ratings))
    # Selected first: ordering all ratings by user would take seconds for millions.
    is_chosen = np.zeros(interactions.n_users, dtype=bool)
    is_chosen[chosen] = True
    return interactions.select(is_chosen[interactions.users]).for_users(chosen)


def chosen_users(users: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return some hundred of the users, evenly spread.

    Parameters
    ----------
    users : ndarray of shape (n_users,), int64
    """
    places = np.linspace(0, len(users) - 1, min(_N_CHECKED, len(users)))
    return np.asarray(users[places.astype(int)])

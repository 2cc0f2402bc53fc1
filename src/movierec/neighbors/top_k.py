"""Compute the table of nearest neighbors by the faster of two methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.neighbors import blockwise
from movierec.neighbors.sparse import column_counts
from movierec.neighbors.table import NeighborTable

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.support import SupportMatrix

# The number of multiplications from which on the compiled loops are faster, although loading them
# takes a third of a second. Each pair of items costs about as much as a few multiplications.
_MANY = 65_000_000
_PER_PAIR = 4
# Corrected vectors, which the default fit compares, and similarities of other kinds gain less, and
# a new installation first compiles the loops: a fit of MovieLens latest-small should not wait.
_PATIENCE = 2.5
_OF_FACTORS = 0.3  # the loops for factors save more: 3 of 4 s of CPU with 9,742 movies

# Of the tables of cosines in this process. A search fits many, so once they cost as much as loading
# the loops does, the loops are loaded; both methods give the same bits.
_costs: list[float] = []


@dataclass(frozen=True)
class NeighborSpec:
    """How a table of neighbors is computed from the vectors of a model.

    Attributes
    ----------
    n_neighbors : int
        Neighbors stored for each item.
    min_support : int
        Pairs of items that fewer users rated are left out.
    shrinkage : float
        Added to the product of the two lengths by which a scalar product is divided.
    """

    n_neighbors: int
    min_support: int = 0
    shrinkage: float = 0.0


def top_k(
    vectors: csr_matrix,
    k: int,
    *,
    n_users: int | None = None,
    ratings: csr_matrix | None = None,
    min_support: int = 0,
    shrinkage: float = 0.0,
    support: SupportMatrix | None = None,
    progress: Callable[[float], object] = lambda done: None,
    n_threads: int | None = None,
) -> NeighborTable:
    """Find the `k` nearest items of every item.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
        Finite values; the columns of each row are sorted and unique. A stored 0 is a rating.
    k : int
    n_users : int, optional
        Number of leading columns that are users; only these count as support of a pair.
        Default: all columns.
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_all_users), optional
        What counts as support instead, if the vectors are not ratings but corrected; see
        :func:`movierec.neighbors.corrected.corrected_vectors`.
    min_support : int
        Minimum number of users who rated both items of a pair; other pairs are left out.
    shrinkage : float
        Added to the product of the two vector lengths in the denominator of the cosine.
    support : SupportMatrix, optional
        An empty matrix, which is filled.
    progress : callable, optional
        Called with the fraction done, from 0 to 1.
    n_threads : int, optional
        Default: all processors. The result does not depend on it.

    Returns
    -------
    NeighborTable
        Similarities are summed in float64.
    """
    table = NeighborTable.empty(vectors.shape[0], k)
    if ratings is not None:
        if support is not None:
            support.fill(ratings, n_threads)
        _fill_corrected(table, vectors, ratings, min_support, support, progress, n_threads)
        return table
    n_users = vectors.shape[1] if n_users is None else n_users
    _costs.append(_cost(vectors, _PER_PAIR))
    if sum(_costs) < _MANY:
        ratings = vectors[:, :n_users]
        compare = blockwise.cosine(vectors, shrinkage)
        rows = blockwise.SimilarityRows(compare, ratings, min_support)
        blockwise.fill_table(table, rows, progress)
        if support is not None:
            support.fill(ratings, n_threads)
    else:
        from movierec.neighbors import parallel  # loads the compiled loops

        terms = (n_users, min_support, shrinkage)
        parallel.fill_table(table, vectors, *terms, support, progress, n_threads)
    return table


def _fill_corrected(
    table: NeighborTable,
    vectors: csr_matrix,
    ratings: csr_matrix,
    min_support: int,
    support: SupportMatrix | None,
    progress: Callable[[float], object],
    n_threads: int | None,
) -> None:
    if _cost(ratings) < _PATIENCE * _MANY:
        compare = blockwise.cosine_of_factors(vectors)
        rows = blockwise.SimilarityRows(compare, ratings, min_support)
        blockwise.fill_table(table, rows, progress)
    else:
        from movierec.neighbors import dense  # loads the compiled loops

        dense.fill_table(table, vectors, ratings, min_support, support, progress, n_threads)


def top_k_by(
    compare: blockwise.Compare,
    ratings: csr_matrix,
    k: int,
    *,
    unit: npt.NDArray[np.float64] | None = None,
    min_support: int = 0,
    progress: Callable[[float], object] = lambda done: None,
) -> NeighborTable:
    """Find the `k` nearest items of every item by any similarities.

    Parameters
    ----------
    compare : callable
        Returns the similarities of the items from `start` up to `stop` to all items.
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)
    unit : ndarray of shape (n_items, n_factors), float64, optional
        Vectors of length 1 or 0, if the similarities are their scalar products.
    k, min_support, progress
        As in :func:`top_k`.
    """
    table = NeighborTable.empty(ratings.shape[0], k)
    share = _PATIENCE if unit is None else _OF_FACTORS
    if _cost(ratings) < share * _MANY:
        rows = blockwise.SimilarityRows(compare, ratings, min_support)
        blockwise.fill_table(table, rows, progress)
    elif unit is not None:
        from movierec.neighbors import of_factors  # loads the compiled loops

        of_factors.fill_table(table, unit, ratings, min_support, progress)
    else:
        from movierec.neighbors import dense  # loads the compiled loops

        dense.fill_table_by(table, compare, ratings, min_support, progress)
    return table


def _cost(matrix: csr_matrix, per_pair: int = 1) -> float:
    """Return the number of multiplications that comparing all rows takes, and of what is like them.

    Parameters
    ----------
    matrix : scipy.sparse.csr_matrix of shape (n_items, n_columns)
    per_pair : int
        What each pair of rows adds.
    """
    per_column = column_counts(matrix).astype(np.float64)
    return float((per_column**2).sum()) + per_pair * matrix.shape[0] ** 2

"""The support of pairs of items: how many users rated both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.sparse import column_counts
from movierec.neighbors.threads import run_blocks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_MANY = 50_000_000  # steps for which loading the compiled loops is worth it
_AT_ONCE = 5_000_000  # steps whose temporary arrays take tens of MB
_ROWS = 128  # of a block of counts, which take 2 MB for 4,000 items


def count_shared(
    ratings: csr_matrix, first: npt.NDArray[np.integer], second: npt.NDArray[np.integer]
) -> npt.NDArray[np.int32]:
    """Return how many users rated both items of each pair.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)
        With sorted indices; every stored value is a rating.
    first, second : ndarray of shape (n_pairs,), integer
    """
    from scipy.sparse import csr_matrix

    n_ratings = np.diff(ratings.indptr)
    work = int(n_ratings[first].sum() + n_ratings[second].sum())
    shared = np.zeros(len(first), dtype=np.int32)
    if work > _MANY:
        from movierec.neighbors.counting import Counts, count_pairs  # loads the compiled loops

        count_pairs(Counts.of(ratings), first, second, shared)
        return shared
    ones = np.ones(ratings.nnz, dtype=np.int32)
    rated = csr_matrix((ones, ratings.indices, ratings.indptr), ratings.shape)
    for part in np.array_split(np.arange(len(first)), work // _AT_ONCE + 1):
        both = rated[first[part]].multiply(rated[second[part]])
        shared[part] = np.asarray(both.sum(axis=1)).ravel()
    return shared


class SupportMatrix:
    """How many users rated both items, for every pair of some items.

    As a matrix product this is ``X' X``, where X has a 1 for each rating of these items.

    Parameters
    ----------
    n_ratings : ndarray of shape (n_all_items,), integer
    n_items : int
        The maximum number of items; the most rated are chosen.
    least : int
        The least number of ratings of an item.
    n_users : int

    Attributes
    ----------
    items : ndarray of shape (n,), int32, ascending
    counts : ndarray of shape (n, n), float32
        Zeros until the matrix is filled. On the diagonal, the number of ratings of each item.
    places : ndarray of shape (n_all_items,), int32
        The row of each item in `counts`, or -1.
    n_users : int
    """

    def __init__(self, n_ratings: npt.NDArray[Any], n_items: int, least: int, n_users: int) -> None:
        order = np.argsort(-n_ratings, kind="stable")[:n_items]
        self.items = np.sort(order[n_ratings[order] >= least]).astype(np.int32)
        self.counts = np.zeros((len(self.items), len(self.items)), dtype=np.float32)
        self.n_users = n_users
        self._n_ratings = n_ratings[self.items]
        self.places = np.full(len(n_ratings), -1, dtype=np.int32)
        self.places[self.items] = np.arange(len(self.items), dtype=np.int32)

    def fill(self, ratings: csr_matrix, n_threads: int | None = None) -> None:
        """Count all pairs.

        Parameters
        ----------
        ratings : scipy.sparse.csr_matrix of shape (n_all_items, n_users)
            Every stored value is a rating.
        n_threads : int, optional
            Default: all processors.
        """
        from scipy.sparse import csr_matrix

        ones = np.ones(ratings.nnz, dtype=np.int8)
        rated = csr_matrix((ones, ratings.indices, ratings.indptr), ratings.shape)[self.items]
        per_user = column_counts(rated).astype(np.float64)
        if (per_user**2).sum() < _MANY:
            floats = rated.astype(np.float32)
            self.counts[:] = (floats @ floats.T).toarray()
            return
        from movierec.neighbors.counting import count_block  # loads the compiled loops

        by_user = rated.tocsc()

        def fill_block(first: int) -> None:
            counts = np.zeros((min(_ROWS, len(self.items) - first), len(self.items)), np.int32)
            count_block(by_user.indptr, by_user.indices, first, counts)
            self.counts[first : first + len(counts)] = counts

        run_blocks(fill_block, range(0, len(self.items), _ROWS), n_threads=n_threads)
        self.complete()

    def add(
        self,
        rows: npt.NDArray[np.int32],
        columns: npt.NDArray[np.int32],
        counts: npt.NDArray[np.int32],
    ) -> None:
        """Take the counts of a block of pairs. Of the two orders of a pair, only one may be given.

        Parameters
        ----------
        rows, columns : ndarray of shape (n,) and (m,), int32
            Items; those that the matrix does not have are ignored.
        counts : ndarray of shape (n, m), int32
        """
        to_rows, to_columns = self.places[rows], self.places[columns]
        if (to_rows >= 0).any():
            part = counts[np.ix_(to_rows >= 0, to_columns >= 0)]
            self.counts[np.ix_(to_rows[to_rows >= 0], to_columns[to_columns >= 0])] = part

    def complete(self) -> None:
        """Complete the matrix after all pairs were added."""
        self.counts += self.counts.T.copy()
        np.fill_diagonal(self.counts, self._n_ratings)

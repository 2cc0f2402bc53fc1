"""The support of every pair of the most rated items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


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
    n_users : int
    """

    def __init__(self, n_ratings: npt.NDArray[Any], n_items: int, least: int, n_users: int) -> None:
        order = np.argsort(-n_ratings, kind="stable")[:n_items]
        self.items = np.sort(order[n_ratings[order] >= least]).astype(np.int32)
        self.counts = np.zeros((len(self.items), len(self.items)), dtype=np.float32)
        self.n_users = n_users
        self._n_ratings = n_ratings[self.items]
        self._places = np.full(len(n_ratings), -1, dtype=np.int32)
        self._places[self.items] = np.arange(len(self.items), dtype=np.int32)

    def fill(self, ratings: csr_matrix) -> None:
        """Count all pairs by a product of matrices.

        Parameters
        ----------
        ratings : scipy.sparse.csr_matrix of shape (n_all_items, n_users)
            Every stored value is a rating.
        """
        from scipy.sparse import csr_matrix

        ones = np.ones(ratings.nnz, dtype=np.float32)
        rated = csr_matrix((ones, ratings.indices, ratings.indptr), ratings.shape)[self.items]
        self.counts[:] = (rated @ rated.T).toarray()

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
        to_rows, to_columns = self._places[rows], self._places[columns]
        if (to_rows >= 0).any():
            part = counts[np.ix_(to_rows >= 0, to_columns >= 0)]
            self.counts[np.ix_(to_rows[to_rows >= 0], to_columns[to_columns >= 0])] = part

    def complete(self) -> None:
        """Complete the matrix after all pairs were added."""
        self.counts += self.counts.T.copy()
        np.fill_diagonal(self.counts, self._n_ratings)

"""Merge changes into ratings that are encoded already, without decoding all of them.

The ratings of a model are a sorted matrix of indices. Only the rows of the pairs that change, and
of those that were left out, are taken out of it as ids and encoded again as
:mod:`movierec.data.encode` does; the others stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.data.changes import changed_rows, without_users
from movierec.data.encode import encode_ratings, nothing_left
from movierec.data.interactions import I64, Interactions, RatingRows
from movierec.data.left_out import Sieve, joined, joined_ids
from movierec.errors import DataError
from movierec.neighbors.sparse import column_counts
from movierec.vocabulary import IdArray, Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass
class Merged:
    """Ratings after a change.

    Attributes
    ----------
    interactions : Interactions
        By user, then by item; without times.
    users : Vocabulary
    dropped : dict of str to int
        Number of rows that are not in use, by reason.
    sieve : Sieve
        Has these rows.
    changed_items : ndarray of shape (m,), int64
        The indices of the items whose ratings are not those of before.
    n_rows : int
        How many rows there are, in use or not.
    counts : dict of str to int
        As in :class:`movierec.data.changes.ChangedRows`.
    """

    interactions: Interactions
    users: Vocabulary
    dropped: dict[str, int]
    sieve: Sieve
    changed_items: I64
    n_rows: int
    counts: dict[str, int]

    @property
    def rows(self) -> RatingRows:
        """No rows: the ratings are encoded."""
        return RatingRows.empty()

    def take_interactions(self) -> Interactions:
        """Return the interactions and drop the reference to them, so that they can be freed."""
        interactions = self.interactions
        del self.interactions
        return interactions


@dataclass(frozen=True)
class EncodedRatings:
    """The ratings of a model: those in use, encoded, and those that were left out.

    Each pair of a user and an item is in use at most once. All ids are numbers.

    Attributes
    ----------
    matrix : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
        Sorted.
    items, users : Vocabulary
    left : RatingRows
        Earlier than those in use; without times.
    """

    matrix: csr_matrix
    items: Vocabulary
    users: Vocabulary
    left: RatingRows

    @property
    def n_rows(self) -> int:
        """How many rows there are, in use or not."""
        return int(self.matrix.nnz) + len(self.left)

    @property
    def all_users(self) -> Vocabulary:
        """The users who have rows, in use or not."""
        return Vocabulary(np.unique(joined_ids([np.asarray(self.users.ids), self.left.users])))

    def changed(self, new: RatingRows, items: Vocabulary) -> Merged:
        """Add new ratings, and remove those that are withdrawn.

        Parameters
        ----------
        new : RatingRows
            As in :func:`movierec.data.changes.changed_rows`; without times.
        items : Vocabulary
            The old ones and new ones.

        Raises
        ------
        DataError
            If no rating is left.
        """
        gone = self._places_of(joined([self.left, new], with_times=False))
        old = joined([self.left, self._rows_at(gone)], with_times=False)
        found = changed_rows(old, new, known=np.asarray(self.users.ids))
        return self._merged(gone, found.rows, items, found.counts)

    def without(self, users: IdArray) -> Merged:
        """Remove all ratings by some users.

        Parameters
        ----------
        users : ndarray of shape (n,), int64
            Their ids.

        Raises
        ------
        DataError
            If no rating is left.
        """
        is_gone = np.isin(np.asarray(self.users.ids), users)
        gone = np.flatnonzero(is_gone[self.matrix.indices])
        left = without_users(self.left, users)
        touched = self._places_of(left)
        rows = joined([left, self._rows_at(touched)], with_times=False)
        return self._merged(np.union1d(gone, touched), rows, self.items, {})

    def _places_of(self, rows: RatingRows) -> I64:
        """Return where the matrix has the pairs of some rows, ascending."""
        places, is_there = self._places(rows.items, rows.users)
        return np.unique(places[is_there])

    def _rows_at(self, places: I64) -> RatingRows:
        rows = np.searchsorted(self.matrix.indptr, places, side="right") - 1
        users = np.asarray(self.users.ids)[self.matrix.indices[places]]
        return RatingRows(users, np.asarray(self.items.ids)[rows], self.matrix.data[places])

    def _places(self, items: IdArray, users: IdArray) -> tuple[I64, npt.NDArray[np.bool_]]:
        """Return where pairs are in the matrix, or would be, and whether they are there."""
        (rows, has_row), (columns, has_column) = (
            _ranks(np.asarray(known.ids), ids)
            for known, ids in ((self.items, items), (self.users, users))
        )
        indptr, indices = self.matrix.indptr.astype(np.int64), self.matrix.indices
        low, end = indptr[rows], indptr[rows + has_row]
        places = _lower_bounds(indices, low, end, columns)
        is_there = has_column & (places < end)
        is_there[is_there] = indices[places[is_there]] == columns[is_there]
        return places, is_there

    def _merged(
        self, gone: I64, rows: RatingRows, items: Vocabulary, counts: dict[str, int]
    ) -> Merged:
        """Replace the ratings at some places by those of rows, of which some may be left out."""
        sieve, old = Sieve(), self.matrix
        n_rows = old.nnz - len(gone) + len(rows)
        found, of_rows, dropped = encode_ratings(rows, items, sieve=sieve, may_be_empty=True)
        new = found.select(np.lexsort((found.users, found.items)))
        new_users = np.asarray(of_rows.ids)[new.users]
        places, is_there = self._places(np.asarray(items.ids)[new.items], new_users)
        is_there[is_there] = _same(old.data[places[is_there]], new.ratings[is_there])
        gone = np.setdiff1d(gone, places[is_there], assume_unique=True)
        added = np.flatnonzero(~is_there)
        new, new_users, places = new.select(added), new_users[added], places[added]
        if not old.nnz - len(gone) + len(added):
            raise DataError(*nothing_left("the ratings", n_rows, dropped))
        n_left = column_counts(old) - np.bincount(old.indices[gone], minlength=old.shape[1])
        known = np.asarray(self.users.ids)
        users = np.union1d(known[n_left > 0], new_users)
        gone_items = np.searchsorted(old.indptr, gone, side="right") - 1
        item_numbers = items.indices_of(np.asarray(self.items.ids))
        n_ratings = np.zeros(len(items), np.int64)
        n_ratings[item_numbers] = np.diff(old.indptr)
        n_ratings -= np.bincount(item_numbers[gone_items], minlength=len(items))
        n_ratings += np.bincount(new.items, minlength=len(items))
        splice = _Splice(gone, places)
        matrix = _csr(
            splice(old.data, new.ratings),
            splice(_renumbered(old.indices, known, users), np.searchsorted(users, new_users)),
            n_ratings,
            len(users),
        )
        return Merged(
            Interactions.from_item_users(matrix),
            Vocabulary(users),
            dropped,
            sieve,
            np.union1d(item_numbers[gone_items], new.items).astype(np.int64),
            n_rows,
            counts,
        )


@dataclass(frozen=True)
class _Splice:
    """Removes entries of a column, and inserts others.

    Attributes
    ----------
    gone : ndarray of shape (n_gone,), int64
        Places of entries, ascending.
    places : ndarray of shape (n_new,), int64
        The entries of the old column before which the new ones come, ascending.
    """

    gone: I64
    places: I64

    def __call__(self, column: npt.NDArray[Any], new: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a column with other entries."""
        kept = np.delete(column, self.gone)
        places = self.places - np.searchsorted(self.gone, self.places)
        return np.insert(kept, places, new)


def _ranks(known: IdArray, ids: IdArray) -> tuple[I64, npt.NDArray[np.bool_]]:
    """Return how many of the known ids are smaller, and which ids are known."""
    ranks = np.searchsorted(known, ids)
    is_known = ranks < len(known)
    is_known[is_known] = known[ranks[is_known]] == ids[is_known]
    return ranks, is_known


def _lower_bounds(indices: npt.NDArray[Any], low: I64, high: I64, wanted: I64) -> I64:
    """Return the first place in each range at which an index is at least the wanted one."""
    low, high = low.copy(), high.copy()
    searched = np.flatnonzero(low < high)
    while len(searched):
        middle = (low[searched] + high[searched]) // 2
        is_below = indices[middle] < wanted[searched]
        low[searched[is_below]] = middle[is_below] + 1
        high[searched[~is_below]] = middle[~is_below]
        searched = searched[low[searched] < high[searched]]
    return low


def _same(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> Any:
    """Tell which values are the same to the bit, so that 0 and -0 differ."""
    return first.view(np.int32) == second.view(np.int32)


def _renumbered(
    indices: npt.NDArray[np.int32], known: IdArray, users: IdArray
) -> npt.NDArray[np.int32]:
    """Return the new index of each user; any, of those who are gone."""
    if np.array_equal(known, users):
        return indices
    return np.searchsorted(users, known).astype(np.int32)[indices]


def _csr(
    data: npt.NDArray[np.float32], indices: npt.NDArray[np.int32], n_in_rows: I64, n_columns: int
) -> csr_matrix:
    from scipy.sparse import csr_matrix

    indptr = np.concatenate([[0], np.cumsum(n_in_rows)]).astype(np.int32)
    return csr_matrix((data, indices, indptr), shape=(len(n_in_rows), n_columns))

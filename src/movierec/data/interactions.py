"""Ratings of items by users, in the form that all modules exchange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.vocabulary import IdArray

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
# int64, or float64 where a file has fractions of a second
Timestamps = npt.NDArray[np.integer] | npt.NDArray[np.floating]


@dataclass
class RatingRows:
    """The ratings of a file, in its order and with its ids.

    Attributes
    ----------
    users, items : ndarray of shape (n_rows,), integer or UTF-8 bytes
        The ids in the file.
    values : ndarray of shape (n_rows,), float32
    read_timestamps : callable, optional
        Returns an ndarray of shape (n_rows,), seconds since 1970; None if the file has no
        timestamps. Called only if the order of ratings matters.
    """

    users: IdArray
    items: IdArray
    values: F32
    read_timestamps: Callable[[], Timestamps] | None = None

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def empty(cls) -> RatingRows:
        """Return an instance without rows."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))

    def select(self, rows: npt.NDArray[Any]) -> RatingRows:
        """Return some of the rows.

        Parameters
        ----------
        rows : ndarray of shape (m,), int64, or of shape (n_rows,), bool
        """
        read = selected_timestamps(self.read_timestamps, rows)
        return RatingRows(self.users[rows], self.items[rows], self.values[rows], read)


@dataclass(frozen=True, eq=False)
class Interactions:
    """Who rated what, and when, by index: aligned columns in the order of the file.

    Fitting, scoring new users and evaluating all take ratings in this form.

    Attributes
    ----------
    users, items : ndarray of shape (n,), int32
        ``user_index`` and ``item_index``; each pair at most once.
    ratings : ndarray of shape (n,), float32
    n_users, n_items : int
        Include users and items without ratings.
    read_timestamps : callable, optional
        Returns an ndarray of shape (n,), seconds since 1970. Called at most once.
    """

    users: I32
    items: I32
    ratings: F32
    n_users: int
    n_items: int
    read_timestamps: Callable[[], Timestamps] | None = None

    @classmethod
    def from_user_items(cls, user_items: csr_matrix) -> Interactions:
        """Convert a matrix of shape (n_users, n_items) to interactions without timestamps."""
        n_users, n_items = user_items.shape
        users = np.repeat(np.arange(n_users, dtype=np.int32), np.diff(user_items.indptr))
        items = user_items.indices.astype(np.int32, copy=False)
        return cls(users, items, user_items.data.astype(np.float32, copy=False), n_users, n_items)

    @classmethod
    def from_item_users(cls, item_users: csr_matrix) -> Interactions:
        """Convert a sorted matrix of shape (n_items, n_users) to interactions without timestamps.

        They are by user, and those of a user by item.
        """
        found = cls.from_user_items(item_users.tocsc().T)
        vars(found)["item_users"] = item_users
        return found

    def __len__(self) -> int:
        return len(self.items)

    @property
    def has_timestamps(self) -> bool:
        """Whether the ratings have timestamps."""
        return self.read_timestamps is not None

    @cached_property
    def timestamps(self) -> Timestamps:
        """Seconds since 1970, shape (n,).

        Raises
        ------
        DataError
            If the ratings have no timestamps.
        """
        if self.read_timestamps is None:
            raise DataError(
                "the ratings have no timestamps", "add a timestamp column, or choose another method"
            )
        return self.read_timestamps()

    @cached_property
    def user_items(self) -> csr_matrix:
        """Ratings as CSR of shape (n_users, n_items), float32; a rating of 0 is stored."""
        return _csr(self.ratings, self.users, self.items, (self.n_users, self.n_items))

    @cached_property
    def item_users(self) -> csr_matrix:
        """Ratings as CSR of shape (n_items, n_users), float32; a rating of 0 is stored."""
        return _csr(self.ratings, self.items, self.users, (self.n_items, self.n_users))

    @cached_property
    def histories(self) -> tuple[I64, I32]:
        """The items of each user, oldest first; equal timestamps keep the order of the file.

        Returns
        -------
        offsets : ndarray of shape (n_users + 1,), int64
            The items of user u are ``items[offsets[u] : offsets[u + 1]]``.
        items : ndarray of shape (n,), int32

        Raises
        ------
        DataError
            If the ratings have no timestamps.
        """
        offsets, rows = self.rows_by_time
        return offsets, self.items[rows]

    @cached_property
    def rows_by_time(self) -> tuple[I64, I64]:
        """The offsets of each user's rows, and the rows, oldest first; see :attr:`histories`."""
        return self.offsets, np.lexsort((self.timestamps, self.users))

    def ordered(self, *, by_time: bool) -> Interactions:
        """Return the interactions by user, and those of a user by time or by item.

        Parameters
        ----------
        by_time : bool
            Equal timestamps keep their order. The interactions must have timestamps then.
        """
        if not by_time and _is_sorted(self.users, self.items):
            return self
        order = self.rows_by_time[1] if by_time else np.lexsort((self.items, self.users))
        found = self.select(order)
        # What was computed already holds for any order of the rows.
        vars(found)["item_users"] = self.item_users
        if by_time:
            vars(found)["rows_by_time"] = self.offsets, np.arange(len(self))
        return found

    def select(self, rows: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Interactions:
        """Return the interactions in some rows.

        Parameters
        ----------
        rows : ndarray of shape (m,), int64, or of shape (n,), bool
        """
        return replace(
            self,
            users=self.users[rows],
            items=self.items[rows],
            ratings=self.ratings[rows],
            read_timestamps=selected_timestamps(self.read_timestamps, rows),
        )

    def for_users(self, users: npt.NDArray[np.integer]) -> Interactions:
        """Return the interactions of some users, renumbered from 0 in the given order.

        Parameters
        ----------
        users : ndarray of shape (m,), int64
            Each user at most once.
        """
        starts, ends = self.offsets[users], self.offsets[users + 1]
        lengths = ends - starts
        skipped = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        rows = self._rows_by_user[np.arange(lengths.sum()) + skipped]
        part = self.select(rows)
        numbers = np.repeat(np.arange(len(users), dtype=np.int32), lengths)
        return Interactions(
            numbers, part.items, part.ratings, len(users), self.n_items, part.read_timestamps
        )

    @cached_property
    def offsets(self) -> I64:
        """Where the ratings of each user start if all are by user; shape (n_users + 1,), int64."""
        counts = np.bincount(self.users, minlength=self.n_users)
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    @cached_property
    def _rows_by_user(self) -> I64:
        return np.argsort(self.users, kind="stable")


def last_of_each(interactions: Interactions) -> I64:
    """Return the rows with the last rating of each user-item pair, by time, then by position.

    Parameters
    ----------
    interactions : Interactions
        In which a pair may stand several times.
    """
    times = interactions.timestamps if interactions.has_timestamps else np.zeros(len(interactions))
    order = np.lexsort((times, interactions.users, interactions.items))
    items, users = interactions.items[order], interactions.users[order]
    ends = np.append((np.diff(items) != 0) | (np.diff(users) != 0), True)
    return np.sort(order[ends])


def selected_timestamps(
    read: Callable[[], Timestamps] | None, rows: Any
) -> Callable[[], Timestamps] | None:
    """Return a function that reads the timestamps of some rows, or None if there are none.

    It holds nothing but `read`, so that the columns it belongs to can be freed.

    Parameters
    ----------
    read : callable, optional
        Reads the timestamps of all rows.
    rows : slice, or ndarray of int64 or bool
    """
    return None if read is None else lambda: read()[rows]


def _is_sorted(users: I32, items: I32) -> bool:
    """Tell whether rows are sorted by user, then by item."""
    steps = (users[1:] > users[:-1]) | ((users[1:] == users[:-1]) & (items[1:] > items[:-1]))
    return bool(steps.all())


def _csr(values: F32, rows: I32, columns: I32, shape: tuple[int, int]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    matrix = csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)
    matrix.sort_indices()
    return matrix

"""Sequences of items as rows of equal length, for training and for answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.algorithms._moments import moments_of
from movierec.data.interactions import Interactions

I32 = npt.NDArray[np.int32]


class Batch(NamedTuple):
    """Rows of items, of which each is to predict the next.

    Attributes
    ----------
    items : ndarray of shape (n_rows, length), int32
    segments : ndarray of shape (n_rows, length), int32
        Whose item it is: different from one person to the next in a row.
    targets : ndarray of shape (n_rows, length), int32
        The next item.
    weights : ndarray of shape (n_rows, length), float32
        0 where there is no next item of the same person, else 1.
    """

    items: I32
    segments: I32
    targets: I32
    weights: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sequences:
    """The items of each user, oldest first.

    Attributes
    ----------
    offsets : ndarray of shape (n_users + 1,), int64
    items : ndarray of shape (n,), int32
    moments : ndarray of shape (n,), int64
        Equal for ratings of one user at one time, whose order is not known; ascending.
    """

    offsets: npt.NDArray[np.int64]
    items: I32
    moments: npt.NDArray[np.int64]

    @classmethod
    def of(cls, interactions: Interactions) -> Sequences:
        """Return sequences in the order of time, or in that of the rows if there are no times.

        Parameters
        ----------
        interactions : Interactions
        """
        if not interactions.has_timestamps:
            counts = np.bincount(interactions.users, minlength=interactions.n_users)
            offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
            rows = np.argsort(interactions.users, kind="stable")
            return cls(offsets, interactions.items[rows], np.arange(len(rows)))
        found = moments_of(interactions)
        moments = np.repeat(np.arange(len(found.sizes)), found.sizes)
        return cls(found.starts[found.users], found.items, moments)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """The number of items of each user, shape (n_users,)."""
        return np.diff(self.offsets)

    def shuffled(self, random: np.random.Generator) -> I32:
        """Return the items, in a random order where the order is not known."""
        return self.items[np.lexsort((random.random(len(self.items)), self.moments))]

    def batches(self, length: int, n_rows: int, random: np.random.Generator) -> Iterator[Batch]:
        """Yield all sequences once, in a random order of users, cut into rows.

        Parameters
        ----------
        length : int
        n_rows : int
            Number of rows of a batch. What does not fill one is left out.
        random : numpy.random.Generator
        """
        users = random.permutation(len(self.lengths))
        lengths = self.lengths[users]
        starts = np.cumsum(lengths) - lengths
        places = np.arange(len(self.items)) + np.repeat(self.offsets[users] - starts, lengths)
        items = self.shuffled(random)[places]
        owners = np.repeat(users, lengths).astype(np.int32)
        targets = np.append(items[1:], 0).astype(np.int32)
        weights = np.append(owners[1:] == owners[:-1], False).astype(np.float32)
        first = int(random.integers(min(length, len(items) - length * n_rows + 1)))
        n_all = (len(items) - first) // length
        used = slice(first, first + n_all * length)
        rows = Batch(items[used], owners[used], targets[used], weights[used])
        order = random.permutation(n_all)
        for start in range(0, n_all - n_rows + 1, n_rows):
            chosen = order[start : start + n_rows]
            yield Batch._make(column.reshape(n_all, length)[chosen] for column in rows)

    def latest(self, users: npt.NDArray[np.int64], length: int) -> tuple[I32, I32]:
        """Return the latest items of some users, the last one at the right end.

        Parameters
        ----------
        users : ndarray of shape (n,), int64
        length : int
            Of the rows, if somebody has as many items.

        Returns
        -------
        items, segments : ndarray of shape (n, length or less), int32
            Segments are 0 where there is an item, and -1 before.
        """
        counts = np.minimum(self.lengths[users], length)
        width = max(int(counts.max(initial=0)), 1)
        back = np.arange(width - 1, -1, -1)
        is_item = back < counts[:, None]
        rows = np.where(is_item, self.offsets[users + 1][:, None] - 1 - back, 0)
        items = np.where(is_item, self.items[rows] if len(self.items) else 0, 0)
        return items.astype(np.int32), np.where(is_item, 0, -1).astype(np.int32)

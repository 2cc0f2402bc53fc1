"""Sums over all ratings that groups of users add up to: on another machine each, in any order.

All terms are whole numbers, or ratings, whose sums float64 holds exactly. So the sums of any groups
add up to the same, to the bit, as those of all users at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from movierec.neighbors.factors import Floats, projection, weigh
from movierec.neighbors.sparse import column_counts, column_sums

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Totals = dict[str, npt.NDArray[Any]]

_ROWS = 128  # of a block of counts, which take 2 MB for 4,000 items
_UNITS = 2.0**30  # of a deviation, as a whole number


class Sum(Protocol):
    """What is summed."""

    def zeros(self) -> Totals:
        """Return arrays of zeros, by name."""

    def add(self, ratings: csr_matrix, totals: Totals) -> None:
        """Add the ratings of a group of users.

        Parameters
        ----------
        ratings : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
            All ratings of these users; indices are sorted.
        totals : dict of str to ndarray, which are added to
        """


@dataclass(frozen=True)
class ItemSums(Sum):
    """Numbers of ratings, and sums of ratings and of their squares.

    Attributes
    ----------
    n_items : int
    """

    n_items: int

    def zeros(self) -> Totals:
        """Return arrays of zeros, by name.

        They are ``n_ratings``, ``sums`` and ``squares`` of the ratings of each item, and
        ``users_with``: the number of users with 0, 1, ... ratings.
        """
        names = ("sums", "squares")
        counts = {"n_ratings": self.n_items, "users_with": self.n_items + 1}
        floats = {name: np.zeros(self.n_items) for name in names}
        return floats | {name: np.zeros(size, np.int64) for name, size in counts.items()}

    def add(self, ratings: csr_matrix, totals: Totals) -> None:
        """Add; see :meth:`Sum.add`."""
        by_item = ratings.tocsc()  # its columns are users
        values = by_item.data.astype(np.float64)
        totals["n_ratings"] += np.diff(ratings.indptr)
        totals["sums"] += np.bincount(by_item.indices, values, self.n_items)
        totals["squares"] += np.bincount(by_item.indices, values * values, self.n_items)
        totals["users_with"] += np.bincount(np.diff(by_item.indptr), minlength=self.n_items + 1)


@dataclass(frozen=True)
class Histogram(Sum):
    """How many ratings are in each of some ranges.

    Attributes
    ----------
    edges : ndarray of shape (n_ranges + 1,)
    """

    edges: npt.NDArray[Any]

    def zeros(self) -> Totals:
        """Return ``counts``."""
        return {"counts": np.zeros(len(self.edges) - 1, np.int64)}

    def add(self, ratings: csr_matrix, totals: Totals) -> None:
        """Add; see :meth:`Sum.add`."""
        totals["counts"] += np.histogram(ratings.data, self.edges)[0]


@dataclass(frozen=True)
class DirectionSums(Sum):
    """What the last step to the factors takes; see :func:`movierec.neighbors.factors.projection`.

    Attributes
    ----------
    directions : ndarray of shape (n_items, n_directions), float32
    half_scale : float
        See :func:`movierec.neighbors.factors.weigh`.
    """

    directions: Floats
    half_scale: float

    def zeros(self) -> Totals:
        """Return ``squares`` and ``products``."""
        n_directions = self.directions.shape[1]
        squares = np.zeros((n_directions, n_directions))
        return {"squares": squares, "products": np.zeros(self.directions.shape)}

    def add(self, ratings: csr_matrix, totals: Totals) -> None:
        """Add; see :meth:`Sum.add`."""
        found = projection(weigh(ratings, self.half_scale), self.directions)
        for name, part in zip(("squares", "products"), found, strict=True):
            totals[name] += part


@dataclass(frozen=True)
class DeviationSums(Sum):
    """Sums of the damped deviations of each item's users.

    Attributes
    ----------
    mean : float
    items : ndarray of shape (n_items,), float64
        The deviation of each item.
    damping : float
        Number of ratings of 0 deviation that are added to those of each user.
    """

    mean: float
    items: npt.NDArray[np.float64]
    damping: float

    def zeros(self) -> Totals:
        """Return ``sums``, as whole numbers of 1 / 2^30."""
        return {"sums": np.zeros(len(self.items), np.int64)}

    def add(self, ratings: csr_matrix, totals: Totals) -> None:
        """Add; see :meth:`Sum.add`."""
        n_ratings = column_counts(ratings)
        items = np.repeat(self.items, np.diff(ratings.indptr))
        usual = np.bincount(ratings.indices, items, len(n_ratings))
        rest = column_sums(ratings) - n_ratings * self.mean - usual
        users = np.rint(rest / (n_ratings + self.damping) * _UNITS)
        rows = np.repeat(np.arange(len(self.items)), np.diff(ratings.indptr))
        sums = np.bincount(rows, users[ratings.indices], len(self.items))
        totals["sums"] += sums.astype(np.int64)

    @staticmethod
    def as_deviations(sums: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return sums in their own unit."""
        return sums / _UNITS


@dataclass(frozen=True)
class PairCounts(Sum):
    """Who rated both items of some pairs.

    Attributes
    ----------
    first, second : ndarray of shape (n_pairs,), integer
    """

    first: npt.NDArray[Any]
    second: npt.NDArray[Any]

    def zeros(self) -> Totals:
        """Return ``shared``."""
        return {"shared": np.zeros(len(self.first), np.int32)}

    def add(self, ratings: csr_matrix, totals: Totals) -> None:
        """Add; see :meth:`Sum.add`."""
        from movierec.neighbors.support import count_shared

        totals["shared"] += count_shared(ratings, self.first, self.second)


@dataclass(frozen=True)
class TableCounts(Sum):
    """Who rated both items of each pair in a table.

    Attributes
    ----------
    neighbors : ndarray of shape (n_items, k), int32
    n_ratings : ndarray of shape (n_items,), integer
    """

    neighbors: npt.NDArray[np.int32]
    n_ratings: npt.NDArray[Any]

    def zeros(self) -> Totals:
        """Return ``support``."""
        return {"support": np.zeros(self.neighbors.shape, np.int32)}

    def add(self, ratings: csr_matrix, totals: Totals) -> None:
        """Add; see :meth:`Sum.add`."""
        from movierec.neighbors.counting import Counts, count_groups, group_pairs

        indptr = np.concatenate([[0], np.cumsum(self.n_ratings)])
        groups = group_pairs(self.neighbors, indptr)
        found = np.zeros(self.neighbors.shape, np.int32)
        counts = Counts.of(ratings)
        count_groups(counts, self.neighbors, *groups, 0, len(self.neighbors), found)
        totals["support"] += found


@dataclass(frozen=True)
class MatrixCounts(Sum):
    """Who rated both, for every pair of some items: the lower half of a matrix.

    Attributes
    ----------
    items : ndarray of shape (n,), int32, ascending
    """

    items: npt.NDArray[np.int32]

    def zeros(self) -> Totals:
        """Return ``counts``."""
        return {"counts": np.zeros((len(self.items), len(self.items)), np.int32)}

    def add(self, ratings: csr_matrix, totals: Totals) -> None:
        """Add; see :meth:`Sum.add`."""
        from movierec.neighbors.counting import count_block

        by_user = ratings[self.items].tocsc()
        for first in range(0, len(self.items), _ROWS):
            rows = totals["counts"][first : first + _ROWS]
            count_block(by_user.indptr, by_user.indices, first, rows)

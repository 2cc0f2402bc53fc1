"""Histories as moments: what one person rated at one time has no order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]


class Moments(NamedTuple):
    """What people rated, moment by moment.

    Attributes
    ----------
    rows : ndarray of shape (n,), int64
        The rows of the interactions, by user, oldest first.
    items : ndarray of shape (n,), int32
        The items in these rows.
    starts : ndarray of shape (n_moments + 1,), int64
        The items of moment m are ``items[starts[m] : starts[m + 1]]``.
    users : ndarray of shape (n_users + 1,), int64
        The moments of user u are those from ``users[u]`` to ``users[u + 1]``.
    """

    rows: I64
    items: I32
    starts: I64
    users: I64

    @property
    def sizes(self) -> I64:
        """The number of items of each moment, shape (n_moments,)."""
        return np.diff(self.starts)

    @property
    def ages(self) -> I64:
        """The number of items that the user of each moment rated later, shape (n_moments,)."""
        ends = np.repeat(self.starts[self.users[1:]], np.diff(self.users))
        return ends - self.starts[1:]

    def parts(self, n_rows: int) -> Iterator[Moments]:
        """Yield the histories of consecutive users, of about so many rows together.

        Parameters
        ----------
        n_rows : int
        """
        ends = self.starts[self.users]  # of the users' rows
        bounds = np.searchsorted(ends, np.arange(0, len(self.rows) + n_rows, n_rows))
        for first, stop in pairwise(np.minimum(bounds, len(self.users) - 1)):
            if first < stop:
                users = self.users[first : stop + 1]
                starts = self.starts[users[0] : users[-1] + 1]
                rows = slice(starts[0], starts[-1])
                yield Moments(
                    self.rows[rows], self.items[rows], starts - starts[0], users - users[0]
                )


def moments_of(interactions: Interactions) -> Moments:
    """Return histories by moment; all that a person rated is one, where there are no timestamps.

    Parameters
    ----------
    interactions : Interactions
    """
    if interactions.has_timestamps:
        times = interactions.timestamps
    else:
        times = np.zeros(len(interactions), dtype=np.int64)
    # Equal times are in the order of the items, so that sums do not depend on the order of rows.
    rows = np.lexsort((interactions.items, times, interactions.users))
    users, times = interactions.users[rows], times[rows]
    is_new = np.append(True, (users[1:] != users[:-1]) | (times[1:] != times[:-1]))
    first = np.flatnonzero(is_new[: len(rows)])
    n_moments = np.bincount(users[first], minlength=interactions.n_users)
    return Moments(
        rows,
        interactions.items[rows],
        np.append(first, len(rows)),
        np.concatenate([[0], np.cumsum(n_moments)]),
    )

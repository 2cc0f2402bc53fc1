"""Scalar products of some items' ratings with those of all items, a group of users at a time.

No group needs more than the ratings of its users, and no block of items more than the users who
rated any of them. Each pair is summed in the order of the users, as by the other kernels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.compiled import compiled

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Array = Any  # a NumPy array; numba checks the type

_BYTES = 12  # of a pair: a sum and a count


class BlockProducts:
    """The products of a block of items.

    Parameters
    ----------
    items : ndarray of shape (n_rows,), integer
        The items of the block.
    n_items : int
        Number of all items.

    Attributes
    ----------
    sums : ndarray of shape (n_rows, n_items), float64
    counts : ndarray of shape (n_rows, n_items), int32
        How many users rated both.
    """

    def __init__(self, items: npt.NDArray[Any], n_items: int) -> None:
        self._rows = np.full(n_items, -1, dtype=np.int32)
        self._rows[items] = np.arange(len(items), dtype=np.int32)
        self.sums = np.zeros((len(items), n_items))
        self.counts = np.zeros((len(items), n_items), np.int32)

    def add(self, user_items: csr_matrix, *, is_counted: bool = True) -> None:
        """Add the products of some users' ratings.

        Parameters
        ----------
        user_items : scipy.sparse.csr_matrix of shape (n_users, n_items), float32
            All ratings of users who rated any item of the block.
        is_counted : bool
            False for features instead of users.
        """
        rows = self._rows[user_items.indices]
        entries = np.flatnonzero(rows >= 0)
        entries = entries[np.argsort(rows[entries], kind="stable")]  # a row stays in the cache
        lengths = np.diff(user_items.indptr)
        users = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)[entries]
        arrays = (user_items.indptr, user_items.indices, user_items.data)
        add_products(*arrays, users, rows[entries], entries, is_counted, self.sums, self.counts)


@compiled
def add_products(
    starts: Array,
    items: Array,
    values: Array,
    users: Array,
    rows: Array,
    entries: Array,
    is_counted: bool,
    sums: Array,
    counts: Array,
) -> None:
    """Add the products of some entries with all entries of their users.

    Parameters
    ----------
    starts, items, values : ndarray
        Of a CSR matrix of shape (n_users, n_items).
    users, rows, entries : ndarray of shape (n,), integer
        The user, the row of the sums, and the place in the CSR matrix of each of these entries.
    is_counted : bool
    sums, counts : ndarray of shape (n_rows, n_items), float64 and int32, which are added to
    """
    for place in range(len(entries)):
        user, factor = users[place], np.float64(values[entries[place]])
        row_sums, row_counts = sums[rows[place]], counts[rows[place]]
        for other in range(starts[user], starts[user + 1]):
            row_sums[items[other]] += factor * values[other]
            row_counts[items[other]] += np.int32(is_counted)


def blocks_of_items(n_ratings: npt.NDArray[Any], budget: int) -> list[npt.NDArray[np.int64]]:
    """Divide items into blocks whose products fit in memory, most rated items first.

    The less rated the items of a block are, the fewer users must be known to it.

    Parameters
    ----------
    n_ratings : ndarray of shape (n_items,), integer
    budget : int
        Bytes of the products of a block.
    """
    order = np.argsort(-n_ratings, kind="stable")
    size = max(budget // (_BYTES * max(len(order), 1)), 1)
    return [order[start : start + size] for start in range(0, len(order), size)]

"""Change a table of neighbors where the ratings of some items have changed.

The cosine of two items depends on nothing but their own ratings. Rows of changed items are computed
anew. Another row keeps its entries, loses those of changed items and takes in their new ones; it is
computed anew if what was not listed before might now belong to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.neighbors.sparse import column_counts, inverse_norms, top_k_indices
from movierec.neighbors.table import NeighborTable

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Entries:
    """Pairs of items: what a row of a table may list.

    Attributes
    ----------
    rows, items : ndarray of shape (n,), integer
    similarities : ndarray of shape (n,), float32
    support : ndarray of shape (n,), int32
    """

    rows: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    similarities: npt.NDArray[np.float32]
    support: npt.NDArray[np.int32]


def share_of_work(ratings: csr_matrix, is_changed: npt.NDArray[np.bool_]) -> float:
    """Return the multiplications that rows of changed items take, as a share of those of all rows.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)
    is_changed : ndarray of shape (n_items,), bool
    """
    per_user = column_counts(ratings)
    of_changed = sum(
        int(per_user[ratings.indices[ratings.indptr[item] : ratings.indptr[item + 1]]].sum())
        for item in np.flatnonzero(is_changed)
    )
    return of_changed / max(int((per_user**2).sum()), 1)


class PartialTable:
    """Computes rows of a table by the cosine of ratings.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
    min_support : int
        As in :func:`movierec.neighbors.top_k.top_k`.
    """

    def __init__(self, ratings: csr_matrix, min_support: int) -> None:
        self._ratings = ratings
        self._by_user = ratings.tocsc()
        self._scale = inverse_norms(ratings)
        self._min_support = min_support

    def change(
        self,
        old: NeighborTable,
        table: NeighborTable,
        is_changed: npt.NDArray[np.bool_],
        progress: Callable[[float], object],
    ) -> None:
        """Fill a table from the one before some items changed.

        Parameters
        ----------
        old : NeighborTable of n_items
            Of the same items; those that are new have no neighbors.
        table : NeighborTable
            An empty table, which is filled.
        is_changed : ndarray of shape (n_items,), bool
            Also of new items.
        progress : callable
            Called with the fraction done, from 0 to 1.
        """
        floors, last = _floors(old)
        found = self._fill(table, np.flatnonzero(is_changed), floors, ~is_changed, progress)
        is_lost = (old.neighbors >= 0) & is_changed[old.neighbors]
        is_other = is_lost.any(axis=1)
        is_other[found.rows] = True
        as_before = np.flatnonzero(~is_other & ~is_changed)
        k = old.neighbors.shape[1]  # perhaps fewer, if there were fewer items
        for name in ("neighbors", "similarities", "support"):
            getattr(table, name)[as_before, :k] = getattr(old, name)[as_before]
        others = np.flatnonzero(is_other & ~is_changed)
        _merge(table, _listed(old, others, ~is_lost[others]), found)
        again = np.flatnonzero(~is_changed & _lack(table, floors, last))
        self._fill(table, again, floors, np.zeros_like(is_changed), progress)

    def _fill(
        self,
        table: NeighborTable,
        items: I64,
        floors: npt.NDArray[np.float32],
        is_wanted: npt.NDArray[np.bool_],
        progress: Callable[[float], object],
    ) -> Entries:
        """Fill the rows of some items; return their pairs with wanted items that reach a floor."""
        from movierec.neighbors.threads import run_blocks

        k, parts = table.neighbors.shape[1], list[Entries]()

        def row(item: int) -> Entries:
            similarities, support = self._row(item)
            nearest = top_k_indices(similarities, k)
            table.neighbors[item] = -1
            table.neighbors[item, : len(nearest)] = nearest
            table.similarities[item] = 0
            table.similarities[item, : len(nearest)] = similarities[nearest]
            table.support[item] = 0
            table.support[item, : len(nearest)] = support[nearest]
            near = np.flatnonzero((similarities > 0) & (similarities >= floors) & is_wanted)
            return Entries(near, np.full(len(near), item), similarities[near], support[near])

        def done(found: Entries) -> None:
            parts.append(found)
            progress(len(parts) / len(items))

        run_blocks(row, items.tolist(), done)
        return _joined(parts)

    def _row(self, item: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return the similarities of an item to all items, 0 to itself, and their support."""
        from movierec.neighbors.products_of_rows import add_row

        ratings, by_user = self._ratings, self._by_user
        own = slice(ratings.indptr[item], ratings.indptr[item + 1])
        sums, counts = np.zeros(len(self._scale)), np.zeros(len(self._scale), np.int32)
        columns = (by_user.indptr, by_user.indices, by_user.data)
        add_row(ratings.indices[own], ratings.data[own], *columns, sums, counts)
        similarities = (sums * (self._scale[item] * self._scale)).astype(np.float32)
        similarities[counts < self._min_support] = 0
        similarities[item] = 0
        return similarities, counts


def _floors(old: NeighborTable) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Return the last entry of each full row, below which items may be missing; else 0 and -1."""
    n_items, k = old.neighbors.shape
    is_full = (old.neighbors[:, -1] >= 0) & (k < n_items - 1)
    floors = np.where(is_full, old.similarities[:, -1], 0).astype(np.float32)
    return floors, np.where(is_full, old.neighbors[:, -1], -1)


def _lack(
    table: NeighborTable, floors: npt.NDArray[np.float32], last: npt.NDArray[np.int32]
) -> npt.NDArray[np.bool_]:
    """Return which rows end below their old last entry, so that others may come before."""
    weakest, item = table.similarities[:, -1], table.neighbors[:, -1]
    is_below = (weakest < floors) | ((weakest == floors) & (item > last))
    return np.asarray((last >= 0) & (is_below | (item < 0)))


def _listed(old: NeighborTable, rows: I64, stays: npt.NDArray[np.bool_]) -> Entries:
    """Return the entries of some rows of a table that stay there."""
    neighbors = old.neighbors[rows]
    stays &= neighbors >= 0
    return Entries(
        rows[np.nonzero(stays)[0]],
        neighbors[stays].astype(np.int64),
        old.similarities[rows][stays],
        old.support[rows][stays],
    )


def _joined(parts: list[Entries]) -> Entries:
    columns = ("rows", "items", "similarities", "support")
    empty = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    parts = [Entries(*empty, np.empty(0, np.int32)), *parts]
    return Entries(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


def _merge(table: NeighborTable, listed: Entries, found: Entries) -> None:
    """Fill rows with the best of what they listed and of what was found."""
    entries = _joined([listed, found])
    order = np.lexsort((entries.items, -entries.similarities, entries.rows))
    rows = entries.rows[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    chosen = place < table.neighbors.shape[1]
    rows, place, order = rows[chosen], place[chosen], order[chosen]
    table.neighbors[rows, place] = entries.items[order]
    table.similarities[rows, place] = entries.similarities[order]
    table.support[rows, place] = entries.support[order]

"""The engine of an update: it computes only what changes, where that is quicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec._util import Progress
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.top_k import NeighborSpec
from movierec.training.local import LocalEngine
from movierec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.model.vectors import ItemVectors
    from movierec.neighbors.support import SupportMatrix

# Share of the multiplications above which computing all rows is quicker: docs/updating.md.
MOST_WORK = 0.12


class UpdatingEngine(LocalEngine):
    """Works in this process, and takes what has not changed from the model before.

    Parameters
    ----------
    table : NeighborTable
        Of that model.
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)
        All that it has in use.
    items, users : Vocabulary
    changed_items : ndarray of shape (m,), int64, optional
        The indices that the items whose ratings changed have now. Default: all ratings are
        compared.

    Attributes
    ----------
    note : str or None
        How the table was computed, for the user.
    """

    def __init__(
        self,
        table: NeighborTable,
        ratings: csr_matrix,
        items: Vocabulary,
        users: Vocabulary,
        changed_items: npt.NDArray[np.int64] | None = None,
    ) -> None:
        self._table = table
        self._changed_items = changed_items
        self._ratings = ratings
        self._items, self._users = items, users
        self._numbers: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]] | None = None
        self.note: str | None = None

    def number(self, items: Vocabulary, users: Vocabulary) -> None:
        """Take the indices that items and users have now; see the local engine.

        Parameters
        ----------
        items, users : Vocabulary
        """
        self._numbers = tuple(  # type: ignore[assignment]
            new.indices_of(np.asarray(old.ids))
            for new, old in ((items, self._items), (users, self._users))
        )

    def neighbors(
        self,
        vectors: ItemVectors,
        ratings: csr_matrix | None,
        spec: NeighborSpec,
        support: SupportMatrix | None,
        progress: Progress,
    ) -> NeighborTable:
        """Compute a table from the old one if that is quicker; see the local engine.

        Parameters
        ----------
        vectors, ratings, spec, support, progress
            As there.
        """
        from movierec.neighbors.partial import PartialTable, share_of_work

        matrix = vectors.matrix
        is_changed = self._changed(matrix)
        share = share_of_work(matrix, is_changed)
        if share > MOST_WORK:
            self.note = (
                f"compared all movies: {share:.0%} of the work is for movies whose ratings changed"
            )
            return super().neighbors(vectors, ratings, spec, support, progress)
        table = NeighborTable.empty(len(vectors), spec.n_neighbors)
        PartialTable(matrix, spec.min_support).change(
            self._moved(len(vectors)),
            table,
            is_changed,
            lambda done: progress("comparing the movies that changed", done),
        )
        self.note = f"compared {int(is_changed.sum()):,} movies whose ratings changed with all"
        return table

    def _changed(self, ratings: csr_matrix) -> npt.NDArray[np.bool_]:
        """Return whose ratings are not those of before, of the items as they are numbered now."""
        if self._changed_items is not None:
            return np.isin(np.arange(ratings.shape[0]), self._changed_items)
        assert self._numbers is not None
        items, users = self._numbers
        is_changed = np.ones(ratings.shape[0], dtype=bool)
        if not all((np.diff(kept[kept >= 0]) > 0).all() for kept in self._numbers):
            return is_changed  # text ids became numbers, or the other way: the order is another
        old, is_there = self._ratings, items >= 0
        lengths = np.diff(old.indptr)
        same = np.flatnonzero(is_there)
        same = same[lengths[same] == np.diff(ratings.indptr)[items[same]]]
        rows = np.repeat(np.arange(len(same)), lengths[same])
        steps = np.arange(len(rows)) - np.repeat(
            np.cumsum(lengths[same]) - lengths[same], lengths[same]
        )
        before = old.indptr[same][rows] + steps
        now = ratings.indptr[items[same]][rows] + steps
        differs = (users[old.indices[before]] != ratings.indices[now]) | (
            old.data[before] != ratings.data[now]
        )
        n_different = np.bincount(rows, differs, len(same))
        is_changed[items[same[n_different == 0]]] = False
        return is_changed

    def _moved(self, n_items: int) -> NeighborTable:
        """Return the old table with the items as they are numbered now."""
        assert self._numbers is not None
        items, old = self._numbers[0], self._table.in_memory()
        k = old.neighbors.shape[1]
        moved = NeighborTable(
            np.full((n_items, k), -1, np.int32),
            np.zeros((n_items, k), np.float32),
            np.zeros((n_items, k), np.int32),
        )
        moved.neighbors[items] = np.where(old.neighbors >= 0, items[old.neighbors], -1)
        moved.similarities[items] = old.similarities
        moved.support[items] = old.support
        return moved

"""Run the compiled loops, block by block, on all processors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise as successive
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.neighbors.heaps import CHUNK, EMPTY
from movierec.neighbors.pairwise import (
    OFFER,
    Lists,
    Scratch,
    TopLists,
    accumulate,
    fill_lists,
    merge,
    select,
    touch,
    unpack,
)
from movierec.neighbors.sparse import inverse_norms
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.threads import run_blocks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.support import SupportMatrix

# The accumulators of a block (12 bytes per pair) should fit in the cache of a core, but it is more
# important that a block has several items, because they share one pass over the lists.
_BLOCK_PAIRS, _SMALLEST_BLOCK, _LARGEST_BLOCK = 1 << 18, 4, 256


def fill_table(
    table: NeighborTable,
    vectors: csr_matrix,
    n_users: int,
    min_support: int,
    shrinkage: float,
    support: SupportMatrix | None,
    progress: Callable[[float], object],
    n_threads: int | None = None,
) -> None:
    """Find the nearest items of every item; see :func:`movierec.neighbors.top_k.top_k`.

    Parameters
    ----------
    table : NeighborTable
        An empty table, which is filled in place.
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
    n_users, min_support, shrinkage, support, progress
        As in that function.
    n_threads : int, optional
        Default: all processors.
    """
    run = _Run(vectors, n_users, table.neighbors.shape[1], min_support, shrinkage, support)
    blocks = successive(_borders(vectors.shape[0]))
    finished = run.work.cumsum() / max(run.work.sum(), 1.0)
    run_blocks(run.block, blocks, lambda stop: progress(float(finished[stop - 1])), n_threads)
    if support is not None:
        support.complete()
    levels = table.similarities.view(np.int32)
    unpack(run.top, run.order, table.neighbors, levels, table.support)


def _borders(n_items: int) -> list[int]:
    """Return the first rank of each block, and the end of the last block."""
    borders = [0]
    while borders[-1] < n_items:
        size = _BLOCK_PAIRS // (borders[-1] + 1)
        size = min(max(size, _SMALLEST_BLOCK), _LARGEST_BLOCK)
        borders.append(min(borders[-1] + size, n_items))
    return borders


class _Run:
    """State that the threads share: read-only vectors, and top lists that a lock protects."""

    def __init__(
        self,
        vectors: csr_matrix,
        n_users: int,
        k: int,
        min_support: int,
        shrinkage: float,
        support: SupportMatrix | None,
    ) -> None:
        n_items = vectors.shape[0]
        self.order = np.argsort(-np.diff(vectors.indptr), kind="stable").astype(np.int32)
        # Work for each rank: one step for each sum that is read, to which the number of
        # multiplications is added below.
        self.work = np.arange(n_items, dtype=np.float64)
        self.top = TopLists(
            keys=np.full((n_items, k), EMPTY),
            support=np.zeros((n_items, k), np.int32),
            floor=np.ones(n_items, np.int32),
        )
        self._lists = _lists(vectors, self.order, self.work)
        self._scale = inverse_norms(vectors)[self.order]
        self._n_users = n_users
        self._min_support, self._shrinkage = min_support, float(shrinkage)
        self._support = support
        self._merging = threading.Lock()
        self._local = threading.local()

    def block(self, ranks: tuple[int, int]) -> int:
        """Compute a block of ranks, given by its start and stop, and return the stop."""
        start, stop = ranks
        scratch = self._scratch()
        sums = scratch.sums[: (stop - start) * stop].reshape(-1, stop)
        counts = scratch.counts[: sums.size].reshape(sums.shape)
        touched = scratch.touched[: touch(self._lists, self.order[start:stop], scratch)]
        touched.sort()  # sums every pair in the order of the users, for reproducible bits
        accumulate(self._lists, touched, self._n_users, scratch, start, sums, counts)
        if self._support is not None:
            self._support.add(self.order[start:stop], self.order[:stop], counts)
        terms = (self._min_support, self._shrinkage)
        shared = (self._scale, start, self.order, *terms, self.top)
        offers = select(sums, counts, *shared, scratch)
        with self._merging:
            merge(offers, self.top)
        return stop

    def _scratch(self) -> Scratch:
        """Return the scratch space of the current thread."""
        if not hasattr(self._local, "scratch"):
            n_items, n_columns = len(self.order), len(self._lists.starts) - 1
            pairs = max((stop - start) * stop for start, stop in successive(_borders(n_items)))
            self._local.scratch = Scratch(
                sums=np.zeros(pairs),
                counts=np.zeros(pairs, np.int32),
                taken=np.zeros(n_columns, np.uint32),
                first=np.empty(n_columns, np.uint32),
                touched=np.empty(n_columns, np.int32),
                scores=np.empty(n_items, np.float32),
                maxima=np.empty(n_items // CHUNK + 1, np.int32),
                offers=np.empty(2 * pairs, OFFER),
            )
        return self._local.scratch  # type: ignore[no-any-return]


def _lists(
    vectors: csr_matrix, order: npt.NDArray[np.int32], work: npt.NDArray[np.float64]
) -> Lists:
    n_columns, nnz = vectors.shape[1], vectors.nnz
    starts = np.zeros(n_columns + 1, np.uint64)
    np.cumsum(np.bincount(vectors.indices, minlength=n_columns), out=starts[1:])
    lists = Lists(
        indptr=vectors.indptr.astype(np.int64),
        users=vectors.indices.astype(np.int32, copy=False),
        depths=np.empty(nnz, np.uint32),
        starts=starts,
        ranks=np.empty(nnz, np.uint32),
        values=np.empty(nnz, np.float32),
    )
    fill_lists(vectors.data.astype(np.float32, copy=False), order, lists, work)
    return lists

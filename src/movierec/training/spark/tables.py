"""The table of neighbors, a block of items in each task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.sparse import inverse_norms
from movierec.neighbors.sums import TableCounts
from movierec.neighbors.table import NeighborTable
from movierec.training.spark.chunks import Chunks, chunks_in
from movierec.training.spark.packing import Chunk
from movierec.training.spark.session import reporting, shared

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.products import BlockProducts
    from movierec.neighbors.top_k import NeighborSpec

_BUDGET = 512 << 20  # bytes of the products of a block
_ROWS = "items binary, neighbors binary, similarities binary, support binary"
_CHUNKS = (
    "block int, part int, seq int, users binary, starts binary, items binary, values binary, "
    "times binary"
)
_ARRAYS = (("neighbors", np.int32), ("similarities", np.float32), ("support", np.int32))


def table_of_vectors(
    chunks: Chunks, vectors: csr_matrix, n_ratings: npt.NDArray[Any], k: int
) -> NeighborTable:
    """Compare corrected vectors, then count who rated both of each listed pair.

    Parameters
    ----------
    chunks : Chunks
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
    n_ratings : ndarray of shape (n_items,), integer
    k : int
        Neighbors of each item.
    """
    from movierec.neighbors.dense import blocks_of

    session = chunks.frame.sparkSession
    blocks = blocks_of(vectors.shape[0])
    n_tasks = min(len(blocks), 4 * session.sparkContext.defaultParallelism)
    with shared(session, (vectors, k)) as compared, reporting(1, session):
        numbers = session.range(0, len(blocks), 1, n_tasks)
        frame = numbers.mapInArrow(partial(_nearest, compared), _ROWS)
        table = _collected(frame, vectors.shape[0], k)
    counts = TableCounts(table.neighbors, n_ratings)
    table.support[:] = chunks.add_up(counts)["support"]
    return table


@dataclass(frozen=True)
class Comparison:
    """How products of ratings become similarities.

    Attributes
    ----------
    spec : NeighborSpec
    n_items : int
    content : csr_matrix of shape (n_items, n_features), float32, or None
        What follows the ratings in a vector.
    scale : ndarray of shape (n_items,), float64
        1 / the length of each vector.
    vectors : csr_matrix of shape (n_items, n_columns), float32, or None
        Corrected vectors, which are compared instead; ratings are then only counted.
    """

    spec: NeighborSpec
    n_items: int
    content: csr_matrix | None
    scale: npt.NDArray[np.float64]
    vectors: csr_matrix | None = None

    def similarities(
        self, items: npt.NDArray[Any], block: BlockProducts
    ) -> npt.NDArray[np.float32]:
        """Return the similarities of a block of items with all items, float32."""
        from movierec.neighbors.blockwise import FactorProducts

        if self.vectors is not None:
            found = FactorProducts(self.vectors).cosines(items).astype(np.float32)
        else:
            if self.content is not None:
                features = self.content.T.tocsr()
                touching = np.diff(features[:, items].indptr) > 0
                block.add(features[np.flatnonzero(touching)], is_counted=False)
            scales = self.scale[items, None] * self.scale
            shrunk = scales / (1 + self.spec.shrinkage * scales)
            found = (block.sums * shrunk).astype(np.float32)
        found[block.counts < self.spec.min_support] = 0
        found[np.arange(len(items)), items] = 0
        return found


def table_of_ratings(
    chunks: Chunks, comparison: Comparison, n_ratings: npt.NDArray[Any]
) -> NeighborTable:
    """Compare ratings as they are: each block of items gets the users who rated any of them.

    Parameters
    ----------
    chunks : Chunks
    comparison : Comparison
    n_ratings : ndarray of shape (n_items,), integer
    """
    from movierec.neighbors.products import blocks_of_items

    session, n_items = chunks.frame.sparkSession, comparison.n_items
    parallelism = session.sparkContext.defaultParallelism
    budget = min(_BUDGET, 12 * n_items**2 // (2 * parallelism) + 1)
    blocks = blocks_of_items(n_ratings, budget)
    with shared(session, (blocks, comparison)) as work, reporting(1, session):
        first = (chunks.facts[0].part, chunks.facts[0].seq)
        spread = chunks.frame.mapInArrow(partial(_spread, work, first, n_items), _CHUNKS)
        by_block = spread.repartition(len(blocks), "block")
        in_order = by_block.sortWithinPartitions("block", "part", "seq")
        frame = in_order.mapInArrow(partial(_compared, work), _ROWS)
        return _collected(frame, n_items, comparison.spec.n_neighbors)


def scale_of(
    content: csr_matrix | None, squares: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return 1 / the length of vectors of ratings and content.

    Parameters
    ----------
    content : scipy.sparse.csr_matrix of shape (n_items, n_features), or None
    squares : ndarray of shape (n_items,), float64
        Sums of the squares of the ratings.
    """
    from scipy.sparse import csr_matrix

    empty = csr_matrix(np.zeros((len(squares), 0), np.float32))
    return inverse_norms(empty if content is None else content, squares)


def _nearest(sent: Any, batches: Iterator[Any]) -> Iterator[Any]:
    from threadpoolctl import threadpool_limits

    from movierec.neighbors.counting import Counts
    from movierec.neighbors.dense import Nearest, blocks_of

    vectors, k = sent.value
    n_items = vectors.shape[0]
    nearest = Nearest(vectors, Counts.none(n_items), 0)
    blocks = blocks_of(n_items)
    with threadpool_limits(1):  # a task for each processor
        for batch in batches:
            for number in batch.column(0).to_pylist():
                start, stop = blocks[number]
                rows = NeighborTable.empty(n_items, k).rows(start, stop)
                nearest.fill(start, rows.neighbors, rows.similarities)
                yield _rows(np.arange(start, stop), rows)


def _spread(
    sent: Any, first: tuple[int, int], n_items: int, batches: Iterator[Any]
) -> Iterator[Any]:
    """Send each block of items the users who rated any of them; the first chunk goes to all."""
    blocks = sent.value[0]
    block_of = np.empty(n_items, np.int32)
    for number, items in enumerate(blocks):
        block_of[items] = number
    for part, seq, chunk in chunks_in(batches):
        users = np.repeat(np.arange(len(chunk.users)), np.diff(chunk.starts))
        pairs = np.unique(block_of[chunk.items].astype(np.int64) << 32 | users)
        touched = pairs >> 32
        # A block that nobody rated is compared by content.
        for block in range(len(blocks)) if (part, seq) == first else np.unique(touched):
            chosen = np.zeros(len(chunk.users), dtype=bool)
            chosen[pairs[touched == block] & 0xFFFFFFFF] = True
            yield _for_block(int(block), chunk.of_users(chosen).row(part, seq))


def _for_block(block: int, row: Any) -> Any:
    """Return a chunk as a row for a block."""
    import pyarrow as pa

    names = [column.split()[0] for column in _CHUNKS.split(", ")]
    columns = [pa.array([block], pa.int32()), *(row.column(name) for name in names[1:])]
    return pa.record_batch(columns, names=names)


def _compared(sent: Any, batches: Iterator[Any]) -> Iterator[Any]:
    """Compare a block of items after another with all items."""
    from movierec.neighbors.blockwise import fill_rows
    from movierec.neighbors.products import BlockProducts

    blocks, comparison = sent.value
    n_items = comparison.n_items
    for number, chunks in groupby(_chunks_by_block(batches), lambda found: found[0]):
        items = blocks[number]
        block = BlockProducts(items, n_items)
        for _, chunk in chunks:
            block.add(chunk.user_items(n_items))
        rows = NeighborTable.empty(n_items, comparison.spec.n_neighbors).rows(0, len(items))
        fill_rows(rows, comparison.similarities(items, block), block.counts)
        yield _rows(items, rows)


def _chunks_by_block(batches: Iterator[Any]) -> Iterator[tuple[int, Chunk]]:
    for batch in batches:
        (number,) = batch.column("block").to_pylist()
        for _, _, chunk in chunks_in(iter([batch])):
            yield number, chunk


def _rows(items: npt.NDArray[Any], rows: NeighborTable) -> Any:
    import pyarrow as pa

    arrays = [items.astype(np.int32), *(getattr(rows, name) for name, _ in _ARRAYS)]
    columns = [pa.array([array.tobytes()], pa.binary()) for array in arrays]
    return pa.record_batch(columns, names=["items", *(name for name, _ in _ARRAYS)])


def _collected(frame: Any, n_items: int, k: int) -> NeighborTable:
    table = NeighborTable.empty(n_items, k)
    for row in frame.toLocalIterator():
        items = np.frombuffer(row["items"], np.int32)
        for name, dtype in _ARRAYS:
            found = np.frombuffer(row[name], dtype).reshape(len(items), -1)
            getattr(table, name)[items] = found
    return table

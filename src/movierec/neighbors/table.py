"""The table of nearest neighbors, and the parameters by which it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from movierec._schema import Column, Schema

if TYPE_CHECKING:
    from movierec.store.columns import Array


class ListedPair(NamedTuple):
    """Two items of which one is a neighbor of the other."""

    similarity: float
    support: int  #: number of users who rated both


class NeighborTable:
    """The nearest items of each item, nearest first; ties are in the order of ids.

    The arrays are in memory or mapped from a file.

    Attributes
    ----------
    neighbors : array of shape (n_items, n_neighbors), int32
        ``item_index`` of each neighbor; -1 where an item has fewer neighbors. An item is never its
        own neighbor, and neighbors have a similarity above 0.
    similarities : array of shape (n_items, n_neighbors), float32, descending
        Rounded from float64, so that equal similarities are equal here too.
    support : array of shape (n_items, n_neighbors), int32
        Number of users who rated both; 0 if two items are similar only by content.
    """

    NAME: ClassVar = "neighbors"
    OF_PEOPLE: ClassVar = False
    SCHEMA: ClassVar[Schema] = {
        "neighbors": Column("i4", ("items", "neighbors"), least=-1, below="items"),
        "similarities": Column("f4", ("items", "neighbors")),
        "support": Column("i4", ("items", "neighbors"), least=0),
    }

    def __init__(self, neighbors: Array, similarities: Array, support: Array) -> None:
        # Whether they are arrays of NumPy, and may be written to, depends on who made the table.
        self.neighbors: Any = neighbors
        self.similarities: Any = similarities
        self.support: Any = support

    @classmethod
    def empty(cls, n_items: int, n_neighbors: int) -> NeighborTable:
        """Return a table without any neighbors.

        Parameters
        ----------
        n_items : int
        n_neighbors : int
            Neighbors for each item; a table has no more columns than an item has others.
        """
        import numpy as np

        shape = (n_items, min(n_neighbors, max(n_items - 1, 1)))
        return cls(
            neighbors=np.full(shape, -1, dtype=np.int32),
            similarities=np.zeros(shape, dtype=np.float32),
            support=np.zeros(shape, dtype=np.int32),
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> NeighborTable:
        """Build a table from the arrays that :meth:`to_arrays` returned."""
        return cls(arrays["neighbors"], arrays["similarities"], arrays["support"])

    def rows(self, start: int, stop: int) -> NeighborTable:
        """Return some rows, which share their memory with the table."""
        columns = (self.neighbors, self.similarities, self.support)
        return NeighborTable(*(column[start:stop] for column in columns))

    def in_memory(self) -> NeighborTable:
        """Return the table with all of it read into NumPy arrays."""
        import numpy as np

        return NeighborTable(*map(np.asarray, (self.neighbors, self.similarities, self.support)))

    def pair(self, first: int, second: int) -> ListedPair | None:
        """Return what the table says of two items, or None if neither lists the other.

        Parameters
        ----------
        first, second : int
            ``item_index`` of each.
        """
        for item, other in ((first, second), (second, first)):
            listed = [int(neighbor) for neighbor in self.neighbors[item]]
            if other in listed:
                columns = (self.similarities[item], self.support[item])
                similarity, support = (column[listed.index(other)] for column in columns)
                return ListedPair(float(similarity), int(support))
        return None

    def to_arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        return {
            "neighbors": self.neighbors,
            "similarities": self.similarities,
            "support": self.support,
        }

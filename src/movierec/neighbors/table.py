"""The table of all answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class NeighborTable:
    """The nearest films of each film, nearest first; equals in the order of their ids.

    Attributes
    ----------
    neighbors : ndarray of shape (n_items, n_neighbors), int32
        ``item_index`` of each; -1 where a film has fewer. A film is never its own neighbour,
        and one with similarity 0 is none.
    similarities : ndarray of shape (n_items, n_neighbors), float32, descending
        Rounded from float64, so that equal similarities are equal here too.
    support : ndarray of shape (n_items, n_neighbors), int32
        How many users rated both; 0 where two films are only alike in content.
    """

    neighbors: npt.NDArray[np.int32]
    similarities: npt.NDArray[np.float32]
    support: npt.NDArray[np.int32]

    @classmethod
    def empty(cls, n_items: int, n_neighbors: int) -> NeighborTable:
        """Return a table without any neighbours."""
        shape = (n_items, min(n_neighbors, max(n_items - 1, 1)))
        return cls(
            neighbors=np.full(shape, -1, dtype=np.int32),
            similarities=np.zeros(shape, dtype=np.float32),
            support=np.zeros(shape, dtype=np.int32),
        )

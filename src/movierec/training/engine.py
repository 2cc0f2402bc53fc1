"""The contract of engines, which do the heavy work of a fit.

An engine works in this process or, in the future, on a cluster. Every engine computes the same
table. Algorithms do not depend on engines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from movierec._util import Progress

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    from movierec.data.dataset import Dataset, OnError
    from movierec.model.vectors import ItemVectors
    from movierec.neighbors.support import SupportMatrix
    from movierec.neighbors.table import NeighborTable
    from movierec.neighbors.top_k import NeighborSpec

Compare = Callable[[int, int], "npt.NDArray[Any]"]


class Engine(Protocol):
    """Reads data sets and computes tables of neighbors."""

    def read(self, sources: Mapping[str, Any], *, on_error: OnError, progress: Progress) -> Dataset:
        """Read a data set.

        Parameters
        ----------
        sources : mapping of str to path-like or data frame
            Keyed by the arguments of :func:`movierec.data.dataset.read_dataset`.
        on_error : {"fail", "skip"}
        progress : callable
        """

    def neighbors(
        self,
        vectors: ItemVectors,
        ratings: csr_matrix | None,
        spec: NeighborSpec,
        support: SupportMatrix | None,
        progress: Progress,
    ) -> NeighborTable:
        """Compute the table that a spec describes from the vectors of the items.

        Parameters
        ----------
        vectors : ItemVectors
        ratings : scipy.sparse.csr_matrix of shape (n_items, n_users), optional
            If the vectors do not begin with the ratings.
        spec : NeighborSpec
        support : SupportMatrix, optional
            An empty matrix, which is filled.
        progress : callable
        """

    def neighbors_by(
        self, compare: Compare, ratings: csr_matrix, spec: NeighborSpec, progress: Progress
    ) -> NeighborTable:
        """Compute a table from the similarities of any algorithm.

        Parameters
        ----------
        compare : callable
            Returns the similarities of the items from one index up to another to all items.
        ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)
            For the support of each pair.
        spec : NeighborSpec
        progress : callable
        """

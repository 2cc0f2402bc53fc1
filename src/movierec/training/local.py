"""The engine that works in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from movierec._util import Progress
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.top_k import NeighborSpec, top_k, top_k_by
from movierec.training.engine import Task
from movierec.training.fit import fit_model
from movierec.training.private import check_can_be_private, fit_private

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    from movierec.data.dataset import Dataset, OnError
    from movierec.model.model import Model
    from movierec.model.vectors import ItemVectors
    from movierec.neighbors.blockwise import Compare
    from movierec.neighbors.support import SupportMatrix
    from movierec.vocabulary import Vocabulary


class LocalEngine:
    """Works on the processors of this machine; see :class:`movierec.training.engine.Engine`."""

    def fit(self, task: Task) -> Model:
        """Fit a model; see :meth:`movierec.training.engine.Engine.fit`.

        Parameters
        ----------
        task : Task
        """
        if task.privacy is not None:
            check_can_be_private(task)
        dataset = self.read(task.sources, on_error=task.on_error, progress=task.progress)
        if task.parameters.min_raters:
            from movierec.training.limited import fit_limited

            return fit_limited(dataset, task.parameters, task.algorithm, task.progress)
        if task.privacy is not None:
            return fit_private(dataset, task, task.privacy)
        return fit_model(
            dataset,
            task.parameters,
            self,
            algorithm=task.algorithm,
            with_ratings=task.with_ratings is not False,
            progress=task.progress,
            checkpoint=task.checkpoint,
        )

    def read(self, sources: Mapping[str, Any], *, on_error: OnError, progress: Progress) -> Dataset:
        """Read a data set; see :func:`movierec.data.dataset.read_dataset`.

        Parameters
        ----------
        sources, on_error, progress
            As in :class:`movierec.training.engine.Task`.
        """
        from movierec.data.dataset import read_dataset

        return read_dataset(**sources, on_error=on_error, progress=progress)

    def number(self, items: Vocabulary, users: Vocabulary) -> None:
        """Take the indices of items and users, before the table is computed; not needed here.

        Parameters
        ----------
        items, users : Vocabulary
        """

    def neighbors(
        self,
        vectors: ItemVectors,
        ratings: csr_matrix | None,
        spec: NeighborSpec,
        support: SupportMatrix | None,
        progress: Progress,
    ) -> NeighborTable:
        """Compute a table from the vectors of the items; see `movierec.neighbors.top_k.top_k`.

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
        return top_k(
            vectors.matrix,
            spec.n_neighbors,
            n_users=vectors.n_leading,
            ratings=ratings,
            min_support=spec.min_support,
            shrinkage=spec.shrinkage,
            support=support,
            progress=_comparing(progress),
        )

    def neighbors_by(
        self,
        compare: Compare,
        unit: npt.NDArray[np.float64] | None,
        ratings: csr_matrix,
        spec: NeighborSpec,
        progress: Progress,
    ) -> NeighborTable:
        """Compute a table from any similarities, a block of items at a time.

        Parameters
        ----------
        compare : callable
            Returns the similarities of the items from one index up to another to all items.
        unit : ndarray of shape (n_items, n_factors), float64, optional
            As in :func:`movierec.neighbors.top_k.top_k_by`.
        ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)
            For the support of each pair.
        spec : NeighborSpec
        progress : callable
        """
        return top_k_by(
            compare,
            ratings,
            spec.n_neighbors,
            unit=unit,
            min_support=spec.min_support,
            progress=_comparing(progress),
        )


def _comparing(progress: Progress) -> Callable[[float], None]:
    return lambda done: progress("comparing the movies", done)

"""What is known of the items apart from ratings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.neighbors.sparse import inverse_norms

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Content:
    """The features of the items, part by part.

    Attributes
    ----------
    parts : mapping of str to scipy.sparse.csr_matrix of shape (n_items, n_features), float32
        In the part ``title``, which holds series keys, a value below 1 marks a weak key.
    weights : mapping of str to float
        The weight of each part, above 0.
    years : ndarray of shape (n_items,), float64
        The year of each item, NaN if it is unknown.
    """

    parts: Mapping[str, csr_matrix]
    weights: Mapping[str, float]
    years: npt.NDArray[np.float64]

    @property
    def ends(self) -> dict[str, int]:
        """The end column of each part (excluded), in the order of the columns."""
        ends = np.cumsum([part.shape[1] for part in self.parts.values()])
        return dict(zip(self.parts, ends.tolist(), strict=True))

    @property
    def n_known(self) -> int:
        """Number of items of which any part is known."""
        known = [np.diff(part.indptr) > 0 for part in self.parts.values()]
        return int(np.count_nonzero(np.any(known, axis=0)))

    @classmethod
    def of(cls, matrix: csr_matrix) -> Content:
        """Return content that consists of a single part.

        Parameters
        ----------
        matrix : scipy.sparse.csr_matrix of shape (n_items, n_features), float32
            Rows of at most length 1.
        """
        return cls({"content": matrix}, {"content": 0.2}, np.full(matrix.shape[0], np.nan))

    @cached_property
    def matrix(self) -> csr_matrix:
        """Unit vectors that combine the parts, as CSR of shape (n_items, n_features), float32.

        The cosine of two of them is the weighted mean of the scalar products of their parts. If a
        part of an item is unknown, such as its year, the weight of the part goes to a feature that
        no other item has.
        """
        from scipy.sparse import csr_matrix, hstack

        total = sum(self.weights.values())
        known = self.combined({name: weight / total for name, weight in self.weights.items()})
        return csr_matrix(hstack([known, alone(known, 1.0)], format="csr"), dtype=np.float32)

    def combined(self, weights: Mapping[str, float]) -> csr_matrix:
        """Return the parts side by side: rows of at most length 1, times the root of a weight.

        Parameters
        ----------
        weights : mapping of str to float
        """
        from scipy.sparse import csr_matrix, hstack

        blocks = [shortened(part) * np.sqrt(weights[name]) for name, part in self.parts.items()]
        return csr_matrix(hstack(blocks, format="csr"))

    def of_items(self, rows: csr_matrix) -> Content:
        """Return the content of other items, by a matrix that chooses or clears rows.

        Parameters
        ----------
        rows : scipy.sparse.csr_matrix of shape (n, n_items)
            At most a single 1 in each row.
        """
        from scipy.sparse import csr_matrix

        parts = {name: csr_matrix(rows @ part) for name, part in self.parts.items()}
        is_known = np.diff(rows.indptr) > 0
        years = np.full(rows.shape[0], np.nan)
        years[is_known] = self.years[rows.indices]
        return Content(parts, self.weights, years)


def shortened(vectors: csr_matrix) -> csr_matrix:
    """Return vectors scaled down to length 1 if they are longer.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns)
    """
    from scipy.sparse import csr_matrix, diags

    scales = np.minimum(inverse_norms(vectors), 1.0)
    return csr_matrix(diags(scales, format="csr") @ vectors)


def alone(vectors: csr_matrix, square: float) -> csr_matrix:
    """Return a diagonal matrix that brings all vectors to the same length.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns)
    square : float
        The square of that length.
    """
    from scipy.sparse import csr_matrix, diags

    missing = square - np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
    diagonal = csr_matrix(diags(np.sqrt(np.where(missing > 1e-9, missing, 0)), format="csr"))
    diagonal.eliminate_zeros()
    return diagonal

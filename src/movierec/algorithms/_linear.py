"""Helpers that several algorithms share: kinds of feedback, and models of item factors."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms.base import Algorithm, Feedback, Indices, Scores

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Factors = npt.NDArray[np.float32]


class FactorAlgorithm(Algorithm):
    """An algorithm that learns a vector of factors for each item.

    Attributes
    ----------
    item_factors_ : ndarray of shape (n_items, n_factors), float32
    """

    SCHEMA: ClassVar[Schema] = {"item_factors_": Column("f4", ("items", "factors"))}
    SIMILARITY: ClassVar = "cosine of factors"

    item_factors_: Factors

    def similarities(self, items: Indices) -> Scores:
        """Return cosines of factors; see :meth:`Algorithm.similarities`."""
        unit = self.unit_factors
        return np.asarray(unit[items] @ unit.T, dtype=np.float32)

    def _set_item_factors(self, factors: npt.NDArray[np.floating]) -> None:
        vars(self).pop("unit_factors", None)  # cached after an earlier fit
        # A loaded model has them in C order; another order here would change the last digit.
        self.item_factors_ = np.ascontiguousarray(factors, dtype=np.float32)

    @cached_property
    def unit_factors(self) -> npt.NDArray[np.float64]:
        """The factors of each item, scaled to length 1; float64."""
        # In float32, the last digit of a product depends on the shape of the matrices and on the
        # processor; a list would change where the table ends.
        factors = self.item_factors_.astype(np.float64)
        lengths = np.linalg.norm(factors, axis=1, keepdims=True)
        unit = np.zeros_like(factors)
        np.divide(factors, lengths, out=unit, where=lengths > 0)
        return unit


def as_feedback(ratings: csr_matrix, feedback: Feedback) -> csr_matrix:
    """Return ratings as they are, or a 1 for each.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix
    feedback : {"presence", "value"}

    Returns
    -------
    scipy.sparse.csr_matrix
        It shares its arrays with `ratings`: do not change it.
    """
    from scipy.sparse import csr_matrix

    if feedback == "value":
        return ratings
    ones = np.ones_like(ratings.data)
    return csr_matrix((ones, ratings.indices, ratings.indptr), shape=ratings.shape)

"""Weighting the values of a matrix by column and row, as words in documents are weighted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Weighting = Literal["none", "idf", "bm25"]

_K1, _B = 1.2, 0.75  # the usual constants of BM25
_LEAST = 1e-6  # weight of a column that every row has: above 0, so that no row becomes empty


def idf(rows: csr_matrix) -> npt.NDArray[np.float64]:
    """Return the inverse document frequency of each column, ``log(n_rows / count)``.

    Spärck Jones, "A statistical interpretation of term specificity and its application in
    retrieval", Journal of Documentation 28 (1972).
    """
    counts = np.bincount(rows.indices, minlength=rows.shape[1])
    return np.asarray(np.log(rows.shape[0] / np.maximum(counts, 1)) + _LEAST)


def weigh(rows: csr_matrix, weighting: Weighting) -> csr_matrix:
    """Weight the values of a matrix.

    BM25: Robertson and Zaragoza, "The probabilistic relevance framework: BM25 and beyond",
    Foundations and Trends in Information Retrieval 3 (2009), section 3.

    Parameters
    ----------
    rows : scipy.sparse.csr_matrix of shape (n_rows, n_columns), float32
    weighting : {"none", "idf", "bm25"}

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_rows, n_columns), float32
        `rows` itself where the weighting is "none".
    """
    if weighting == "none":
        return rows
    factors = idf(rows)[rows.indices]
    if weighting == "bm25":
        lengths = np.diff(rows.indptr)
        relative = np.repeat(lengths / max(lengths.mean(), _LEAST), lengths)
        factors *= (_K1 + 1) / (_K1 * (1 - _B + _B * relative) + rows.data)
    weighted = rows.copy()
    weighted.data = (rows.data * factors).astype(np.float32)
    return weighted

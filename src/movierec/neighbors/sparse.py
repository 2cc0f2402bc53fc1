"""Helpers for sparse rows and rankings that all kernels use."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec._schema import check_csr
from movierec._util import parts_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_NORM_ROWS = 1024


class SparseRows(NamedTuple):
    """The arrays of a CSR matrix, for use without scipy."""

    data: npt.NDArray[Any]  #: (nnz,)
    indices: npt.NDArray[Any]  #: (nnz,) integers
    indptr: npt.NDArray[Any]  #: (n_rows + 1,) integers
    n_columns: int

    def check(self) -> None:
        """Check the arrays; see :func:`movierec._schema.check_csr`."""
        check_csr(*self)


def row_parts(matrix: csr_matrix) -> Iterator[tuple[slice, csr_matrix]]:
    """Yield the rows of a matrix, and their entries, in parts of about a million entries.

    Parameters
    ----------
    matrix : scipy.sparse.csr_matrix
    """
    starts = [part.start for part in parts_of(matrix.nnz)]
    firsts = np.searchsorted(matrix.indptr, starts, side="right") - 1
    for start, stop in pairwise(np.unique([0, *firsts, matrix.shape[0]])):
        rows = slice(int(start), int(stop))
        yield rows, part_of_rows(matrix, rows)


def part_of_rows(matrix: csr_matrix, rows: slice) -> csr_matrix:
    """Return consecutive rows of a matrix, without a copy of their entries.

    Parameters
    ----------
    matrix : scipy.sparse.csr_matrix
    rows : slice
        With a start and a stop.
    """
    from scipy.sparse import csr_matrix

    indptr = matrix.indptr[rows.start : rows.stop + 1]
    entries = slice(indptr[0], indptr[-1])
    shape = (len(indptr) - 1, matrix.shape[1])
    return csr_matrix((matrix.data[entries], matrix.indices[entries], indptr - indptr[0]), shape)


def column_counts(matrix: csr_matrix) -> npt.NDArray[np.int64]:
    """Return the number of stored entries of each column; shape (n_columns,), int64."""
    counts = np.zeros(matrix.shape[1], dtype=np.int64)
    for part in parts_of(matrix.nnz):
        counts += np.bincount(matrix.indices[part], minlength=len(counts))
    return counts


def column_sums(matrix: csr_matrix) -> npt.NDArray[np.float64]:
    """Return the sum of each column; shape (n_columns,), float64."""
    sums = np.zeros(matrix.shape[1])
    for part in parts_of(matrix.nnz):
        sums += np.bincount(matrix.indices[part], matrix.data[part], len(sums))
    return sums


def inverse_norms(
    vectors: csr_matrix, squares: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Return 1 / the norm of each row, or 0 for a row of zeros; shape (n_rows,), float64.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_rows, n_columns)
    squares : ndarray of shape (n_rows,), float64, optional
        Sums of the squares of columns that come before these.
    """
    squares = np.zeros(vectors.shape[0]) if squares is None else squares.copy()
    for start in range(0, len(squares), _NORM_ROWS):  # a float64 copy of all values is large
        part = slice(start, start + _NORM_ROWS)
        ends = vectors.indptr[start : start + _NORM_ROWS + 1]
        rows = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        values = vectors.data[ends[0] : ends[-1]].astype(np.float64)
        # Summed one after another: sums that are exact so far may then come from anywhere.
        rows = np.concatenate([np.arange(len(ends) - 1), rows])
        terms = np.concatenate([squares[part], values * values])
        squares[part] = np.bincount(rows, terms, minlength=len(ends) - 1)
    return np.divide(1.0, np.sqrt(squares), out=np.zeros(len(squares)), where=squares > 0)


def split_columns(vectors: csr_matrix, share: float) -> tuple[npt.NDArray[np.float32], csr_matrix]:
    """Return the columns that many rows have as a dense matrix, and the others as a sparse one.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_rows, n_columns)
    share : float
        The least share of the rows.
    """
    is_common = column_counts(vectors) >= share * vectors.shape[0]
    columns = vectors.tocsc()
    common = np.ascontiguousarray(columns[:, is_common].toarray(), dtype=np.float32)
    return common, columns[:, ~is_common].tocsr()


def top_k_indices(values: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.int64]:
    """Return the indices of the highest positive values.

    Parameters
    ----------
    values : ndarray of shape (n,), float32
    k : int
        Maximum number of indices.

    Returns
    -------
    ndarray of shape (at most k,), int64
        Highest value first; equal values are in the order of their indices.
    """
    candidates = np.flatnonzero(values > 0)
    positive = values[candidates]
    if k < len(positive):
        reach = positive >= np.partition(positive, -k)[-k]  # includes ties with the last one
        candidates, positive = candidates[reach], positive[reach]
    return np.asarray(candidates[np.argsort(-positive, kind="stable")][:k])

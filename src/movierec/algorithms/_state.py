"""What an algorithm learned, as plain arrays and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._schema import check_csr
from movierec.errors import UsageError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_CSR_ARRAYS = ("data", "indices", "indptr", "shape")


def to_arrays(learned: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """Return arrays and sparse matrices as arrays of numbers in C order, by name.

    Raises
    ------
    UsageError
        If something is neither an array of numbers nor a sparse matrix.
    """
    from scipy.sparse import issparse

    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, value in learned.items():
        parts = _csr_parts(value) if issparse(value) else {"": value}
        for key, part in parts.items():
            if (
                not isinstance(part, (np.ndarray, tuple))
                or np.asarray(part).dtype.kind not in "iuf"
            ):
                raise UsageError(
                    f"{name} is no array of numbers, so a model file cannot hold it",
                    "keep what is learned in NumPy arrays of numbers or sparse matrices",
                )
            arrays[name + key] = np.ascontiguousarray(part)
    return arrays


def from_arrays(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return what :func:`to_arrays` took apart.

    Raises
    ------
    ValueError
        If the arrays are damaged.
    """
    learned: dict[str, Any] = {}
    sparse: dict[str, dict[str, Any]] = {}
    for key, array in arrays.items():
        name, dot, part = key.partition(".")
        if name.startswith("_") or not name.endswith("_"):
            raise ValueError(f"{name} is not something learned")
        if dot:
            sparse.setdefault(name, {})[part] = array
        else:
            learned[name] = array
    return learned | {name: _csr_from_parts(parts) for name, parts in sparse.items()}


def _csr_parts(matrix: Any) -> dict[str, Any]:
    rows = matrix.tocsr()
    return {f".{part}": getattr(rows, part) for part in _CSR_ARRAYS}


def _csr_from_parts(parts: Mapping[str, Any]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    data, indices, indptr, (n_rows, n_columns) = (parts[part] for part in _CSR_ARRAYS)
    # Checked before SciPy computes with them: an index out of range would be read out of range.
    check_csr(data, indices, indptr, int(n_columns))
    return csr_matrix((data, indices, indptr), shape=(int(n_rows), int(n_columns)))

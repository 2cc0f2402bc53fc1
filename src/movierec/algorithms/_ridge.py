"""The weights of a ridge regression of each item on all others, in closed form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Dense = npt.NDArray[np.float32]

_LARGEST = 4 << 30  # bytes that the matrix of weights may take
_SMALL = 4096  # items; one thread inverts in a second, and several wait where others compute
_BLOCK_CELLS = 20_000_000
_L2_PER_ROOT = 13.0


def default_l2(n_users: int) -> float:
    """Return the regularization that was best on all data sets tried: 13 times a square root."""
    return float(_L2_PER_ROOT * np.sqrt(n_users))


def refuse_too_many(n_items: int, algorithm: str) -> None:
    """Refuse items for which a dense matrix of items by items would not fit in memory.

    Parameters
    ----------
    n_items : int
    algorithm : str
        Its name, for the message.

    Raises
    ------
    DataError
        If the matrix would take more than 4 GiB.
    """
    highest = int(np.sqrt(_LARGEST / 4))
    if n_items > highest:
        raise DataError(
            f"{algorithm} needs {4 * n_items**2 / 1e9:,.0f} GB for a dense matrix of {n_items:,} "
            f"movies; it can take {highest:,}",
            "choose another algorithm, or leave out movies with few ratings",
        )


def gram_of(ratings: csr_matrix) -> Dense:
    """Return ``X' X`` as a dense matrix, in which no other dense matrix is needed.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix of shape (n_users, n_items), float32

    Returns
    -------
    ndarray of shape (n_items, n_items), float32
    """
    items = ratings.T.tocsr()
    gram = np.empty((items.shape[0], items.shape[0]), dtype=np.float32)
    for rows in _blocks(items.shape[0]):
        gram[rows] = (items[rows] @ ratings).toarray()
    return gram


def weights_of(gram: Dense, l2: float) -> Dense:
    """Turn a Gram matrix ``G`` into weights, in place.

    With ``P = (G + l2 I)^-1`` they are ``B_ij = -P_ij / P_jj``, 0 on the diagonal. Steck,
    "Embarrassingly shallow autoencoders for sparse data" (WWW 2019), equations 7 and 8.

    Parameters
    ----------
    gram : ndarray of shape (n_items, n_items), float32, in C order
    l2 : float

    Raises
    ------
    DataError
        If the matrix cannot be inverted.
    """
    np.fill_diagonal(gram, gram.diagonal() + np.float32(l2))
    _invert(gram)
    for rows in _blocks(len(gram)):  # only the upper triangle was computed
        part = gram[rows, : rows.stop]
        is_lower = np.tri(part.shape[0], part.shape[1], rows.start - 1, dtype=bool)
        np.copyto(part, gram.T[rows, : rows.stop], where=is_lower)
    return _scaled(gram)


def _invert(gram: Dense) -> None:
    """Replace the upper triangle of a matrix by that of its inverse."""
    from scipy.linalg.lapack import spotrf, spotri
    from threadpoolctl import threadpool_limits

    # The transpose of a symmetric matrix in C order is that matrix in Fortran order.
    with threadpool_limits(1 if len(gram) <= _SMALL else None):
        _, failed = spotrf(gram.T, lower=True, overwrite_a=True, clean=False)
        if not failed:
            _, failed = spotri(gram.T, lower=True, overwrite_c=True)
    if failed:
        raise DataError("there is no solution for these ratings", "use a larger l2")


def weights_by_users(ratings: csr_matrix, l2: float) -> Dense:
    """Return the same weights as :func:`weights_of`, which is faster if there are fewer users.

    By the identity of Woodbury, ``l2 P = I - X' (X X' + l2 I)^-1 X``.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix of shape (n_users, n_items), float32
    l2 : float
    """
    precise = ratings.astype(np.float64)
    kernel = (precise @ precise.T).toarray()
    np.fill_diagonal(kernel, kernel.diagonal() + l2)
    solved = (precise.T @ np.linalg.inv(kernel)).T
    items = precise.T.tocsr()
    inverse = np.empty((items.shape[0], items.shape[0]), dtype=np.float32)
    for rows in _blocks(items.shape[0]):
        inverse[rows] = -(items[rows] @ solved)
    np.fill_diagonal(inverse, inverse.diagonal() + 1)
    return _scaled(inverse)


def _scaled(inverse: Dense) -> Dense:
    inverse /= -inverse.diagonal()
    np.fill_diagonal(inverse, 0.0)
    return inverse


def _blocks(n_rows: int) -> Iterator[slice]:
    length = max(1, _BLOCK_CELLS // max(n_rows, 1))
    for start in range(0, n_rows, length):
        yield slice(start, min(start + length, n_rows))

"""Factors of items from a symmetric matrix that holds noise of a known size."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.neighbors.factors import N_FACTORS

Doubles = npt.NDArray[np.float64]

_ABOVE = 1.02  # times the largest eigenvalue that noise alone has, for a matrix that is not large
_RIDGE = 0.3  # of that eigenvalue


class Directions(NamedTuple):
    """Eigenvectors of what is not noise, and their eigenvalues.

    Attributes
    ----------
    vectors : ndarray of shape (n_items, n_directions), float64
    values : ndarray of shape (n_directions,), float64, above 0, descending
    edge : float
        The largest eigenvalue that noise alone has.
    """

    vectors: Doubles
    values: Doubles
    edge: float

    @property
    def factors(self) -> Doubles:
        """The coordinates of the items, shape (n_items, n_directions)."""
        return self.vectors * np.sqrt(self.values)

    @property
    def weights(self) -> Doubles:
        """The weights of a ridge regression of each item on all others, shape (n_items, n_items).

        As in :func:`movierec.algorithms._ridge.weights_of`, of which this is the case of few
        directions.
        """
        share = self.values / (self.values + _RIDGE * self.edge)
        found = (self.vectors * share) @ self.vectors.T
        found /= np.maximum(1 - found.diagonal(), 1e-9)
        np.fill_diagonal(found, 0)
        return found


def denoised(matrix: Doubles, noise: float) -> Directions:
    """Find the directions that stand out of noise, and what their eigenvalues are without it.

    The eigenvalues of symmetric noise are between ``-2 s sqrt(n)`` and ``2 s sqrt(n)``. One above,
    ``l``, becomes ``sqrt(l**2 - 4 s**2 n)``, for the least squared error: Shabalin and Nobel,
    "Reconstruction of a low-rank matrix in the presence of Gaussian noise" (2013).

    Parameters
    ----------
    matrix : ndarray of shape (n, n), float64
        Symmetric.
    noise : float
        The standard deviation of the noise in each entry.
    """
    edge = 2 * noise * np.sqrt(len(matrix))
    values, vectors = np.linalg.eigh(matrix)
    found = np.flatnonzero(values > _ABOVE * edge)[::-1][:N_FACTORS]
    return Directions(vectors[:, found], np.sqrt(values[found] ** 2 - edge**2), float(edge))

"""Sums over the people who rated both of two items, only where there are enough of them.

Everything here is computed from such sums. Who rated what is used for nothing else, so that no
figure rests on fewer people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.neighbors.sparse import inverse_norms

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.blockwise import Rows

_CELLS = 20_000_000  # of a block of counts, at most
_SPARE = 16  # further directions, with which the wanted ones converge sooner
_ITERATIONS = 4

Floats = npt.NDArray[np.float32]


class GroupSums(NamedTuple):
    """What is known of pairs of items that enough people rated; of an item with itself, too.

    Attributes
    ----------
    shared : scipy.sparse.csr_matrix of shape (n_items, n_items), int32
        How many people rated both; none below the least number.
    products : scipy.sparse.csr_matrix of shape (n_items, n_items), float64
        The products of their weights for both, summed; for the same pairs.
    """

    shared: csr_matrix
    products: csr_matrix

    @classmethod
    def of(cls, weights: csr_matrix, least: int) -> GroupSums:
        """Sum over people.

        Parameters
        ----------
        weights : scipy.sparse.csr_matrix of shape (n_items, n_users)
            A weight above 0 for each rating; see :func:`movierec.neighbors.factors.weigh`.
        least : int
            The least number of people who rated both.
        """
        from scipy.sparse import csr_matrix, vstack

        rated = weights.astype(bool).astype(np.int32)
        precise = weights.astype(np.float64)
        by_user, precise_by_user = rated.T.tocsr(), precise.T.tocsr()
        step = max(_CELLS // max(weights.shape[0], 1), 1)
        found = []
        for start in range(0, weights.shape[0], step):
            rows = slice(start, start + step)
            found.append(_enough(rated[rows] @ by_user, precise[rows] @ precise_by_user, least))
        shared, products = (
            csr_matrix(vstack(parts, format="csr")) for parts in zip(*found, strict=True)
        )
        return cls(shared, products)

    def raters_of_both(
        self, first: npt.NDArray[np.integer], second: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.int32]:
        """Return how many people rated both items of each pair; 0 if they are too few.

        Parameters
        ----------
        first, second : ndarray of shape (n_pairs,), integer
        """
        if not len(first):
            return np.zeros(0, np.int32)
        return np.asarray(self.shared[first, second], dtype=np.int32).ravel()

    def factors(self, n_factors: int) -> Floats:
        """Return the coordinates of the items in the leading directions of the products.

        With the products of all pairs, they are those of
        :func:`movierec.neighbors.factors.leading_factors`, but for rounding.

        Parameters
        ----------
        n_factors : int

        Returns
        -------
        ndarray of shape (n_items, at most n_factors), float32
        """
        size = min(n_factors + _SPARE, self.products.shape[0])
        block = np.random.default_rng(0).standard_normal((self.products.shape[0], size))
        for _ in range(_ITERATIONS):
            block = np.linalg.qr(self.products @ block)[0]
        variances, rotation = np.linalg.eigh(block.T @ (self.products @ block))
        leading = np.argsort(-variances)[:n_factors]
        # Without some pairs, the products are no longer those of any vectors.
        leading = leading[variances[leading] > 1e-6 * variances.max(initial=0)]
        return np.asarray(block @ (rotation[:, leading] * np.sqrt(variances[leading])), np.float32)


def _enough(shared: csr_matrix, products: csr_matrix, least: int) -> tuple[csr_matrix, csr_matrix]:
    """Leave out the pairs that too few people rated; the same pairs have both."""
    for matrix in (shared, products):
        matrix.sort_indices()
    is_few = shared.data < least
    for matrix in (shared, products):
        matrix.data[is_few] = 0
        matrix.eliminate_zeros()
    return shared, products


def limited_rows(vectors: csr_matrix, n_factors: int, shared: csr_matrix, min_support: int) -> Rows:
    """Return a function that compares items by factors only where enough people rated both.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
        Whole numbers; see :mod:`movierec.neighbors.corrected`.
    n_factors : int
        The number of their columns that are factors.
    shared : scipy.sparse.csr_matrix of shape (n_items, n_items), int32
        Of :class:`GroupSums`.
    min_support : int
        Pairs that fewer people rated are left out, also if they are too few to be known.

    Returns
    -------
    callable
        As :class:`movierec.neighbors.blockwise.SimilarityRows`.
    """
    factors, content = vectors[:, :n_factors].toarray(), vectors[:, n_factors:]
    scale, by_feature = inverse_norms(vectors), content.T.tocsr()

    def rows(start: int, stop: int) -> tuple[Floats, npt.NDArray[np.int32]]:
        support = shared[start:stop].toarray()
        own = np.arange(stop - start), np.arange(start, stop)
        support[own] = 0
        sums = (content[start:stop] @ by_feature).toarray().astype(np.float64)
        sums += np.where(support > 0, factors[start:stop] @ factors.T, 0)
        similarities = (sums * (scale[start:stop, None] * scale)).astype(np.float32)
        similarities[own] = 0
        similarities[support < min_support] = 0
        return similarities, support

    return rows

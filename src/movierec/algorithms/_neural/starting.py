"""Vectors of items to start training from: what is watched close together begins close together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.algorithms._neural.packing import I32, Sequences

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_WINDOW = 5  # items after each one that count as near
_LENGTH = 0.48  # of the vectors
_FEW = 500  # items: eigsh takes random numbers of its own where it finds all there is to find


def item_vectors(
    sequences: Sequences, n_items: int, n_factors: int, seed: int
) -> npt.NDArray[np.float32]:
    """Return the leading eigenvectors of how much more often than by chance items are near.

    The logarithm of observed over expected counts, plus one, is that of Levy and Goldberg, "Neural
    word embedding as implicit matrix factorization" (NeurIPS 2014), section 5, but that counts of
    0 need no case of their own.

    Parameters
    ----------
    sequences : Sequences
    n_items : int
    n_factors : int
    seed : int
        Random seed of the order where it is not known, and of what fills in for eigenvectors.
    """
    random = np.random.default_rng(seed)
    vectors = random.normal(0, 0.01, (n_items, n_factors))
    near = _near(sequences.lengths, sequences.shuffled(random), n_items)
    known = np.flatnonzero(np.diff(near.indptr))  # at least two, or none
    if len(known):
        leading = _leading(near[known][:, known], min(n_factors, len(known) - 1), random)
        vectors[known, : leading.shape[1]] += leading
    vectors *= _LENGTH / np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32)


def _leading(matrix: csr_matrix, n: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return the leading eigenvectors as columns, times the roots of their eigenvalues."""
    from scipy.linalg import eigh
    from scipy.sparse.linalg import eigsh
    from threadpoolctl import threadpool_limits

    size = matrix.shape[0]
    with threadpool_limits(1):  # the last digits of a product may depend on the threads
        if size <= _FEW:
            values, vectors = eigh(matrix.toarray(), subset_by_index=(size - n, size - 1))
        else:
            values, vectors = eigsh(matrix, k=n, which="LA", v0=random.random(size))
    order = np.argsort(-values)
    return np.asarray(vectors[:, order] * np.sqrt(np.maximum(values[order], 0)))


def _near(lengths: npt.NDArray[np.int64], items: I32, n_items: int) -> csr_matrix:
    """Return ``log(1 + observed / expected / window)`` of each pair of near items, symmetric."""
    from scipy.sparse import csr_matrix

    owners = np.repeat(np.arange(len(lengths)), lengths)
    near = csr_matrix((n_items, n_items))
    for distance in range(1, _WINDOW + 1):
        is_same = owners[distance:] == owners[:-distance]
        first, later = items[:-distance][is_same], items[distance:][is_same]
        counts = csr_matrix((np.full(len(first), 1 / distance), (first, later)), near.shape)
        near = csr_matrix(near + counts + counts.T)
    sums = np.asarray(near.sum(axis=1)).ravel()
    rows = np.repeat(np.arange(n_items), np.diff(near.indptr))
    expected = sums[rows] * sums[near.indices] / near.sum()
    near.data = np.log1p(near.data / expected / _WINDOW)
    return near

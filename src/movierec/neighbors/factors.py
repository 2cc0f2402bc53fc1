"""Dense vectors of items, from who rated them, corrected for what is not likeness.

Two movies may share raters because both are famous, or because many people rated in the years in
which both were new. The leading directions of a decomposition are mostly that: fame and era.
Directions count less, the more of them the number of ratings and the year explain.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec._util import parts_of
from movierec.neighbors.content import shortened
from movierec.neighbors.sparse import column_counts, column_sums, part_of_rows
from movierec.neighbors.weighting import KEYS, YEAR

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.content import Content

Floats = npt.NDArray[np.float32]

# docs/similarity.md shows how these were chosen.
N_FACTORS = 64
_DAMPING = 0.8  # of a direction that the number of ratings and the year explain completely
_OPINION = 0.5  # how much a rating far from the person's mean changes the weight of having rated
_PREDICTED = 0.7  # length of what content predicts, next to what ratings say
_PRIOR = 10.0  # ratings of an item at which its factors have half of their weight

_SPARE = 16  # further directions, with which the wanted ones converge sooner
_ITERATIONS = 4
_LARGEST_SAMPLE = 2_000_000  # ratings from which directions are found
_LEAST_RATINGS, _LEAST_ITEMS = 10, 30  # from which it is learned what explains a direction
_RIDGE = 5.0
_MOST_FEATURES = 4000


class Factors(NamedTuple):
    """Vectors of items; items are alike if their vectors point the same way."""

    combined: Floats  #: (n_items, n_factors), from ratings and content
    rated: Floats  #: (n_items, n_factors), from ratings alone


def item_factors(ratings: csr_matrix, content: Content | None, prior: float) -> Factors:
    """Learn the factors of the items.

    The factors of an item are its coordinates in the leading directions of the decomposition of
    who rated what, damped, plus those that its content predicts: content decides where ratings are
    few. Such a prior mean is that of Agarwal and Chen, "Regression-based latent factor models" (KDD
    2009), section 2.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
        Every stored value is a rating.
    content : Content, optional
    prior : float
        Number of ratings at which a vector has half of its largest squared length.

    Returns
    -------
    Factors
        `combined` has squared lengths of ``n / (n + prior)``, with `n` ratings, and `rated` of
        ``n / (n + 10)``.
    """
    n_ratings = np.diff(ratings.indptr)
    years = np.full(len(n_ratings), np.nan) if content is None else content.years
    factors = leading_factors(weigh(ratings), N_FACTORS)
    factors = unit(factors * (1 - _DAMPING * explained(unit(factors), n_ratings, years)))
    rated = factors * np.sqrt(n_ratings / (n_ratings + _PRIOR), dtype=np.float32)[:, None]
    combined = rated
    if content is not None:
        combined = rated + _PREDICTED * predicted(factors, content, n_ratings)
    lengths = np.sqrt(n_ratings / np.maximum(n_ratings + prior, 1e-9))
    return Factors(np.asarray(unit(combined) * lengths[:, None], dtype=np.float32), rated)


def weigh(ratings: csr_matrix) -> csr_matrix:
    """Return the weight of each rating: that of its user, more if the user liked the item.

    Users weigh ``log(1 + n_items / n)``, where they rated `n` items: heavy raters say less. It is
    the inverse document frequency of Salton and Buckley, "Term-weighting approaches in automatic
    text retrieval" (1988), section 2.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
    """
    from scipy.sparse import csr_matrix

    values, half_scale = ratings.data, np.float32(np.ptp(ratings.data) / 2 if ratings.nnz else 0)
    counts = np.maximum(column_counts(ratings), 1)
    means = (column_sums(ratings) / counts).astype(np.float32)
    of_users = np.log1p(ratings.shape[0] / counts).astype(np.float32)
    weights = np.empty_like(values)
    for part in parts_of(len(values)):
        users = ratings.indices[part]
        opinions = (values[part] - means[users]) / (half_scale or np.float32(1))
        weights[part] = (1 + np.float32(_OPINION) * np.clip(opinions, -1, 1)) * of_users[users]
    return csr_matrix((weights, ratings.indices, ratings.indptr), shape=ratings.shape)


def leading_factors(weights: csr_matrix, n_factors: int) -> Floats:
    """Return the coordinates of the items in the leading singular directions.

    The directions are found by block power iteration on a sample of users, and a last step with all
    of them: Halko, Martinsson and Tropp, "Finding structure with randomness" (2011), algorithm 4.4.

    Parameters
    ----------
    weights : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
    n_factors : int

    Returns
    -------
    ndarray of shape (n_items, at most n_factors), float32
        Left singular vectors times singular values, largest first.
    """
    size = min(n_factors + _SPARE, *weights.shape)
    step = -(-weights.nnz // _LARGEST_SAMPLE)
    sample = weights if step <= 1 else weights[:, ::step]
    random = np.random.default_rng(0)
    block = random.standard_normal((sample.shape[1], size), dtype=np.float32)
    for _ in range(_ITERATIONS):
        block = np.linalg.qr(sample.T @ (sample @ block))[0]
    items = np.linalg.qr(sample @ block)[0]
    users = in_halves(weights, lambda half, rows: half.T @ items[rows], np.add)
    squares, rotation = np.linalg.eigh((users.T @ users).astype(np.float64))
    leading = np.argsort(-squares)[: min(n_factors, size)]
    leading = leading[squares[leading] > 1e-6 * squares.max(initial=0)]
    users = users @ (rotation[:, leading] / np.sqrt(squares[leading])).astype(np.float32)
    return in_halves(weights, lambda half, rows: half @ users, lambda *both: np.vstack(both))


def in_halves(
    matrix: csr_matrix,
    multiply: Callable[[csr_matrix, slice], Floats],
    join: Callable[[Floats, Floats], Floats],
) -> Floats:
    """Multiply the upper and the lower half of a matrix at the same time.

    There are always two halves, so that the result does not depend on the number of processors.

    Parameters
    ----------
    matrix : scipy.sparse.csr_matrix
    multiply : callable
        Takes a half, and the rows that it has.
    join : callable
        Returns the result from those of both halves.
    """
    middle = int(np.searchsorted(matrix.indptr, matrix.nnz / 2))
    rows = slice(0, middle), slice(middle, matrix.shape[0])
    with ThreadPoolExecutor(2) as pool:
        return join(*pool.map(lambda half: multiply(part_of_rows(matrix, half), half), rows))


def explained(
    factors: Floats, n_ratings: npt.NDArray[np.integer], years: npt.NDArray[np.float64]
) -> Floats:
    """Return which share of each factor the number of ratings and the year explain.

    Parameters
    ----------
    factors : ndarray of shape (n_items, n_factors), float32
    n_ratings : ndarray of shape (n_items,)
    years : ndarray of shape (n_items,), float64

    Returns
    -------
    ndarray of shape (n_factors,), float32
        The coefficient of determination of a linear regression, from 0 to 1; zeros if there are too
        few items with enough ratings.
    """
    known = n_ratings >= _LEAST_RATINGS
    has_years = np.count_nonzero(known & np.isfinite(years)) >= _LEAST_ITEMS
    if has_years:
        known &= np.isfinite(years)
    if np.count_nonzero(known) < _LEAST_ITEMS:
        return np.zeros(factors.shape[1], dtype=np.float32)
    causes = [np.ones(np.count_nonzero(known)), np.log(n_ratings[known])]
    if has_years:
        causes.append(years[known].argsort().argsort() / len(causes[0]))
    effects = factors[known].astype(np.float64)
    solution = np.linalg.lstsq(np.stack(causes, axis=1), effects, rcond=None)[0]
    left = effects - np.stack(causes, axis=1) @ solution
    return np.asarray(1 - left.var(axis=0) / np.maximum(effects.var(axis=0), 1e-12), np.float32)


def predicted(
    factors: Floats, content: Content, n_ratings: npt.NDArray[np.integer]
) -> Floats | np.float32:
    """Return what content predicts of the factors: how they differ from those of all items.

    Parameters
    ----------
    factors : ndarray of shape (n_items, n_factors), float32
    content : Content
        Titles and years predict nothing.
    n_ratings : ndarray of shape (n_items,)
    """
    from scipy.sparse import csr_matrix, diags, hstack

    parts = [shortened(part) for name, part in content.parts.items() if name not in (KEYS, YEAR)]
    if not parts:
        return np.float32(0)
    features = csr_matrix(hstack(parts, format="csr"))
    frequent = np.argsort(-np.bincount(features.indices), kind="stable")[:_MOST_FEATURES]
    features = features[:, np.sort(frequent)]
    weights = n_ratings / (n_ratings + _PRIOR)
    mean = np.average(factors, axis=0, weights=weights) if weights.any() else 0.0
    weighted = diags(weights) @ features
    normal = (features.T @ weighted).toarray() + _RIDGE * np.eye(features.shape[1])
    solution = np.linalg.solve(normal, weighted.T @ (factors - mean))
    return np.asarray(features @ solution, dtype=np.float32)


def unit(vectors: npt.NDArray[np.floating]) -> Floats:
    """Return vectors of length 1, and zeros for zeros.

    Parameters
    ----------
    vectors : ndarray of shape (n, n_dimensions)
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 1e-12, lengths, np.inf), dtype=np.float32)

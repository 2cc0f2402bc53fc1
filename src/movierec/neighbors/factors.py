"""Dense vectors of items, from who rated them, corrected for what is not likeness.

Two movies may share raters because both are famous, or because many people rated in the years in
which both were new. The leading directions of a decomposition are mostly that: fame and era.
Directions count less, the more of them the number of ratings and the year explain.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec._util import parts_of
from movierec.neighbors.content import shortened
from movierec.neighbors.sparse import column_counts, column_sums, row_parts
from movierec.neighbors.weighting import KEYS, YEAR

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.content import Content

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

# docs/similarity.md shows how these were chosen.
N_FACTORS = 64
_DAMPING = 0.8  # of a direction that the number of ratings and the year explain completely
_OPINION = 0.5  # how much a rating far from the person's mean changes the weight of having rated
_PREDICTED = 0.7  # length of what content predicts, next to what ratings say
_PRIOR = 10.0  # ratings of an item at which its factors have half of their weight

_UNITS = 1024  # of a weight
_SLICES = 4  # of the columns
_AT_ONCE = 1 << 14  # users
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
    leading = leading_factors(weigh(ratings), N_FACTORS)
    return completed_factors(leading, np.diff(ratings.indptr), content, prior)


def completed_factors(
    leading: Floats, n_ratings: npt.NDArray[np.integer], content: Content | None, prior: float
) -> Factors:
    """Damp the leading directions, and add what content predicts; see :func:`item_factors`.

    Parameters
    ----------
    leading : ndarray of shape (n_items, n_factors), float32
        See :func:`leading_factors`.
    n_ratings : ndarray of shape (n_items,)
    content, prior
        As in :func:`item_factors`.
    """
    years = np.full(len(n_ratings), np.nan) if content is None else content.years
    factors = leading
    factors = unit(factors * (1 - _DAMPING * explained(unit(factors), n_ratings, years)))
    rated = factors * np.sqrt(n_ratings / (n_ratings + _PRIOR), dtype=np.float32)[:, None]
    combined = rated
    if content is not None:
        combined = rated + _PREDICTED * predicted(factors, content, n_ratings)
    lengths = np.sqrt(n_ratings / np.maximum(n_ratings + prior, 1e-9))
    return Factors(np.asarray(unit(combined) * lengths[:, None], dtype=np.float32), rated)


def weigh(ratings: csr_matrix, half_scale: float | None = None) -> csr_matrix:
    """Return the weight of each rating: that of its user, more if the user liked the item.

    Users weigh ``log(1 + n_items / n)``, where they rated `n` items: heavy raters say less. It is
    the inverse document frequency of Salton and Buckley, "Term-weighting approaches in automatic
    text retrieval" (1988), section 2.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
        The whole ratings of all users, or of some.
    half_scale : float, optional
        Half of the difference between the highest and the lowest rating of all users.

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_items, n_users), float32
        Whole numbers: weights in units of 1 / 1024, so that sums of products are exact.
    """
    from scipy.sparse import csr_matrix

    if half_scale is None:
        half_scale = half_of_scale(ratings.data)
    values, counts = ratings.data, np.maximum(column_counts(ratings), 1)
    means = (column_sums(ratings) / counts).astype(np.float32)
    of_users = (_UNITS * np.log1p(ratings.shape[0] / counts)).astype(np.float32)
    weights = np.empty_like(values)
    for part in parts_of(len(values)):
        users = ratings.indices[part]
        opinions = (values[part] - means[users]) / np.float32(half_scale or 1)
        scaled = (1 + np.float32(_OPINION) * np.clip(opinions, -1, 1)) * of_users[users]
        np.rint(scaled, out=weights[part])
    return csr_matrix((weights, ratings.indices, ratings.indptr), shape=ratings.shape)


def half_of_scale(values: Floats) -> float:
    """Return half of the difference between the highest and the lowest rating.

    Parameters
    ----------
    values : ndarray of shape (n,), float32
    """
    return float(np.float32(np.ptp(values) / 2 if len(values) else 0))


def leading_factors(weights: csr_matrix, n_factors: int) -> Floats:
    """Return the coordinates of the items in the leading singular directions.

    The directions are found by block power iteration on a sample of users, and a last step with all
    of them: Halko, Martinsson and Tropp, "Finding structure with randomness" (2011), algorithm 4.4.

    Parameters
    ----------
    weights : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
        Whole numbers.
    n_factors : int

    Returns
    -------
    ndarray of shape (n_items, at most n_factors), float32
        Left singular vectors times singular values, largest first.
    """
    step = sampling_step(weights.nnz)
    directions = sampled_directions(weights if step == 1 else weights[:, ::step], n_factors)
    return coordinates(*projection(weights, directions), n_factors)


def sampling_step(n_ratings: int) -> int:
    """Return the distance of the users in the sample.

    Parameters
    ----------
    n_ratings : int
        Of all users.
    """
    return max(-(-n_ratings // _LARGEST_SAMPLE), 1)


def sampled_directions(weights: csr_matrix, n_factors: int) -> Floats:
    """Find an orthonormal basis that nearly holds the leading directions.

    Parameters
    ----------
    weights : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
        Of the users in the sample.
    n_factors : int

    Returns
    -------
    ndarray of shape (n_items, n_directions), float32
    """
    from threadpoolctl import threadpool_limits

    size = min(n_factors + _SPARE, *weights.shape)
    random = np.random.default_rng(0)
    block = random.standard_normal((weights.shape[1], size), dtype=np.float32)
    with threadpool_limits(1):  # threads wait for each other most of the time in so narrow a matrix
        for _ in range(_ITERATIONS):
            block = np.linalg.qr(weights.T @ (weights @ block))[0]
        return np.asarray(np.linalg.qr(weights @ block)[0])


def projection(weights: csr_matrix, directions: Floats) -> tuple[Doubles, Doubles]:
    """Project users on directions, and sum over them.

    Coordinates of users are rounded to whole numbers. Sums of them are exact in float64, so that
    those of several groups of users add up to the same as those of all users at once.

    Parameters
    ----------
    weights : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
        Whole numbers, of all users or of some.
    directions : ndarray of shape (n_items, n_directions), float32

    Returns
    -------
    squares : ndarray of shape (n_directions, n_directions), float64
        The scalar products of the directions' coordinates, summed over users.
    products : ndarray of shape (n_items, n_directions), float64
        The coordinates of each item's users, weighted and summed.
    """
    users = np.empty((weights.shape[1], directions.shape[1]), np.float32)
    _by_columns(lambda columns: weights.T @ columns, directions, users)
    np.rint(users, out=users)
    squares = np.zeros((users.shape[1],) * 2)
    for start in range(0, len(users), _AT_ONCE):
        precise = users[start : start + _AT_ONCE].astype(np.float64)
        squares += precise.T @ precise
    products = np.empty(directions.shape)
    _by_columns(lambda columns: _exact_products(weights, columns), users, products)
    return squares, products


def _exact_products(weights: csr_matrix, columns: Floats) -> Doubles:
    precise, products = columns.astype(np.float64), np.empty((weights.shape[0], columns.shape[1]))
    for rows, part in row_parts(weights):
        products[rows] = part.astype(np.float64) @ precise
    return products


def coordinates(squares: Doubles, products: Doubles, n_factors: int) -> Floats:
    """Return the coordinates of the items in the leading directions; see :func:`leading_factors`.

    Parameters
    ----------
    squares, products : ndarray
        Of :func:`projection`, summed over all users.
    n_factors : int
    """
    variances, rotation = np.linalg.eigh(squares)
    leading = np.argsort(-variances)[:n_factors]
    leading = leading[variances[leading] > 1e-6 * variances.max(initial=0)]
    return np.asarray(products @ (rotation[:, leading] / np.sqrt(variances[leading])), np.float32)


def _by_columns(
    multiply: Callable[[Floats], npt.NDArray[Any]], columns: Floats, out: npt.NDArray[Any]
) -> None:
    """Multiply some columns at a time, by two threads, for speed and for little memory."""

    def fill(part: slice) -> None:
        out[:, part] = multiply(columns[:, part])

    size = -(-columns.shape[1] // _SLICES)
    with ThreadPoolExecutor(2) as pool:
        starts = range(0, columns.shape[1], size)
        list(pool.map(fill, [slice(start, start + size) for start in starts]))


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

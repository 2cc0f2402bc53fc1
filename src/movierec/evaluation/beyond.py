"""Measures of lists beyond how many held-out items they find.

docs/measures.md has the formulas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.evaluation.metrics import PerUser

Ranked = npt.NDArray[np.int64]

_SMOOTHING = 0.01  # alpha of Steck


def gini(ranked: Ranked, n_items: int) -> float:
    """Return how unequally often items are listed: 0 if equally, near 1 if only one is.

    Shani and Gunawardana, "Evaluating recommendation systems", in Recommender Systems Handbook
    (2011), section 8.3.3.2.

    Parameters
    ----------
    ranked : ndarray of shape (n_users, k), int64
        ``item_index``; -1 where a list is shorter than k.
    n_items : int
        Number of items that could be listed.
    """
    counts = np.sort(np.bincount(ranked[ranked >= 0], minlength=n_items))
    if not counts.any():
        return 0.0
    weights = 2 * np.arange(1, n_items + 1) - n_items - 1
    return float(weights @ counts / (n_items * counts.sum()))


def diversity(ranked: Ranked, genres: csr_matrix) -> PerUser:
    """Return how unlike the items of each list are: the mean of 1 minus the cosine of genres.

    Ziegler, McNee, Konstan and Lausen, "Improving recommendation lists through topic
    diversification" (WWW 2005), section 3.3, whose intra-list similarity is over the same pairs.

    Parameters
    ----------
    ranked : ndarray of shape (n_users, k), int64
    genres : scipy.sparse.csr_matrix of shape (n_items, n_genres)
        An item without genres is unlike any other.

    Returns
    -------
    ndarray of shape (n_users,), float64
        NaN for lists of fewer than two items.
    """
    from scipy.sparse import diags_array

    lengths = np.sqrt(np.asarray(genres.multiply(genres).sum(axis=1)).ravel())
    unit = diags_array(1 / np.maximum(lengths, 1e-12)) @ genres
    lists = _lists(ranked, genres.shape[0])
    sums = lists @ unit
    of_pairs = np.asarray(sums.multiply(sums).sum(axis=1)).ravel() - lists @ (lengths > 0)
    n_listed = np.diff(lists.indptr).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n_listed > 1, 1 - of_pairs / (n_listed * (n_listed - 1)), np.nan)


def miscalibration(ranked: Ranked, known: csr_matrix, genres: csr_matrix) -> PerUser:
    """Return how far the genres of each list are from those of what its user rated.

    The Kullback-Leibler divergence in nats, 0 if the shares of genres are equal: Steck,
    "Calibrated recommendations" (RecSys 2018), equations 2 to 6, with equal weights.

    Parameters
    ----------
    ranked : ndarray of shape (n_users, k), int64
    known : scipy.sparse.csr_matrix of shape (n_users, n_items)
        What the users rated; every stored entry counts.
    genres : scipy.sparse.csr_matrix of shape (n_items, n_genres)

    Returns
    -------
    ndarray of shape (n_users,), float64
        NaN for users of whose list, or ratings, no genre is known.
    """
    own, listed = _shares(known, genres), _shares(_lists(ranked, genres.shape[0]), genres)
    smoothed = (1 - _SMOOTHING) * listed + _SMOOTHING * own
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(own > 0, own * np.log(own / smoothed), 0.0)
    usable = own.any(axis=1) & listed.any(axis=1)
    return np.where(usable, terms.sum(axis=1), np.nan)


def serendipity(ranked: Ranked, hits: npt.NDArray[np.bool_], expected: Ranked) -> PerUser:
    """Return the share of each list that is relevant and that popularity would not have listed.

    Ge, Delgado-Battenfeld and Jannach, "Beyond accuracy: evaluating recommender systems by
    coverage and serendipity" (RecSys 2010), section 2.2, with popularity as the primitive model.

    Parameters
    ----------
    ranked : ndarray of shape (n_users, k), int64
    hits : ndarray of shape (n_users, k), bool
        Which items are relevant.
    expected : ndarray of shape (n_users, k), int64
        The list of as many popular items for each user.
    """
    n_items = max(ranked.max(initial=0), expected.max(initial=0)) + 1
    offset = np.arange(len(ranked))[:, None] * n_items
    is_expected = np.isin(ranked + offset, (expected + offset)[expected >= 0])
    return np.asarray((hits & ~is_expected).sum(axis=1) / ranked.shape[1])


def mean_of_known(values: PerUser) -> float | None:
    """Return the mean of the values that are not NaN; None if all are."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _lists(ranked: Ranked, n_items: int) -> csr_matrix:
    """Return lists as a matrix of shape (n_users, n_items) with a 1 for each listed item."""
    from scipy.sparse import csr_matrix

    indptr = np.concatenate([[0], np.cumsum((ranked >= 0).sum(axis=1))])
    items = ranked[ranked >= 0]
    return csr_matrix((np.ones(len(items)), items, indptr), shape=(len(ranked), n_items))


def _shares(items: csr_matrix, genres: csr_matrix) -> npt.NDArray[np.float64]:
    """Return the mean share of each genre over the items of each user, shape (n_users, n_genres).

    An item with three genres counts a third for each; items without genres are left out.
    """
    from scipy.sparse import csr_matrix, diags_array

    n_genres = np.asarray(genres.sum(axis=1)).ravel()
    by_item = diags_array(1 / np.maximum(n_genres, 1)) @ genres
    ones = csr_matrix((np.ones(items.nnz), items.indices, items.indptr), shape=items.shape)
    described = np.asarray(ones @ (n_genres > 0)).ravel()
    return np.asarray((ones @ by_item).toarray() / np.maximum(described, 1)[:, None])

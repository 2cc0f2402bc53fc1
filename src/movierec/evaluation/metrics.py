"""Metrics of ranked lists, compared with held-out items.

A list has at most k items. Relevance is binary: the items in the test rows are relevant. Metrics of
a single list are from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Hits = npt.NDArray[np.bool_]
PerUser = npt.NDArray[np.float64]

N_RESAMPLES = 1000


def hits_of(ranked: npt.NDArray[np.int64], relevant: csr_matrix) -> Hits:
    """Return which of the listed items are relevant.

    Parameters
    ----------
    ranked : ndarray of shape (n_users, k), int64
        ``item_index``, best first; -1 where a list is shorter than k.
    relevant : scipy.sparse.csr_matrix of shape (n_users, n_items)
        Every stored entry is relevant, including a rating of 0.
    """
    n_users, n_items = relevant.shape
    rows = np.repeat(np.arange(n_users), np.diff(relevant.indptr))
    relevant_cells = rows * n_items + relevant.indices
    listed_cells = np.arange(n_users)[:, None] * n_items + ranked
    return np.asarray(np.isin(listed_cells, relevant_cells) & (ranked >= 0))


def hit_rate_at_k(hits: Hits, n_relevant: npt.NDArray[np.int64]) -> PerUser:
    """Return 1 for each list with a relevant item, and 0 for the others.

    Parameters
    ----------
    hits : ndarray of shape (n_users, k), bool
        From :func:`hits_of`.
    n_relevant : ndarray of shape (n_users,), int64
        Number of relevant items of each user.

    Returns
    -------
    ndarray of shape (n_users,), float64
    """
    return np.asarray(hits.any(axis=1), dtype=np.float64)


def precision_at_k(hits: Hits, n_relevant: npt.NDArray[np.int64]) -> PerUser:
    """Return the number of relevant listed items divided by k; see :func:`hit_rate_at_k`."""
    return np.asarray(hits.sum(axis=1) / hits.shape[1])


def recall_at_k(hits: Hits, n_relevant: npt.NDArray[np.int64]) -> PerUser:
    """Return the share of the relevant items that are listed; see :func:`hit_rate_at_k`."""
    return np.asarray(hits.sum(axis=1) / n_relevant)


def capped_recall_at_k(hits: Hits, n_relevant: npt.NDArray[np.int64]) -> PerUser:
    """Return the share of the relevant items that are listed, of at most k; 1 is always reachable.

    Liang et al., "Variational autoencoders for collaborative filtering" (WWW 2018), section 4.3.
    Parameters as in :func:`hit_rate_at_k`.
    """
    return np.asarray(hits.sum(axis=1) / np.minimum(n_relevant, hits.shape[1]))


def ndcg_at_k(hits: Hits, n_relevant: npt.NDArray[np.int64]) -> PerUser:
    """Return the discounted cumulative gain divided by that of an ideal list.

    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM Transactions
    on Information Systems 20 (2002), with ``1 / log2(rank + 1)`` for a relevant item.
    Parameters as in :func:`hit_rate_at_k`.
    """
    discounts = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    best = np.concatenate([[0.0], np.cumsum(discounts)])
    return np.asarray(hits @ discounts / best[np.minimum(n_relevant, hits.shape[1])])


def mrr(hits: Hits, n_relevant: npt.NDArray[np.int64]) -> PerUser:
    """Return 1 / rank of the first relevant item, or 0; see :func:`hit_rate_at_k`."""
    return np.where(hits.any(axis=1), 1 / (hits.argmax(axis=1) + 1), 0.0)


def average_precision_at_k(hits: Hits, n_relevant: npt.NDArray[np.int64]) -> PerUser:
    """Return the mean precision at the ranks of the relevant items; see :func:`hit_rate_at_k`."""
    ranks = np.arange(1, hits.shape[1] + 1)
    precisions = hits.cumsum(axis=1) / ranks
    return np.asarray((precisions * hits).sum(axis=1) / np.minimum(n_relevant, hits.shape[1]))


METRICS: dict[str, Callable[[Hits, npt.NDArray[np.int64]], PerUser]] = {
    "hit_rate": hit_rate_at_k,
    "precision": precision_at_k,
    "recall": recall_at_k,
    "capped_recall": capped_recall_at_k,
    "ndcg": ndcg_at_k,
    "mrr": mrr,
    "map": average_precision_at_k,
}


def interval(values: PerUser, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % confidence interval of a mean, by bootstrapping users.

    Parameters
    ----------
    values : ndarray of shape (n_users,), float64
    seed : int
        Random seed.

    Notes
    -----
    Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979).
    """
    users = np.random.default_rng(seed).integers(0, len(values), (N_RESAMPLES, len(values)))
    low, high = np.quantile(values[users].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def coverage(ranked: npt.NDArray[np.int64], n_items: int) -> float:
    """Return the share of all items that occur in at least one list.

    Parameters
    ----------
    ranked : ndarray of shape (n_users, k), int64
    n_items : int
    """
    return len(np.unique(ranked[ranked >= 0])) / n_items


def novelty(ranked: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], n_users: int) -> PerUser:
    """Return the mean self-information of each list in bits: -log2(share of users).

    Vargas and Castells, "Rank and relevance in novelty and diversity metrics for recommender
    systems" (RecSys 2011), section 4.1. An unrated item counts as rated by one user.

    Parameters
    ----------
    ranked : ndarray of shape (n_users, k), int64
    counts : ndarray of shape (n_items,), int64
        Number of ratings of each item.
    n_users : int

    Returns
    -------
    ndarray of shape (n_users,), float64
        NaN for users without a list.
    """
    there = ranked >= 0
    information = -np.log2(np.maximum(counts, 1) / n_users)[np.maximum(ranked, 0)]
    with np.errstate(invalid="ignore"):
        return np.asarray((information * there).sum(axis=1) / there.sum(axis=1))


def popularity_bias(
    ranked: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], known: csr_matrix
) -> float:
    """Return how much more popular the lists are than what their users rated, as a ratio.

    The mean over users of the mean number of ratings of the listed items, divided by that of the
    rated items: Abdollahpouri, Mansoury, Burke and Mobasher, "The unfairness of popularity bias in
    recommendation" (RMSE at RecSys 2019), section 3.

    Parameters
    ----------
    ranked : ndarray of shape (n_users, k), int64
    counts : ndarray of shape (n_items,), int64
        Number of ratings of each item.
    known : scipy.sparse.csr_matrix of shape (n_users, n_items)
        What the users rated in the training rows.
    """
    there = ranked >= 0
    listed = np.where(there, counts[np.maximum(ranked, 0)], 0).sum(axis=1)
    n_known = np.diff(known.indptr)
    own = np.add.reduceat(np.append(counts[known.indices], 0), known.indptr[:-1]) * (n_known > 0)
    own = own / np.maximum(n_known, 1)
    usable = (n_known > 0) & there.any(axis=1)
    if not usable.any():
        return 0.0
    means = listed[usable] / there.sum(axis=1)[usable]
    return float(means.mean() / own[usable].mean())

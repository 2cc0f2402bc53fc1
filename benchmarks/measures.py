"""Measures of lists of similar movies: series, what users liked next, judgments of pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

Scores = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Compare = Callable[[Indices], Scores]
"""Returns the similarity of some items, by index, to all items; 0 where there is none."""

LIKED = 4.0  # the least rating of a movie that somebody liked
N_NEAREST = 10
DEPTHS = (10, 50, 100)
FEW_RATINGS = ((1, 1), (2, 4), (5, 19))
WELL_KNOWN = 30  # ratings
N_AT_ONCE = 500
N_RESAMPLES = 1000


@dataclass
class Series:
    """The items that belong to series.

    Attributes
    ----------
    siblings : mapping of int to set of int
        For each item, the other items of its series.
    series_of : mapping of int to int
        For each item, the id of its series; of the last one, if it belongs to several.
    """

    siblings: Mapping[int, set[int]]
    series_of: Mapping[int, int]

    @classmethod
    def read(cls, table: pd.DataFrame, index: Mapping[int, int]) -> Series:
        """Read series of at least two known items.

        Parameters
        ----------
        table : DataFrame
            With the columns ``collectionId`` and ``movieId``.
        index : mapping of int to int
            ``item_index`` by movie id; other movies are left out.
        """
        siblings: dict[int, set[int]] = {}
        series_of: dict[int, int] = {}
        for number in table["collectionId"].unique().tolist():
            movies = table.loc[table["collectionId"] == number, "movieId"].tolist()
            items = [index[movie] for movie in movies if movie in index]
            for item in items:
                if len(items) > 1:
                    siblings.setdefault(item, set()).update(set(items) - {item})
                    series_of[item] = number
        return cls(dict(sorted(siblings.items())), series_of)

    def recalls(self, compare: Compare, candidates: Mask) -> dict[int, float]:
        """Return recall@10 of each item: the share of its siblings among the ten nearest.

        Parameters
        ----------
        compare : Compare
        candidates : ndarray of shape (n_items,), bool
        """
        items = np.array(list(self.siblings), dtype=np.int64)
        scores = among(compare(items), items, candidates)
        nearest = np.argsort(-scores, axis=1, kind="stable")[:, :N_NEAREST]
        return {
            item: sum(scores[row, other] > 0 for other in nearest[row] if other in siblings)
            / min(N_NEAREST, len(siblings))  # no list can hold more
            for row, (item, siblings) in enumerate(self.siblings.items())
        }


def among(scores: Scores, items: Indices, candidates: Mask) -> Scores:
    """Rule out each item itself and all items that are no candidates.

    Parameters
    ----------
    scores : ndarray of shape (n, n_items), float32
    items : ndarray of shape (n,), int64
        The item of each row.
    candidates : ndarray of shape (n_items,), bool

    Returns
    -------
    ndarray of shape (n, n_items), float32
        The scores, but -1 for what is ruled out.
    """
    kept = np.where(candidates[None, :], scores, np.float32(-1))
    kept[np.arange(len(items)), items] = -1
    return kept


def mean_with_interval(values: Mapping[int, float], cluster_of: Mapping[int, int]) -> list[float]:
    """Return a mean and its 95 % interval, by a bootstrap over clusters (Efron 1979).

    Parameters
    ----------
    values : mapping of int to float
    cluster_of : mapping of int to int
        The cluster of each key of `values`.
    """
    clusters: dict[int, list[float]] = {}
    for item, value in values.items():
        clusters.setdefault(cluster_of[item], []).append(value)
    sums = np.array([sum(cluster) for cluster in clusters.values()])
    sizes = np.array([len(cluster) for cluster in clusters.values()])
    drawn = np.random.default_rng(0).integers(0, len(sums), (N_RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return [sums.sum() / sizes.sum(), *np.quantile(means, [0.025, 0.975])]


def last_liked(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return the last two movies that each user liked.

    Returns
    -------
    DataFrame
        By user, the movie ids ``first`` and ``last``, and in ``row`` the row of `last` in
        `ratings`. Users who liked fewer movies are left out.
    """
    liked = ratings[ratings["rating"] >= LIKED].sort_values("timestamp", kind="stable")
    last = liked.groupby("userId").tail(2).groupby("userId")
    pairs = last["movieId"].agg(["first", "last", "size"])
    pairs["row"] = liked.reset_index().groupby("userId")["index"].last()
    return pairs[pairs["size"] == 2]


def agreement(compare: Compare, pairs: Sequence[tuple[int, int]], candidates: Mask) -> list[float]:
    """Return how often the item liked next is among the nearest 10, 50 and 100 items.

    Parameters
    ----------
    compare : Compare
    pairs : sequence of tuple of int
        An item that a user liked, and the one liked next.
    candidates : ndarray of shape (n_items,), bool
    """
    items, following = np.array(pairs, dtype=np.int64).T
    scores = among(compare(items), items, candidates)
    found = scores[np.arange(len(items)), following][:, None]
    places = np.arange(scores.shape[1])[None, :]
    ahead = (scores > found) | ((scores == found) & (places < following[:, None]))
    ranks = np.where(found[:, 0] > 0, ahead.sum(axis=1), scores.shape[1])
    return [float((ranks < depth).mean()) for depth in DEPTHS]


def auc(scores: npt.NDArray[np.floating], similar: Mask) -> float:
    """Return how often a similar pair scores above another pair (Hanley and McNeil 1982).

    Parameters
    ----------
    scores : ndarray of shape (n_pairs,)
    similar : ndarray of shape (n_pairs,), bool
    """
    ranks = pd.Series(scores).rank().to_numpy()
    n_similar, n_other = int(similar.sum()), int((~similar).sum())
    above = ranks[similar].sum() - n_similar * (n_similar + 1) / 2
    return float(above / (n_similar * n_other))


def without_common_rater(compare: Compare, rated: csr_matrix) -> list[float]:
    """Return how often nobody rated both an item and the nearest one.

    Parameters
    ----------
    compare : Compare
    rated : scipy.sparse.csr_matrix of shape (n_items, n_users)
        A 1 for each rating.

    Returns
    -------
    list of float
        The shares of the items with 1, 2 to 4, and 5 to 19 ratings.
    """
    n_ratings = np.diff(rated.indptr)
    shares = []
    for least, most in FEW_RATINGS:
        items = np.flatnonzero((n_ratings >= least) & (n_ratings <= most))
        lonely = 0
        for part in np.array_split(items, len(items) // N_AT_ONCE + 1):
            nearest = among(compare(part), part, n_ratings > 0).argmax(axis=1)
            lonely += int((rated[part].multiply(rated[nearest]).sum(axis=1) == 0).sum())
        shares.append(lonely / max(len(items), 1))
    return shares


def fame_and_era(
    compare: Compare, n_ratings: npt.NDArray[np.integer], first_rated: npt.NDArray[np.floating]
) -> tuple[float, float]:
    """Return how much more famous lists are than what they are for, and what era explains.

    Parameters
    ----------
    compare : Compare
    n_ratings, first_rated : ndarray of shape (n_items,)
        When each item was first rated, as a number.

    Returns
    -------
    fame : float
        The geometric mean, over the ten nearest of well-known items, of their number of ratings
        divided by that of the item.
    era : float
        The squared rank correlation of the similarity of two well-known items with the time between
        their first ratings.
    """
    known = np.flatnonzero(n_ratings >= WELL_KNOWN)
    scores = among(compare(known), known, n_ratings > 0)
    nearest = np.argpartition(-scores, N_NEAREST, axis=1)[:, :N_NEAREST]
    fame = np.log(n_ratings[nearest]).mean(axis=1) - np.log(n_ratings[known])
    first, second = np.triu_indices(len(known), 1)
    apart = pd.Series(np.abs(first_rated[known[first]] - first_rated[known[second]]))
    era = apart.corr(pd.Series(scores[first, known[second]]), method="spearman")
    return float(np.exp(fame.mean())), float(era**2)

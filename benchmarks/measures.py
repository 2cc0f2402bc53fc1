"""How good lists of similar films are: series, what people watched next, judgements of pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Scores = npt.NDArray[np.float32]
Rows = Callable[[npt.NDArray[np.int64]], Scores]
"""Returns the similarity of some films, by index, to all films; 0 where there is none."""

LIKED = 4.0
DEPTHS = (10, 50, 100)
N_RESAMPLES = 1000


@dataclass
class Series:
    """The queries of series retrieval.

    Attributes
    ----------
    siblings : mapping of int to set of int
        The other films of the same series, by film.
    of : mapping of int to int
        A series of each film.
    """

    siblings: Mapping[int, set[int]]
    of: Mapping[int, int]

    @classmethod
    def read(cls, listed: pd.DataFrame, index: Mapping[int, int]) -> Series:
        """Take the films of `listed` that are in `index`."""
        siblings: dict[int, set[int]] = {}
        of: dict[int, int] = {}
        for number in listed["collectionId"].unique().tolist():
            movies = listed.loc[listed["collectionId"] == number, "movieId"].tolist()
            films = [index[movie] for movie in movies if movie in index]
            for film in films:
                if len(films) > 1:
                    siblings.setdefault(film, set()).update(set(films) - {film})
                    of[film] = number
        return cls(dict(sorted(siblings.items())), of)

    def recalls(self, rows: Rows, candidates: npt.NDArray[np.bool_]) -> dict[int, float]:
        """Return recall@10 of each film: siblings in its top ten, of as many as could be there."""
        films = np.array(list(self.siblings), dtype=np.int64)
        scores = among(rows(films), films, candidates)
        nearest = np.argsort(-scores, axis=1, kind="stable")[:, :10]
        return {
            film: sum(scores[row, other] > 0 for other in nearest[row] if other in own)
            / min(10, len(own))
            for row, (film, own) in enumerate(self.siblings.items())
        }


def among(
    scores: Scores, films: npt.NDArray[np.int64], candidates: npt.NDArray[np.bool_]
) -> Scores:
    """Return scores with the films themselves, and all that are no candidates, ruled out."""
    ruled = np.where(candidates[None, :], scores, np.float32(-1))
    ruled[np.arange(len(films)), films] = -1
    return ruled


def mean_with_interval(values: Mapping[int, float], cluster_of: Mapping[int, int]) -> list[float]:
    """Return a mean with its 95 % interval, by a bootstrap over clusters (Efron 1979)."""
    clusters: dict[int, list[float]] = {}
    for film, value in values.items():
        clusters.setdefault(cluster_of[film], []).append(value)
    sums = np.array([sum(own) for own in clusters.values()])
    sizes = np.array([len(own) for own in clusters.values()])
    drawn = np.random.default_rng(0).integers(0, len(sums), (N_RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return [sums.sum() / sizes.sum(), *np.quantile(means, [0.025, 0.975])]


def last_liked(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return each user's last liked film and the liked one before it, with the row of the last."""
    liked = ratings[ratings["rating"] >= LIKED].sort_values("timestamp", kind="stable")
    last = liked.groupby("userId").tail(2).groupby("userId")
    pairs = last["movieId"].agg(["first", "last", "size"])
    pairs["row"] = liked.reset_index().groupby("userId")["index"].last()
    return pairs[pairs["size"] == 2]


def agreement(
    rows: Rows, pairs: Sequence[tuple[int, int]], candidates: npt.NDArray[np.bool_]
) -> list[float]:
    """Return how often the film liked next is among the nearest 10, 50 and 100 of one liked."""
    films, following = np.array(pairs, dtype=np.int64).T
    scores = among(rows(films), films, candidates)
    own = scores[np.arange(len(films)), following][:, None]
    places = np.arange(scores.shape[1])[None, :]
    ahead = (scores > own) | ((scores == own) & (places < following[:, None]))
    ranks = np.where(own[:, 0] > 0, ahead.sum(axis=1), scores.shape[1])
    return [float((ranks < depth).mean()) for depth in DEPTHS]


def auc(scores: npt.NDArray[np.floating], similar: npt.NDArray[np.bool_]) -> float:
    """Return how often a similar pair scores above another (Hanley and McNeil 1982)."""
    ranks = pd.Series(scores).rank().to_numpy()
    n_similar, n_other = int(similar.sum()), int((~similar).sum())
    above = ranks[similar].sum() - n_similar * (n_similar + 1) / 2
    return float(above / (n_similar * n_other))

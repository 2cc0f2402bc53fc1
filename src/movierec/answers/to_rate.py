"""Choose movies to ask a person about: those whose ratings tell most of a taste.

The design is that of Rashid, Albert, Cosley, Lam, McNee, Konstan and Riedl, "Getting to Know You:
Learning New User Preferences in Recommender Systems" (IUI 2002): of the strategies that they
compare, the logarithm of the popularity times the entropy of the ratings ("log Pop * Ent") asks
about movies that people have seen and that they disagree on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from movierec.films.catalog import HIDDEN, Movie
from movierec.model.model import Model

_N_MOVIES = 2000  # the most rated, of which some are chosen; fewer people have seen the others
_N_RATINGS = 5000  # of a movie, by which its entropy is estimated: to 0.02 bit
_N_KNOWN = 50  # latest known movies, from which the list is spread

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


class MoviesToRate:
    """Chooses movies to rate.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        counts = np.asarray(model.catalog.n_ratings, dtype=np.int64)
        self._items: Indices = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
        self._items = self._items[:_N_MOVIES]
        self._scores = np.array([self._score(item) for item in self._items.tolist()])
        self._kinds = _Kinds(model, self._items)

    def choose(self, n: int, known: Sequence[int]) -> list[Movie]:
        """Return movies to rate, those from which most is learned first.

        The score of a movie is divided by one more than how many movies it is like, among those
        that were chosen before it and the last known ones: a movie of the same genres, of the
        same decade, or in the list of the other's neighbors is like it by a third each.

        Parameters
        ----------
        n : int
        known : sequence of int
            ``item_index`` of movies to leave out.
        """
        fresh = ~np.isin(self._items, np.array(known, dtype=np.int64))
        scores = np.where(fresh, self._scores, -1.0)
        alike = np.zeros(len(scores))
        for item in known[-_N_KNOWN:]:
            alike += self._kinds.alike(item)
        chosen: list[int] = []
        while len(chosen) < min(n, int(fresh.sum())):
            place = int(np.argmax(scores / (1 + alike)))
            chosen.append(int(self._items[place]))
            scores[place] = -1
            alike += self._kinds.alike(chosen[-1])
        return [self._model.catalog.movie(item) for item in chosen]

    def _score(self, item: int) -> float:
        return float(np.log(int(self._model.catalog.n_ratings[item]))) * self._entropy(item)

    def _entropy(self, item: int) -> float:
        """Return the entropy of the ratings of a movie, in bits.

        A model without ratings knows their mean. Then it is the entropy of lowest and highest
        ratings with this mean, which is greatest in the middle of the scale. Where all ratings are
        equal, popularity alone counts.
        """
        lowest, highest = self._model.scale
        if highest <= lowest:
            return 1.0
        if self._model.ratings is not None:
            return entropy(self._model.ratings.values_of(item, _N_RATINGS))
        mean = float(self._model.catalog.mean_ratings[item])
        share = 0.5 if mean == HIDDEN else (mean - lowest) / (highest - lowest)
        return _bits(np.clip([share, 1 - share], 0, 1))


def entropy(ratings: npt.ArrayLike) -> float:
    """Return the entropy of the distribution of some ratings, in bits.

    Parameters
    ----------
    ratings : array-like of float
    """
    _, counts = np.unique(np.asarray(ratings), return_counts=True)
    return _bits(counts / max(counts.sum(), 1))


def _bits(shares: Floats) -> float:
    some = shares[shares > 0]
    return float(-(some * np.log2(some)).sum()) + 0.0  # not -0.0


class _Kinds:
    """Tells how alike some movies are to another, from 0 to 1."""

    def __init__(self, model: Model, items: Indices) -> None:
        self._model, self._items = model, items
        catalog = model.catalog
        sets = [set(catalog.genres(item)) for item in items.tolist()]
        self._numbers = {name: at for at, name in enumerate(sorted(set().union(*sets)))}
        self._genres = np.zeros((len(items), len(self._numbers)))
        for row, genres in enumerate(sets):
            self._genres[row, [self._numbers[name] for name in genres]] = 1
        self._decades = np.array([int(catalog.years[item]) // 10 for item in items.tolist()])

    def alike(self, item: int) -> Floats:
        catalog = self._model.catalog
        names = catalog.genres(item)
        of_item = np.zeros(len(self._numbers))
        of_item[[self._numbers[name] for name in names if name in self._numbers]] = 1
        shared = self._genres @ of_item
        either = self._genres.sum(axis=1) + len(names) - shared
        same_decade = self._decades == (int(catalog.years[item]) // 10 or -1)
        row = self._model.neighbors.neighbors[item]
        is_near = np.isin(self._items, np.array([int(other) for other in row], dtype=np.int64))
        return np.asarray((shared / np.maximum(either, 1) + same_decade + is_near) / 3)

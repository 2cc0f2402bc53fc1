"""Compare the tastes of two people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import correlation, mean
from typing import TYPE_CHECKING

import numpy as np

from movierec.answers.matching import Matching
from movierec.answers.profile import UserProfile
from movierec.films.catalog import Record
from movierec.model.model import Model

if TYPE_CHECKING:
    import pandas as pd

_FEW = 3  # movies that both rated, at least, to tell how alike two people are
_PRIOR = 5  # movies of unrelated ratings that are added
_LOVED = 0.8  # of the highest rating
_APART = 1 / 3  # of the scale, between ratings of people who disagree


@dataclass(frozen=True)
class TasteMovie(Record):
    """A movie, with the ratings of two people.

    Attributes
    ----------
    movie_id : int or str
    title : str
    first, second : float
    predicted : {"first", "second", ""}
        Which of the two ratings is predicted, if any.
    """

    movie_id: int | str
    title: str
    first: float
    second: float
    predicted: str


@dataclass(frozen=True)
class TasteComparison(Record):
    """How alike the tastes of two people are.

    Attributes
    ----------
    names : tuple of str
    n_both : int
        Number of movies that both rated.
    alike : float or None
        Correlation of their ratings of these, from -1 to 1, shrunk towards 0 where they are few:
        times ``n_both / (n_both + 5)``. None for fewer than three movies.
    both_love, disagree : tuple of TasteMovie
    for_second, for_first : tuple of TasteMovie
        What one loved and the other has not seen, the highest predicted rating first.
    matchings : tuple of Matching
        Which movies of each file the model has.
    """

    names: tuple[str, str]
    n_both: int
    alike: float | None
    both_love: tuple[TasteMovie, ...]
    disagree: tuple[TasteMovie, ...]
    for_second: tuple[TasteMovie, ...]
    for_first: tuple[TasteMovie, ...]
    matchings: Sequence[Matching] = field(default=(), compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each movie, with the name of its list, such as both_love, as ``list``.

        `first` and `second` are the ratings.
        """
        import pandas as pd

        lists = {
            "both_love": self.both_love, "disagree": self.disagree,
            "for_second": self.for_second, "for_first": self.for_first,
        }  # fmt: skip
        rows = [{"list": name, **dict(each)} for name, movies in lists.items() for each in movies]
        return pd.DataFrame(rows, columns=["list", *TasteMovie.field_names()])


class TasteComparer:
    """Compares two people.

    Parameters
    ----------
    model : Model
    first, second : UserProfile
    """

    def __init__(self, model: Model, first: UserProfile, second: UserProfile) -> None:
        self._model, self._first, self._second = model, first, second

    def compare(self, k: int, matchings: Sequence[Matching]) -> TasteComparison:
        """Return how alike they are.

        Parameters
        ----------
        k : int
            Length of each list.
        matchings : sequence of Matching
        """
        first, second = self._first.ratings, self._second.ratings
        both = [item for item in first if item in second]
        highest = self._model.scale.highest
        loved = [i for i in both if min(first[i], second[i]) >= _LOVED * highest]
        apart = [i for i in both if abs(first[i] - second[i]) >= _APART * highest]
        loved.sort(key=lambda item: -first[item] - second[item])
        apart.sort(key=lambda item: -abs(first[item] - second[item]))
        return TasteComparison(
            (self._first.name, self._second.name),
            len(both),
            _alike([first[item] for item in both], [second[item] for item in both]),
            self._movies(loved[:k], first.__getitem__, second.__getitem__, ""),
            self._movies(apart[:k], first.__getitem__, second.__getitem__, ""),
            self._to_show(self._first, self._second, k, "second"),
            self._to_show(self._second, self._first, k, "first"),
            tuple(matchings),
        )

    def _to_show(
        self, one: UserProfile, other: UserProfile, k: int, predicted: str
    ) -> tuple[TasteMovie, ...]:
        """Return what one loved and the other has not seen, as the other would like it."""
        highest = self._model.scale.highest
        unseen = [
            item
            for item, rating in one.ratings.items()
            if rating >= _LOVED * highest and item not in {*other.ratings, *other.seen}
        ]
        if self._model.stars is None or not unseen:
            return ()
        stars = self._model.stars.predict(
            self._model.neighbors, np.array(unseen), other.ratings, self._model.scale
        ).stars
        expected = dict(zip(unseen, stars.tolist(), strict=True))
        unseen.sort(key=lambda item: -expected[item])
        given, guessed = one.ratings.__getitem__, expected.__getitem__
        first, second = (given, guessed) if predicted == "second" else (guessed, given)
        return self._movies(unseen[:k], first, second, predicted)

    def _movies(
        self,
        items: Sequence[int],
        first: Callable[[int], float],
        second: Callable[[int], float],
        predicted: str,
    ) -> tuple[TasteMovie, ...]:
        catalog = self._model.catalog
        return tuple(
            TasteMovie(
                catalog.movie_id(item),
                catalog.titles[item],
                round(first(item), 2),
                round(second(item), 2),
                predicted,
            )
            for item in items
        )


def _alike(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return the shrunk correlation of ratings; 0 if one of the two gave all the same rating."""
    if len(first) < _FEW:
        return None
    varies = all(any(value != mean(values) for value in values) for values in (first, second))
    found = correlation(first, second) if varies else 0.0
    return round(found * len(first) / (len(first) + _PRIOR), 4)

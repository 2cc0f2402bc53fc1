"""Shelves of movies to start with: loved by many, hidden gems, genres, decades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.films.catalog import Catalog, Listing, Movie, Record

if TYPE_CHECKING:
    import pandas as pd

_N_GENRES = 6
_N_DECADES = 5
_LEAST = 5  # movies on a shelf
_CERTAIN = 2  # ratings at the mean of all that each movie is given, in mean numbers of ratings
_RARELY_SEEN = 0.5  # the most ratings of a hidden gem, in mean numbers of ratings

Scores = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Shelf(Record):
    """Movies of one kind.

    Attributes
    ----------
    name : str
        For people, such as "Loved by many" or "Comedy".
    movies : list of Movie
        Best first.
    """

    name: str
    movies: list[Movie]

    def _repr_html_(self) -> str:
        from movierec._html import heading
        from movierec.films.notebook import record

        return heading(self.name) + record({"": self.movies})


class Shelves(Listing[Shelf]):
    """Shelves of movies. Notebooks show each as a table."""

    RECORD = Shelf

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each movie, with the name of its shelf as ``shelf``."""
        import pandas as pd

        rows = [{"shelf": shelf.name, **dict(movie)} for shelf in self for movie in shelf.movies]
        return pd.DataFrame(rows, columns=["shelf", *Movie.field_names()])

    def _repr_html_(self) -> str:
        return "".join(shelf._repr_html_() for shelf in self)


def shelves(catalog: Catalog, n: int) -> Shelves:
    """Return shelves of movies.

    A movie is as good as the mean of its ratings and of some ratings that are the mean of all, as
    in the "true Bayesian estimate" of IMDb's Top 250: twice the mean number of ratings of a movie,
    or a quarter of that among hidden gems, which at most half the mean number of people rated.
    Other shelves show each movie once, on the first that has it.

    Parameters
    ----------
    catalog : Catalog
    n : int
        Length of each.
    """
    maker = _ShelfMaker(catalog, n)
    return Shelves(shelf for shelf in maker.make() if len(shelf.movies) >= _LEAST)


class _ShelfMaker:
    def __init__(self, catalog: Catalog, n: int) -> None:
        self._catalog, self._n = catalog, n
        self._n_ratings = np.asarray(catalog.n_ratings[:], dtype=np.float64)
        self._means = np.nan_to_num(np.asarray(catalog.mean_ratings[:], dtype=np.float64))
        self._years = np.asarray(catalog.years[:])
        self._is_rated = self._n_ratings > 0
        self._usual = self._n_ratings.sum() / max(self._is_rated.sum(), 1)
        self._shown: set[int] = set()

    def make(self) -> Iterator[Shelf]:
        loved = self._scores(_CERTAIN * self._usual)
        yield self._shelf("Loved by many", loved, self._is_rated)
        rarely = self._is_rated & (self._n_ratings <= max(_RARELY_SEEN * self._usual, _LEAST))
        yield self._shelf("Hidden gems", self._scores(_CERTAIN * self._usual / 4), rarely)
        yield self._shelf("Rated by most people", self._n_ratings, self._is_rated)
        for genre, of_genre in self._genres():
            yield self._shelf(genre, loved, of_genre)
        for decade in self._decades():
            of_decade = self._is_rated & (self._years // 10 * 10 == decade)
            yield self._shelf(f"The {decade}s", loved, of_decade)

    def _scores(self, n_more: float) -> Scores:
        """Return the mean ratings, each with `n_more` ratings that are the mean of all."""
        total = self._n_ratings * self._means
        mean = total.sum() / max(self._n_ratings.sum(), 1)
        scores: Scores = (total + n_more * mean) / (self._n_ratings + max(n_more, 1))
        return scores

    def _shelf(self, name: str, scores: Scores, among: Mask) -> Shelf:
        order = np.argsort(np.where(among, -scores, np.inf), kind="stable")
        fresh = (int(item) for item in order[: int(among.sum())] if int(item) not in self._shown)
        items = [item for item, _ in zip(fresh, range(self._n), strict=False)]
        self._shown.update(items)
        return Shelf(name, [self._catalog.movie(item) for item in items])

    def _genres(self) -> Iterator[tuple[str, Mask]]:
        """Yield the genres of the most rated movies, and which movies have them."""
        names = self._catalog.genre_texts()
        split = [text.split("|") if text else [] for text in names]
        counts = Counter(genre for genres in split for genre in genres)
        for genre, _ in counts.most_common(_N_GENRES):
            mask = np.fromiter((genre in genres for genres in split), dtype=bool, count=len(split))
            yield genre, mask & self._is_rated

    def _decades(self) -> list[int]:
        """Return the latest decades with enough movies, latest first."""
        decades, counts = np.unique(
            self._years[self._is_rated & (self._years > 0)] // 10 * 10, return_counts=True
        )
        return [int(decade) for decade in decades[counts >= _LEAST][::-1][:_N_DECADES]]

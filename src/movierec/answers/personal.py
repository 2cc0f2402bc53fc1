"""What one person rated, watched and wants to watch, of the movies that a model has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from movierec.answers.matching import Matching
from movierec.films.catalog import Catalog, Movie, Record

if TYPE_CHECKING:
    import pandas as pd

    from movierec.answers.profile import UserProfile


@dataclass(frozen=True)
class PersonalRatings(Record):
    """What one person rated, watched and wants to watch.

    Attributes
    ----------
    ratings : dict of Movie to float
        On the scale of the model, oldest first.
    seen : list of Movie
        Watched and not rated.
    watchlist : list of Movie
    matchings : list of Matching
        Which movies of the file the model has.
    """

    ratings: dict[Movie, float]
    seen: list[Movie]
    watchlist: list[Movie]
    matchings: list[Matching] = field(default_factory=list, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each movie: what it is (rated, seen, watchlist), and its rating.

        The other columns are those of :class:`Movie`.
        """
        import pandas as pd

        rows = [
            {"kind": "rated", "rating": value, **dict(each)} for each, value in self.ratings.items()
        ]
        for kind, movies in (("seen", self.seen), ("watchlist", self.watchlist)):
            rows += [{"kind": kind, "rating": None, **dict(movie)} for movie in movies]
        return pd.DataFrame(rows, columns=["kind", "rating", *Movie.field_names()])


def personal_ratings(
    catalog: Catalog, person: UserProfile, matchings: list[Matching]
) -> PersonalRatings:
    """Return what is known of a person, with movies instead of indices.

    Parameters
    ----------
    catalog : Catalog
    person : UserProfile
    matchings : list of Matching
    """

    def movies(items: Iterable[int]) -> list[Movie]:
        return [catalog.movie(item) for item in sorted(items)]

    return PersonalRatings(
        {catalog.movie(item): rating for item, rating in person.ratings.items()},
        movies(person.seen - person.ratings.keys()),
        movies(person.watchlist),
        matchings,
    )

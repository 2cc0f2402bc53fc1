"""What one person said of movies, as the form holds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args

from movierec.answers.personal import PersonalRatings
from movierec.errors import UsageError
from movierec.films.catalog import Movie
from movierec.recommender import Recommender
from movierec.web import parameters

Mark = Literal["no", "seen", "want"]
Value = float | Mark

MOST_ROWS = 5 * parameters.MOST_MOVIES // 2  # of which a thousand are rated, and others only seen


@dataclass
class Marks:
    """What one person said of movies.

    Attributes
    ----------
    of : dict of Movie to float or {"no", "seen", "want"}
        A rating on the scale of the model, or one of these: "no" is a movie that is not for this
        person, and counts as the lowest rating; "seen" is left out of lists, and makes no
        difference otherwise; "want" is on the watchlist.
    """

    of: dict[Movie, Value] = field(default_factory=dict)

    def ratings(self, lowest: float) -> dict[Movie, float]:
        """Return the ratings.

        Parameters
        ----------
        lowest : float
            Of what is not for this person.
        """
        found = ((movie, lowest if value == "no" else value) for movie, value in self.of.items())
        return {movie: value for movie, value in found if not isinstance(value, str)}

    def marked(self, mark: Mark) -> list[Movie]:
        """Return the movies with a mark."""
        return [movie for movie, value in self.of.items() if value == mark]

    def __len__(self) -> int:
        """Return the number of ratings."""
        return len(self.ratings(0))

    def add(self, imported: PersonalRatings) -> list[str]:
        """Add what was imported; what was said before, here, counts.

        Returns
        -------
        list of str
            What does not fit, in words.
        """
        most, n_rated = parameters.MOST_MOVIES, len(imported.ratings)
        old = max(n_rated - most, 0)
        found: dict[Movie, Value] = {}
        for place, (movie, rating) in enumerate(imported.ratings.items()):
            found[movie] = "seen" if place < old else rating
        found |= dict.fromkeys(imported.seen, "seen")
        found |= {movie: "want" for movie in imported.watchlist if movie not in found}
        weight = {"want": 1, "seen": 2}
        fitting = sorted(found, key=lambda movie: weight.get(str(found[movie]), 0))[:MOST_ROWS]
        kept = set(fitting[: MOST_ROWS - len(self.of.keys() - found.keys())])
        self.of = {movie: found[movie] for movie in found if movie in kept} | self.of
        return list(_left_out(old, len(found) - len(kept)))


def _left_out(n_old: int, n_more: int) -> Iterator[str]:
    if n_old:
        yield (
            f"the page keeps the latest {parameters.MOST_MOVIES:,} ratings; "
            f"the {n_old:,} older ones only count as seen"
        )
    if n_more:
        yield f"{n_more:,} movies that were only watched do not fit into this page"


def read_value(recommender: Recommender, given: str) -> Value:
    """Return a rating or a mark of the form.

    Raises
    ------
    UsageError
        If it is neither.
    """
    for mark in get_args(Mark):
        if given == mark:
            return mark  # type: ignore[no-any-return]
    return parameters.typed_rating(given, float(recommender.card["highest_rating"]))


def check_number(n_rows: int) -> None:
    """Refuse a form with too many movies.

    Raises
    ------
    UsageError
        If there are.
    """
    if n_rows > MOST_ROWS:
        raise UsageError(f"the form has more than {MOST_ROWS:,} movies")

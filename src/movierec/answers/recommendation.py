"""The records of recommendations.

They are apart from those of `similar`, which would otherwise start later by a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from movierec.answers.matching import Matching
from movierec.errors import MovierecError
from movierec.films.catalog import Listing, Record


@dataclass(frozen=True)
class Recommendation(Record):
    """A recommended movie.

    Attributes
    ----------
    rank : int
        Position in the list, from 1.
    movie_id : int or str
    title : str
    year : int or None
    genres : tuple of str
    stars : float or None
        What the person would probably give it, on the scale of the ratings; for a group, the mean
        or the lowest. None if the model cannot predict ratings.
    plus_minus : float or None
        About two thirds of such predictions are no further off.
    each : tuple of float
        The predicted stars of each person of a group.
    score : float
        Score by the algorithm; for a group, computed from shares of each person's best score.
    why : str
        The main reason, in words.
    because : tuple of str
        The titles of the rated movies that add most to the score, most important first.
    n_ratings : int or None
    mean_rating : float or None
    """

    rank: int
    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    stars: float | None
    plus_minus: float | None
    each: tuple[float, ...]
    score: float
    why: str
    because: tuple[str, ...]
    n_ratings: int | None
    mean_rating: float | None


class Recommendations(Listing[Recommendation]):
    """Recommended movies, best first.

    Attributes
    ----------
    unmatched : list of MovieNotFoundError or AmbiguousTitleError
        The errors for movies that were named directly but not found, with suggestions.
    matchings : list of Matching
        For each file, which of its movies the model has.
    n_rated : int
        Number of different movies that the people rated.
    people : sequence of str
        The names of the people, in the order of ``each``; blank for one who was not named.
    note : str or None
        Says for whom popular movies were used, because nothing that they like is known.
    """

    RECORD = Recommendation

    def __init__(
        self,
        found: Iterable[Recommendation],
        unmatched: Sequence[MovierecError],
        n_rated: int,
        *,
        people: Sequence[str] = (),
        note: str | None = None,
        matchings: Sequence[Matching] = (),
    ) -> None:
        super().__init__(found)
        self.unmatched = unmatched
        self.n_rated = n_rated
        self.people = people
        self.note = note
        self.matchings = matchings


def popularity_note(names: Sequence[str]) -> str | None:
    """Return the note for people of whom nothing is known that they like.

    Parameters
    ----------
    names : sequence of str
        A single person may have a blank name.
    """
    if not names:
        return None
    who = ", ".join(name or "you" for name in names)
    verb = "like" if who == "you" or len(names) > 1 else "likes"
    return f"nothing that {who} {verb} is known, so popular movies are recommended"

"""What an answer is made of: films with their evidence, and which of them are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from movierec.catalog import Movie, Record
from movierec.errors import MovierecError
from movierec.wording import counted

THIN_SUPPORT = 5  # a similarity that rests on fewer people who rated both is called thin


@dataclass(frozen=True)
class Neighbor(Record):
    """A film in the answer to "more like this".

    Attributes
    ----------
    rank : int
        From 1.
    movie_id : int or str
    title : str
    year : int or None
    genres : tuple of str
    similarity : float
        Cosine of the two films' vectors, above 0, at most 1.
    support : int
        How many people rated both films.
    content_share : float
        How much of the similarity, 0 to 1, comes from content; the rest comes from ratings.
    evidence : str
        "by content" if that is more than half; else "thin" if `support` is below
        :data:`THIN_SUPPORT`, else "solid".
    thin : bool
        Whether `support` is below :data:`THIN_SUPPORT`.
    shared_genres : tuple of str
    n_ratings : int
    mean_rating : float or None
    """

    rank: int
    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    similarity: float
    support: int
    content_share: float
    evidence: str
    thin: bool
    shared_genres: tuple[str, ...]
    n_ratings: int
    mean_rating: float | None


class Neighbors(list[Neighbor]):
    """The films most similar to `queries`, the best first; `note` says why they are few."""

    def __init__(
        self,
        queries: Sequence[Movie],
        found: Iterable[Neighbor],
        note: str | None = None,
        less_like: Sequence[Movie] = (),
    ) -> None:
        super().__init__(found)
        self.queries = queries
        self.query = queries[0]
        self.less_like = less_like
        self.note = note


@dataclass(frozen=True)
class Recommendation(Record):
    """A film that somebody should see.

    Attributes
    ----------
    rank : int
        From 1.
    movie_id : int or str
    title : str
    year : int or None
    genres : tuple of str
    score : float
        What the algorithm says; for several people the share of the best score of each.
    why : str
    because : tuple of str
        The rated films that speak most for it, the first first.
    n_ratings : int
    mean_rating : float or None
    """

    rank: int
    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    score: float
    why: str
    because: tuple[str, ...]
    n_ratings: int
    mean_rating: float | None


class Recommendations(list[Recommendation]):
    """Films that somebody should see, the best first.

    Attributes
    ----------
    unmatched : list of MovieNotFoundError or AmbiguousTitleError
        What was named and not found, each with its suggestions.
    n_rated : int
        How many films were rated, by all.
    """

    def __init__(
        self, found: Iterable[Recommendation], unmatched: Sequence[MovierecError], n_rated: int
    ) -> None:
        super().__init__(found)
        self.unmatched = unmatched
        self.n_rated = n_rated


@dataclass(frozen=True)
class Filter:
    """Which films may be in a list.

    Attributes
    ----------
    genres, not_genres : sequence of str
        A film must have all of the first and none of the second; case does not matter.
    years : tuple of int, optional
        The first and the last year.
    min_support : int
        People who must have rated both films.
    """

    genres: Sequence[str] = ()
    not_genres: Sequence[str] = ()
    years: tuple[int, int] | None = None
    min_support: int = 0

    def passes(self, movie: Movie, support: int) -> bool:
        """Tell whether a film may be listed."""
        own = {genre.casefold() for genre in movie.genres}
        in_years = self.years is None or (
            movie.year is not None and self.years[0] <= movie.year <= self.years[1]
        )
        return (
            support >= self.min_support
            and in_years
            and all(genre.casefold() in own for genre in self.genres)
            and not any(genre.casefold() in own for genre in self.not_genres)
        )


def evidence_of(support: int, content_share: float) -> str:
    """Return the word for what a similarity rests on."""
    if content_share > 0.5:
        return "by content"
    return "thin" if support < THIN_SUPPORT else "solid"


def note_of(
    movies: Sequence[Movie], away: Sequence[Movie], n_found: int, k: int, wanted: Filter
) -> str | None:
    """Return why a list is shorter than was asked for."""
    if n_found == k:
        return None
    titles, avoided = (" and ".join(movie.title for movie in group) for group in (movies, away))
    least = f"that to {avoided}" if away else "0"
    condition = " and passes the filters" if wanted != Filter() else ""
    return (
        f"{counted(n_found, 'film')} of {k} asked for: no other has a similarity to "
        f"{titles} above {least}{condition}"
    )

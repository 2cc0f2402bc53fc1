"""The records in answers: movies and the evidence for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from movierec._util import pluralize
from movierec.answers.filters import Filter
from movierec.films.catalog import Listing, Movie, Record

THIN_SUPPORT = 5  # the evidence is thin if fewer people rated both movies


class MovieList(Listing[Movie]):
    """Movies that match words, best matches first."""

    RECORD = Movie


@dataclass(frozen=True)
class Neighbor(Record):
    """A movie in a list of similar movies.

    Attributes
    ----------
    rank : int
        Position in the list, from 1.
    movie_id : int or str
    title : str
    year : int or None
    genres : tuple of str
    similarity : float
        Cosine of the vectors of the two movies, above 0, at most 1.
    support : int or None
        Number of people who rated both movies; None if they are fewer than `min_raters` of the
        fit, or if the model is differentially private.
    content_share : float
        Share of the similarity, from 0 to 1, that comes from content; the rest comes from ratings.
    evidence : str
        "by content" if nobody rated both, or `support` is None; else "thin" if `support` is below
        5; else "mostly content" if `content_share` is more than half; else "solid". In a
        differentially private model, "mostly content" or "noisy".
    thin : bool
        Whether `support` is below 5, or None.
    shared_genres : tuple of str
    reason : str
        Why it is listed: ``same series; 81 of the 97 who rated it rated both``.
    n_ratings : int or None
    mean_rating : float or None
    """

    rank: int
    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    similarity: float
    support: int | None
    content_share: float
    evidence: str
    thin: bool
    shared_genres: tuple[str, ...]
    reason: str
    n_ratings: int | None
    mean_rating: float | None


class Neighbors(Listing[Neighbor]):
    """The movies most similar to `queries`, best first; `note` explains why the list is short."""

    RECORD = Neighbor
    UNSHOWN = frozenset({"thin", "shared_genres"})  # `evidence` and `reason` say it

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


def evidence_of(support: int, content_share: float, *, is_private: bool) -> str:
    """Classify the evidence for a similarity; see :class:`Neighbor`.

    Parameters
    ----------
    support : int
        Number of people who rated both movies.
    content_share : float
        Share of the similarity that comes from content, from 0 to 1.
    is_private : bool
        Whether `support` is hidden.
    """
    if is_private:
        return "mostly content" if content_share > 0.5 else "noisy"
    if support == 0:
        return "by content"
    if support < THIN_SUPPORT:
        return "thin"
    return "mostly content" if content_share > 0.5 else "solid"


def shortfall_note(
    movies: Sequence[Movie], away: Sequence[Movie], n_found: int, k: int, passing: Filter
) -> str | None:
    """Return why a list is shorter than requested, or None if it is not.

    Parameters
    ----------
    movies, away : sequence of Movie
        The movies that the list is similar to, and those that it avoids.
    n_found, k : int
        The length of the list, and the requested length.
    passing : Filter
    """
    if n_found == k:
        return None
    titles, avoided = (" and ".join(movie.title for movie in group) for group in (movies, away))
    least = f"that to {avoided}" if away else "0"
    condition = " and passes the filters" if passing != Filter() else ""
    return (
        f"{pluralize(n_found, 'movie')} of {k} asked for: no other has a similarity to "
        f"{titles} above {least}{condition}"
    )

"""What people rated next, after a movie, from the histories of those who rated it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from movierec._checks import number, whole_number
from movierec._util import pluralize
from movierec.algorithms._closeness import (
    DESTINATION,
    DISTANCE,
    WINDOW,
    closeness,
    distance,
    strength,
)
from movierec.answers.similar import ratings_of
from movierec.errors import ArtifactError, UsageError
from movierec.films.catalog import Listing, Movie, Record
from movierec.model.histories import Histories
from movierec.model.model import Model

TRANSITIONS = "transitions"  # the algorithm whose parameters are used, if the model has it


@dataclass(frozen=True)
class NextMovie(Record):
    """A movie that people rated soon after another.

    Attributes
    ----------
    rank : int
        Position in the list, from 1.
    movie_id : int or str
    title : str
    year : int or None
    genres : tuple of str
    n_people : int
        How many people rated it after the other movie, within the window.
    n_back : int
        How many rated it before the other movie, within the window.
    share : float
        `n_people`, as a share of those who rated anything after the other movie.
    lift : float
        How many times as often as its number of ratings lets one expect people went to it.
    strength : float
        The sum of a power of 1 / distance over these people, divided by a power of its number
        of ratings. The list is ordered by it.
    reason : str
        These numbers in words.
    n_ratings : int
    mean_rating : float or None
    """

    rank: int
    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    n_people: int
    n_back: int
    share: float
    lift: float
    strength: float
    reason: str
    n_ratings: int
    mean_rating: float | None


class NextMovies(Listing[NextMovie]):
    """The movies that people rated next, strongest first.

    Attributes
    ----------
    query : Movie
    n_people : int
        How many people rated anything after it.
    window : int
        The largest distance, in ratings.
    note : str or None
        Why the list is short, if it is.
    """

    RECORD = NextMovie

    def __init__(
        self, query: Movie, found: Iterable[NextMovie], n_people: int, window: int, note: str | None
    ) -> None:
        super().__init__(found)
        self.query = query
        self.n_people = n_people
        self.window = window
        self.note = note


class Following:
    """What people rated around a movie.

    Parameters
    ----------
    model : Model
    item : int
        ``item_index`` of the movie.
    users : iterable of int
        ``user_index`` of people who rated it.

    Attributes
    ----------
    people : Counter of int
        How many people rated each item later, within the window.
    back : Counter of int
        How many rated it earlier.
    weights : dict of int to float
        The sum of closeness of those who rated it later.
    n_people : int
        How many people rated anything later.

    Raises
    ------
    UsageError
        If the model does not keep when people rated.
    """

    def __init__(self, model: Model, item: int, users: Iterable[int]) -> None:
        self.window, self.distance, self.destination = _parameters(model)
        self.people: Counter[int] = Counter()
        self.back: Counter[int] = Counter()
        self.weights: dict[int, float] = defaultdict(float)
        self.n_people = 0
        histories = _with_times(model)
        for user in users:
            self._follow(histories, user, item)

    def _follow(self, histories: Histories, user: int, item: int) -> None:
        items, times = histories.items(user), histories.timestamps(user) or ()
        if item not in items:
            raise ArtifactError("the model is damaged (its histories are of other ratings)")
        place = items.index(item)
        for at, far in later(times, place, self.window):
            self.people[items[at]] += 1
            self.weights[items[at]] += closeness(far, self.distance)
        self.back.update(items[at] for at in earlier(times, place, self.window))
        self.n_people += _moment(times, place)[1] < len(times)

    def strength(self, item: int, n_ratings: int) -> float:
        """Return how strongly people go to an item.

        Parameters
        ----------
        item : int
        n_ratings : int
            Of the item.
        """
        return float(strength(self.weights[item], n_ratings, self.destination))


def later(times: Sequence[float], place: int, window: float) -> Iterator[tuple[int, float]]:
    """Yield the places of what a person rated at a later time, with their distance.

    Parameters
    ----------
    times : sequence of float
        The times of a history, ascending.
    place : int
        In the history.
    window : float
        The largest distance, in ratings; see :func:`movierec.algorithms._closeness.distance`.
    """
    first, stop = _moment(times, place)
    end = stop
    while end < len(times):
        start, end = end, max(bisect_right(times, times[end], end), end + 1)
        far = distance(first, stop, start, end)
        if far > window:
            return
        for at in range(start, end):
            yield at, far


def earlier(times: Sequence[float], place: int, window: float) -> Iterator[int]:
    """Yield the places of what a person rated at an earlier time; see :func:`later`."""
    first, stop = _moment(times, place)
    start = first
    while start > 0:
        start, end = min(bisect_left(times, times[start - 1], 0, start), start - 1), start
        if distance(start, end, first, stop) > window:
            return
        yield from range(start, end)


def _moment(times: Sequence[float], place: int) -> tuple[int, int]:
    """Return the places of all that a person rated at the time of one rating."""
    time = times[place]
    # A damaged file can have times in any order.
    return min(bisect_left(times, time), place), max(bisect_right(times, time), place + 1)


def next_movies(model: Model, item: int, k: int) -> NextMovies:
    """Return what people rated next.

    Parameters
    ----------
    model : Model
    item : int
        ``item_index`` of the movie.
    k : int
        Length of the list.

    Raises
    ------
    UsageError
        If the model does not keep when people rated.
    """
    raters, catalog = ratings_of(model, "what people rated next").of_item(item), model.catalog
    following = Following(model, item, raters)
    counts = {other: max(int(catalog.n_ratings[other]), 1) for other in following.people}
    strengths = {other: following.strength(other, counts[other]) for other in counts}
    best = sorted(strengths, key=lambda other: (-strengths[other], other))[:k]
    query = catalog.movie(item)
    total, n_all = following.people.total(), max(model.card["n_ratings"], 1)

    def answer(rank: int, other: int) -> NextMovie:
        n_people = following.people[other]
        lift = n_people / total / (counts[other] / n_all)
        return NextMovie(
            rank=rank,
            n_people=n_people,
            n_back=following.back[other],
            share=round(n_people / following.n_people, 4),
            lift=round(lift, 4),
            strength=round(strengths[other], 6),
            reason=_sentence(following, n_people, lift),
            **vars(catalog.movie(other)),
        )

    found = [answer(rank, other) for rank, other in enumerate(best, start=1)]
    note = _note(query, len(found), k, following)
    return NextMovies(query, found, following.n_people, following.window, note)


def _sentence(following: Following, n_people: int, lift: float) -> str:
    return (
        f"{n_people:,} of {pluralize(following.n_people, 'person', 'people')} rated it within "
        f"{following.window} ratings, {lift:.1f} times as often as its fame explains"
    )


def _note(query: Movie, n_found: int, k: int, following: Following) -> str | None:
    if n_found == k:
        return None
    if not following.n_people:
        return f"nobody rated anything at a later time than {query.title}"
    return (
        f"{pluralize(n_found, 'movie')} of {k} asked for: nobody rated another within "
        f"{following.window} ratings after {query.title}"
    )


def _parameters(model: Model) -> tuple[int, float, float]:
    """Return the window and the exponents of the algorithm, or their defaults."""
    settings: dict[str, Any] = {}
    if model.parameters.algorithm == TRANSITIONS:
        settings = dict(model.parameters.settings)
    return (
        whole_number("window", settings.get("window", WINDOW), 1),
        number("distance", settings.get("distance", DISTANCE), 0, 10),
        number("destination", settings.get("destination", DESTINATION), 0, 2),
    )


def _with_times(model: Model) -> Histories:
    if model.histories is None or not model.histories.has_timestamps:
        raise UsageError(
            "this model does not keep when people rated, which this query needs",
            "fit the algorithm transitions, from ratings with timestamps",
        )
    return model.histories

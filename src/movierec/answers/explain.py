"""Explain why two movies are similar: ratings, shared features, contribution of each part."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, fmean

from movierec.answers.next import TRANSITIONS, Following
from movierec.answers.records import evidence_of
from movierec.answers.similar import lacks_ratings, vectors_of
from movierec.films.catalog import Movie, Record
from movierec.model.model import Model
from movierec.model.vectors import ItemVectors, dot
from movierec.neighbors.table import ListedPair

N_STEPS = 5  # number of steps in which the rating scale is shown
_UNLISTED = "two movies of which neither is among the stored neighbors of the other"
_LOVED = 0.8  # share of the highest rating: 4 of 5 stars, 8 of 10


@dataclass(frozen=True)
class Lovers(Record):
    """How people who loved one movie rated another.

    Attributes
    ----------
    at_least : float
        The lowest rating that counts as loved.
    n_people : int
        Number of people who loved the first movie and rated the second.
    mean_rating : float or None
        Their mean rating of the second movie.
    difference : float or None
        `mean_rating` minus the mean rating of the second movie by everybody who rated it.
    """

    at_least: float
    n_people: int
    mean_rating: float | None
    difference: float | None


@dataclass(frozen=True)
class Why(Record):
    """Why two movies are similar.

    Attributes
    ----------
    first, second : Movie
    similarity : float
    from_ratings, from_content : float
        The contributions of ratings and content, which add up to the similarity.
    parts : dict of str to float
        The contribution of each part of the content.
    evidence : str
        As in :class:`movierec.answers.records.Neighbor`.
    support : int or None
        Number of people who rated both; None if they are fewer than `min_raters` of the fit.
    steps : list of float
        The highest rating in each row and column of `ratings`. Both are empty, and so is what
        follows of ratings, if the model was fitted without ratings.
    ratings : list of list of int
        Number of people who gave the first movie a rating in the row's step and the second movie
        a rating in the column's step.
    agreement : float or None
        Of the people who rated both movies, the share who loved both or neither.
    correlation : float or None
        Pearson correlation between the ratings of those people.
    lovers : Lovers
    n_next, n_back : int or None
        How many people rated the second movie at a later time than the first, within the window of
        the algorithm "transitions", and how many the first after the second. None with other
        algorithms.
    shared_genres, shared_tags : tuple of str
    """

    first: Movie
    second: Movie
    similarity: float
    from_ratings: float
    from_content: float
    parts: dict[str, float]
    evidence: str
    support: int | None
    steps: list[float]
    ratings: list[list[int]]
    agreement: float | None
    correlation: float | None
    lovers: Lovers
    n_next: int | None
    n_back: int | None
    shared_genres: tuple[str, ...]
    shared_tags: tuple[str, ...]

    def _repr_html_(self) -> str:
        from movierec import _html
        from movierec.films.notebook import record

        values = {name: self[name] for name in self.keys() if name not in ("steps", "ratings")}
        if not self.steps:
            return record(values)
        rows = list(zip(self.steps, self.ratings, strict=True))
        words = f"people by rating of {self.first.title} (down) and {self.second.title} (across)"
        header = ["", *(f"≤ {step:g}" for step in self.steps)]
        cells = [[f"≤ {step:g}", *map(_html.text, counts)] for step, counts in rows[::-1]]
        table = _html.table_of_cells(header, cells, [""] * len(header))
        return record(values) + _html.heading(words) + table


def explain(model: Model, first: int, second: int) -> Why:
    """Explain why two movies are similar.

    Parameters
    ----------
    model : Model
    first, second : int
        ``item_index`` of each.

    Raises
    ------
    UsageError
        If the model was fitted without ratings, and its table does not list the pair.
    """
    vectors, catalog = vectors_of(model, _UNLISTED), model.catalog
    highest, holds_ratings = float(model.card["highest_rating"]), model.ratings is not None
    pairs, by_second = _ratings_of_both(model, first, second)
    support = len(pairs) if holds_ratings else _listed(model, first, second).support
    steps = [round(highest * step / N_STEPS, 4) for step in range(1, N_STEPS + 1)]
    parts = vectors.part_similarities(model.card["content_parts"], first, second)
    from_content = vectors.content_similarity(first, second)
    from_ratings = _from_ratings(model, vectors, first, second, from_content)
    similarity = from_ratings + from_content
    n_next, n_back = _transitions(model, first, second)
    return Why(
        first=catalog.movie(first),
        second=catalog.movie(second),
        similarity=round(similarity, 6),
        from_ratings=round(from_ratings, 6) + 0.0,  # not -0.0
        from_content=round(from_content, 6),
        parts={name: round(value, 6) for name, value in parts.items()},
        evidence=evidence_of(
            support,
            from_content / similarity if similarity else 0.0,
            is_private=model.is_private,
        ),
        support=model.shown_support(support),
        steps=steps if holds_ratings else [],
        ratings=_cross_table(pairs, highest) if holds_ratings else [],
        agreement=_agreement(pairs, _LOVED * highest),
        correlation=_correlation(pairs),
        lovers=_lovers(pairs, _LOVED * highest, by_second),
        n_next=n_next,
        n_back=n_back,
        shared_genres=_shared(catalog.genres(first), catalog.genres(second)),
        shared_tags=_shared(catalog.tags(first), catalog.tags(second)),
    )


def _transitions(model: Model, first: int, second: int) -> tuple[int | None, int | None]:
    """Return how many people went from the first movie to the second, and back."""
    if model.parameters.algorithm != TRANSITIONS or model.ratings is None:
        return None, None
    by_first, by_second = model.ratings.of_item(first), model.ratings.of_item(second)
    following = Following(model, first, [user for user in by_first if user in by_second])
    return following.people[second], following.back[second]


def _listed(model: Model, first: int, second: int) -> ListedPair:
    """Return what the table says of two movies; without ratings, nothing else knows who rated both.

    Raises
    ------
    UsageError
        If it lists neither with the other.
    """
    listed = model.neighbors.pair(first, second)
    if listed is None:
        raise lacks_ratings(_UNLISTED)
    return listed


def _ratings_of_both(
    model: Model, first: int, second: int
) -> tuple[list[tuple[float, float]], Mapping[int, float]]:
    """Return the ratings by those who rated both movies, and all ratings of the second by user."""
    if model.ratings is None:
        return [], {}
    by_first, by_second = model.ratings.of_item(first), model.ratings.of_item(second)
    pairs = [(value, by_second[user]) for user, value in by_first.items() if user in by_second]
    return pairs, by_second


def _from_ratings(
    model: Model, vectors: ItemVectors, first: int, second: int, from_content: float
) -> float:
    """Return what ratings, or factors learned from them, add to the similarity of two movies."""
    if model.ratings is None and not vectors.n_leading:  # their part of the vectors was left out
        if not model.is_cosine:
            raise lacks_ratings("this similarity")
        return _listed(model, first, second).similarity - from_content
    leading = vectors.leading(first), vectors.leading(second)
    return vectors.cosine(first, second, dot(*leading))


def _cross_table(pairs: Sequence[tuple[float, float]], highest: float) -> list[list[int]]:
    def step(rating: float) -> int:
        share = rating / highest if highest > 0 else 0.0
        return min(max(math.ceil(share * N_STEPS - 1e-6) - 1, 0), N_STEPS - 1)

    counts = Counter((step(first), step(second)) for first, second in pairs)
    return [[counts[row, column] for column in range(N_STEPS)] for row in range(N_STEPS)]


def _agreement(pairs: Sequence[tuple[float, float]], loved: float) -> float | None:
    if not pairs:
        return None
    return round(fmean((first >= loved) == (second >= loved) for first, second in pairs), 4)


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    try:
        return round(correlation(*map(list, zip(*pairs, strict=True))), 4)
    except (StatisticsError, TypeError):  # fewer than two people, or equal ratings
        return None


def _lovers(
    pairs: Sequence[tuple[float, float]], loved: float, by_second: Mapping[int, float]
) -> Lovers:
    given = [second for first, second in pairs if first >= loved]
    if not given:
        return Lovers(loved, 0, None, None)
    mean = fmean(given)
    return Lovers(loved, len(given), round(mean, 4), round(mean - fmean(by_second.values()), 4))


def _shared(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in first if name in second)

"""Why two films are similar: what people gave them, what they share, what each part counts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, fmean

from movierec.answers import evidence_of
from movierec.catalog import Catalog, Movie, Record
from movierec.model import Model
from movierec.space import Space, dot

N_STEPS = 5  # the scale of the ratings is shown in so many steps
_LOVED = 0.8  # of the highest rating there is: 4 of 5 stars, 8 of 10


@dataclass(frozen=True)
class Lovers(Record):
    """What people who loved one film gave another.

    Attributes
    ----------
    at_least : float
        The rating from which on a film counts as loved.
    n_people : int
        Who loved the first film and rated the second.
    mean_rating : float or None
        What they gave the second.
    difference : float or None
        That less the mean of all who rated the second.
    """

    at_least: float
    n_people: int
    mean_rating: float | None
    difference: float | None


@dataclass(frozen=True)
class Why(Record):
    """Why two films are similar.

    Attributes
    ----------
    first, second : Movie
    similarity : float
    from_ratings, from_content : float
        What each makes up of it; they add up to it.
    parts : dict of str to float
        What each part of the content makes up of it.
    evidence : str
        As in :class:`movierec.answers.Neighbor`.
    support : int
        How many people rated both.
    steps : list of float
        The highest rating in each row and column of `ratings`.
    ratings : list of list of int
        How many people gave the first film a rating of the row's step, and the second one of the
        column's.
    agreement : float or None
        The share of the people who rated both who loved both or loved neither.
    correlation : float or None
        Pearson's, between the ratings of those people.
    lovers : Lovers
    shared_genres, shared_tags : tuple of str
    """

    first: Movie
    second: Movie
    similarity: float
    from_ratings: float
    from_content: float
    parts: dict[str, float]
    evidence: str
    support: int
    steps: list[float]
    ratings: list[list[int]]
    agreement: float | None
    correlation: float | None
    lovers: Lovers
    shared_genres: tuple[str, ...]
    shared_tags: tuple[str, ...]


def explain(model: Model, catalog: Catalog, first: int, second: int) -> Why:
    """Return why two films, named by their ``item_index``, are similar."""
    space = Space(model.arrays, int(model.meta["n_users"]))
    own, other = space.ratings(first), space.ratings(second)
    pairs = [(value, other[user]) for user, value in own.items() if user in other]
    highest = float(model.meta["highest_rating"])
    from_ratings = space.cosine(first, second, dot(own, other))
    parts = _parts(space, model.meta["content_parts"], first, second)
    from_content = sum(parts.values())
    similarity = from_ratings + from_content
    return Why(
        first=catalog.movie(first),
        second=catalog.movie(second),
        similarity=round(similarity, 6),
        from_ratings=round(from_ratings, 6),
        from_content=round(from_content, 6),
        parts={name: round(value, 6) for name, value in parts.items()},
        evidence=evidence_of(len(pairs), from_content / similarity if similarity else 0.0),
        support=len(pairs),
        steps=[round(highest * step / N_STEPS, 4) for step in range(1, N_STEPS + 1)],
        ratings=_cross_table(pairs, highest),
        agreement=_agreement(pairs, _LOVED * highest),
        correlation=_correlation(pairs),
        lovers=_lovers(pairs, _LOVED * highest, other),
        shared_genres=_shared(catalog.genres(first), catalog.genres(second)),
        shared_tags=_shared(catalog.tags(first), catalog.tags(second)),
    )


def _parts(space: Space, ends: Mapping[str, int], first: int, second: int) -> dict[str, float]:
    """Return what each part of the content makes up of a similarity."""
    own, other = space.content(first), space.content(second)
    parts, start = {}, 0
    for name, end in ends.items():
        features = {column: value for column, value in own.items() if start <= column < end}
        parts[name] = space.cosine(first, second, dot(features, other))
        start = end
    return parts


def _cross_table(pairs: Sequence[tuple[float, float]], highest: float) -> list[list[int]]:
    def step(rating: float) -> int:
        share = rating / highest if highest > 0 else 0.0
        return min(max(math.ceil(share * N_STEPS - 1e-6) - 1, 0), N_STEPS - 1)

    counts = Counter((step(own), step(other)) for own, other in pairs)
    return [[counts[row, column] for column in range(N_STEPS)] for row in range(N_STEPS)]


def _agreement(pairs: Sequence[tuple[float, float]], loved: float) -> float | None:
    if not pairs:
        return None
    return round(fmean((own >= loved) == (other >= loved) for own, other in pairs), 4)


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    try:
        return round(correlation(*map(list, zip(*pairs, strict=True))), 4)
    except (StatisticsError, TypeError):  # fewer than two people, or all gave the same
        return None


def _lovers(
    pairs: Sequence[tuple[float, float]], loved: float, other: Mapping[int, float]
) -> Lovers:
    given = [value for own, value in pairs if own >= loved]
    if not given:
        return Lovers(loved, 0, None, None)
    mean = fmean(given)
    return Lovers(loved, len(given), round(mean, 4), round(mean - fmean(other.values()), 4))


def _shared(own: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in own if name in other)

"""What the card and the statistics of a model hold, for type checkers.

:mod:`movierec.model.forms` says the same of files, whose content is checked when they are read.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict


class Privacy(TypedDict):
    """The terms of a differentially private fit."""

    epsilon: float
    delta: float
    unit: str
    most_ratings: int


class FitParameters(TypedDict):
    """The parameters of a fit; see :meth:`movierec.Recommender.fit`."""

    n_neighbors: int
    min_support: int
    min_ratings: int
    content_weight: float
    prior: float
    weighting: str
    content_parts: dict[str, float]
    algorithm: str
    settings: dict[str, bool | int | float | str | None]
    min_raters: int | None


class Card(TypedDict):
    """A model card."""

    algorithm: str
    similarity: str
    created: str  #: ISO 8601
    fingerprint: str
    n_items: int
    n_users: int
    n_ratings: int
    lowest_rating: float
    highest_rating: float
    parameters: FitParameters
    versions: dict[str, str]  #: by package
    dropped: dict[str, int]  #: ratings that were left out, by reason
    files: dict[str, str]  #: names by what they hold
    notes: list[str]
    content_parts: dict[str, int]  #: the end of each part in the content
    privacy: NotRequired[Privacy]
    format: NotRequired[int]  #: this and the next of models in files
    path: NotRequired[str]
    bytes: NotRequired[int]


Bar = TypedDict("Bar", {"from": int, "to": int, "count": int})
"""How often a number from one to another occurs."""


class Spread(TypedDict):
    """How numbers of ratings differ."""

    min: float | None
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None
    max: float | None
    mean: float | None
    bars: list[Bar]


class RatingCount(TypedDict):
    """How often a rating was given."""

    rating: float
    count: int


class DecadeCount(TypedDict):
    """How many movies a decade has."""

    decade: int
    count: int


class YearOfMovies(TypedDict):
    """The movies of a year."""

    year: int
    films: int
    ratings: int
    mean_rating: float | None


class Years(TypedDict):
    """When the movies are from."""

    first: int | None
    last: int | None
    films_without: int
    films_per_decade: list[DecadeCount]
    by_year: list[YearOfMovies]


class Activity(TypedDict):
    """How many ratings were given in a month, or in a year if `month` is None."""

    year: int
    month: int | None
    ratings: int


class ListedMovie(TypedDict):
    """A movie in a list of the statistics."""

    movie_id: int | str
    title: str
    n_ratings: int
    mean_rating: float | None


class BestRated(TypedDict):
    """The movies with the highest means of at least `min_ratings`."""

    min_ratings: int
    films: list[ListedMovie]


class People(TypedDict):
    """What a model holds about people."""

    n_people: int
    has_times: bool
    min_raters: int
    holds: str


class Stats(TypedDict):
    """Statistics of a model."""

    ratings: int
    films_listed: int
    films_rated: int
    users: int
    rating_rows: int
    movie_rows: int
    movies_with_links: NotRequired[int]
    movies_with_tags: NotRequired[int]
    movies_with_genome: NotRequired[int]
    density: float
    mean_rating: float
    rating_histogram: list[RatingCount]
    ratings_per_user: Spread | None
    ratings_per_film: Spread
    years: Years
    most_rated: list[ListedMovie]
    best_rated: BestRated
    tied_ratings: int | None
    activity: list[Activity] | None
    people: People
    model: Card

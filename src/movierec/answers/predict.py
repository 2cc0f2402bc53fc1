"""Predict what people would give movies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec.answers.matching import Matching
from movierec.errors import MovierecError, UsageError
from movierec.films.catalog import Listing, Record
from movierec.model.model import Model

if TYPE_CHECKING:
    from movierec.answers.profile import UserProfile
    from movierec.model.stars import Stars


@dataclass(frozen=True)
class PredictedRating(Record):
    """What somebody would probably give a movie.

    Attributes
    ----------
    movie_id : int or str
    title : str
    year : int or None
    person : str
        Blank if there is only one, who was not named.
    stars : float
        On the scale of the ratings.
    plus_minus : float
        About two thirds of such predictions are no further off.
    n_near : int
        How many of the movies most similar to it the person rated.
    rated : float or None
        What the person gave the movie, if it is among the ratings; it is not used.
    """

    movie_id: int | str
    title: str
    year: int | None
    person: str
    stars: float
    plus_minus: float
    n_near: int
    rated: float | None


class PredictedRatings(Listing[PredictedRating]):
    """Predicted ratings: of each movie, by each person.

    Attributes
    ----------
    unmatched : list of MovieNotFoundError or AmbiguousTitleError
        The errors for movies that were named as liked or disliked but not found.
    matchings : list of Matching
        For each file, which of its movies the model has.
    """

    RECORD = PredictedRating

    def __init__(
        self,
        found: Iterable[PredictedRating],
        unmatched: Sequence[MovierecError],
        matchings: Sequence[Matching],
    ) -> None:
        super().__init__(found)
        self.unmatched = unmatched
        self.matchings = matchings


def predict_ratings(
    model: Model, people: Sequence[UserProfile], items: Sequence[int]
) -> list[PredictedRating]:
    """Predict the rating of each item by each person, items first.

    Parameters
    ----------
    model : Model
    people : sequence of UserProfile
    items : sequence of int
        ``item_index`` of each.

    Raises
    ------
    UsageError
        If the model cannot predict ratings, because all of its ratings are equal.
    """
    return [_predicted(model, person, item) for item in items for person in people]


def _predicted(model: Model, person: UserProfile, item: int) -> PredictedRating:
    import numpy as np

    others = {other: rating for other, rating in person.ratings.items() if other != item}
    stars, plus_minus, n_near = _require_stars(model).predict(
        model.neighbors, np.array([item]), others, model.scale
    )
    movie = model.catalog.movie(item)
    return PredictedRating(
        movie.movie_id,
        movie.title,
        movie.year,
        person.name,
        round(float(stars[0]), 4),
        round(float(plus_minus[0]), 4),
        int(n_near[0]),
        person.ratings.get(item),
    )


def _require_stars(model: Model) -> Stars:
    if model.is_private:
        raise UsageError(
            "the model is differentially private, and too little is known to predict ratings",
            "fit a model without --epsilon",
        )
    if model.stars is None:
        raise UsageError(
            "the model cannot predict ratings, because all ratings in its file are equal",
            "fit a model on ratings that differ",
        )
    return model.stars

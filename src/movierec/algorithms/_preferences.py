"""What ratings say about a person's taste: for movies like the rated one, or against them."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.data.interactions import Interactions

Preferences = npt.NDArray[np.float32]

# Chosen by paired tests, which docs/evaluation.md shows.
_TOLERANCE = 0.55  # of the scale: ratings this far below the median still speak for a movie
_N_NEUTRAL = 2  # ratings in the middle of the scale that are added to those of each person
_MARGIN = 0.05  # of the scale: the lowest rating speaks against a movie at least this much
_WATCHED = 0.4  # of the highest preference, for a movie that was watched and not disliked


class RatingScale(NamedTuple):
    """The lowest and the highest rating of the data.

    Attributes
    ----------
    lowest, highest : float
    """

    lowest: float
    highest: float

    @classmethod
    def of(cls, interactions: Interactions) -> RatingScale:
        """Return the scale of some ratings; presence, where there are none."""
        if not len(interactions):
            return cls(1.0, 1.0)
        return cls(float(interactions.ratings.min()), float(interactions.ratings.max()))


def preferences(people: Interactions, scale: RatingScale, recency: float = 0.0) -> Interactions:
    """Replace ratings by preferences: 1 for the highest rating, below 0 for low ones.

    For a person with n ratings whose median is m (of two, the higher), the neutral rating is
    ``z = ((n - 1) (m - 0.55 w) + 2 c) / (n + 1)``, where w is the width of the scale and c its
    middle, but at least ``lowest + 0.05 w``. A rating r of at least z becomes
    ``0.4 + 0.6 (r - lowest) / w``, since a movie that was watched says something by itself; a lower
    one becomes ``(r - z) / (highest - z)``. A single rating is thus compared with the middle of the
    scale; with many, only those far below the median speak against similar movies. The median,
    unlike the mean, stays the same when a low rating is lowered further.

    Parameters
    ----------
    people : Interactions
    scale : RatingScale
        If its ends are equal, the data have no ratings, and each preference is 1.
    recency : float
        The age, in ratings, at which a preference counts half: with an age of a, which is the
        number of later ratings of that person, it counts ``1 / (1 + a / recency)``. At 0, and for
        people without timestamps, age does not matter.

    Returns
    -------
    Interactions
        Their ``ratings`` are the preferences, at most 1.
    """
    found = _compared(people, scale)
    if recency and people.has_timestamps:
        # Clipped to what float32 holds: beyond that, ages count for everything or nothing.
        found /= 1 + _ages(people) / np.float32(np.clip(recency, 1e-30, 1e30))
    return replace(people, ratings=found)


def _compared(people: Interactions, scale: RatingScale) -> Preferences:
    width = scale.highest - scale.lowest
    if width <= 0:
        return np.ones(len(people), dtype=np.float32)
    neutral = _neutral(people, scale)[people.users]
    ratings = np.clip(people.ratings.astype(np.float64), scale.lowest, scale.highest)
    likes = _WATCHED + (1 - _WATCHED) * (ratings - scale.lowest) / width
    dislikes = (ratings - neutral) / (scale.highest - neutral)
    return np.where(ratings >= neutral, likes, dislikes).astype(np.float32)


def _neutral(people: Interactions, scale: RatingScale) -> npt.NDArray[np.float64]:
    """Return the rating of each person that speaks neither for nor against similar movies."""
    width, middle = scale.highest - scale.lowest, (scale.lowest + scale.highest) / 2
    counts = np.bincount(people.users, minlength=people.n_users)
    n_others = np.maximum(counts - 1, 0)
    usual = _medians(people, counts) - _TOLERANCE * width
    shrunk = (n_others * usual + _N_NEUTRAL * middle) / (n_others + _N_NEUTRAL)
    neutral: npt.NDArray[np.float64] = np.maximum(shrunk, scale.lowest + _MARGIN * width)
    return neutral


def _medians(people: Interactions, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the median rating of each person, the higher of two; 0 without ratings."""
    values = people.ratings[np.lexsort((people.ratings, people.users))].astype(np.float64)
    known = np.flatnonzero(counts)
    medians = np.zeros(people.n_users)
    medians[known] = values[(np.cumsum(counts) - counts + counts // 2)[known]]
    return medians


def _ages(people: Interactions) -> Preferences:
    """Return the number of later ratings by the same person, for each rating."""
    # Backwards, not by negative times: the lowest integer, a missing time, has no negative.
    order = np.lexsort((people.timestamps, people.users))[::-1]
    users, times = people.users[order], people.timestamps[order]
    starts_user = np.append(True, users[1:] != users[:-1])
    starts_time = starts_user | np.append(True, times[1:] != times[:-1])
    place = np.arange(len(users))
    first = np.maximum.accumulate(np.where(starts_user, place, 0))
    latest = np.maximum.accumulate(np.where(starts_time, place, 0))
    ages = np.empty(len(users), dtype=np.float32)
    ages[order] = latest - first
    return ages

"""How close two ratings of one person are in time.

It needs no NumPy, so that queries start at once, and its functions take arrays, too.
"""

from __future__ import annotations

from typing import Any

WINDOW = 20  # the distance, in ratings, up to which people are said to go from a movie to another
DISTANCE = 0.7
DESTINATION = 0.2


def distance(first: int, stop: int, other_first: int, other_stop: int) -> float:
    """Return how many ratings later a person rated, on average over the orders of ties.

    Parameters
    ----------
    first, stop : int
        The places, in the history of a person, of what was rated at one time.
    other_first, other_stop : int
        Those of what was rated at a later time.
    """
    return (other_first + other_stop - first - stop) / 2


def distance_within(size: Any) -> Any:
    """Return how far apart two ratings at one time are, on average over their orders.

    Parameters
    ----------
    size : int or ndarray
        The number of ratings at that time.
    """
    return (size + 1) / 3


def closeness(far: Any, exponent: float) -> Any:
    """Return how much a pair of ratings counts.

    Parameters
    ----------
    far : float or ndarray
        Their distance, which is at least 1.
    exponent : float
    """
    return far**-exponent


def strength(weight: Any, n_ratings: Any, destination: float) -> Any:
    """Return how strongly people go to a movie, corrected for its fame.

    Parameters
    ----------
    weight : float or ndarray
        The sum of closeness.
    n_ratings : int or ndarray
        Of the movie, at least 1.
    destination : float
        The exponent of the number of ratings.
    """
    return weight / n_ratings**destination

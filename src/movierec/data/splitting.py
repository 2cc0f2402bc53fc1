"""Rules that choose the rating rows to hold out, for a test or a validation.

Algorithms use them too, for a validation of their own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.data.interactions import Interactions
from movierec.data.times import is_known

Mask = npt.NDArray[np.bool_]


def leave_one_out(
    ratings: Interactions, seed: int, *, by_time: bool, n_users: int | None = None
) -> Mask:
    """Hold out the latest rating of each user, or a random one.

    Ratings at the same time have no order, so the latest is drawn among them. What is drawn does
    not depend on the order of the rows.

    Parameters
    ----------
    ratings : Interactions
    seed : int
        Random seed.
    by_time : bool
        Whether to hold out the latest rating; if not, timestamps are not read.
    n_users : int, optional
        Hold out ratings of at most this many users, drawn at random. Default: of all.

    Returns
    -------
    ndarray of shape (n_rows,), bool
        True for the held-out rows. The only rating of a user is never held out.
    """
    draw = np.random.default_rng(seed)
    chosen = np.bincount(ratings.users, minlength=ratings.n_users) > 1
    if n_users is not None:
        able = np.flatnonzero(chosen)
        chosen[draw.permutation(able)[n_users:]] = False
    rows = np.flatnonzero(chosen[ratings.users])
    return _mask(len(ratings), rows[_last(ratings.select(rows), draw, by_time=by_time)])


def latest(ratings: Interactions, seed: int) -> npt.NDArray[np.int64]:
    """Return the row of the latest rating of each user with any, drawn among those of one time.

    Parameters
    ----------
    ratings : Interactions
        With timestamps.
    seed : int
        Random seed.
    """
    return _last(ratings, np.random.default_rng(seed), by_time=True)


def _last(
    ratings: Interactions, draw: np.random.Generator, *, by_time: bool
) -> npt.NDArray[np.int64]:
    lots = np.empty(len(ratings), dtype=np.int64)
    lots[np.lexsort((ratings.items, ratings.users))] = draw.permutation(len(ratings))
    times = ratings.timestamps if by_time else np.zeros(len(ratings))
    order = np.lexsort((lots, times, ratings.users))
    return order[np.flatnonzero(np.diff(ratings.users[order], append=-1))]


def is_ordered(ratings: Interactions) -> bool:
    """Tell whether the times order the ratings of anybody.

    They do not if they are missing, or equal for all ratings of each user.
    """
    if not ratings.has_timestamps:
        return False
    known = is_known(ratings.timestamps)
    times, users = ratings.timestamps[known], ratings.users[known]
    any_time = np.zeros(ratings.n_users, dtype=times.dtype)
    any_time[users] = times
    return bool((any_time[users] != times).any())


def is_tied(ratings: Interactions) -> Mask:
    """Return which ratings have the same time as another rating of the same user.

    Parameters
    ----------
    ratings : Interactions
        With timestamps; missing ones count as equal.
    """
    order = np.lexsort((ratings.timestamps, ratings.users))
    times, users = ratings.timestamps[order], ratings.users[order]
    as_next = (users[1:] == users[:-1]) & (times[1:] == times[:-1])
    return _mask(len(ratings), np.concatenate([order[:-1][as_next], order[1:][as_next]]))


def random(users: npt.NDArray[Any], share: float, seed: int) -> Mask:
    """Hold out a random share of each user's ratings, rounded down.

    Parameters
    ----------
    users : ndarray of shape (n_rows,)
    share : float
    seed : int
        Random seed.

    Returns
    -------
    ndarray of shape (n_rows,), bool
    """
    shuffled = np.random.default_rng(seed).permutation(len(users))
    order = shuffled[np.argsort(users[shuffled], kind="stable")]
    places, sizes = _places(users[order])
    return _mask(len(users), order[places < (sizes * share).astype(int)])


def temporal(times: npt.NDArray[Any], share: float) -> Mask:
    """Hold out all ratings after a point in time, so that nothing is learned from the future.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
    share : float
        Approximate share of the ratings to hold out.

    Returns
    -------
    ndarray of shape (n_rows,), bool
    """
    moment = np.quantile(times, 1 - share, method="lower")
    return np.asarray(times > moment)


def folds(n_rows: int, n_folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the part that each row is in: parts drawn at random, as equal in size as possible.

    Parameters
    ----------
    n_rows, n_folds : int
    seed : int
        Random seed.

    Returns
    -------
    ndarray of shape (n_rows,), int64
        From 0 to ``n_folds - 1``.
    """
    return np.asarray(np.random.default_rng(seed).permutation(n_rows) % n_folds)


def by_item(items: npt.NDArray[Any], share: float, seed: int) -> Mask:
    """Hold out a random share of each item's ratings, as the recommenders of Microsoft do.

    This is ``python_stratified_split(filter_by="item")`` of github.com/recommenders-team: the
    ratings of an item are ordered by numbers that the seed draws for the rows in their order, and
    the first ``round(n * (1 - share))`` are for training.

    Parameters
    ----------
    items : ndarray of shape (n_rows,)
    share : float
    seed : int
        Random seed.

    Returns
    -------
    ndarray of shape (n_rows,), bool
    """
    lots = np.random.RandomState(seed).random_sample(len(items))  # what they draw from
    order = np.lexsort((lots, items))
    places, sizes = _places(items[order])
    return _mask(len(items), order[places >= np.round((1 - share) * sizes)])


def _places(ids: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the place of each row among those of its id, from 0, and how many these are.

    Parameters
    ----------
    ids : ndarray of shape (n_rows,), sorted
    """
    _, starts, counts = np.unique(ids, return_index=True, return_counts=True)
    return np.arange(len(ids)) - np.repeat(starts, counts), np.repeat(counts, counts)


def _mask(length: int, rows: npt.NDArray[np.int64]) -> Mask:
    mask = np.zeros(length, dtype=bool)
    mask[rows] = True
    return mask

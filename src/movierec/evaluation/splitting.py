"""Rules that choose the rating rows to hold out for testing."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Split = Literal["leave-one-out", "random", "temporal"]

Mask = npt.NDArray[np.bool_]


def leave_one_out(users: npt.NDArray[Any], times: npt.NDArray[Any] | None, seed: int) -> Mask:
    """Hold out the latest rating of each user, or a random one if there are no timestamps.

    Parameters
    ----------
    users : ndarray of shape (n_rows,)
    times : ndarray of shape (n_rows,), optional
        Among equal times, the last row counts as the latest.
    seed : int
        Random seed, used if there are no timestamps.

    Returns
    -------
    ndarray of shape (n_rows,), bool
        True for the held-out rows. The only rating of a user is never held out.
    """
    rows = np.arange(len(users))
    when = np.random.default_rng(seed).permutation(len(users)) if times is None else times
    order = np.lexsort((rows, when, users))
    ends = np.append(np.diff(users[order]) != 0, True)
    starts = np.append(True, ends[:-1])
    return _mask(len(users), order[ends & ~starts])


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
    _, starts, counts = np.unique(users[order], return_index=True, return_counts=True)
    position = np.arange(len(users)) - np.repeat(starts, counts)  # among the user's ratings
    return _mask(len(users), order[position < np.repeat((counts * share).astype(int), counts)])


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


def _mask(length: int, rows: npt.NDArray[np.int64]) -> Mask:
    mask = np.zeros(length, dtype=bool)
    mask[rows] = True
    return mask

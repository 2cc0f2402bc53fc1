"""Holding ratings back for the test."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Split = Literal["leave-one-out", "random", "temporal"]

Mask = npt.NDArray[np.bool_]


def leave_one_out(users: npt.NDArray[Any], times: npt.NDArray[Any] | None, seed: int) -> Mask:
    """Hold back the last rating of each user by time; without times, one at random.

    Parameters
    ----------
    users : ndarray of shape (n_rows,)
    times : ndarray of shape (n_rows,), optional
        Of rows with equal times, the last one counts as the latest.
    seed : int
        Random seed, where there are no times.

    Returns
    -------
    ndarray of shape (n_rows,), bool
        True for the rows that are held back. A user with one rating keeps it.
    """
    places = np.arange(len(users))
    when = np.random.default_rng(seed).permutation(len(users)) if times is None else times
    order = np.lexsort((places, when, users))
    ends = np.append(np.diff(users[order]) != 0, True)
    starts = np.append(True, ends[:-1])
    return _mask(len(users), order[ends & ~starts])


def random(users: npt.NDArray[Any], share: float, seed: int) -> Mask:
    """Hold back a share of each user's ratings at random, rounded down.

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
    place = np.arange(len(users)) - np.repeat(starts, counts)
    return _mask(len(users), order[place < np.repeat((counts * share).astype(int), counts)])


def temporal(times: npt.NDArray[Any], share: float) -> Mask:
    """Hold back all ratings after a moment in time, so that nothing is learned from the future.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
    share : float
        About this share of the ratings is held back.

    Returns
    -------
    ndarray of shape (n_rows,), bool
    """
    moment = np.quantile(times, 1 - share, method="lower")
    return np.asarray(times > moment)


def _mask(length: int, places: npt.NDArray[np.int64]) -> Mask:
    mask = np.zeros(length, dtype=bool)
    mask[places] = True
    return mask

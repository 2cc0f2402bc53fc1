"""Compiled loop that compares some items with all."""

from __future__ import annotations

from typing import Any

import numpy as np

from movierec.neighbors.compiled import compiled

Array = Any  # a NumPy array; numba checks the type


@compiled
def add_row(
    users: Array,
    ratings: Array,
    starts: Array,
    items: Array,
    values: Array,
    sums: Array,
    counts: Array,
) -> None:
    """Add the scalar products of one item with all items, and how many users rated both.

    Each pair is summed in the order of the users, as in :mod:`movierec.neighbors.pairwise`.

    Parameters
    ----------
    users : ndarray of shape (n,), integer, ascending
        Who rated the item.
    ratings : ndarray of shape (n,), float32
    starts : ndarray of shape (n_users + 1,), integer
        The start of the ratings of each user in the next two.
    items : ndarray of shape (n_ratings,), integer
    values : ndarray of shape (n_ratings,), float32
    sums : ndarray of shape (n_items,), float64
    counts : ndarray of shape (n_items,), int32
    """
    for position in range(len(users)):
        user, rating = users[position], np.float64(ratings[position])  # float() keeps float32
        for entry in range(starts[user], starts[user + 1]):
            sums[items[entry]] += rating * np.float64(values[entry])
            counts[items[entry]] += 1

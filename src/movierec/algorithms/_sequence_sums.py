"""Compiled loops that add up the sums of :mod:`movierec.algorithms._sequence_ridge`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from movierec.neighbors.compiled import compiled

Array = Any  # a NumPy array; numba checks the type
Place = tuple[int, int]

LEAST = 1e-3  # of 1: what has faded to less counts as nothing


class Sequences(NamedTuple):
    """Histories by moment, and how what is learned from them fades."""

    users: Array  #: (n_users + 1,) int64; see :class:`movierec.algorithms._moments.Moments`
    starts: Array  #: (n_moments + 1,) int64
    items: Array  #: (n,) int32
    fading: Array  #: (n_rates, n_ages) float64, of a feature by its age; 0 at the end
    ages: Array  #: (n_rates,) int64, the ages at which features have faded to 0
    target_decay: float
    n_items: int
    largest: int  #: number of items of the largest moment that makes features


@compiled
def size(data: Sequences, moment: int) -> int:
    """Return the number of items of a moment."""
    n_items: int = data.starts[moment + 1] - data.starts[moment]
    return n_items


@compiled
def faded(data: Sequences, rate: int, age: int) -> float:
    """Return what is left of a feature at an age."""
    left: float = data.fading[rate, age] if age < data.ages[rate] else 0.0
    return left


@compiled
def add_gram(data: Sequences, first: int, stop: int, gram: Array) -> None:
    """Add the products of features, summed over the examples of some users.

    Parameters
    ----------
    data : Sequences
    first, stop : int
        The users.
    gram : ndarray of shape (n_rates * n_items, n_rates * n_items), float32
        Its sum with its transpose is the Gram matrix. Each product is added in the row of the newer
        item, because a row stays in the cache.
    """
    n_rates = len(data.ages)
    for user in range(first, stop):
        later = np.zeros((n_rates, n_rates))  # S in _sequence_ridge, for each pair of rates
        for new in range(data.users[user + 1] - 2, data.users[user] - 1, -1):
            n_next = size(data, new + 1)
            for a in range(n_rates):
                for b in range(n_rates):
                    later[a, b] = 1 + faded(data, a, n_next) * faded(data, b, n_next) * later[a, b]
            for a in range(n_rates if size(data, new) <= data.largest else 0):
                for b in range(n_rates):
                    add_older(data, data.users[user], new, a, b, later[a, b], gram)


@compiled
def add_older(
    data: Sequences, first: int, new: int, a: int, b: int, later: float, gram: Array
) -> None:
    """Add the products of a moment's items, of a rate, with those of it and of older moments.

    Parameters
    ----------
    data : Sequences
    first, new : int
        The first moment of the user, and the newer moment.
    a, b : int
        The rates of newer and older items.
    later : float
        The sum over examples.
    gram : ndarray
        As in :func:`add_gram`.
    """
    for old in range(new, first - 1, -1):
        age = data.starts[new + 1] - data.starts[old + 1]
        if age >= data.ages[b]:
            break
        if size(data, old) <= data.largest:
            # Of two items of one moment, each takes a turn as the newer one.
            value = later * data.fading[b, age] * (0.5 if old == new else 1.0)
            add_pairs(data, (a, new), (b, old), value, gram)


@compiled
def add_targets(data: Sequences, first: int, stop: int, sums: Array) -> None:
    """Add the products of features and targets, summed over the examples of some users.

    Parameters
    ----------
    data : Sequences
    first, stop : int
        The users.
    sums : ndarray of shape (n_rates * n_items, n_items), float32
    """
    for user in range(first, stop):
        last = data.users[user + 1]
        for old in range(data.users[user], last - 1):
            for rate in range(len(data.ages) if size(data, old) <= data.largest else 0):
                add_newer(data, old, last, rate, sums)


@compiled
def add_newer(data: Sequences, old: int, last: int, rate: int, sums: Array) -> None:
    """Add the products of a moment's items, of a rate, with the targets of later moments."""
    value = 0.0  # Z in _sequence_ridge
    for new in range(old + 1, last):
        age = data.starts[new] - data.starts[old + 1]
        value = value * data.target_decay ** size(data, new - 1) + faded(data, rate, age)
        if age >= data.ages[rate] and value < LEAST:
            break
        add_pairs(data, (rate, old), (0, new), value, sums)


@compiled
def add_pairs(
    data: Sequences, of_rows: Place, of_columns: Place, value: float, sums: Array
) -> None:
    """Add a value for each pair of items of two moments; a place is a rate and a moment."""
    (a, first), (b, second) = of_rows, of_columns
    for i in range(data.starts[first], data.starts[first + 1]):
        row = a * data.n_items + data.items[i]
        for j in range(data.starts[second], data.starts[second + 1]):
            sums[row, b * data.n_items + data.items[j]] += value

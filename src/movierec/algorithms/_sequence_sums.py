"""Compiled loops that add up the sums of :mod:`movierec.algorithms._sequence_ridge`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from movierec.neighbors.compiled import compiled

Array = Any  # a NumPy array; numba checks the type

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
        Only its upper triangle is filled.
    """
    n_rates = len(data.ages)
    for user in range(first, stop):
        later = np.zeros((n_rates, n_rates))  # S in _sequence_ridge, for each pair of rates
        for new in range(data.users[user + 1] - 2, data.users[user] - 1, -1):
            n_next = size(data, new + 1)
            for a in range(n_rates):
                for b in range(n_rates):
                    later[a, b] = 1 + faded(data, a, n_next) * faded(data, b, n_next) * later[a, b]
            for b in range(n_rates if size(data, new) <= data.largest else 0):
                add_older(data, data.users[user], new, b, later[:, b], gram)


@compiled
def add_older(data: Sequences, first: int, new: int, b: int, later: Array, gram: Array) -> None:
    """Add the products of the items of a moment with those of it and of older moments.

    Parameters
    ----------
    data : Sequences
    first, new : int
        The first moment of the user, and the newer moment.
    b : int
        The rate at which the older items fade.
    later : ndarray of shape (n_rates,), float64
        The sum over examples, by the rate of the newer items.
    gram : ndarray
        As in :func:`add_gram`.
    """
    for old in range(new, first - 1, -1):
        age = data.starts[new + 1] - data.starts[old + 1]
        if age >= data.ages[b]:
            break
        if size(data, old) <= data.largest:
            for a in range(len(later) if old < new else b + 1):
                add_pairs(data, a, new, b, old, later[a] * data.fading[b, age], gram)


@compiled
def add_pairs(
    data: Sequences, a: int, new: int, b: int, old: int, value: float, gram: Array
) -> None:
    """Add a value to each pair of features of two moments, of rates a and b; each pair once."""
    is_same = new == old and a == b
    for i in range(data.starts[new], data.starts[new + 1]):
        row = a * data.n_items + data.items[i]
        for j in range(data.starts[old], data.starts[old + 1]):
            column = b * data.n_items + data.items[j]
            if row <= column:
                gram[row, column] += value
            elif not is_same:  # where it is, the pair comes in the other order, too
                gram[column, row] += value


@compiled
def add_targets(data: Sequences, first: int, stop: int, sums: Array) -> None:
    """Add the products of targets and features, summed over the examples of some users.

    Parameters
    ----------
    data : Sequences
    first, stop : int
        The users.
    sums : ndarray of shape (n_items, n_rates * n_items), float32
        A row for each target.
    """
    for user in range(first, stop):
        last = data.users[user + 1]
        for old in range(data.users[user], last - 1):
            for rate in range(len(data.ages) if size(data, old) <= data.largest else 0):
                add_newer(data, old, last, rate, sums)


@compiled
def add_newer(data: Sequences, old: int, last: int, rate: int, sums: Array) -> None:
    """Add the products of the items of a moment, of a rate, with the targets of later moments."""
    starts = data.starts
    value = 0.0  # Z in _sequence_ridge
    for new in range(old + 1, last):
        age = starts[new] - starts[old + 1]
        value = value * data.target_decay ** size(data, new - 1) + faded(data, rate, age)
        if age >= data.ages[rate] and value < LEAST:
            break
        for i in range(starts[new], starts[new + 1]):
            row = data.items[i]
            for j in range(starts[old], starts[old + 1]):
                sums[row, rate * data.n_items + data.items[j]] += value

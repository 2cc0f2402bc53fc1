"""Compiled loops that add up the sums of :mod:`movierec.algorithms._sequence_ridge`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from movierec.neighbors.compiled import compiled

Array = Any  # a NumPy array; numba checks the type


class Sequences(NamedTuple):
    """Histories of some users by moment, and how what is learned from them fades.

    The rate of the targets comes after those of the features. :func:`sum_examples` fills the last
    three arrays; they are by moment, and by the rates of a newer and of an older item.
    """

    items: Array  #: (n,) int32
    moments: Array  #: (n,) int64, the moment of each item
    starts: Array  #: (n_moments + 1,) int64, of the items of each moment
    firsts: Array  #: (n_moments,) int64, the first moment of the same user
    ends: Array  #: (n_moments,) int64, the end of the moments of the same user
    rates: Array  #: (n_rates + 1,) float64
    powers: Array  #: (n_rates + 1, n_ages) float64, the powers of the rates, below `least` at last
    shares: Array  #: (n_rates + 1, n_moments) float64, the mean of the first powers
    together: Array  #: (n_rates, largest + 1) float64, for targets of one moment, by its size
    least: float  #: of 1: what has faded to less counts as nothing
    newer: Array  #: (n_moments, n_rates, n_rates) float64, for items of older moments
    within: Array  #: (n_moments, n_rates, n_rates) float64, for other items of the moment
    own: Array  #: (n_moments, n_rates, n_rates) float64, for an item and itself


@compiled
def sum_examples(data: Sequences) -> None:
    """Fill the sums over examples, the means over the places of a moment.

    Parameters
    ----------
    data : Sequences
    """
    n_rates = len(data.together)
    later = np.zeros((n_rates, n_rates))  # S in _sequence_ridge
    for moment in range(len(data.firsts) - 1, -1, -1):
        first, stop = data.starts[moment], data.starts[moment + 1]
        for place in range(stop - 1, first - 1, -1):
            if place + 1 == data.starts[data.ends[moment]]:
                later[:] = 0.0  # after the last item there is no example
                continue
            for a in range(n_rates):
                for b in range(n_rates):
                    later[a, b] = 1 + data.rates[a] * data.rates[b] * later[a, b]
            add_place(data, moment, place - first, later)
        n_items = stop - first
        data.newer[moment] /= n_items
        data.own[moment] /= n_items
        data.within[moment] /= max(n_items * (n_items - 1), 1)


@compiled
def add_place(data: Sequences, moment: int, place: int, later: Array) -> None:
    """Add the sums for an item at a place in a moment; those before it are older.

    Parameters
    ----------
    data : Sequences
    moment, place : int
    later : ndarray of shape (n_rates, n_rates), float64
        The sums for an item at that place.
    """
    for b in range(len(later)):
        rate, power = data.rates[b], data.powers[b, min(place, data.powers.shape[1] - 1)]
        older = rate * (1 - power) / (1 - rate)  # the sum of the first powers
        for a in range(len(later)):
            data.newer[moment, a, b] += later[a, b] * power
            data.within[moment, a, b] += later[a, b] * older
            data.own[moment, a, b] += later[a, b]


@compiled
def add_rows(data: Sequences, places: Array, gram: Array, targets: Array) -> None:
    """Add the products that belong to some rows.

    Parameters
    ----------
    data : Sequences
    places : ndarray of shape (n_places,), int64
        Of items in the histories, ordered by item: a row then stays in the cache.
    gram : ndarray of shape (n_rates, n_items, n_rates, n_items), float32
        Its sum with its transpose is the Gram matrix; each product is in the row of the newer item.
    targets : ndarray of shape (n_rates, n_items, n_items), float32
        By feature and target.
    """
    n_rates, largest = len(data.together), data.together.shape[1] - 1
    for place in places:
        item, moment = data.items[place], data.moments[place]
        n_items = data.starts[moment + 1] - data.starts[moment]
        if n_items > largest:
            continue
        for a in range(n_rates):
            for b in range(n_rates):
                gram[a, item, b, item] += data.own[moment, a, b] / 2
                add_moment(data, place, data.within[moment, a, b], gram[a, item, b])
                add_older(data, moment, b, data.newer[moment, a, b], gram[a, item, b])
            add_moment(data, place, data.together[a, n_items], targets[a, item])
            add_newer(data, moment, a, targets[a, item])


@compiled
def add_moment(data: Sequences, place: int, value: float, row: Array) -> None:
    """Add the products of an item with the others of its moment.

    Parameters
    ----------
    data : Sequences
    place : int
        Of the item in the histories.
    value : float
        The product.
    row : ndarray of shape (n_items,), float32
        The sums by the other item.
    """
    starts, moment = data.starts, data.moments[place]
    for other in range(starts[moment], starts[moment + 1]):
        if other != place:
            row[data.items[other]] += value


@compiled
def add_older(data: Sequences, new: int, rate: int, value: float, row: Array) -> None:
    """Add the products of an item with those of older moments.

    Parameters
    ----------
    data : Sequences
    new : int
        The moment of the item.
    rate : int
        At which the older items fade.
    value : float
        The product for an older item that has not faded.
    row : ndarray of shape (n_items,), float32
        The sums by the other item.
    """
    starts, items, powers = data.starts, data.items, data.powers[rate]
    for old in range(new - 1, data.firsts[new] - 1, -1):
        power = powers[min(starts[new] - starts[old + 1] + 1, len(powers) - 1)]
        if power < data.least:
            break
        if starts[old + 1] - starts[old] < data.together.shape[1]:
            faded = value * power * data.shares[rate, old]
            for place in range(starts[old], starts[old + 1]):
                row[items[place]] += faded


@compiled
def add_newer(data: Sequences, old: int, rate: int, row: Array) -> None:
    """Add the products of an item with the targets of later moments.

    Parameters
    ----------
    data : Sequences
    old : int
        The moment of the item.
    rate : int
        At which the item fades.
    row : ndarray of shape (n_items,), float32
        The sums by target.
    """
    starts, items, powers, shares = data.starts, data.items, data.powers, data.shares
    for new in range(old + 1, data.ends[old]):
        age = min(starts[new] - starts[old + 1] + 1, powers.shape[1] - 1)
        if powers[rate, age] < data.least and powers[-1, age] < data.least:
            break
        faded = powers[rate, age] * shares[rate, old] * shares[rate, new]
        faded -= powers[-1, age] * shares[-1, old] * shares[-1, new]
        faded /= data.rates[rate] - data.rates[-1]
        for place in range(starts[new], starts[new + 1]):
            row[items[place]] += faded

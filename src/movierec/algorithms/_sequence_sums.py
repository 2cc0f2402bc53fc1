"""Compiled loops that add up the sums of :mod:`movierec.algorithms._sequence_ridge`."""

from __future__ import annotations

from typing import Any, NamedTuple

from movierec.neighbors.compiled import compiled

Array = Any  # a NumPy array; numba checks the type


class Sequences(NamedTuple):
    """Histories of some users by moment, and how what is learned from them fades."""

    items: Array  #: (n,) int32
    moments: Array  #: (n,) int64, the moment of each item
    starts: Array  #: (n_moments + 1,) int64, of the items of each moment
    firsts: Array  #: (n_moments,) int64, the first moment of the same user
    ends: Array  #: (n_moments,) int64, the end of the moments of the same user
    later: Array  #: (n_moments, n_rates, n_rates) float64, S in _sequence_ridge, to be filled
    fading: Array  #: (n_rates, n_ages) float64, of a feature by its age; 0 when older, and at last
    target_decay: float
    least: float  #: of 1: what has faded to less counts as nothing
    largest: int  #: number of items of the largest moment that makes features


@compiled
def sum_examples(data: Sequences) -> None:
    """Fill ``later`` for the moments that have a later one; the last of each user keeps 0.

    Parameters
    ----------
    data : Sequences
    """
    n_rates, oldest = data.fading.shape[0], data.fading.shape[1] - 1
    for moment in range(len(data.firsts) - 1, -1, -1):
        if moment + 1 == data.ends[moment]:
            continue
        faded = data.fading[:, min(data.starts[moment + 2] - data.starts[moment + 1], oldest)]
        for a in range(n_rates):
            for b in range(n_rates):
                data.later[moment, a, b] = 1 + faded[a] * faded[b] * data.later[moment + 1, a, b]


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
    n_rates = len(data.fading)
    for place in places:
        item, moment = data.items[place], data.moments[place]
        is_large = data.starts[moment + 1] - data.starts[moment] > data.largest
        if is_large or moment + 1 == data.ends[moment]:
            continue
        for a in range(n_rates):
            for b in range(n_rates):
                values = data.later[moment, a, b] * data.fading[b]
                add_older(data, moment, values, gram[a, item, b])
            add_newer(data, moment, data.fading[a], targets[a, item])


@compiled
def add_older(data: Sequences, new: int, values: Array, row: Array) -> None:
    """Add the products of an item with those of its moment and of older ones.

    Parameters
    ----------
    data : Sequences
    new : int
        The moment of the item.
    values : ndarray of shape (n_ages,), float64
        The products by age.
    row : ndarray of shape (n_items,), float32
        The sums by the other item.
    """
    starts, items = data.starts, data.items
    for old in range(new, data.firsts[new] - 1, -1):
        value = values[min(starts[new + 1] - starts[old + 1], len(values) - 1)]
        if value == 0:
            break
        if starts[old + 1] - starts[old] > data.largest:
            continue
        if old == new:  # where each of two items takes a turn as the newer one
            value /= 2
        for place in range(starts[old], starts[old + 1]):
            row[items[place]] += value


@compiled
def add_newer(data: Sequences, old: int, fading: Array, row: Array) -> None:
    """Add the products of an item with the targets of later moments.

    Parameters
    ----------
    data : Sequences
    old : int
        The moment of the item.
    fading : ndarray of shape (n_ages,), float64
    row : ndarray of shape (n_items,), float32
        The sums by target.
    """
    starts, items = data.starts, data.items
    value = 0.0  # Z in _sequence_ridge
    for new in range(old + 1, data.ends[old]):
        left = fading[min(starts[new] - starts[old + 1], len(fading) - 1)]
        value = value * data.target_decay ** (starts[new] - starts[new - 1]) + left
        if left == 0 and value < data.least:
            break
        for place in range(starts[new], starts[new + 1]):
            row[items[place]] += value

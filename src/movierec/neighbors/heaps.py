"""Compiled loops that keep the best of many similarities.

The *level* of a similarity is its float32 reinterpreted as an int32: positive values keep their
order, others are never above 0, and many integers are compared at a time. An entry of a top list is
one int64 with the level in the high bits and the inverted item index in the low bits, so that a
plain comparison orders entries by similarity, then by index.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from movierec.neighbors.compiled import compiled

CHUNK = 32  # scores that are checked together; most chunks hold nothing that any item would keep
EMPTY = np.int64(2**31 - 1)  # below every entry of a positive similarity

Array = Any  # a NumPy array; numba checks the type


@compiled
def find_maxima(levels: Array, maxima: Array) -> None:
    """Find the highest level of each chunk, at least 0.

    Parameters
    ----------
    levels : ndarray of shape (n,), int32
    maxima : ndarray of shape (n_chunks,), int32, which is filled
    """
    for chunk in range(len(maxima)):
        part = levels[chunk * CHUNK : (chunk + 1) * CHUNK]
        highest = np.int32(0)
        for i in range(len(part)):
            highest = max(highest, part[i])
        maxima[chunk] = highest


@compiled
def kth_highest(values: Array, k: int) -> Any:
    """Find the k-th highest value by Hoare's FIND (1961).

    Parameters
    ----------
    values : ndarray of shape (n,), whose order changes
    k : int
    """
    low, high, target = 0, len(values) - 1, k - 1
    while low < high:
        pivot, i, j = values[(low + high) // 2], low, high
        while i <= j:
            while values[i] > pivot:
                i += 1
            while values[j] < pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        low, high = (i if target >= i else low), (j if target <= j else high)
        if j < target < i:
            break
    return values[target]


@compiled
def replace_weakest(keys: Array, support: Array, size: int, key: int, own_support: int) -> None:
    """Replace the top of a heap by another entry.

    Parameters
    ----------
    keys, support : ndarray of shape (at least size,), int64 and int32
    size, key, own_support : int
    """
    hole, child = 0, 1
    while child < size:
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[hole], support[hole] = keys[child], support[child]
        hole, child = child, 2 * child + 1
    keys[hole], support[hole] = key, own_support


@compiled
def unpack_row(
    keys: Array, supports: Array, neighbors: Array, levels: Array, support: Array
) -> None:
    """Move the entries of a heap, weakest first, to the arrays of an item.

    Parameters
    ----------
    keys, supports : ndarray of shape (k,), int64 and int32; their order changes
    neighbors, levels, support : ndarray of shape (k,), int32
    """
    for size in range(len(keys), 0, -1):
        if keys[0] != EMPTY:
            neighbors[size - 1] = EMPTY - (keys[0] & EMPTY)
            levels[size - 1] = keys[0] >> 32
            support[size - 1] = supports[0]
        replace_weakest(keys, supports, size - 1, keys[size - 1], supports[size - 1])

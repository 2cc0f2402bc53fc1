"""Discrete Gaussian noise, from random bits of the operating system.

Noise of floating-point numbers gives away what it should hide by its last bits: Mironov, "On
significance of the least significant bits for differential privacy" (CCS 2012). Here, everything is
a whole number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal, localcontext
from itertools import accumulate

import numpy as np
import numpy.typing as npt

RandomBytes = Callable[[int], bytes]
"""Returns as many random bytes as asked for. Anything but `os.urandom` destroys the guarantee."""

_REACH = 14  # standard deviations; beyond them are less than 1e-43 of the noise
_BITS = 256  # of a weight
_DIGITS = 100
_WORD = 64
_AT_ONCE = 1 << 20  # numbers


class DiscreteGaussian:
    """Whole numbers x with a probability in proportion to ``exp(-x**2 / (2 sigma**2))``.

    A number is found by inversion: 128 random bits are compared with the cumulative probabilities,
    which are computed with whole numbers of 256 bits. It is the noise of Canonne, Kamath and
    Steinke, "The discrete Gaussian for differential privacy" (NeurIPS 2020).

    Parameters
    ----------
    sigma : int
        From 1. The table of probabilities takes 450 bytes for each 1.
    """

    def __init__(self, sigma: int) -> None:
        weights = _weights(sigma)
        self._lowest = 1 - len(weights)
        ends = list(accumulate([*reversed(weights), *weights[1:]]))
        ends = [(end << 2 * _WORD) // ends[-1] for end in ends[:-1]]
        self._high = np.array([end >> _WORD for end in ends], dtype=np.uint64)
        self._low = np.array([end & ((1 << _WORD) - 1) for end in ends], dtype=np.uint64)

    def sample(self, size: int, random: RandomBytes = os.urandom) -> npt.NDArray[np.int64]:
        """Return independent numbers.

        Parameters
        ----------
        size : int
        random : callable
            Anything but the default destroys the guarantee; only tests pass it.

        Returns
        -------
        ndarray of shape (size,), int64
        """
        found = np.empty(size, np.int64)
        for start in range(0, size, _AT_ONCE):
            part = found[start : start + _AT_ONCE]
            words = _words(len(part), random)
            part[:] = np.searchsorted(self._high, words, side="right")
            firsts = np.searchsorted(self._high, words, side="left")
            for place in np.flatnonzero(firsts < part):  # decided by the other 64 bits
                equal = self._low[firsts[place] : part[place]]
                below = np.searchsorted(equal, _words(1, random), side="right")
                part[place] = firsts[place] + int(below[0])
        return found + self._lowest


def _weights(sigma: int) -> list[int]:
    """Return ``exp(-x**2 / (2 sigma**2))`` for x from 0 on, in units of 2**-256.

    Each is the one before times ``r**(2 x + 1)``, with ``r = exp(-1 / (2 sigma**2))``. After a
    million steps, rounding has changed them by less than one part in 2**200.
    """
    with localcontext(prec=_DIGITS):
        r = int((Decimal(-1) / (2 * sigma**2)).exp() * 2**_BITS)
    weight, ratio, square = 1 << _BITS, r, r * r >> _BITS
    weights = [weight]
    for _ in range(_REACH * sigma):
        weight = weight * ratio >> _BITS
        ratio = ratio * square >> _BITS
        weights.append(weight)
    return weights


def _words(size: int, random: RandomBytes) -> npt.NDArray[np.uint64]:
    return np.frombuffer(random(8 * size), np.uint64)

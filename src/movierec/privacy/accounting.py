"""How much noise a guarantee needs; docs/differential-privacy.md has the proofs."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

# Any order gives a bound, so a coarse list of them costs little noise and is never wrong.
_ORDERS = 1 + np.geomspace(1e-3, 1e7, 20_000)
_HALVINGS = 60
_SLACK = 1e-9  # more than what rounding can add
_SHARE = 0.999  # of delta; the rest is more than what the tables of the noise leave out


def delta_of(rho: float, epsilon: float) -> float:
    """Return a delta for which every mechanism of rho-zCDP is (epsilon, delta)-private.

    It is the least of ``exp((a - 1) (a rho - epsilon)) / a * (1 - 1 / a)**(a - 1)`` over orders
    ``a > 1``: Canonne, Kamath and Steinke, "The discrete Gaussian for differential privacy"
    (NeurIPS 2020), corollary 13.

    Parameters
    ----------
    rho, epsilon : float
    """
    orders = _ORDERS
    exponents = (orders - 1) * (orders * rho - epsilon + np.log1p(-1 / orders)) - np.log(orders)
    return math.exp(min(float(exponents.min()), 0.0))


@cache
def rho_for(epsilon: float, delta: float) -> float:
    """Return the largest rho for which :func:`delta_of` is at most a delta.

    Parameters
    ----------
    epsilon, delta : float
        Both above 0, and delta below 1.
    """
    low, high = 0.0, epsilon  # rho-zCDP has a mean privacy loss of up to rho
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if delta_of(middle, epsilon) <= _SHARE * delta else (low, middle)
    return low * (1 - _SLACK)


def sigma_for(sensitivity_squared: float, rho: float) -> int:
    """Return the least whole standard deviation of noise that makes a sum rho-zCDP.

    Parameters
    ----------
    sensitivity_squared : float
        The most that one person can change the sum, as the square of a Euclidean length.
    rho : float
    """
    return max(math.ceil(math.sqrt(sensitivity_squared / (2 * rho)) * (1 + _SLACK)), 1)

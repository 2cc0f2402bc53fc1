"""The noise that a guarantee needs, against exact formulas for Gaussian noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from movierec.privacy.accounting import delta_of, rho_for, sigma_for


def exact_delta(rho: float, epsilon: float) -> float:
    """Balle and Wang, "Improving the Gaussian mechanism" (ICML 2018), theorem 8."""
    mu = np.sqrt(2 * rho)
    return float(
        norm.cdf(mu / 2 - epsilon / mu) - np.exp(epsilon + norm.logcdf(-mu / 2 - epsilon / mu))
    )


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 1, 2, 4, 8, 20])
@pytest.mark.parametrize("delta", [1e-12, 1e-6, 1e-3])
def test_rho_gives_the_delta_and_little_less(epsilon: float, delta: float) -> None:
    rho = rho_for(epsilon, delta)
    assert delta_of(rho, epsilon) <= delta
    assert exact_delta(rho, epsilon) <= delta
    assert exact_delta(1.4 * rho, epsilon) > delta


@pytest.mark.parametrize("shift", [1, 2, 5])
@pytest.mark.parametrize("epsilon", [0.2, 1.0, 4.0])
def test_discrete_noise_keeps_the_bound_exactly(shift: int, epsilon: float) -> None:
    """The loss of a shifted discrete Gaussian, summed over all whole numbers."""
    rho = rho_for(epsilon, 1e-4)
    sigma = sigma_for(shift**2, rho)
    x = np.arange(-60 * sigma - 60, 60 * sigma + 60)
    pair = [np.exp(-((x - at) ** 2) / (2 * sigma**2)) for at in (shift, 0)]
    p, q = (each / each.sum() for each in pair)
    assert np.maximum(p - np.exp(epsilon) * q, 0).sum() <= 1e-4


def test_more_privacy_is_more_noise() -> None:
    rhos = [rho_for(epsilon, 1e-6) for epsilon in (0.01, 0.1, 1, 10, 20)]
    assert rhos == sorted(rhos)
    assert rho_for(1, 1e-9) < rho_for(1, 1e-6)
    assert sigma_for(100, 0.02) == 51  # 50, but for rounding up

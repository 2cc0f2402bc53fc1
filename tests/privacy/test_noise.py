"""The discrete Gaussian noise, against its definition."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import chisquare, kstest, norm

from movierec.privacy.noise import DiscreteGaussian


def probabilities(sigma: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    x = np.arange(-14 * sigma, 14 * sigma + 1)
    weights = np.exp(-(x**2) / (2 * sigma**2))
    return x, weights / weights.sum()


@pytest.mark.parametrize("sigma", [1, 3, 40])
def test_numbers_have_their_probabilities(sigma: int) -> None:
    random = np.random.default_rng(sigma).bytes
    drawn = DiscreteGaussian(sigma).sample(400_000, random)
    x, p = probabilities(sigma)
    common = p * len(drawn) >= 10
    counts = np.array([np.count_nonzero(drawn == value) for value in x[common]])
    expected = np.append(p[common], p[~common].sum()) * len(drawn)
    assert chisquare(np.append(counts, len(drawn) - counts.sum()), expected).pvalue > 1e-3


def test_large_noise_is_gaussian() -> None:
    drawn = DiscreteGaussian(10_000).sample(50_000, np.random.default_rng(0).bytes)
    assert kstest(drawn / 10_000, norm.cdf).pvalue > 1e-3


def test_ends_of_the_table_are_reached() -> None:
    noise = DiscreteGaussian(2)
    assert noise.sample(3, bytes).max() <= -24
    assert noise.sample(3, lambda size: b"\xff" * size).min() >= 24


def test_equal_first_words_are_decided_by_the_second() -> None:
    noise = DiscreteGaussian(2)
    place = 28  # the probability of a number below 0 ends here
    first = noise._high[place].tobytes()
    for second, expected in ((b"\0" * 8, 0), (b"\xff" * 8, 1)):
        words = iter([first, second])
        assert noise.sample(1, lambda size, words=words: next(words)).tolist() == [expected]  # type: ignore[misc]


def test_noise_is_of_the_operating_system() -> None:
    noise = DiscreteGaussian(1000)
    assert (noise.sample(20) != noise.sample(20)).any()

"""An estimate of the time and memory of a fit, from what was measured: docs/benchmarks.md."""

from __future__ import annotations

from itertools import pairwise

from movierec.checking.findings import Estimate

# Ratings, seconds and MB at most of a fit with the default algorithm, by `benchmarks/run.py`.
MEASURED = (
    (0, 1.8, 220),
    (100_000, 2.0, 236),
    (1_000_000, 3.3, 361),
    (5_000_000, 7.6, 553),
    (25_000_000, 28.3, 1036),
)


def estimate(n_ratings: int) -> Estimate:
    """Return about what a fit takes: on the straight line between two measured sizes.

    Beyond the largest, the last line goes on.

    Parameters
    ----------
    n_ratings : int
    """
    pairs = [*pairwise(MEASURED)]
    low, high = next((pair for pair in pairs if n_ratings <= pair[1][0]), pairs[-1])
    share = (n_ratings - low[0]) / (high[0] - low[0])
    seconds, megabytes = (low[at] + share * (high[at] - low[at]) for at in (1, 2))
    return Estimate(round(seconds, 1), round(megabytes))

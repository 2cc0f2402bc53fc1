r"""A ridge regression of what people rate next on what they rated before, in closed form.

A person who rated n items, one after the other, makes n - 1 examples: after each item but the last,
what was rated so far predicts what is rated later.

**Features.** Each item i has one for each rate g: ``x_(g,i)(t) = g^(t - p)`` in the example after
place t, if i was rated at place p <= t; otherwise 0.

**Targets.** ``y_j(t) = d^(q - t - 1)`` for an item j that was rated at place q > t: 1 for the next.

**Weights** minimize ``sum over t of |y(t) - x(t) W|^2 + l2 |W|^2``. With the sums of products
G (features with features) and C (features with targets), ``W = (G + l2 I)^-1 C``, which is found by
a Cholesky decomposition in place.

**Sums over examples.** The rows x(t) are never made. The features of items at the places p >= q, of
the rates g and h, have in G the sum over t >= p of ``g^(t - p) h^(t - q)``, which is
``h^(p - q) S(p)`` with ``S(p) = 1 + g h S(p + 1)``, and 0 for the last place. A feature of place p
and a target of place q > p have in C the sum over p <= t < q of ``g^(t - p) d^(q - t - 1)``, which
is ``(g^k - d^k) / (g - d)`` with ``k = q - p``.

**Items rated at one time** (a *moment*) have no order, and none is learned: the sums are means over
all orders of the items of each moment. As places of different moments vary independently, such a
mean is a product. Let A_g(m) be ``(1 + g + ... + g^(m - 1)) / m``, the mean over a moment of m
items of what is left of an item at its end, and a the number of items between two moments. Then C
has ``(g^(a + 1) A_g A_g' - d^(a + 1) A_d A_d') / (g - d)``, and G has ``h^(a + 1) A_h`` times the
mean of ``h^(p - s) S(p)`` over the places p of the newer moment, which starts at s. For two items
of one moment, the mean is over all pairs of its places. When people are scored, their features are
means over orders, too; what they rated without times is one moment.

What has faded to less than 1/1000 counts as nothing, so that the sums of a person take time in
proportion to the length of the history times that window. A moment of more than 500 items, such as
an imported collection, makes no features, only targets: its pairs would take quadratic time.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.algorithms._moments import Moments
from movierec.algorithms.base import Run
from movierec.errors import DataError
from movierec.neighbors.threads import run_blocks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.algorithms._sequence_sums import Sequences

Dense = npt.NDArray[np.float32]
Decays = tuple[float, ...]

_LARGEST_MOMENT = 500  # items
_NEAR = 1e-6  # of rates: about as exact as float32
_LEAST = 1e-3  # of 1: what has faded to less counts as nothing
_LARGEST = 4 << 30  # bytes that the matrices may take
_AT_ONCE = 1_000_000  # ratings whose sums are added row by row
_ROWS = 128  # that a thread takes, or whose transpose is added at once


def n_bytes(n_items: int, n_decays: int) -> int:
    """Return the memory that :func:`next_weights` needs for its dense matrices.

    Parameters
    ----------
    n_items, n_decays : int
    """
    return 4 * n_decays * (n_decays + 1) * n_items**2


def refuse_too_many(n_items: int, n_decays: int, algorithm: str) -> None:
    """Refuse items for which the matrices would not fit in memory.

    Parameters
    ----------
    n_items, n_decays : int
    algorithm : str
        Its name, for the message.

    Raises
    ------
    DataError
        If they would take more than 4 GiB.
    """
    needed = n_bytes(n_items, n_decays)
    if needed > _LARGEST:
        most = int((_LARGEST / n_bytes(1, n_decays)) ** 0.5)
        raise DataError(
            f"{algorithm} needs {needed / 1e9:,.0f} GB for {n_items:,} movies; "
            f"it can take {most:,}",
            "choose a lower n_items, the number of most rated movies that it compares",
        )


def next_weights(
    moments: Moments,
    n_items: int,
    decays: Decays,
    target_decay: float,
    l2: float,
    run: Run,
) -> Dense:
    """Return the weights by which what was rated before predicts what is rated next.

    Parameters
    ----------
    moments : Moments
    n_items : int
    decays : tuple of float
        A feature counts so much less for each item rated after it; from 0 to below 1.
    target_decay : float
        A target counts so much less for each item rated before it; from 0 to below 1.
    l2 : float
        Strength of the regularization.
    run : Run

    Returns
    -------
    ndarray of shape (len(decays) * n_items, n_items), float32

    Raises
    ------
    DataError
        If there is no solution.
    """
    size = len(decays) * n_items
    gram = np.zeros((size, size), dtype=np.float32)
    targets = np.zeros((size, n_items), dtype=np.float32)
    stage = f"reading histories ({n_bytes(n_items, len(decays)) / 1e9:.1f} GB of memory)"
    done = 0
    for part in moments.parts(_AT_ONCE):
        run.progress(stage, done / len(moments.items))
        done += len(part.items)
        _add_up(_sequences(part, decays, target_decay), gram, targets, run.n_threads)
    run.progress("solving for the weights", 0)
    if n_items:
        _complete(gram)
        _solve(gram, targets, l2)
    return targets


def features(moments: Moments, values: Dense, n_items: int, decays: Decays) -> csr_matrix:
    """Return the features of people after all that they rated.

    Parameters
    ----------
    moments : Moments
    values : ndarray of shape (n,), float32
        What each row of the interactions counts, such as a preference.
    n_items : int
    decays : tuple of float

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_users, len(decays) * n_items), float32
    """
    from scipy.sparse import csr_matrix, hstack

    indptr = moments.starts[moments.users]
    shape = (len(moments.users) - 1, n_items)
    parts = []
    for decay, shares in zip(decays, _shares(decays, moments.sizes), strict=True):
        faded = np.repeat(np.power(decay, moments.ages) * shares, moments.sizes)
        told = values[moments.rows] * faded.astype(np.float32)
        parts.append(csr_matrix((told, moments.items, indptr), shape))
    found: csr_matrix = hstack(parts, format="csr")
    return found


def _sequences(moments: Moments, decays: Decays, target_decay: float) -> Sequences:
    from movierec.algorithms._sequence_sums import Sequences

    if np.abs(np.subtract(decays, target_decay)).min() < _NEAR:
        target_decay += 2 * _NEAR  # the formula for targets divides by the difference
    rates = np.array([*decays, target_decay])
    n_ages = int(np.log(_LEAST) / np.log(max(rates))) + 2
    powers = np.array([np.power(rate, np.arange(n_ages)) for rate in rates])
    n_moments, n_rates = np.diff(moments.users), len(decays)
    sums = (np.zeros((len(moments.sizes), n_rates, n_rates)) for _ in range(3))
    return Sequences(
        moments.items,
        np.repeat(np.arange(len(moments.sizes)), moments.sizes),
        moments.starts,
        np.repeat(moments.users[:-1], n_moments),
        np.repeat(moments.users[1:], n_moments),
        rates,
        powers,
        _shares(tuple(rates), moments.sizes),
        _together(rates),
        _LEAST,
        *sums,
    )


def _shares(decays: Decays, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the mean of the first powers of each rate, for moments of some sizes."""
    rates = np.asarray(decays, dtype=np.float64)[:, np.newaxis]
    shares: npt.NDArray[np.float64] = (1 - rates**sizes) / ((1 - rates) * sizes)
    return shares


def _together(rates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean product of a feature and a target of one moment, by rate and size."""
    sizes = np.arange(_LARGEST_MOMENT + 1)
    decays, decay = rates[:-1, np.newaxis], rates[-1]
    apart = (decays**sizes - decay**sizes) / (decays - decay)
    # At a distance of k there are m - k pairs, of m (m - 1) in both orders.
    sums = np.cumsum(np.cumsum(apart, axis=1), axis=1)
    found: npt.NDArray[np.float64] = np.zeros_like(apart)
    found[:, 2:] = sums[:, 1:-1] / (sizes[2:] * (sizes[2:] - 1))
    return found


def _add_up(data: Sequences, gram: Dense, targets: Dense, n_threads: int | None) -> None:
    from movierec.algorithms._sequence_sums import add_rows, sum_examples

    sum_examples(data)
    n_items, n_rates = targets.shape[1], len(data.together)
    by_item = np.argsort(data.items, kind="stable")
    bounds = np.searchsorted(data.items[by_item], np.arange(0, n_items + _ROWS, _ROWS))

    def add(block: tuple[int, int]) -> None:
        add_rows(
            data,
            by_item[slice(*block)],
            gram.reshape(n_rates, n_items, n_rates, n_items),
            targets.reshape(n_rates, n_items, n_items),
        )

    run_blocks(add, pairwise(bounds), n_threads=n_threads)


def _complete(gram: Dense) -> None:
    """Add the transpose, in the upper triangle."""
    for start in range(0, len(gram), _ROWS):
        stop = start + _ROWS
        gram[start:stop, start:] += gram[start:, start:stop].T


def _solve(gram: Dense, targets: Dense, l2: float) -> None:
    """Replace the targets by the weights; the Gram matrix is overwritten."""
    from scipy.linalg.blas import strsm
    from scipy.linalg.lapack import spotrf

    np.fill_diagonal(gram, gram.diagonal() + np.float32(l2))
    # The transpose of a matrix in C order is a matrix in Fortran order, as LAPACK needs it.
    factor, failed = spotrf(gram.T, lower=True, overwrite_a=True, clean=False)
    if failed:
        raise DataError("there is no solution for these ratings", "use a larger l2")
    for is_transposed in (True, False):  # W' (L L') = C'
        strsm(1.0, factor, targets.T, side=1, lower=1, trans_a=is_transposed, overwrite_b=True)

r"""A ridge regression of what people rate next on what they rated before, in closed form.

A *moment* is what a person rated at one time. A person with the moments 0 to K makes an example of
each moment t < K: what was rated by then predicts what was rated later.

**Features.** Each item i has one for each decay g: ``x_(g,i)(t) = g^a``, where the age a is the
number of items that the person rated after i, up to the moment t; 0 if i was not rated. Items of
one moment have the same age and so are no features for each other.

**Targets.** ``y_j(t) = d^b``, where b is the number of items rated between the moment t and that
of j. The next moment has the target 1 for all of its items.

**Weights** minimize ``sum over t of |y(t) - x(t) W|^2 + l2 |W|^2``. With the matrices G and C below
they are ``W = (G + l2 I)^-1 C``, found by a Cholesky decomposition in place.

**The sum over examples.** The rows x(t) are never made. For items i and j of the moments m >= n of
one person, between which that person rated a items (those of m included), their product in G sums
``g^(e_t - e_m) h^(e_t - e_n)`` over the examples t >= m, where e_t is the number of items up to t.
The sum is ``h^a S(m)`` with ``S(m) = 1 + (g h)^s S(m + 1)``, where s is the size of the moment
m + 1; one pass from the last moment gives all S. Likewise, i of moment n and a target j of
moment m > n have the product ``Z(m)`` in C, with ``Z(m) = d^s Z(m - 1) + g^a``, where s is the size
of the moment m - 1, and a is the age of i right before m.

What has faded to less than 1/1000 counts as nothing, so that the sums of a person take time in
proportion to the length of the history times that window. A moment of more than 500 items, such as
an imported collection, makes no features, only targets: its pairs would take quadratic time and say
nothing about order.
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

    ages = np.repeat(moments.ages, moments.sizes)
    indptr = moments.starts[moments.users]
    shape = (len(moments.users) - 1, n_items)
    parts = [
        csr_matrix((values[moments.rows] * faded.astype(np.float32), moments.items, indptr), shape)
        for faded in (np.power(decay, ages) for decay in decays)
    ]
    found: csr_matrix = hstack(parts, format="csr")
    return found


def _sequences(moments: Moments, decays: Decays, target_decay: float) -> Sequences:
    from movierec.algorithms._sequence_sums import Sequences

    n_ages = max(int(np.log(_LEAST) / np.log(decay)) if decay else 0 for decay in decays) + 2
    fading = np.array([np.power(decay, np.arange(n_ages)) for decay in decays])
    fading[fading < _LEAST] = 0
    n_moments = np.diff(moments.users)
    return Sequences(
        moments.items,
        np.repeat(np.arange(len(moments.sizes)), moments.sizes),
        moments.starts,
        np.repeat(moments.users[:-1], n_moments),
        np.repeat(moments.users[1:], n_moments),
        np.zeros((len(moments.sizes), len(decays), len(decays))),
        fading,
        target_decay,
        _LEAST,
        _LARGEST_MOMENT,
    )


def _add_up(data: Sequences, gram: Dense, targets: Dense, n_threads: int | None) -> None:
    from movierec.algorithms._sequence_sums import add_rows, sum_examples

    sum_examples(data)
    n_items, n_rates = targets.shape[1], len(data.fading)
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

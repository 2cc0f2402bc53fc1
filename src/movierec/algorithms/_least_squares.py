"""Compiled loops that solve the least squares of many users, or of many items."""

from __future__ import annotations

from typing import Any

import numpy as np

from movierec.neighbors.compiled import compiled_freely

Array = Any  # a NumPy array; numba checks the type


@compiled_freely
def solve_rows(
    indptr: Array,
    indices: Array,
    preferences: Array,
    others: Array,
    squares: Array,
    weights: Array,
    n_steps: int,
    tolerance: float,
    solved: Array,
) -> None:
    """Improve the factors of rows by the method of conjugate gradients.

    With the factors y of the columns, those of a row solve ``A x = b``, where A is the sum of
    ``y y'`` over its preferences above 0, plus ``diag(unobserved squares + weight)``; b is the sum
    of these y, and of those of preferences below 0, each times the preference and `unobserved`.
    Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems" (1952), with
    the diagonal of A as the preconditioner.

    Parameters
    ----------
    indptr, indices, preferences : ndarray
        Of a CSR matrix of shape (n_rows, n_columns). Preferences below 0 are already multiplied by
        `unobserved`.
    others : ndarray of shape (n_columns, n_factors), float32
        Its columns are orthogonal to each other.
    squares : ndarray of shape (n_factors,), float32
        The sums of the squares of these columns, times `unobserved`.
    weights : ndarray of shape (n_rows,), float32
        The regularization of each row. Where it is 0, the factors become 0.
    n_steps : int
        The most steps.
    tolerance : float
        A row is solved when the norm of its residual is this part of the norm of b.
    solved : ndarray of shape (n_rows, n_factors), float32
        The factors to start from, which are overwritten.
    """
    for row in range(len(solved)):
        start, stop = indptr[row], indptr[row + 1]
        if weights[row] == 0:
            solved[row] = 0
        else:
            _solve(
                indices[start:stop],
                preferences[start:stop],
                others,
                squares + weights[row],
                n_steps,
                tolerance,
                solved[row],
            )


@compiled_freely
def _solve(
    columns: Array,
    values: Array,
    others: Array,
    ridge: Array,
    n_steps: int,
    tolerance: float,
    x: Array,
) -> None:
    """Improve the factors of one row; `ridge` is what its preferences add to."""
    n = len(x)
    residual, diagonal, product = np.zeros(n, np.float32), ridge.copy(), np.empty(n, np.float32)
    direction, preconditioned = np.empty(n, np.float32), np.empty(n, np.float32)
    _add_targets(columns, values, others, residual, diagonal)
    enough = np.float32(tolerance) ** 2 * _dot(residual, residual)
    _multiply(columns, values, others, ridge, x, product)
    for f in range(len(x)):
        residual[f] -= product[f]
        direction[f] = preconditioned[f] = residual[f] / diagonal[f]
    descent = _dot(residual, preconditioned)
    for _ in range(n_steps):
        if _dot(residual, residual) <= enough:
            break
        _multiply(columns, values, others, ridge, direction, product)
        curvature = _dot(direction, product)
        if descent <= 0 or curvature <= 0:  # factors near 0, whose squares are 0 in float32
            break
        step = descent / curvature
        for f in range(len(x)):
            x[f] += step * direction[f]
            residual[f] -= step * product[f]
            preconditioned[f] = residual[f] / diagonal[f]
        before, descent = descent, _dot(residual, preconditioned)
        for f in range(len(x)):
            direction[f] = preconditioned[f] + descent / before * direction[f]


@compiled_freely
def _add_targets(columns: Array, values: Array, others: Array, target: Array, diag: Array) -> None:
    """Add the columns of a row to the right side, and their squares to the diagonal."""
    for entry in range(len(columns)):
        other, value = others[columns[entry]], values[entry]
        if value > 0:
            for f in range(len(other)):
                target[f] += other[f]
                diag[f] += other[f] * other[f]
        else:
            for f in range(len(other)):
                target[f] += value * other[f]


@compiled_freely
def _multiply(
    columns: Array, values: Array, others: Array, ridge: Array, x: Array, product: Array
) -> None:
    """Multiply ``A`` by x."""
    for f in range(len(x)):
        product[f] = ridge[f] * x[f]
    for entry in range(len(columns)):
        if values[entry] > 0:
            other = others[columns[entry]]
            along = _dot(other, x)
            for f in range(len(other)):
                product[f] += along * other[f]


@compiled_freely
def _dot(first: Array, second: Array) -> Any:
    total = np.float32(0)
    for f in range(len(first)):
        total += first[f] * second[f]
    return total

"""Remark on ratings outside the scale of all others, such as a 50 among half stars."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from movierec._util import parts_of, pluralize

if TYPE_CHECKING:
    from movierec.data.interactions import F32, I64, RatingRows

_RARE = 1e-3  # share of the rows: more ratings than these are no mistakes
_HIGHEST = (5, 10, 100)  # of the usual scales
_STEPS = 10  # values are told apart by tenths
_LARGEST = 1000  # values above are counted together


class Outside(NamedTuple):
    """Ratings outside the scale of the others.

    Attributes
    ----------
    rows : ndarray of shape (n,), int64
        Their positions.
    lowest, highest : float
        Of the usual ratings.
    """

    rows: I64
    lowest: float
    highest: float


def outlier_note(rows: RatingRows) -> str | None:
    """Return a note on rare ratings above the scale of the others, or below it at 0 or less.

    The scale ends at 5, 10 or 100, whichever is the first that the usual ratings do not exceed.

    Parameters
    ----------
    rows : RatingRows
    """
    found = outside_scale(rows.values)
    if found is None:
        return None
    outside = found.rows
    are = "is" if len(outside) == 1 else "are"
    return (
        f"{pluralize(len(outside), 'rating')} {are} outside the scale of the others, "
        f"{found.lowest:g} to {found.highest:g}: the first is {rows.values[outside[0]]:g}, "
        f"the rating number {outside[0] + 1:,}"
    )


def outside_scale(values: F32) -> Outside | None:
    """Return the ratings that :func:`outlier_note` remarks on, or None.

    Parameters
    ----------
    values : ndarray of shape (n,), float32
    """
    usual = np.flatnonzero(_counts(values) > max(_RARE * len(values), 1)) / _STEPS
    if not len(usual):
        return None
    lowest, highest = usual[0], usual[-1]
    top = next((end for end in _HIGHEST if highest <= end), highest)
    outside = np.flatnonzero((values > top) | (values <= 0 if lowest > 0 else values < 0))
    if not len(outside) or len(outside) > max(_RARE * len(values), 1):
        return None
    return Outside(outside, float(lowest), float(highest))


def _counts(values: F32) -> I64:
    """Count the values, rounded to tenths."""
    counts = np.zeros(_LARGEST * _STEPS + 1, dtype=np.int64)
    for part in parts_of(len(values)):
        tenths = np.clip(values[part], 0, _LARGEST) * _STEPS
        counts += np.bincount(np.rint(tenths).astype(np.int64), minlength=len(counts))
    return counts

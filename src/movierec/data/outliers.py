"""Remark on ratings outside the scale of all others, such as a 50 among half stars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from movierec._util import pluralize

if TYPE_CHECKING:
    from movierec.data.interactions import RatingRows

_RARE = 1e-3  # share of the rows: more ratings than these are no mistakes
_FAR = 1.5  # times the highest rating that is not rare
_STEPS = 10  # values are told apart by tenths
_LARGEST = 10_000.0


def outlier_note(rows: RatingRows) -> str | None:
    """Return a note on rare ratings that are far above the others, or 0 where others are not.

    Parameters
    ----------
    rows : RatingRows
    """
    values = rows.values
    if not len(values) or values.min() < 0 or values.max() > _LARGEST:
        return None
    counts = np.bincount((values * _STEPS + 0.5).astype(np.int32))
    usual = np.flatnonzero(counts > max(_RARE * len(values), 1))
    if not len(usual):
        return None
    lowest, highest = usual[0] / _STEPS, usual[-1] / _STEPS
    outside = values > _FAR * highest
    if lowest > 0:
        outside |= values == 0
    if not outside.any():
        return None
    first = float(values[np.argmax(outside)])
    n_outside = pluralize(int(outside.sum()), "rating")
    are = "is" if int(outside.sum()) == 1 else "are"
    return (
        f"{n_outside} {are} outside the scale of the others, {lowest:g} to {highest:g}: "
        f"the first is {first:g}, the rating number {int(np.argmax(outside)) + 1:,}"
    )

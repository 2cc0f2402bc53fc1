"""Times as seconds since 1970, whatever a file has: numbers, dates as text, datetimes."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from movierec.data.interactions import Timestamps

_LONGEST_DATE = 100  # characters; pandas takes the square of the length for digits
_MISSING = np.iinfo(np.int64).min  # also what numpy makes of a missing date


def as_seconds(values: npt.NDArray[Any]) -> Timestamps:
    """Return times as seconds since 1970, in UTC where they name no time zone.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Numbers (taken as seconds), datetimes, or texts that hold either. Where any text is a
        number, texts that are none are missing.

    Returns
    -------
    ndarray of shape (n,)
        int64 with the lowest int64 for missing times, so that they come first; float64 with
        -inf for them where there are fractions of a second.
    """
    if values.dtype.kind in "iu":
        return values.astype(np.int64, copy=False)
    if values.dtype.kind == "f":
        return _whole(values)
    if values.dtype.kind == "M":
        return _from_datetimes(values)
    return _from_objects(values)


def is_known(times: Timestamps) -> npt.NDArray[np.bool_]:
    """Return which times are not missing, of the result of :func:`as_seconds`."""
    return np.asarray(np.isfinite(times) & (times != _MISSING))


def parse_time(text: str) -> float | None:
    """Return one time as seconds since 1970, or None if it cannot be read.

    It needs no pandas, which takes long to import.
    """
    try:
        seconds = float(text)
    except ValueError:
        try:
            time = datetime.fromisoformat(text.strip())
            seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return seconds if isfinite(seconds) else None


def _whole(values: npt.NDArray[Any]) -> Timestamps:
    """Return numbers as int64 where all of them are whole, else as float64."""
    known = np.isfinite(values) & (np.abs(values) < -float(_MISSING))
    if (values[known] == np.floor(values[known])).all():
        seconds = np.full(len(values), _MISSING)
        seconds[known] = values[known].astype(np.int64)
        return seconds
    return np.where(known, values, -np.inf)


def _from_datetimes(values: npt.NDArray[Any]) -> Timestamps:
    # Files and versions of pandas differ in the unit.
    micros = values.astype("datetime64[us]").astype(np.int64)
    known = micros != _MISSING
    if (micros[known] % 1_000_000 == 0).all():
        return np.where(known, micros // 1_000_000, _MISSING)
    return np.where(known, micros / 1e6, -np.inf)


def _from_objects(values: npt.NDArray[Any]) -> Timestamps:
    import pandas as pd

    series = pd.Series(values, dtype=object)
    numbers = pd.to_numeric(series, errors="coerce").astype(np.float64)
    if numbers.notna().any():
        return _whole(numbers.to_numpy())
    is_short = series.map(lambda value: not isinstance(value, str) or len(value) <= _LONGEST_DATE)
    dates = pd.to_datetime(series.where(is_short), errors="coerce", format="mixed", utc=True)
    return _from_datetimes(dates.dt.tz_localize(None).to_numpy())

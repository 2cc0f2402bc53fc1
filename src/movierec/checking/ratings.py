"""The ratings of a table as the slow reader reads them, and the rules by which it does."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from movierec._util import pluralize
from movierec.checking.findings import Tally
from movierec.checking.reader import HIGHEST, date_of, number_of
from movierec.checking.source import Ids, Source

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec.data.interactions import F32, I32

_BLANKS = " \t\n\v\f\r"  # that may stand around a time

Fault = tuple[str, str]
"""The kind of fault of a row, and what is wrong."""


class RatingTable:
    """The ratings of a table; 24 bytes each, and 28 if their times are dates in words.

    Parameters
    ----------
    source : Source

    Attributes
    ----------
    source : Source
    users, items : Ids
    lines : array
        The line of each usable row.
    has_values : bool
        Whether rows have ratings; else each is 1.
    odd_times : Tally
        Lines whose time is neither a number nor a date.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.users, self.items = Ids(), Ids()
        self.lines = array("I")
        self.odd_times = Tally()
        columns, header = source.table.columns, source.table.header
        self.has_values = "rating" in columns
        self._user, self._item = columns["user"], columns["item"]
        self._rating, self._time = columns.get("rating", -1), columns.get("timestamp", -1)
        self._n_fields = len(header) or math.inf
        self._user_codes, self._item_codes = array("i"), array("i")
        self._values, self._times = array("f"), array("d")
        self._dates = array("I")  # rows whose times are dates in words
        self._has_numbers = False

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def has_times(self) -> bool:
        """Whether there is a column of times."""
        return self._time >= 0

    @property
    def user_codes(self) -> I32:
        """The user of each row; shape (n_rows,)."""
        return np.asarray(self._user_codes)

    @property
    def item_codes(self) -> I32:
        """The movie of each row; shape (n_rows,)."""
        return np.asarray(self._item_codes)

    @property
    def values(self) -> F32:
        """The rating of each row; shape (n_rows,)."""
        return np.asarray(self._values)

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """The time of each row, in seconds since 1970, or NaN; shape (n_rows,)."""
        return np.asarray(self._times)

    def fit_times(self) -> npt.NDArray[np.float64]:
        """Return the times as a fit takes them: those that are not known come first."""
        return np.nan_to_num(self.times, nan=-np.inf, posinf=-np.inf)

    def read(self) -> None:
        """Read all rows of the source."""
        for line, fields in self.source.rows():
            fault = self.fault(fields)
            if fault:
                self.source.bad(fault[0], line, fault[1])
            else:
                self._add(line, fields)
        if self._has_numbers:  # then words are no times
            for row in self._dates:
                self._times[row] = math.nan
                self.odd_times.add(self.lines[row], "a date among numbers")

    def fault(self, fields: Sequence[str]) -> Fault | None:
        """Return what is wrong with a row, or None.

        Parameters
        ----------
        fields : sequence of str
        """
        is_blank = self._rating < len(fields) and not fields[self._rating].strip()
        if not self.lines and self._rating >= 0 and is_blank:
            self.has_values = False  # a file without ratings says who watched what
        if self._rating >= 0 and not self.has_values and not is_blank:
            problem = "a rating, but there is none in the first row: fill in all or none"
            return "late-rating", problem
        last = max(self._user, self._item, self._rating if self.has_values else -1)
        if len(fields) <= last:
            return "fields", f"only {pluralize(len(fields), 'field')}"
        if len(fields) > self._n_fields and any(fields[int(self._n_fields) :]):
            problem = f"{len(fields)} fields, the header has {self._n_fields}"
            return "more-fields", problem
        if not (self.users.is_id(fields[self._user]) and self.items.is_id(fields[self._item])):
            return "id", "no usable user or movie id"
        return self._fault_of_rating(fields[self._rating]) if self.has_values else None

    def _fault_of_rating(self, text: str) -> Fault | None:
        number = number_of(text)
        if abs(number) <= HIGHEST:
            return None
        if math.isfinite(number):
            return "high-rating", f'the rating "{text.strip()}" is beyond {HIGHEST:,.0f}'
        return "rating", f'the rating "{text.strip()}" is not a finite number'

    def _add(self, line: int, fields: Sequence[str]) -> None:
        self._user_codes.append(self.users.code(fields[self._user], line))
        self._item_codes.append(self.items.code(fields[self._item], line))
        self._values.append(number_of(fields[self._rating]) if self.has_values else 1.0)
        if self._time >= 0:
            text = fields[self._time] if self._time < len(fields) else ""
            self._times.append(self._time_of(text, line))
        self.lines.append(line)

    def _time_of(self, text: str, line: int) -> float:
        is_plain = text.isdigit() and text.isascii()
        number = float(text) if is_plain else number_of(text.strip(_BLANKS))
        if math.isfinite(number):
            self._has_numbers = True
            return number
        date = date_of(text)
        if math.isfinite(date):
            self._dates.append(len(self.lines))
        elif text.strip():
            self.odd_times.add(line, text)
        return date

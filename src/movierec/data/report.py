"""What a user should know of a table that was read."""

from __future__ import annotations

from typing import Literal

from movierec._util import pluralize
from movierec.errors import DataError

Unit = Literal["line", "row"]


class RowReport:
    """Collects bad rows: fails at the first one, or skips and counts them.

    Parameters
    ----------
    name : str
        Name of the table, for messages.
    skip : bool
        Whether to count bad rows instead of failing.
    can_skip : bool
        Whether the user can choose to skip, so that the error offers it.
    unit : {"line", "row"}
        What numbers in messages count: the lines of a file from 1, or the rows of a data frame
        from 0.
    """

    def __init__(
        self, name: str, *, skip: bool, unit: Unit = "line", can_skip: bool = True
    ) -> None:
        self.name = name
        self.skip = skip
        self.unit = unit
        self.can_skip = can_skip
        self.count = 0
        self.first: str | None = None
        self.is_latin_1 = False

    def bad(self, number: int, problem: str) -> None:
        """Report a row that cannot be used.

        Parameters
        ----------
        number : int
            Number of its line or row.
        problem : str

        Raises
        ------
        DataError
            Unless bad rows are skipped.
        """
        where = f"{self.unit} {number}"
        if not self.skip:
            raise DataError(f"{self.name}, {where}: {problem}", self.hint())
        self.count += 1
        self.first = self.first or f"{where}: {problem}"

    def hint(self) -> str:
        """Return what to do about a bad row."""
        if not self.can_skip:
            return f"fix the {self.unit}"
        return f"fix the {self.unit}, or leave such {self.unit}s out with --on-error skip"

    def notes(self) -> list[str]:
        """Return what a user should know."""
        notes = []
        if self.is_latin_1:
            notes.append(f"{self.name} is not UTF-8: read as latin-1")
        if self.count:
            skipped = pluralize(self.count, f"bad {self.unit}")
            notes.append(f"{self.name}: skipped {skipped} (the first, {self.first})")
        return notes

"""A table that is checked: its rows, its ids, and what was wrong with its lines."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from movierec.checking.findings import Tally
from movierec.checking.reader import Bad, Row, id_of, lines_not_utf_8, read_rows
from movierec.errors import DataError

if TYPE_CHECKING:
    from movierec.data.formats.text import TextTable
    from movierec.data.table import Done


class Source:
    """A text table that is read line by line.

    Parameters
    ----------
    table : TextTable
    done : callable, optional
        Called with the fraction that is read, from 0 to 1.

    Attributes
    ----------
    name : str
    faults : dict of str to Tally
        Lines that a fit cannot use, by the kind of fault.
    not_utf_8 : Tally
        Lines in another encoding.
    broken : DataError or None
        Why the file could not be read to its end.
    """

    def __init__(self, table: TextTable, done: Done | None = None) -> None:
        self.table = table
        self.name = table.name
        self.faults: dict[str, Tally] = defaultdict(Tally)
        self.not_utf_8 = Tally()
        self.broken: DataError | None = None
        self._done = done
        self._is_first_pass = True

    def rows(self, bad: Bad | None = None) -> Iterator[Row]:
        """Yield the rows of the table, as far as it can be read.

        Parameters
        ----------
        bad : callable, optional
            Told of lines that cannot be split. Default: they are counted among the faults.
        """
        if self._is_first_pass:
            self._is_first_pass = False
            self._find_encoding()
        try:
            is_utf_8 = not self.not_utf_8.count
            yield from read_rows(self.table, bad or self.bad, is_utf_8=is_utf_8, done=self._done)
        except DataError as error:
            self.broken = error

    def _find_encoding(self) -> None:
        with suppress(DataError):  # it comes again when the rows are read
            for number in lines_not_utf_8(self.table.content):
                self.not_utf_8.add(number)

    def bad(self, kind: str, line: int, problem: str, text: str = "") -> None:
        """Count a line that a fit cannot use.

        Parameters
        ----------
        kind : str
        line : int
        problem, text : str
            What is wrong, and the line itself.
        """
        self.faults[kind].add(line, problem)


class Ids:
    """Ids, each with a code from 0, and the line where it comes first."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.first_lines = array("L")
        self._codes: dict[str, int] = {}
        self._by_field: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.texts)

    def __contains__(self, name: str) -> bool:
        return name in self._codes

    def code(self, field: str, line: int) -> int:
        """Return the code of the id in a field, a new one if it is new.

        Parameters
        ----------
        field : str
        line : int
        """
        code = self._by_field.get(field)
        if code is None:
            name = id_of(field) or ""
            code = self._codes.setdefault(name, len(self.texts))
            if code == len(self.texts):
                self.texts.append(name)
                self.first_lines.append(line)
            self._by_field[field] = code
        return code

    def is_id(self, field: str) -> bool:
        """Tell whether a field holds an id."""
        return field in self._by_field or id_of(field) is not None

    def line_of(self, name: str) -> int:
        """Return the line where an id comes first."""
        return self.first_lines[self._codes[name]]

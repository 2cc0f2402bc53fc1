"""The contract of tables: what every reader of ratings, movies, links, tags and genome takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec.data.report import RowReport, Unit

Done = Callable[[float], None]
"""Called with the fraction that is read, from 0 to 1."""

Row = tuple[int, Sequence[str]]
"""The number of a line or row, and its fields."""

Batch = Mapping[str, "npt.NDArray[Any]"]
"""Some columns of consecutive rows, by name."""


class Table(Protocol):
    """Named columns: a text file, a data frame; a Parquet file or a query could be others.

    Columns have the names of :mod:`movierec.data.columns`, whatever the table calls them.
    """

    @property
    def name(self) -> str:
        """Name in messages."""

    @property
    def unit(self) -> Unit:
        """What the numbers of its rows count."""

    @property
    def kind(self) -> str:
        """What it holds: "ratings", "movies", "links", "tags", "genome" or "unknown"."""

    @property
    def columns(self) -> Mapping[str, int]:
        """Position in a row of each column that is known."""

    @property
    def header(self) -> Sequence[str]:
        """What it calls its columns; empty where it has no names for them."""

    @property
    def description(self) -> str | None:
        """How it was read, for the user; None where there is nothing to say."""

    def describe_header(self) -> str:
        """Return what a user sees of a table that lacks columns."""

    def batches(self, types: Mapping[str, Any], progress: Done | None = None) -> Iterator[Batch]:
        """Yield columns in the order of the rows; the fast way.

        Parameters
        ----------
        types : mapping of str to dtype
            Of each column: int64 for ids, which must be plain numbers, without zeros in front;
            float64; None to leave the type to the table.
        progress : callable, optional

        Raises
        ------
        ValueError
            If a value is not of its type, or is missing.
        """

    def rows(self, report: RowReport, progress: Done | None = None) -> Iterator[Row]:
        """Yield rows as text, with their numbers; the careful way.

        Parameters
        ----------
        report : RowReport
            Told of rows that cannot be split into fields.
        progress : callable, optional

        Raises
        ------
        DataError
            If there is such a row, unless the report skips it.
        """

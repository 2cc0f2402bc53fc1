"""Finding tables: what a user names, or what a folder or zip holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from movierec._checks import is_address, path_of
from movierec._util import pluralize
from movierec.data.columns import (
    NEEDED_IN_WORDS,
    accepted_names,
    column_name,
    holds,
    repeated_columns,
)
from movierec.data.formats.columnar import ColumnarTable
from movierec.data.formats.text import TextTable
from movierec.data.public.sets import resolved
from movierec.data.sources.base import source_of
from movierec.data.sources.frames import frame_table
from movierec.data.sources.hbase import HBaseTable
from movierec.data.sources.sql import SqlQuery
from movierec.errors import DataError, UsageError

if TYPE_CHECKING:
    from movierec.data.sources.base import Place
    from movierec.data.table import Table

_KINDS = tuple(NEEDED_IN_WORDS)
_USUAL_NAMES = (*_KINDS, "genome-scores", "u")  # u.data and u.item are MovieLens 100K
_IN_ORDER = "name the ratings, then the movies: movierec fit ratings.csv movies.csv"
_FORMATS = "docs/reference/formats.md has the formats"


def sample_folder() -> Path:
    """Return the folder of the sample data: in the package, or in the checkout it runs from."""
    here = Path(__file__).resolve().parent.parent
    packaged = here / "sample"
    return packaged if packaged.is_dir() else here.parent.parent / "data"


def find_tables(
    ratings: Place | None, movies: Place | None, named: Mapping[str, str] | None = None
) -> dict[str, Table]:
    """Find the tables of a data set.

    Parameters
    ----------
    ratings : path-like or table, optional
        Alone, a folder or zip in which all kinds of tables are looked for.
    movies : path-like or table, optional
        Without both, the sample is found.
    named : mapping of str to str, optional
        As in :func:`movierec.data.columns.known_columns`.

    Returns
    -------
    dict of str to Table
        By kind; always with "ratings" and "movies".

    Raises
    ------
    UsageError
        If only one of the two is given, and it is not a folder or zip.
    DataError
        If a table is missing, cannot be read, or does not have its columns.
    """
    if ratings is None and movies is None:
        return _find_sample()
    if ratings is None:
        raise UsageError("movies were given without ratings", _IN_ORDER)
    if movies is None:
        found = _find_together(ratings, named)
    else:
        places = {"ratings": ratings, "movies": movies}
        found = {kind: find_table(place, kind, named) for kind, place in places.items()}
    check_named(found, named or {})
    return found


def find_table(place: Place, kind: str, named: Mapping[str, str] | None = None) -> Table:
    """Return the table of a kind at a place, which may be a folder with others in it.

    Parameters
    ----------
    place : path-like, table or SqlQuery
    kind : {"ratings", "movies", "links", "tags", "genome"}
    named : mapping of str to str, optional
        As in :func:`movierec.data.columns.known_columns`.

    Raises
    ------
    UsageError
        If it is neither a path nor a table, or its scheme is not known.
    DataError
        If it is missing, cannot be read, or does not have the columns of its kind.
    """
    if isinstance(place, SqlQuery):
        (table,) = _named([place.table(kind)], named)
        return _checked(table, kind)
    if not is_address(place):
        return _checked(frame_table(place, kind, named), kind)
    address = _address(kind, place)
    tables = _named(source_of(address).tables(address), named)
    if not tables:
        raise DataError(f"{address} is empty", "is it the right folder or zip?")
    if len(tables) == 1:
        return _checked(tables[0], kind, address)
    chosen = _choose(tables, kind)
    if chosen is None:
        raise _nothing_of(kind, address, tables)
    return _without_repeated(chosen)


def only_table(place: Place, role: str) -> Table:
    """Return the one table at a place, whatever it holds.

    Parameters
    ----------
    place : path-like or table
    role : str
        What a table in memory is given as.

    Raises
    ------
    UsageError
        If it is neither a path nor a table, or its scheme is not known.
    DataError
        If there is none, or a folder or zip of several.
    """
    if not is_address(place):
        return frame_table(place, role)
    address = _address(role, place)
    tables = source_of(address).tables(address)
    if len(tables) != 1:
        files = pluralize(len(tables), "file")
        raise DataError(f"{address} holds {files}", "name the one to read")
    return _without_repeated(tables[0])


def holds_several(place: Place) -> bool:
    """Tell whether a place is a folder or zip with more than one table."""
    if not is_address(place):
        return False
    address = _address("ratings", place)
    source = source_of(address)
    try:
        return source.is_folder(address) and len(source.tables(address)) > 1
    except OSError:  # such as a name that is too long, which reading it will say
        return False


def _address(role: str, place: Place) -> str:
    """Return where to read a table; a public data set is named by its name."""
    return resolved(path_of(role, place))


def _named(tables: Sequence[Table], named: Mapping[str, str] | None) -> Sequence[Table]:
    """Return the tables with the names that a user gives to columns."""
    if not named:
        return tables
    return [
        replace(table, named=named)
        if isinstance(table, TextTable | ColumnarTable | HBaseTable)
        else table
        for table in tables
    ]


def check_named(found: Mapping[str, Table], named: Mapping[str, str]) -> None:
    """Raise an error if no table has a column that a user names.

    Parameters
    ----------
    found : mapping of str to Table
    named : mapping of str to str
        As in :func:`movierec.data.columns.known_columns`.

    Raises
    ------
    DataError
        If there is such a name.
    """
    known = {header.casefold() for table in found.values() for header in table.header}
    for column, header in named.items():
        if header.casefold() not in known:
            tables = (f"{table.name} has {', '.join(table.header)}" for table in found.values())
            raise DataError(
                f'no column is called "{header}", which was named as {column}', "; ".join(tables)
            )


def _find_sample() -> dict[str, Table]:
    """Find the sample, which has the same name wherever it is installed."""
    found = _find_together(sample_folder())
    return {kind: _renamed(table) for kind, table in found.items()}


def _renamed(table: Table) -> Table:
    if not isinstance(table, TextTable):
        return table
    return TextTable(replace(table.content, name=f"sample {Path(table.name).name}"))


def _find_together(place: Place, named: Mapping[str, str] | None = None) -> dict[str, Table]:
    """Find all kinds of tables in a folder or zip."""
    if not is_address(place):
        frame_table(place, "ratings")  # for its error, if it is no table at all
        raise UsageError("ratings were given without movies", "give a table of movies, too")
    address = _address("ratings", place)
    source = source_of(address)
    tables = _named(source.tables(address), named)
    if not source.is_folder(address):
        raise UsageError(
            f"{address} is one file; ratings and movies are two",
            "movierec fit ratings.csv movies.csv, or name a folder or zip that holds both",
        )
    found = {kind: _choose(tables, kind) for kind in _KINDS}
    for kind in ("ratings", "movies"):
        if found[kind] is None:
            raise _nothing_of(kind, address, tables)
    return {kind: _without_repeated(table) for kind, table in found.items() if table is not None}


def _without_repeated(table: Table) -> Table:
    """Return a table if no two of its columns with a known meaning have the same name."""
    known = [name for name in table.header if column_name(name)]
    if len(set(known)) < len(known):
        raise repeated_columns(table.name)
    return table


def _choose(tables: Sequence[Table], kind: str) -> Table | None:
    """Return the table of a kind; where there are several, the one of the usual name."""
    fitting = [table for table in tables if _safe_kind(table) == kind]
    usual = [table for table in fitting if _stem(table) in _USUAL_NAMES]
    best = usual if len(usual) == 1 else fitting
    if len(best) > 1:
        names = ", ".join(table.name for table in best)
        raise DataError(f"several files hold {kind}: {names}", "name the two files to read")
    return best[0] if best else None


def _safe_kind(table: Table) -> str | None:
    try:
        return table.kind
    except DataError:  # in a folder, files that are no tables do not matter
        return None


def _stem(table: Table) -> str:
    return Path(table.name.replace(":", "/")).name.split(".")[0].casefold()


def _nothing_of(kind: str, address: str, tables: Sequence[Table]) -> DataError:
    """Return the error for a place without a kind of table, naming the files that are broken."""
    problems = [] if tables else ["it is empty"]
    for table in tables:
        try:
            _ = table.kind
        except DataError as error:
            problems.append(str(error))
    because = f" ({'; '.join(problems)})" if problems else ""
    return DataError(f"{address} holds no {kind} file that movierec knows{because}", _FORMATS)


def _checked(table: Table, kind: str, name: str | None = None) -> Table:
    """Return a table if it is of a kind, or say what it is instead."""
    name = name or table.name
    if table.kind == kind or holds(table.columns, kind):
        return _without_repeated(table)
    if table.kind != "unknown":
        raise DataError(f"{name} holds {table.kind}, not {kind}", _IN_ORDER)
    names = f" (known names: {accepted_names(kind)})" if kind in ("ratings", "movies") else ""
    raise DataError(
        f"{name} does not have the columns of {kind}; {table.describe_header()}",
        f"it needs columns for {NEEDED_IN_WORDS[kind]}{names}; name yours with --columns, such as "
        f"--columns user=READER,item=BOOK; {_FORMATS}",
    )

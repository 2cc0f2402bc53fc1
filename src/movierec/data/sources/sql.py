"""Tables that a query asks of a database: ``postgresql://``, ``redshift://``, ``sqlite:///``..."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from movierec._checks import is_address, path_of, refusal, text
from movierec._util import without_secrets
from movierec.data.formats.kept import kept_table
from movierec.data.sources.base import Source
from movierec.errors import DataError, UsageError
from movierec.store.databases import SCHEMES, query_batches, scheme_of
from movierec.store.failures import RemoteError

if TYPE_CHECKING:
    from movierec.data.sources.base import Place
    from movierec.data.table import Table

_EXAMPLE = (
    "only fit reads databases: name one, such as postgresql://HOST/DATABASE, with --query and "
    "--movies-query"
)


@dataclass(frozen=True)
class SqlQuery:
    """A query to a database, as a place where a table is.

    Attributes
    ----------
    address : str
        Of the database.
    query : str
        One statement that reads.
    """

    address: str
    query: str

    def table(self, role: str) -> Table:
        """Return the answer.

        Parameters
        ----------
        role : str
            What it is given as, such as "ratings"; for its name.

        Raises
        ------
        DataError
            If the database cannot be reached, or refuses the query.
        UsageError
            If a library is not installed.
        """
        name = f"{role} query at {without_secrets(self.address)}"
        try:
            return kept_table(name, query_batches(self.address, self.query))
        except RemoteError as error:
            raise DataError(f"{name}: {error.reason}", error.hint) from error


class DatabaseSource:
    """Databases without a query, which hold no table that could be read."""

    SCHEMES: ClassVar[Collection[str]] = SCHEMES

    def is_folder(self, address: str) -> bool:
        """Tell whether tables can be looked for; a database has too many."""
        raise _without_query(address)

    def tables(self, address: str) -> list[Table]:
        """Raise an error.

        Raises
        ------
        UsageError
            Always.
        """
        raise _without_query(address)


SOURCE: Source = DatabaseSource()


def _without_query(address: str) -> UsageError:
    return UsageError(f"{address} is a database, which needs a query", _EXAMPLE)


def with_queries(
    ratings: Place | None, movies: Place | None, query: str | None, movies_query: str | None
) -> tuple[Any, Any]:
    """Return the places of ratings and movies, each with its query if there is one.

    Parameters
    ----------
    ratings, movies : path-like or table, optional
        With `movies_query` and without movies, these are in the database of the ratings.
    query, movies_query : str, optional

    Raises
    ------
    UsageError
        If a query is no text, or there is no database for it.
    """
    stars: Any = ratings if query is None else _queried("query", ratings, query)
    if movies_query is not None:
        films = ratings if movies is None else movies
        return stars, _queried("movies_query", films, movies_query)
    if query is not None and movies is None:
        raise UsageError("ratings were queried without movies", "add --movies-query")
    return stars, movies


def _queried(name: str, place: Any, query: str) -> SqlQuery:
    if not text(name, query).strip("; \t\r\n") or "\0" in query or not _is_unicode(query):
        raise refusal(name, query, "a query in SQL", _EXAMPLE)
    address = path_of("the database", place) if is_address(place) else ""
    if not scheme_of(address):
        raise UsageError(f"{name} was given without a database", _EXAMPLE)
    return SqlQuery(address, query)


def _is_unicode(query: str) -> bool:
    try:
        return bool(query.encode())
    except UnicodeEncodeError:
        return False

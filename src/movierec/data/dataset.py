"""Reading a data set: ratings, movies, and what else is known of the movies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from movierec._checks import mapping, one_of, shown, text
from movierec._util import Progress, no_progress, pluralize
from movierec.data.columns import COLUMNS, holds
from movierec.data.discover import find_table, find_tables, holds_several, only_table
from movierec.data.features import Features, read_features
from movierec.data.genome import read_genome
from movierec.data.interactions import RatingRows
from movierec.data.items import MovieRow, read_links, read_movies, read_tags
from movierec.data.outliers import outlier_note
from movierec.data.ratings import read_ratings
from movierec.data.report import RowReport
from movierec.errors import DataError, UsageError

if TYPE_CHECKING:
    from movierec.data.sources.base import Place
    from movierec.data.table import Table

OnError = Literal["fail", "skip"]
"""Whether a row that cannot be used is an error or is left out."""

T = TypeVar("T")
ReadRows = Callable[["Table", RowReport], RatingRows]


@dataclass
class Dataset:
    """What was read.

    Attributes
    ----------
    movies : list of MovieRow
    ratings : RatingRows
    links : mapping of str to str
        IMDb ids by movie id.
    tags : mapping of str to list of str
        Tags by movie id, the most given first.
    genome : mapping of str to mapping of str to float
        The relevance of tags, by movie id.
    features : mapping of str to mapping of str to str
        What else is known: for each column, the text of each movie, by movie id.
    files : dict of str to str
        The names of the files or data frames, by their kind.
    notes : list of str
        What a user should know: how each file was read, and what was left out.
    n_movie_rows, n_rating_rows : int
        Number of usable rows, movies with their repetitions.
    """

    movies: list[MovieRow]
    ratings: RatingRows
    links: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, list[str]] = field(default_factory=dict)
    genome: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    features: Features = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    n_movie_rows: int = 0
    n_rating_rows: int = 0

    def take_ratings(self) -> RatingRows:
        """Hand over the ratings and forget them, so that they can be freed once encoded."""
        rows, self.ratings = self.ratings, RatingRows.empty()
        return rows


def read_dataset(
    ratings: Place | None = None,
    movies: Place | None = None,
    *,
    links: Place | None = None,
    tags: Place | None = None,
    genome: Place | None = None,
    content: Place | None = None,
    columns: Mapping[str, str] | None = None,
    on_error: OnError = "fail",
    progress: Progress = no_progress,
    read_rows: ReadRows | None = None,
) -> Dataset:
    """Read ratings and movies, or a folder or zip that holds both.

    Each argument is a path (``-`` is standard input) or a table of pandas, polars or Arrow.

    Parameters
    ----------
    ratings : path-like or table, optional
        Alone, a folder or zip in which movies, links, tags and the tag genome are found too.
        Without it, the sample is read.
    movies, links, tags, genome : path-like or table, optional
    content : path-like or table, optional
        Any columns beside the id of the movie; see :mod:`movierec.films.features`.
    columns : mapping of str to str, optional
        What the files call columns that movierec does not recognize; see
        :func:`movierec.data.columns.known_columns`.
    on_error : {"fail", "skip"}
        Whether a row that cannot be used is an error, or is left out and counted.
    progress : callable, optional
        Called with "reading the ratings" and the fraction that is read.
    read_rows : callable, optional
        Takes the table of ratings and a report of its rows, and returns the ratings, or none if
        they are read elsewhere. Default: :func:`movierec.data.ratings.read_ratings`.

    Raises
    ------
    DataError
        If a file is missing, broken, not what it should be, or has a row that cannot be used.
    UsageError
        If an argument is neither a path nor a table, or `on_error` is neither of these.
    """
    one_of("on_error", on_error, get_args(OnError))
    found = find_dataset(
        ratings, movies, links=links, tags=tags, genome=genome, content=content, columns=columns
    )
    if read_rows is None:
        read_rows = partial(
            read_ratings, progress=lambda done: progress("reading the ratings", done)
        )
    return _read(found, on_error == "skip", read_rows)


def find_dataset(
    ratings: Place | None,
    movies: Place | None,
    *,
    links: Place | None,
    tags: Place | None,
    genome: Place | None,
    content: Place | None,
    columns: Mapping[str, str] | None,
) -> dict[str, Table]:
    """Find the tables of a data set, by kind.

    Parameters
    ----------
    ratings, movies, links, tags, genome, content, columns
        As in :func:`read_dataset`.

    Raises
    ------
    DataError
        If a table is missing, cannot be read, or does not have its columns.
    UsageError
        If an argument is neither a path nor a table.
    """
    check_columns({} if columns is None else columns)
    found = find_tables(ratings, movies, columns)
    named = {"links": links, "tags": tags, "genome": genome}
    for kind, place in named.items():
        if place is not None:
            found[kind] = find_table(place, kind)
    if content is not None:
        found["content"] = only_table(content, "content")
    return found


def check_columns(columns: Mapping[str, str]) -> None:
    """Check what a user calls columns.

    Parameters
    ----------
    columns : mapping of str to str
        As in :func:`read_dataset`.

    Raises
    ------
    UsageError
        If a key is no column, or a name is no text.
    """
    for name, header in mapping("columns", columns).items():
        if name not in COLUMNS:
            raise UsageError(
                f"no column is called {shown(name)}", f"the columns are {', '.join(COLUMNS)}"
            )
        text(f"the name of the column {name}", header)


def _read(found: dict[str, Table], skip: bool, read_rows: ReadRows) -> Dataset:
    tables = Tables(found, skip)
    movies, n_repeated = tables.read("movies", read_movies)
    if not movies:
        raise DataError(f"{found['movies'].name} holds no movies", "is it the right file?")
    if n_repeated:
        repeated = pluralize(n_repeated, "row")
        tables.notes.append(f"left out {repeated} of a movie that was listed before")
    rows = tables.read("ratings", read_rows)
    if note := outlier_note(rows):
        tables.notes.append(f"{found['ratings'].name}: {note}")
    features = tables.read("content", read_features) if "content" in found else {}
    if features:
        tables.notes.append(_features_note(found["content"].name, features, movies))
    return Dataset(
        movies=movies,
        ratings=rows,
        links=tables.read("links", read_links) if "links" in found else {},
        tags=tables.read("tags", read_tags) if "tags" in found else {},
        genome=tables.read("genome", read_genome) if "genome" in found else {},
        features=features,
        files={kind: table.name for kind, table in found.items()},
        notes=tables.notes,
        n_movie_rows=len(movies) + n_repeated,
        n_rating_rows=len(rows),
    )


def _features_note(name: str, features: Features, movies: Iterable[MovieRow]) -> str:
    """Say which columns were read, of how many movies."""
    listed = {movie.movie_id for movie in movies}
    described = {movie for texts in features.values() for movie in texts}
    n_known = len(listed & described)
    if not n_known:
        raise DataError(
            f"{name} names none of the movies", "its ids must be those of the movies file"
        )
    return f"{name}: {', '.join(features)} of {pluralize(n_known, 'movie')}"


class Tables:
    """The tables that were found, and what a user should know of them once they are read.

    Parameters
    ----------
    found : mapping of str to Table
        By kind.
    skip : bool
        Whether rows that cannot be used are left out.
    """

    def __init__(self, found: Mapping[str, Table], skip: bool) -> None:
        self._found = found
        self._skip = skip
        self.notes: list[str] = []

    def read(self, kind: str, read: Callable[[Table, RowReport], T]) -> T:
        """Read the table of a kind.

        Parameters
        ----------
        kind : str
        read : callable
            Takes the table and a report of its rows.
        """
        table = self._found[kind]
        report = RowReport(table.name, skip=self._skip, unit=table.unit)
        content = read(table, report)
        if table.description and table.kind == kind:
            self.notes.append(f"{table.name}: {table.description}")
        self.notes += report.notes()
        return content


def read_rated(
    ratings: Place, movies: Place | None = None
) -> tuple[RatingRows, list[MovieRow] | None]:
    """Read ratings, and the movies if they are named or lie beside the ratings.

    Parameters
    ----------
    ratings : path-like or table
        A file or table of ratings, or a folder or zip that holds ratings and movies.
    movies : path-like or table, optional

    Raises
    ------
    DataError
        If a file is missing or not what it should be, or a row cannot be used.
    """
    if holds_several(ratings):
        # Named twice, since a folder named once is also searched for tags, which take long.
        dataset = read_dataset(ratings, ratings if movies is None else movies)
        return dataset.take_ratings(), dataset.movies
    return read_rating_rows(ratings), None if movies is None else read_movie_file(movies)


def read_rating_rows(place: Place, progress: Progress = no_progress) -> RatingRows:
    """Read ratings, or users and movies alone, where every rating is a 1.

    Parameters
    ----------
    place : path-like or table
    progress : callable, optional
        Called with "reading the ratings" and the fraction that is read.

    Raises
    ------
    DataError
        If it is missing, or has no columns for user and movie, or a row cannot be used.
    """
    table = only_table(place, "ratings")
    if not {"user", "item"} <= table.columns.keys():
        raise DataError(
            f"{table.name} has no columns for user and movie; {table.describe_header()}",
            "it needs userId and movieId, and perhaps rating and timestamp",
        )
    report = RowReport(table.name, skip=False, unit=table.unit, can_skip=False)
    return read_ratings(table, report, progress=lambda done: progress("reading the ratings", done))


def read_movie_file(place: Place) -> list[MovieRow]:
    """Read a file or table of movies.

    Parameters
    ----------
    place : path-like or table

    Raises
    ------
    DataError
        If it is missing or not one of movies, or a row cannot be used.
    """
    table = only_table(place, "movies")
    if not holds(table.columns, "movies"):
        hint = "it needs columns for movieId, title and genres: docs/reference/formats.md"
        raise DataError(f"{table.name} does not hold movies", hint)
    report = RowReport(table.name, skip=False, unit=table.unit, can_skip=False)
    return read_movies(table, report)[0]

"""Reading movies, and what else is known of them: links to other sites, tags."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec._util import one_line, pluralize
from movierec.data.report import RowReport
from movierec.films.names import LONGEST_TITLE, normalized_length
from movierec.vocabulary import clean_id, is_id

if TYPE_CHECKING:
    from movierec.data.table import Table

_N_TAGS = 10  # of a movie, the most used


@dataclass(frozen=True)
class MovieRow:
    """A movie as its table has it; `genres` are joined by ``|``."""

    movie_id: str
    title: str
    genres: str


def read_movies(table: Table, report: RowReport) -> tuple[list[MovieRow], int]:
    """Read movies.

    Parameters
    ----------
    table : Table
        With columns for item and title.
    report : RowReport
        Told of rows that cannot be used.

    Returns
    -------
    movies : list of MovieRow
        The first of each id.
    n_repeated : int
        Number of rows whose id was there before.

    Raises
    ------
    DataError
        If a row cannot be used, unless the report skips it.
    """
    movies: dict[str, MovieRow] = {}
    n_repeated = 0
    for movie in _movies(table, report):
        n_repeated += movie.movie_id in movies
        movies.setdefault(movie.movie_id, movie)
    return list(movies.values()), n_repeated


def _movies(table: Table, report: RowReport) -> Iterator[MovieRow]:
    parse = _parser(table.columns)
    for number, fields in table.rows(report):
        try:
            movie_id, title, genres = parse(fields)
        except IndexError:
            report.bad(number, f"only {pluralize(len(fields), 'field')}")
            continue
        title = one_line(title)
        if problem := _problem(movie_id, title):
            report.bad(number, problem)
        else:
            yield MovieRow(clean_id(movie_id), title, one_line(genres))


def _problem(movie_id: str, title: str) -> str | None:
    if not is_id(movie_id) or not title:
        return f"no {'title' if is_id(movie_id) else 'usable id'}"
    length = normalized_length(title)
    if length > LONGEST_TITLE:
        return f"a title of {length:,} characters, more than {LONGEST_TITLE}"
    return None


def _parser(columns: Mapping[str, int]) -> Callable[[Sequence[str]], tuple[str, str, str]]:
    genres, year = columns.get("genres"), columns.get("year")

    def parse(fields: Sequence[str]) -> tuple[str, str, str]:
        title = fields[columns["title"]]
        lacks_year = title.strip() and not title.rstrip().endswith(")")
        if year is not None and lacks_year and (number := clean_id(fields[year])).isdigit():
            title = f"{title} ({number})"
        return fields[columns["item"]], title, fields[genres] if genres is not None else ""

    return parse


def read_links(table: Table, report: RowReport) -> dict[str, str]:
    """Read IMDb ids, such as ``tt0114709``, by the id of the movie.

    Parameters
    ----------
    table : Table
        With columns for item and IMDb id.
    report : RowReport

    Raises
    ------
    DataError
        If a row is too short, unless the report skips it.
    """
    links = {}
    for movie_id, imdb in _pairs(table, "imdb", report):
        if number := clean_id(imdb).removeprefix("tt"):
            links[movie_id] = f"tt{number.zfill(7)}"
    return links


def read_tags(table: Table, report: RowReport) -> dict[str, list[str]]:
    """Read the tags that most users gave each movie, by its id, the most given first.

    Parameters
    ----------
    table : Table
        With columns for item and tag.
    report : RowReport

    Raises
    ------
    DataError
        If a row is too short, unless the report skips it.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for movie_id, tag in _pairs(table, "tag", report):
        if name := one_line(tag).casefold():
            counts[movie_id][name] += 1
    return {
        movie_id: [name for name, _ in counter.most_common(_N_TAGS)]
        for movie_id, counter in counts.items()
    }


def _pairs(table: Table, column: str, report: RowReport) -> Iterator[tuple[str, str]]:
    """Yield the id of a movie and what a column says of it, for each row."""
    item_at, value_at = table.columns["item"], table.columns[column]
    for number, fields in table.rows(report):
        if len(fields) <= max(item_at, value_at):
            report.bad(number, f"only {pluralize(len(fields), 'field')}")
        else:
            yield clean_id(fields[item_at]), fields[value_at]

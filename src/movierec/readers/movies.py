"""Reading films, and what else is known of them: links to other sites, tags."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from movierec.readers.layout import Layout
from movierec.readers.source import Source
from movierec.readers.text import LONGEST_ID, Row, RowReport, clean_id, read_rows
from movierec.wording import counted, one_line

_N_TAGS = 10  # of a film, the most used
# MovieLens 100K marks genres by a flag each, in this order.
_ML100K_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_FIRST_FLAG = 5


@dataclass(frozen=True)
class MovieRow:
    """A film as its file has it; `genres` are joined by ``|``."""

    movie_id: str
    title: str
    genres: str


def read_movies(source: Source, layout: Layout, report: RowReport) -> tuple[list[MovieRow], int]:
    """Read the films, the first of each id, and count the rows that repeat one."""
    movies: dict[str, MovieRow] = {}
    n_repeated = 0
    for movie in _movies(read_rows(source, layout, report), layout, report):
        n_repeated += movie.movie_id in movies
        movies.setdefault(movie.movie_id, movie)
    return list(movies.values()), n_repeated


def _movies(rows: Iterable[Row], layout: Layout, report: RowReport) -> Iterator[MovieRow]:
    parse = _parser(layout)
    for line, fields in rows:
        try:
            movie_id, title, genres = map(one_line, parse(fields))
        except IndexError:
            report.bad(line, f"only {counted(len(fields), 'field')}")
            continue
        if not 0 < len(movie_id.encode()) <= LONGEST_ID or not title:
            report.bad(line, f"no {'title' if movie_id else 'usable id'}")
            continue
        yield MovieRow(clean_id(movie_id), title, genres)


def _parser(layout: Layout) -> Callable[[Sequence[str]], tuple[str, str, str]]:
    columns = layout.columns
    if layout.separator == "::":  # a title may hold the separator, so count from both ends
        return lambda fields: (
            fields[0],
            "::".join(fields[1 : max(2, len(fields) - 1)]),
            fields[2:][-1],
        )
    if layout.separator == "|" and not layout.has_header:
        return lambda fields: (fields[0], fields[1], _flagged(fields[_FIRST_FLAG:]))
    genres, year = columns.get("genres"), columns.get("year")

    def parse(fields: Sequence[str]) -> tuple[str, str, str]:
        title = fields[columns["title"]]
        if year is not None and fields[year].isdigit() and not title.rstrip().endswith(")"):
            title = f"{title} ({fields[year]})"
        return fields[columns["item"]], title, fields[genres] if genres is not None else ""

    return parse


def _flagged(flags: Sequence[str]) -> str:
    return "|".join(
        genre for genre, flag in zip(_ML100K_GENRES, flags, strict=False) if flag == "1"
    )


def read_links(source: Source, layout: Layout, report: RowReport) -> dict[str, str]:
    """Read IMDb ids, such as ``tt0114709``, by the id of the film."""
    item, imdb = layout.columns["item"], layout.columns["imdb"]
    links = {}
    for line, fields in read_rows(source, layout, report):
        if len(fields) <= max(item, imdb):
            report.bad(line, f"only {counted(len(fields), 'field')}")
        elif number := fields[imdb].strip().removeprefix("tt"):
            links[clean_id(fields[item])] = f"tt{number.zfill(7)}"
    return links


def read_tags(source: Source, layout: Layout, report: RowReport) -> Mapping[str, list[str]]:
    """Read the tags that most people gave each film, by its id, the most given first."""
    item, tag = layout.columns["item"], layout.columns["tag"]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for line, fields in read_rows(source, layout, report):
        if len(fields) <= max(item, tag):
            report.bad(line, f"only {counted(len(fields), 'field')}")
        elif name := one_line(fields[tag]).casefold():
            counts[clean_id(fields[item])][name] += 1
    return {
        movie_id: [name for name, _ in counter.most_common(_N_TAGS)]
        for movie_id, counter in counts.items()
    }

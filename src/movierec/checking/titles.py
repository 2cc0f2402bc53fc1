"""Findings on movies: titles that are there twice, years that cannot be, unknown genres."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from movierec.checking.findings import Finding, Tally, quoted
from movierec.films.names import split_year

if TYPE_CHECKING:
    from movierec.checking.movies import MovieLine, MovieTable

_FIRST_YEAR = 1874  # Passage de Vénus
_YEARS_AHEAD = 10  # that films are announced
_NO_GENRES = "(no genres listed)"
# Of MovieLens and of IMDb.
_GENRES = frozenset(
    (
        *("action", "adventure", "animation", "children", "children's", "comedy", "crime"),
        *("documentary", "drama", "fantasy", "film-noir", "horror", "imax", "musical", "mystery"),
        *("romance", "sci-fi", "thriller", "war", "western", "unknown", "adult", "biography"),
        *("family", "game-show", "history", "music", "news", "reality-tv", "short", "sport"),
        "talk-show",
    )
)
_N_GENRES = 20  # unknown ones that are named
_LONGEST_GENRE = 100  # characters that are compared
_KNOWN_SHARE = 0.5  # of the genres that are given: else the data have genres of their own


def title_findings(movies: MovieTable) -> Iterator[Finding]:
    """Yield what is wrong with titles, years and genres.

    Parameters
    ----------
    movies : MovieTable
    """
    yield from _alike(movies)
    yield from _years(movies)
    yield from _genres(movies)


def _alike(movies: MovieTable) -> Iterator[Finding]:
    by_title: dict[str, list[tuple[int | None, MovieLine]]] = defaultdict(list)
    for movie in movies.movies.values():
        name, year = split_year(movie.title)
        by_title[name.casefold()].append((year, movie))
    same, other = list[tuple[int, str]](), list[tuple[int, str]]()
    for group in by_title.values():
        years: dict[int | None, MovieLine] = {}
        for year, movie in group:
            before = years.get(year, group[0][1])
            if movie is not before:
                pair = f"{quoted(before.title)} and {quoted(movie.title)}"
                (same if year in years else other).append((movie.line, pair))
            years.setdefault(year, movie)
    yield from _pairs(movies.source.name, sorted(same), sorted(other))


def _pairs(
    name: str, same_year: Sequence[tuple[int, str]], other_year: Sequence[tuple[int, str]]
) -> Iterator[Finding]:
    same, other = Tally(), Tally()
    for tally, pairs in ((same, same_year), (other, other_year)):
        for line, pair in pairs:
            tally.add(line, pair)
    message = f"{same.of('movie')} with the title and year of another: {same.example}"
    hint = "if they are one movie, give its ratings one id"
    yield from same.finding("warning", "same-title", name, message, hint)
    message = f"{other.of('movie')} with the title of another year: {other.example}"
    hint = "remakes are common"
    yield from other.finding("note", "same-title-other-year", name, message, hint)


def _years(movies: MovieTable) -> Iterator[Finding]:
    last = datetime.now(UTC).year + _YEARS_AHEAD
    wrong, none = Tally(), Tally()
    for movie in movies.movies.values():
        year = split_year(movie.title)[1]
        if year is None:
            none.add(movie.line, movie.title)
        elif not _FIRST_YEAR <= year <= last:
            wrong.add(movie.line, movie.title)
    name = movies.source.name
    message = f"{wrong.of('movie')} of a year that cannot be: {wrong.example}"
    hint = f"films are made since {_FIRST_YEAR}, and announced {_YEARS_AHEAD} years ahead"
    yield from wrong.finding("warning", "year", name, message, hint)
    message = f"{none.of('movie')} without a year, such as {none.example}"
    hint = "end titles with a year, as in Heat (1995), or add a column of years"
    yield from none.finding("note", "without-year", name, message, hint)


def _genres(movies: MovieTable) -> Iterator[Finding]:
    unknown, none = defaultdict[str, Tally](Tally), Tally()
    counts = Counter[str]()
    for movie in movies.movies.values():
        genres = [genre for genre in movie.genres.split("|") if genre.strip()]
        if not genres or genres == [_NO_GENRES]:
            none.add(movie.line, movie.title)
            continue
        counts.update(genres)
        for genre in genres:
            if genre.strip().casefold() not in _GENRES:
                unknown[genre].add(movie.line)
    name = movies.source.name
    n_known = sum(n for genre, n in counts.items() if genre not in unknown)
    if n_known >= _KNOWN_SHARE * counts.total():
        yield from _unknown(name, unknown, sorted(set(counts) - set(unknown)))
    message = f"{none.of('movie')} without a genre, such as {none.example}"
    hint = "they are compared by ratings, title and year"
    yield from none.finding("note", "without-genre", name, message, hint)


def _unknown(file: str, unknown: dict[str, Tally], known: list[str]) -> Iterator[Finding]:
    by_count = sorted(unknown, key=lambda genre: -unknown[genre].count)
    for genre in by_count[:_N_GENRES]:
        meant = get_close_matches(genre[:_LONGEST_GENRE], known, 1)
        message = f'{unknown[genre].of("movie")} of the unknown genre "{quoted(genre)}"'
        hint = f"{meant[0]} is known" if meant else "genres are separated by |"
        yield from unknown[genre].finding("warning", "genre", file, message, hint)
    rest = Tally()
    for genre in by_count[_N_GENRES:]:
        rest.add(unknown[genre].lines[0], genre)
    message = f"{rest.of('other unknown genre')}, such as {rest.example}"
    yield from rest.finding("warning", "genre", file, message, "genres are separated by |")

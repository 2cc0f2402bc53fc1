"""Findings on ids: those on one side only, repeated ones, and those that lost zeros."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from movierec._util import parts_of
from movierec.checking.findings import Finding, Severity, Tally

if TYPE_CHECKING:
    from movierec.checking.movies import MovieTable, OtherTable
    from movierec.checking.ratings import RatingTable
    from movierec.checking.source import Ids
    from movierec.data.interactions import I64


def id_findings(
    ratings: RatingTable, movies: MovieTable, others: Mapping[str, OtherTable]
) -> Iterator[Finding]:
    """Yield what is wrong with the ids of users and movies.

    Parameters
    ----------
    ratings : RatingTable
    movies : MovieTable
    others : mapping of str to OtherTable
        Links, tags, the tag genome and other content, as far as there are any.
    """
    yield from _listed_twice(movies)
    yield from _not_listed(ratings, movies)
    yield from _not_rated(ratings, movies)
    for kind, table in others.items():
        yield from _of_unknown_movies(kind, table, movies)
    if "links" in others:
        yield from _without_links(movies, others["links"])
    yield from _without_zeros(ratings.source.name, "user", ratings.users)
    known = {*movies.movies, *(name for table in others.values() for name in table.items.texts)}
    yield from _without_zeros(ratings.source.name, "movie", ratings.items, known)
    yield from _zeros_of_movies(movies)
    yield from _repeated(ratings)


def _listed_twice(movies: MovieTable) -> Iterator[Finding]:
    same, other = Tally(), Tally()
    for movie in movies.repeated:
        first = movies.movies[movie.movie_id]
        is_same = movie.title == first.title
        text = f"{movie.movie_id}, {movie.title}"
        (same if is_same else other).add(movie.line, text if is_same else f"{text}; {first.title}")
    for tally, kind, what in (
        (same, "listed-twice", "of a movie that was listed before"),
        (other, "listed-as-another", "with the id of another movie"),
    ):
        message = f"{tally.of('line')} {what}: {tally.example}"
        hint = "the first line of an id counts"
        yield from tally.finding("warning", kind, movies.source.name, message, hint)


def _not_listed(ratings: RatingTable, movies: MovieTable) -> Iterator[Finding]:
    is_listed = np.array([name in movies.movies for name in ratings.items.texts], dtype=bool)
    missing = np.flatnonzero(~is_listed[ratings.item_codes]) if len(ratings) else np.empty(0, int)
    tally = tally_of(ratings, missing)
    n_movies = Tally(int((~is_listed).sum()))
    if tally.count:
        tally.example = ratings.items.texts[ratings.item_codes[missing[0]]]
    message = (
        f"{tally.of('rating')} of {n_movies.of('movie')} that {n_movies.be} not in "
        f"{movies.source.name}, such as {tally.example}"
    )
    hint = "a fit leaves them out; do the two files belong to the same data set?"
    yield from tally.finding("warning", "not-listed", ratings.source.name, message, hint)


def tally_of(ratings: RatingTable, rows: I64) -> Tally:
    """Return the count and the first lines of some rows, which may be many.

    Parameters
    ----------
    ratings : RatingTable
    rows : ndarray of shape (n,), integer
        Ascending positions.
    """
    tally = Tally()
    for row in rows[:5]:
        tally.add(ratings.lines[row])
    tally.count = len(rows)
    return tally


def _not_rated(ratings: RatingTable, movies: MovieTable) -> Iterator[Finding]:
    tally = Tally()
    for movie in movies.movies.values():
        if movie.movie_id not in ratings.items:
            tally.add(movie.line, movie.title)
    message = f"{tally.of('movie')} that nobody rated, such as {tally.example}"
    hint = "they are compared by content"
    yield from tally.finding("note", "not-rated", movies.source.name, message, hint)


def _of_unknown_movies(kind: str, table: OtherTable, movies: MovieTable) -> Iterator[Finding]:
    tally = Tally()
    for name, line in zip(table.items.texts, table.items.first_lines, strict=True):
        if name not in movies.movies:
            tally.add(line, name)
    message = f"{kind} of {tally.of('movie')} that {tally.be} not listed, such as {tally.example}"
    hint = "a fit leaves them out"
    is_of_others = kind == "content" and tally.count == len(table.items) > 0
    severity: Severity = "error" if is_of_others else "note"
    yield from tally.finding(severity, f"{kind}-not-listed", table.source.name, message, hint)


def _without_links(movies: MovieTable, links: OtherTable) -> Iterator[Finding]:
    tally = Tally()
    for movie in movies.movies.values():
        if movie.movie_id not in links.items:
            tally.add(movie.line, movie.title)
    message = f"{tally.of('movie')} without an IMDb id in {links.source.name}: {tally.example}"
    hint = "they cannot be found by an IMDb id"
    yield from tally.finding("note", "without-links", movies.source.name, message, hint)


def _without_zeros(
    file: str, noun: str, ids: Ids, others: Collection[str] = ()
) -> Iterator[Finding]:
    """Find ids such as 7 beside 007: a spreadsheet may have taken the zeros of some."""
    full = {name.lstrip("0") or "0": name for name in (*ids.texts, *others) if has_zeros(name)}
    tally = Tally()
    for name, line in zip(ids.texts, ids.first_lines, strict=True):
        if name in full:
            tally.add(line, f"{name} and {full[name]}")
    yield from _zeros(tally, file, noun)


def _zeros_of_movies(movies: MovieTable) -> Iterator[Finding]:
    full = {name.lstrip("0") or "0": name for name in movies.movies if has_zeros(name)}
    tally = Tally()
    for movie in movies.movies.values():
        if movie.movie_id in full:
            tally.add(movie.line, f"{movie.movie_id} and {full[movie.movie_id]}")
    yield from _zeros(tally, movies.source.name, "movie")


def _zeros(tally: Tally, file: str, noun: str) -> Iterator[Finding]:
    message = f"{tally.of(noun + ' id')} beside the same with zeros in front: {tally.example}"
    hint = "if they are the same, some lost their zeros; write the columns of ids as text"
    yield from tally.finding("warning", f"{noun}-id-zeros", file, message, hint)


def has_zeros(name: str) -> bool:
    """Tell whether an id is a number with zeros in front."""
    return len(name) > 1 and name.startswith("0") and name.isdigit() and name.isascii()


def _repeated(ratings: RatingTable) -> Iterator[Finding]:
    rows, n_equal = repeated_rows(ratings)
    tally = tally_of(ratings, rows)
    if tally.count:
        row = rows[0]
        user = ratings.users.texts[ratings.user_codes[row]]
        tally.example = f"user {user}, movie {ratings.items.texts[ratings.item_codes[row]]}"
    message = (
        f"{tally.of('rating')} of a movie that the same user rated before "
        f"({n_equal:,} with the same rating): {tally.example}"
    )
    hint = "the last by time counts"
    yield from tally.finding("warning", "repeated-ratings", ratings.source.name, message, hint)


def repeated_rows(ratings: RatingTable) -> tuple[I64, int]:
    """Return the rows whose user and movie came before, and how many repeat the rating, too.

    Parameters
    ----------
    ratings : RatingTable
    """
    keys = np.empty(len(ratings), np.int64)
    for part in parts_of(len(ratings)):
        keys[part] = _pairs(ratings, part)
    keys.sort()
    repeated = np.unique(keys[1:][keys[1:] == keys[:-1]])
    del keys
    first: dict[int, float] = {}
    rows, n_equal = array("q"), 0
    for part in parts_of(len(ratings) if len(repeated) else 0):
        keys, values = _pairs(ratings, part), ratings.values[part]
        for at in np.flatnonzero(np.isin(keys, repeated)).tolist():
            value = float(values[at])
            if (before := first.setdefault(int(keys[at]), value)) is not value:
                rows.append(part.start + at)
                n_equal += value == before
    return np.asarray(rows), n_equal


def _pairs(ratings: RatingTable, part: slice) -> I64:
    """Return one number for the user and the movie of each row."""
    return ratings.user_codes[part].astype(np.int64) << 32 | ratings.item_codes[part]

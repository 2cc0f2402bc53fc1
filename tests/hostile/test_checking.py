"""The fast reader and the slow one of `movierec check` agree on changed files, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from movierec import DataError
from movierec.checking.movies import MovieTable
from movierec.checking.ratings import RatingTable
from movierec.checking.source import Source
from movierec.data.discover import find_table
from movierec.data.formats import blocks
from movierec.data.formats.text import TextTable
from movierec.data.items import read_movies
from movierec.data.ratings import rating_rows
from movierec.data.report import RowReport
from movierec.data.times import as_seconds, is_known
from movierec.vocabulary import decode_id
from tests.hostile._examples import examples
from tests.hostile.test_files import (
    MOVIE_HEADERS,
    ODD,
    PLAIN,
    RATING_HEADERS,
    _changed,
    _formats,
    _header_length,
    _movie_rows,
    _rating_rows,
    _written,
)

N_FILES = 2_000  # of a long run, of ratings and again of movies
compared = settings(
    max_examples=examples(N_FILES),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Read(NamedTuple):
    """What a reader makes of a file."""

    rows: Sequence[tuple[str, ...]]
    times: list[float | None] | None
    bad: list[tuple[int, str]]
    is_broken: bool


class Collected(RowReport):
    """Collects all bad lines instead of the first."""

    def __init__(self, name: str) -> None:
        super().__init__(name, skip=True)
        self.lines: list[tuple[int, str]] = []

    def bad(self, number: int, problem: str) -> None:
        self.lines.append((number, problem))


class Judged(Source):
    """Collects all bad lines instead of counting them."""

    def __init__(self, table: TextTable) -> None:
        super().__init__(table)
        self.lines: list[tuple[int, str]] = []

    def bad(self, kind: str, line: int, problem: str, text: str = "") -> None:
        super().bad(kind, line, problem, text)
        self.lines.append((line, problem))


def _fast_ratings(table: TextTable) -> Read:
    report = Collected(table.name)
    try:
        rows = rating_rows(table, report)
        times = rows.read_timestamps() if len(rows) and rows.read_timestamps else None
    except DataError:
        return Read([], None, [], True)
    columns = zip(rows.users, rows.items, rows.values.tolist(), strict=True)
    found = [(str(decode_id(user)), str(decode_id(item)), repr(v)) for user, item, v in columns]
    return Read(found, None if times is None else _known(times), report.lines, False)


def _known(times: np.ndarray) -> list[float | None]:
    known = is_known(times).tolist()
    return [float(time) if ok else None for time, ok in zip(times, known, strict=True)]


def _slow_ratings(table: TextTable) -> Read:
    source = Judged(table)
    found = RatingTable(source)
    found.read()
    users, items = found.users.texts, found.items.texts
    columns = zip(found.user_codes, found.item_codes, found.values.tolist(), strict=True)
    rows = [(users[user], items[item], repr(value)) for user, item, value in columns]
    times = _known(as_seconds(found.fit_times())) if len(found) and found.has_times else None
    if found.odd_times.count and not any(times or []):
        times = None  # pandas guesses dates such as "noon", and this one does not
    return Read(rows, times, source.lines, source.broken is not None)


def _fast_movies(table: TextTable) -> Read:
    report = Collected(table.name)
    try:
        movies, n_repeated = read_movies(table, report)
    except DataError:
        return Read([], None, [], True)
    rows = [(movie.movie_id, movie.title, movie.genres) for movie in movies]
    return Read([*rows, (str(n_repeated),)], None, report.lines, False)


def _slow_movies(table: TextTable) -> Read:
    source = Judged(table)
    found = MovieTable(source)
    found.read()
    rows = [(movie.movie_id, movie.title, movie.genres) for movie in found.movies.values()]
    is_broken = source.broken is not None
    return Read([*rows, (str(len(found.repeated)),)], None, source.lines, is_broken)


def _agree(
    path: Path, kind: str, fast: Callable[[TextTable], Read], slow: Callable[[TextTable], Read]
) -> str:
    """Compare what both make of a file; return what became of it."""
    try:
        table = find_table(path, kind)
    except DataError:
        return "not recognized"
    assert isinstance(table, TextTable)
    expected, found = slow(table), fast(table)
    assert found.is_broken == expected.is_broken
    if found.is_broken:
        return "broken"
    assert found.bad == expected.bad
    assert found.rows == expected.rows
    if expected.times is not None:
        assert found.times == expected.times
    return "bad lines" if found.bad else "no bad line"


@given(st.data())
@compared
def test_both_read_the_same_ratings(tmp_path: Path, data: st.DataObject) -> None:
    form, rows = data.draw(_formats(RATING_HEADERS)), data.draw(_rating_rows)
    content = _written(rows, form, RATING_HEADERS[0])
    start = data.draw(st.sampled_from([0, *[_header_length(content, form)] * 5]))
    packed = form.pack(data.draw(_changed(content, start)))
    if data.draw(st.sampled_from([False] * 9 + [True])):
        packed = data.draw(_changed(packed, 0))
    (tmp_path / "r.file").write_bytes(packed)
    event(_agree(tmp_path / "r.file", "ratings", _fast_ratings, _slow_ratings))


@given(st.data())
@compared
def test_both_read_the_same_movies(tmp_path: Path, data: st.DataObject) -> None:
    headers = [*MOVIE_HEADERS, ("movieId", "year", "title")]
    form, rows = data.draw(_formats(headers)), data.draw(_movie_rows)
    years = st.sampled_from(["1990", "1991.0", "", "soon", " 1992"])
    rows = [row | {"year": data.draw(years)} for row in rows]
    content = _written(rows, form, MOVIE_HEADERS[0])
    start = data.draw(st.sampled_from([0, *[_header_length(content, form)] * 5]))
    (tmp_path / "m.file").write_bytes(form.pack(data.draw(_changed(content, start))))
    event(_agree(tmp_path / "m.file", "movies", _fast_movies, _slow_movies))


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("separator", [",", "::", "\t"], ids=ascii)
@pytest.mark.parametrize("block", [200, 1 << 23])
def test_both_read_one_odd_row_far_into_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str, separator: str, block: int
) -> None:
    monkeypatch.setattr(blocks, "_BLOCK", block)
    lines = ["userId,movieId,rating,timestamp", *PLAIN * 100]
    lines.insert(300, odd)
    (tmp_path / "r.file").write_bytes("\n".join(lines).replace(",", separator).encode())
    _agree(tmp_path / "r.file", "ratings", _fast_ratings, _slow_ratings)


def test_the_one_known_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a full block, the fast reader counts the separators; this one compares every row."""
    monkeypatch.setattr(blocks, "_BLOCK", 200)
    lines = ["userId,movieId,rating,timestamp", *PLAIN * 100]
    lines[300], lines[301] = "7,10,4,1,5", "8,10,4"
    (tmp_path / "r.file").write_bytes("\n".join(lines).encode())
    table = find_table(tmp_path / "r.file", "ratings")
    assert isinstance(table, TextTable)
    assert _slow_ratings(table).bad == [(301, "5 fields, the header has 4")]
    assert _fast_ratings(table).bad == []
    assert len(_fast_ratings(table).rows) == len(_slow_ratings(table).rows) + 1

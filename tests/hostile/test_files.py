"""Files that were changed, compared with an independent reader: read exactly, or refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import re
import struct
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movierec import DataError, Recommender
from movierec.data.dataset import read_dataset, read_movie_file, read_rating_rows
from movierec.data.formats import blocks
from movierec.data.sources import files
from movierec.vocabulary import decode_id
from tests.cli.inputs import zip_of
from tests.hostile._examples import examples
from tests.hostile._oracle import (
    MovieRow,
    RatingRow,
    Unreadable,
    decoded,
    movies_in,
    ratings_in,
)

hostile = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Format(NamedTuple):
    """How the rows of a file are written."""

    separator: str
    header: tuple[str, ...]
    line_end: str
    encoding: str
    quote_all: bool
    pack: Callable[[bytes], bytes]


def _zipped(content: bytes) -> bytes:
    return zip_of(a=content)


PACKS = [bytes, bytes, gzip.compress, bz2.compress, lzma.compress, _zipped]
RATING_HEADERS = [
    ("userId", "movieId", "rating", "timestamp"),
    ("movieId", "rating", "userId"),
    ("timestamp", "userId", "rating", "movieId"),
    ("userId", "movieId", "rating", "comment"),
]
MOVIE_HEADERS = [("movieId", "title", "genres"), ("title", "genres", "movieId")]
IDS = ["1", "2", "10", "0", "-3", "5.0", "007", "+7", "1e3", "True", "tt01", "9007199254740993"]
IDS += ["9007199254740992", "9223372036854775808", "2147483648", " 4", "1.5", "NA", "５"]
RATINGS = ["4", "3.5", "0.5", "5.0", "-1", "1e6", "1e15", ".5", "2.", "True", "NaN", "3.\x1e", ""]
COMMENTS = ["", "fine", "a, b", 'say "so"', "two\nlines", "07", "100", "2020-01-02 05:30"]
TITLES = ["Alpha (1990)", "Beta, The", 'Say "A"', "Two\nLines", "Amélie", "A::B", " C", "\u2028D"]
PIECES = [b",", b"\n", b"\r", b'"', b"\0", b"\x1e", b" ", b"\t", b":", b"::", b";", b"0", b"00"]
PIECES += [b"-", b"+", b".", b"e5", b"\xe9", b"\xef\xbb\xbf", b'""', b"True", b"\n\n", b"_", b"9"]


def _mostly(common: Sequence[str], all_: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*common] * 8 + [*all_])


def _formats(headers: Sequence[tuple[str, ...]]) -> st.SearchStrategy[Format]:
    return st.builds(
        Format,
        st.sampled_from([",", ",", "\t", ";", "|", "::"]),
        st.sampled_from([*headers, headers[0], ()]),
        st.sampled_from(["\n", "\n", "\r\n", "\r"]),
        st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "latin-1", "utf-16"]),
        st.booleans(),
        st.sampled_from(PACKS),
    )


def _written(rows: Sequence[dict[str, str]], form: Format, names: Sequence[str]) -> bytes:
    """Write rows, with quotes where they are needed, and the format has them."""
    table = [list(form.header)] if form.header else []
    table += [[row[name] for name in form.header or names] for row in rows]

    def field(text: str) -> str:
        needs_quotes = form.quote_all or any(c in text for c in (form.separator, '"', "\n", "\r"))
        if form.separator in ("::", "|"):
            return text.replace("\n", " ").replace(form.separator, " ")
        return '"' + text.replace('"', '""') + '"' if needs_quotes else text

    lines = (form.separator.join(map(field, row)) + form.line_end for row in table)
    return "".join(lines).encode(form.encoding, "replace")


@st.composite
def _changed(draw: st.DrawFn, content: bytes, start: int) -> bytes:
    """Insert, delete, replace and repeat some bytes, or cut the end off."""
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(min(start, len(content)), len(content)))
        end = place + draw(st.sampled_from([0, 0, 1, 1, 2, 9]))
        piece = draw(st.sampled_from([b"", content[place:end] * 2, *PIECES]))
        content = content[:place] + piece + content[end:]
    return content[: draw(st.sampled_from([None, None, None, len(content) * 4 // 5]))]


_rating_rows = st.lists(
    st.fixed_dictionaries(
        {
            "userId": _mostly(["1", "2", "3"], IDS),
            "movieId": _mostly(["10", "20", "30"], IDS),
            "rating": _mostly(["4", "3.5", "0.5"], RATINGS),
            "timestamp": _mostly(["100", "101"], COMMENTS),
            "comment": st.sampled_from(COMMENTS),
        }
    ),
    min_size=1,
    max_size=8,
)
_movie_rows = st.lists(
    st.fixed_dictionaries(
        {
            "movieId": _mostly(["10", "20", "30"], IDS),
            "title": st.sampled_from(TITLES),
            "genres": st.sampled_from(["Drama", "Comedy|Drama", "", "A, B"]),
        }
    ),
    min_size=1,
    max_size=8,
)


def _ratings_of(path: Path) -> list[RatingRow]:
    rows = read_rating_rows(path)
    ids = zip(rows.users, rows.items, rows.values.tolist(), strict=True)
    return [(str(decode_id(user)), str(decode_id(item)), value) for user, item, value in ids]


def _movies_of(path: Path) -> list[MovieRow]:
    return [(movie.movie_id, movie.title, movie.genres) for movie in read_movie_file(path)]


def _expected(
    content: bytes, form: Format, read: Callable[..., list[RatingRow] | list[MovieRow]]
) -> list[RatingRow] | list[MovieRow] | None:
    """Return the rows, or None if one of them cannot be used."""
    try:
        return read(decoded(content), form.separator, form.header)
    except Unreadable:
        return None


def _read_or_refused(
    path: Path, read: Callable[[Path], list[RatingRow] | list[MovieRow]]
) -> list[RatingRow] | list[MovieRow] | None:
    try:
        return read(path)
    except DataError as error:
        assert path.name in str(error)
        assert error.hint
        assert error.exit_code == 3
        return None


def _header_length(content: bytes, form: Format) -> int:
    """Return where the rows begin: a header that is changed has other columns."""
    return len(_written([], form, ())) if form.header else 0


@given(st.data())
@hostile
def test_ratings_are_read_exactly_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    form, rows = data.draw(_formats(RATING_HEADERS)), data.draw(_rating_rows)
    content = _written(rows, form, RATING_HEADERS[0])
    content = data.draw(_changed(content, _header_length(content, form)))
    (tmp_path / "r.file").write_bytes(form.pack(content))
    found = _read_or_refused(tmp_path / "r.file", _ratings_of)  # type: ignore[arg-type]
    assert found is None or found == _expected(content, form, ratings_in)


@given(st.data())
@hostile
def test_movies_are_read_exactly_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    form, rows = data.draw(_formats(MOVIE_HEADERS)), data.draw(_movie_rows)
    content = _written(rows, form, MOVIE_HEADERS[0])
    content = data.draw(_changed(content, _header_length(content, form)))
    (tmp_path / "m.file").write_bytes(form.pack(content))
    found = _read_or_refused(tmp_path / "m.file", _movies_of)  # type: ignore[arg-type]
    assert found is None or found == _expected(content, form, movies_in)


@given(st.data())
@hostile
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """Headers and containers are changed here, so that only errors can be compared."""
    form = data.draw(_formats(RATING_HEADERS))
    content = _written(data.draw(_rating_rows), form, RATING_HEADERS[0])
    packed = form.pack(data.draw(_changed(content, 0)))
    (tmp_path / "r.file").write_bytes(data.draw(_changed(packed, 0)))
    _read_or_refused(tmp_path / "r.file", _ratings_of)  # type: ignore[arg-type]
    _read_or_refused(tmp_path / "r.file", _movies_of)  # type: ignore[arg-type]


@given(st.data())
@hostile
def test_a_change_of_a_packed_file_never_gives_other_rows(
    tmp_path: Path, data: st.DataObject
) -> None:
    content = b"userId,movieId,rating\n" + b"".join(b"%d,7,3\n" % user for user in range(1, 30))
    packed = data.draw(st.sampled_from(PACKS[2:]))(content)
    (tmp_path / "r.file").write_bytes(data.draw(_changed(packed, 0)))
    found = _read_or_refused(tmp_path / "r.file", _ratings_of)  # type: ignore[arg-type]
    assert found is None or found == [(str(user), "7", 3.0) for user in range(1, 30)]

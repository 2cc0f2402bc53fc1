"""Files that were changed, compared with an independent reader: read exactly, or refused."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movierec import DataError
from movierec.data.dataset import read_movie_file
from movierec.data.discover import find_table
from movierec.data.formats import blocks
from movierec.data.ratings import read_ratings
from movierec.data.report import RowReport
from movierec.vocabulary import decode_id
from tests.cli.inputs import zip_of
from tests.hostile._examples import examples
from tests.hostile._oracle import (
    MovieRow,
    RatingRow,
    UnreadableError,
    decoded,
    movies_in,
    ratings_in,
)

T = TypeVar("T")
hostile = settings(
    max_examples=examples(10_000),
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


PACKS: list[Callable[[bytes], bytes]] = [
    bytes,
    bytes,
    gzip.compress,
    bz2.compress,
    lzma.compress,
    _zipped,
]
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
    return st.sampled_from([*common] * 60 + [*all_])


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
    table = find_table(path, "ratings")
    rows = read_ratings(table, RowReport(table.name, skip=False))
    ids = zip(rows.users, rows.items, rows.values.tolist(), strict=True)
    return [(str(decode_id(user)), str(decode_id(item)), value) for user, item, value in ids]


def _movies_of(path: Path) -> list[MovieRow]:
    return [(movie.movie_id, movie.title, movie.genres) for movie in read_movie_file(path)]


def _expected(
    content: bytes, form: Format, read: Callable[[str, str, Sequence[str]], list[T]]
) -> list[T] | None:
    """Return the rows, or None if one of them cannot be used."""
    try:
        return read(decoded(content), form.separator, form.header)
    except UnreadableError:
        return None


def _read_or_refused(path: Path, read: Callable[[Path], list[T]]) -> list[T] | None:
    try:
        return read(path)
    except DataError as caught:
        error = caught
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
    found = _read_or_refused(tmp_path / "r.file", _ratings_of)
    assert found is None or found == _expected(content, form, ratings_in)


@given(st.data())
@hostile
def test_movies_are_read_exactly_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    form, rows = data.draw(_formats(MOVIE_HEADERS)), data.draw(_movie_rows)
    content = _written(rows, form, MOVIE_HEADERS[0])
    content = data.draw(_changed(content, _header_length(content, form)))
    (tmp_path / "m.file").write_bytes(form.pack(content))
    found = _read_or_refused(tmp_path / "m.file", _movies_of)
    assert found is None or found == _expected(content, form, movies_in)


@given(st.data())
@hostile
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """Headers and containers are changed here, so that only errors can be compared."""
    form = data.draw(_formats(RATING_HEADERS))
    content = _written(data.draw(_rating_rows), form, RATING_HEADERS[0])
    packed = form.pack(data.draw(_changed(content, 0)))
    (tmp_path / "r.file").write_bytes(data.draw(_changed(packed, 0)))
    _read_or_refused(tmp_path / "r.file", _ratings_of)
    _read_or_refused(tmp_path / "r.file", _movies_of)


@given(st.data())
@hostile
def test_a_change_of_a_packed_file_never_gives_other_rows(
    tmp_path: Path, data: st.DataObject
) -> None:
    content = b"userId,movieId,rating\n" + b"".join(b"%d,7,3\n" % user for user in range(1, 30))
    packed = data.draw(st.sampled_from(PACKS[2:]))(content)
    (tmp_path / "r.file").write_bytes(data.draw(_changed(packed, 0)))
    found = _read_or_refused(tmp_path / "r.file", _ratings_of)
    assert found is None or found == [(str(user), "7", 3.0) for user in range(1, 30)]


PLAIN = ["1,10,4,100", "9007199254740993,20,3.5,101", "2,30,.5,102", "-3,40,5,103"]
ODD = [
    "5.0,10,4,1",
    "007,10,4,1",
    "4,+7,4,1",
    "4,-0,4,1",
    "True,True,4,1",
    "4,10,True,1",
    "4, 07,4,1",
]
ODD += ["4,1e1,4,1", '4,"1"0,4,1', '4,"10",4,1', "4,10,4,7,1", "4,10,4", "4,10,4,", "4,1\x000,4,1"]
ODD += ["4,1\r0,4,1", "4,10,3.\x1e,1", "", "  ", "4,10,nan,1", "4,10,4,x y", '4,10,4,"a\n1,2,3,4"']
ODD += ["9223372036854775808,10,4,1", "4,10,1e16,1", "4,\x0b10,4,1", "\ufeff4,10,4,1"]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("separator", [",", "::", "\t", ";"], ids=ascii)
@pytest.mark.parametrize("block", [200, 1 << 23])
def test_one_odd_row_far_into_a_file_is_read_exactly_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str, separator: str, block: int
) -> None:
    """Of small blocks, the marks are only counted; in one large block, all rows are compared."""
    monkeypatch.setattr(blocks, "_BLOCK", block)
    header = ("userId", "movieId", "rating", "timestamp")
    form = Format(separator, header, "\n", "utf-8", False, bytes)
    for place in (300, 400, 401):
        lines = [",".join(header), *PLAIN * 100]
        lines.insert(place, odd)
        content = "\n".join(lines).replace(",", separator).encode()
        (tmp_path / "r.file").write_bytes(content)
        found = _read_or_refused(tmp_path / "r.file", _ratings_of)
        expected = _expected(content, form, ratings_in)
        may_refuse = not (odd.isprintable() and odd.strip())
        assert found == expected or (found is None and may_refuse)


@pytest.mark.parametrize("pack", PACKS[1:])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=ascii)
@pytest.mark.parametrize("separator", [",", "\t", ";", "|", "::"], ids=ascii)
@pytest.mark.parametrize("header", [*RATING_HEADERS, ()])
def test_usual_rows_are_read_in_every_format(
    tmp_path: Path,
    header: tuple[str, ...],
    separator: str,
    line_end: str,
    pack: Callable[[bytes], bytes],
) -> None:
    names = RATING_HEADERS[0]
    rows = [dict(zip(names, line.split(","), strict=True)) | {"comment": "7"} for line in PLAIN]
    form = Format(separator, header, line_end, "utf-8", False, pack)
    content = _written(rows, form, names)
    (tmp_path / "r.file").write_bytes(pack(content))
    assert _ratings_of(tmp_path / "r.file") == ratings_in(decoded(content), separator, header)
    assert len(_ratings_of(tmp_path / "r.file")) == len(PLAIN)


@pytest.mark.parametrize("text", [b"\x1e\n", b"\xef\xbb\xbf\n", b"\xc2\x85", b" \n\t\n\r\n"])
def test_a_file_of_blanks_is_called_empty(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "r.file").write_bytes(text)
    with pytest.raises(DataError, match=r"r.file is empty"):
        _ratings_of(tmp_path / "r.file")

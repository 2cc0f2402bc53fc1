"""Whatever a text holds, the time for it grows as its length, not as the square of it."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import pytest

from movierec import MovierecError, Recommender
from movierec._util import one_line
from movierec.cli import _output
from movierec.cli._options import OutputOptions
from movierec.cli._output import Format
from movierec.data import columns, features, items, times
from movierec.data.formats import layout
from movierec.data.formats.content import Content
from movierec.data.formats.text import TextTable
from movierec.data.personal import tables, trakt
from movierec.data.report import RowReport
from movierec.films import names
from movierec.films.features import features_of_column
from movierec.films.index import TitleIndex
from movierec.films.series import series_keys
from movierec.vocabulary import Vocabulary, clean_id

SHORT, TIMES_AS_LONG = 3_000, 8  # characters; a square would take 64 times as long
MOST_GROWTH = 20
CLOCK = 1e-3  # seconds; what takes less is noise
UNITS = [
    *(" ", "\u00a0", "(", ")", "()", "( ", " (", " (a)", "(a) ", "(1999) ", "1", "1.", "-", '"'),
    *("a", "a.", "a ", ". ", "v ", "part ", "part i ", "vol. v:", "the ", "Matrix, The ", ", "),
    *("[", "{", '["', "|", "; ", "::", "aka ", "é", "\ufdfa", "\u0300", "\u0300\u0316", "\u1100"),
    *("abcd ", "abcde1 ", "word word2 ", ": ", " - ", "1999 ", "\ud55c", "\ud83d"),
]
AROUND = [("", ""), ("x", ""), ("", "x"), ("x (1999", "x"), ("x (1999-", "x)"), ("x (a", ")")]


def content_of(text: str) -> Content:
    content = text.encode("utf-8", "replace")
    return Content("a file", len(content), lambda: io.BytesIO(content))


def table_of(header: str, text: str) -> TextTable:
    return TextTable(content_of(f"userId,movieId,{header}\n1,2,{text}\n"))


def report() -> RowReport:
    return RowReport("a file", skip=True)


def listed(form: Format, text: str) -> None:
    rows = [{"title": text, "year": None}]
    shown = [_output.Column(name, lambda row, name=name: str(row[name])) for name in rows[0]]  # type: ignore[misc]
    _output.print_list(OutputOptions(form), rows, shown, title=text, document=rows)


FUNCTIONS: dict[str, Callable[[str], Any]] = {
    **{
        name: function
        for name, function in vars(names).items()
        if name[0] != "_" and getattr(function, "__module__", "") == names.__name__
    },
    "readings_of": lambda text: names.readings_of(text, None),
    "one_line": one_line,
    "clean_id": clean_id,
    "Vocabulary.index_of": Vocabulary(np.array([1, 2])).index_of,
    "series_keys": lambda text: series_keys([text, "Heat (1995)", text]),
    "TitleIndex.build": lambda text: TitleIndex.build([text], {0: text}),
    "features_of_column": lambda text: features_of_column([text, "some words", text]),
    "column_name": columns.column_name,
    "known_columns": lambda text: columns.known_columns([text], {"user": text}),
    "parse_time": times.parse_time,
    "as_seconds": lambda text: times.as_seconds(np.array([text], dtype=object)),
    "recognize": lambda text: layout.recognize(content_of(f"{text}\n{text}\n")),
    "read_movies": lambda text: items.read_movies(table_of("title", text), report()),
    "read_links": lambda text: items.read_links(table_of("imdbId", text), report()),
    "read_tags": lambda text: items.read_tags(table_of("tag", text), report()),
    "read_features": lambda text: features.read_features(table_of("plot", text), report()),
    "read_entries": lambda text: tables.read_entries(table_of("title", text)),
    "read_entries, years": lambda text: tables.read_entries(table_of("year", text)),
    "read_titles": lambda text: tables.read_titles(TextTable(content_of(f"Heat\n{text}\n"))),
    "read_trakt": lambda text: trakt.read_trakt(content_of(json.dumps([{"movie": text}]))),
    "read_trakt, broken": lambda text: trakt.read_trakt(content_of(text)),
    **{f"print_list, {form}": partial(listed, form) for form in Format},
}


def slow_texts(
    function: Callable[[str], Any], around: Sequence[tuple[str, str]] = AROUND
) -> list[str]:
    """Return the hostile texts for which a function takes more than time in proportion."""
    return [
        f"{start!r} + {unit!r} * n + {end!r}"
        for unit in UNITS
        for start, end in around
        if is_slow(function, start, unit, end)
    ]


def is_slow(function: Callable[[str], Any], start: str, unit: str, end: str) -> bool:
    texts = [
        start + unit * (length // len(unit)) + end for length in (SHORT, SHORT * TIMES_AS_LONG)
    ]
    # A pause of this machine makes one measurement long, but not several in a row.
    return all(
        seconds(function, texts[1]) > MOST_GROWTH * max(seconds(function, texts[0]), CLOCK)
        for _ in range(4)
    )


def seconds(function: Callable[[str], Any], text: str) -> float:
    names.fold.cache_clear()
    started = time.thread_time()
    with suppress(MovierecError, UnicodeEncodeError):
        function(text)
    return time.thread_time() - started


@pytest.mark.parametrize("name", FUNCTIONS)
def test_time_grows_as_the_length(name: str) -> None:
    assert slow_texts(FUNCTIONS[name]) == []


@pytest.mark.parametrize("name", ["find", "search", "suggest", "index_of", "named"])
def test_questions_take_time_as_their_length(sample: Recommender, name: str) -> None:
    resolver = sample._resolver
    ask: dict[str, Callable[[str], Any]] = {
        "find": resolver._titles.find,
        "search": lambda text: resolver.search(text, 20),
        "suggest": resolver.suggest,
        "index_of": resolver.index_of,
        "named": lambda text: resolver.named(text, 1999),
    }
    assert slow_texts(ask[name], AROUND[:2]) == []


def test_what_takes_the_square_would_be_seen() -> None:
    assert is_slow(partial(re.search, r"\s*\("), "", " ", "x")
    assert not is_slow(str.split, "", "a ", "")

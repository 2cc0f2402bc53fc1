"""Catalogs of other things than films with short English titles, each with a server."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from movierec import Recommender

LONG_WORD = "Aaah" * 75  # 300 characters that are one word
LONG = "The Very Long Title That Tells Everything " * 7 + "of It"
ODD = [
    ("10", "<script>alert(1)</script> (1999)", "Drama"),
    ("20", f"{LONG_WORD} (2005)", "Comedy|Drama"),
    ("30", f"{LONG} (1987)", "Horror"),
    ("40", "الأرض الطيبة (1969)", "Drama|War"),
    ("50", "\u202eעץ הדומים תפוס (1994)", "Comedy"),
    ("60", "千と千尋の神隠し (2001)", "Animation|Fantasy"),
    ("7/0?#", "&amp; \"'%41 😀", "<b>Drama</b>|\u202eWar"),
]
BOOKS = [
    ("0439023483", "The Hunger Games"),
    ("0156027321", "Life of Pi: A Novel of Animals, the Sea and What We Believe"),
    ("9783161484100", "Faust. Der Tragödie erster Teil"),
    ("000X", "1984"),
    ("0140449132", "Преступление и наказание"),
]


class Catalog(NamedTuple):
    """A server, and the parts of addresses that name each of its movies."""

    url: str
    movies: list[dict[str, str]]


def write_odd(folder: Path) -> list[dict[str, str]]:
    _write(folder / "ratings.csv", ("userId", "movieId", "rating"), _ratings(ODD))
    _write(folder / "movies.csv", ("movieId", "title", "genres"), ODD)
    return _parts(ODD)


def write_books(folder: Path) -> list[dict[str, str]]:
    """Write what has no genres and no years."""
    _write(folder / "ratings.csv", ("User-ID", "ISBN", "Book-Rating"), _ratings(BOOKS))
    _write(folder / "movies.csv", ("ISBN", "Book-Title"), BOOKS)
    return _parts(BOOKS)


WRITERS = {"odd": write_odd, "books": write_books}


def model_of(folder: Path) -> Path:
    Recommender.fit(folder / "ratings.csv", folder / "movies.csv").save(folder / "m")
    Recommender.load(folder / "m").map()  # which is stored beside the model
    return folder / "m"


def _parts(rows: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Return the parts of addresses that name each movie, and another."""
    ids = [quote(row[0], safe="") for row in rows]
    others = ids[1:] + ids[:1]
    return [
        {"title": row[1], "movie_id": first, "other_id": second, "words": quote(row[1])}
        for row, first, second in zip(rows, ids, others, strict=True)
    ]


def _ratings(rows: Sequence[Sequence[str]]) -> list[tuple[str, str, str]]:
    """Return ratings of ten people, who have not rated everything."""
    return [
        (str(user), row[0], str(1 + (user * place) % 5))
        for user in range(10)
        for place, row in enumerate(rows)
        if (user + place) % 4
    ]


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])

"""Files as Letterboxd, IMDb, Trakt and MovieLens export them, with their peculiarities."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Film(NamedTuple):
    """A film in an export; `rating` is in stars from 0.5 to 5."""

    title: str
    year: int
    imdb: str = ""
    rating: float | None = None
    date: str = "2024-05-01"


RATED = [
    Film("Toy Story", 1995, "tt0114709", 4.5, "2024-01-05"),
    Film("Alien", 1979, "tt0078748", 5, "2024-02-06"),
    Film("Heat", 1995, "tt0113277", 4, "2024-03-07"),
    Film("Saw", 2004, "tt0387564", 0.5, "2024-04-08"),
    Film("Dune", 2021, "tt1160419", 4.5, "2024-04-09"),
    Film("Monsters, Inc.", 2002, "tt0198781", 4, "2024-04-10"),  # of 2001 in the sample
    Film("A Film That Nobody Made", 2020, "tt9999999", 5, "2024-04-11"),
]
SEEN = [Film("Goodfellas", 1990, "tt0099685"), Film("Up", 2009, "tt1049413")]
WANTED = [Film("Aliens", 1986, "tt0090605"), Film("Spirited Away", 2001, "tt0245429")]


def letterboxd_files(
    rated: Sequence[Film] = RATED, seen: Sequence[Film] = SEEN, wanted: Sequence[Film] = WANTED
) -> dict[str, str]:
    """The files of Letterboxd's zip by name; the diary has no ratings for `seen`."""
    films = ("Date", "Name", "Year", "Letterboxd URI")
    diary = (*films, "Rating", "Rewatch", "Tags", "Watched Date")
    return {
        "profile.csv": _table(
            ("Date Joined", "Username", "Given Name", "Family Name", "Email Address"),
            [("2020-01-01", "ann", "Ann", "", "ann@example.org")],
        ),
        "ratings.csv": _table((*films, "Rating"), [(*_film(film), film.rating) for film in rated]),
        "watched.csv": _table(films, [_film(film) for film in (*rated, *seen)]),
        "watchlist.csv": _table(films, [_film(film) for film in wanted]),
        "diary.csv": _table(
            diary,
            [
                (*_film(film), _blank(film.rating), rewatch, "a tag, another", film.date)
                for film in (*rated[:1], *seen)
                for rewatch in ("", "Yes")
            ],
        ),
        "reviews.csv": _table(
            (*films, "Rating", "Rewatch", "Review", "Tags", "Watched Date"),
            [
                (*_film(film), film.rating, "", 'It "works",\nand how.\n\nTwice.', "", film.date)
                for film in rated[1:2]
            ],
        ),
        "comments.csv": _table(("Date", "Content", "Comment"), [("2024-01-01", "x", "a\nb")]),
        "lists/favourites.csv": (
            "Letterboxd list export v7\r\nDate,Name,Tags,URL,Description\r\n"
            '2024-01-01,Favourites,,https://boxd.it/x,"Two\nlines"\r\n\r\n'
            "Position,Name,Year,URL,Description\r\n1,Jaws,1975,https://boxd.it/y,\r\n"
        ),
        "likes/films.csv": _table(films, [_film(Film("Jaws", 1975))]),
        "deleted/diary.csv": _table(diary, [(*_film(Film("Jaws", 1975)), 5, "", "", "2024-01-01")]),
    }


def letterboxd_zip(path: Path, **films: Sequence[Film]) -> Path:
    """Letterboxd's zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in letterboxd_files(**films).items():
            archive.writestr(name, text)
        archive.writestr("avatar.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF")
    return path


def letterboxd_folder(path: Path) -> Path:
    """The same, unpacked."""
    for name, text in letterboxd_files().items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    return path


IMDB_COLUMNS = (
    *("Const", "Your Rating", "Date Rated", "Title", "Original Title", "URL", "Title Type"),
    *("IMDb Rating", "Runtime (mins)", "Year", "Genres", "Num Votes", "Release Date", "Directors"),
)


def imdb_ratings(path: Path, films: Iterable[Film] = RATED, *, encoding: str = "utf-8") -> Path:
    """IMDb's ratings: whole numbers from 1 to 10, and an episode of a series."""
    rows = [_imdb_row(film, "Movie") for film in films]
    rows.append(_imdb_row(Film("The Office: Pilot", 2005, "tt0664521", 4), "TV Episode"))
    path.write_bytes(_table(IMDB_COLUMNS, rows).encode(encoding))
    return path


def imdb_watchlist(path: Path) -> Path:
    """IMDb's watchlist, in which the ratings come last and may be blank."""
    columns = ("Position", "Const", "Created", "Modified", "Description", *IMDB_COLUMNS[3:])
    rows = [
        (place, film.imdb, film.date, film.date, "", *_imdb_row(film, "Movie")[3:], "", "")
        for place, film in enumerate(WANTED, start=1)
    ]
    path.write_text(_table((*columns, "Your Rating", "Date Rated"), rows), newline="")
    return path


def _imdb_row(film: Film, kind: str) -> tuple[Any, ...]:
    rating = "" if film.rating is None else max(round(2 * film.rating), 1)
    url = f"https://www.imdb.com/title/{film.imdb}"
    return (
        *(film.imdb, rating, film.date, film.title, film.title, url, kind, 7.9, 90, film.year),
        *("Drama, Comedy", 12345, f"{film.year}-01-01", "Doe, J."),
    )


def trakt_ratings() -> list[dict[str, Any]]:
    """Trakt's ratings-movies.json, with a show, as other exporters mix them in."""
    show = {"rated_at": "2024-01-01T00:00:00.000Z", "rating": 9, "type": "show", "show": {}}
    return [
        {
            "rated_at": f"{film.date}T20:15:30.000Z",
            "rating": max(round(2 * (film.rating or 0)), 1),
            "type": "movie",
            "movie": _trakt_movie(film),
        }
        for film in RATED
    ] + [show]


def trakt_history() -> list[dict[str, Any]]:
    """Trakt's history: a film that was watched twice occurs twice."""
    return [
        {"id": 1, "watched_at": "2024-01-01T20:00:00.000Z", "movie": _trakt_movie(film)}
        for film in (*SEEN, SEEN[0])
    ]


def trakt_watchlist() -> list[dict[str, Any]]:
    """Trakt's watchlist."""
    return [
        {"rank": 1, "listed_at": "2024-01-01T20:00:00.000Z", "movie": _trakt_movie(film)}
        for film in WANTED
    ]


def trakt_zip(path: Path) -> Path:
    """All three in a zip, with the profile."""
    files = {
        "ratings-movies.json": trakt_ratings(),
        "watched-history-1.json": trakt_history(),
        "lists-watchlist.json": trakt_watchlist(),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, items in files.items():
            archive.writestr(f"export/{name}", json.dumps(items))
    return path


def _trakt_movie(film: Film) -> dict[str, Any]:
    ids = {"trakt": 1, "slug": "x", "imdb": film.imdb, "tmdb": 2}
    return {"title": film.title, "year": film.year, "ids": ids}


def movielens_ratings(path: Path) -> Path:
    """MovieLens' own export; the sample has other ids."""
    columns = ("movie_id", "imdb_id", "tmdb_id", "rating", "average_rating", "title")
    rows = [
        (number, film.imdb[2:], 1, film.rating, 3.9, f"{film.title} ({film.year})")
        for number, film in enumerate(RATED, start=1)
    ]
    path.write_text(_table(columns, rows), newline="")
    return path


def plain_list(path: Path) -> Path:
    """A list as a spreadsheet saves it: a byte order mark, semicolons, a blank rating."""
    rows = [(film.title, film.year, _blank(film.rating)) for film in (*RATED, *SEEN)]
    text = _table(("title", "year", "rating"), rows, delimiter=";")
    path.write_bytes(text.encode("utf-8-sig"))
    return path


def _film(film: Film) -> tuple[Any, ...]:
    return (film.date, film.title, film.year, "https://boxd.it/2aHi")


def _blank(rating: float | None) -> float | str:
    return "" if rating is None else rating


def _table(columns: Iterable[str], rows: Iterable[Iterable[Any]], *, delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([columns, *rows])
    return text.getvalue()

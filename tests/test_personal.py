"""Files of one person: ratings, watchlists, exports of Letterboxd and IMDb."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from movierec import DataError, Recommender
from movierec.data.personal.entries import Entry
from movierec.data.personal.export import read_export, read_movies
from tests.people import made

LETTERBOXD = (
    'Date,Name,Year,Letterboxd URI,Rating\n2024-05-01,"Monsters, Inc.",2001,https://a,4.5\n'
)
IMDB = (
    "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,"
    "Runtime (mins),Year,Genres,Num Votes,Release Date,Directors\n"
    "tt0114709,9,2020-01-01,Toy Story,Toy Story,https://a,Movie,8.3,81,1995,"
    '"Animation, Comedy",1000,1995-11-22,"Lasseter, J."\n'
)
OWN: dict[str, tuple[bytes, list[Entry]]] = {
    "ids": (b"movieId,rating\n1,5\n17.0,4.5\n", [Entry("1", rating=5), Entry("17", rating=4.5)]),
    "byte order mark and CRLF": (
        b"\xef\xbb\xbfmovieId,rating\r\n1,5\r\n",
        [Entry("1", rating=5)],
    ),
    "latin-1": (b"title,rating\nAm\xe9lie,5\n", [Entry(title="Amélie", rating=5)]),
    "compressed": (gzip.compress(b"movieId,rating\n1,5\n"), [Entry("1", rating=5)]),
    "line breaks in quotes": (
        b'title,rating,review\nHeat,5,"One\n\ntwo, ""three"""\nUp,4,\n',
        [Entry(title="Heat", rating=5), Entry(title="Up", rating=4)],
    ),
    "blank lines first": (b"\n\nmovieId,rating\n1,5\n", [Entry("1", rating=5)]),
    "text ids": (b"movie_id;stars\nab-1;5\n", [Entry("ab-1", rating=5)]),
    "titles and years": (
        b'title,year,rating\n"Heat, a=b ""x""",1995,4\n',
        [Entry(title='Heat, a=b "x"', year=1995, rating=4)],
    ),
    "Letterboxd": (
        LETTERBOXD.encode(),
        [Entry(title="Monsters, Inc.", year=2001, rating=4.5, timestamp=1714521600)],
    ),
    "IMDb": (
        IMDB.encode(),
        [Entry(imdb="tt0114709", title="Toy Story", year=1995, rating=9, timestamp=1577836800)],
    ),
    "bare IMDb ids": (b"imdbId,rating\n0114709,5\n", [Entry(imdb="tt0114709", rating=5)]),
    "MovieLens": (
        b"userId,movieId,rating,timestamp\n7,1,5,9\n7,2,3,8\n",
        [Entry("2", rating=3, timestamp=8), Entry("1", rating=5, timestamp=9)],
    ),
    "MovieLens without a header": (
        b"7::1::5::9\n7::2::3::9.5\n",
        [Entry("1", rating=5, timestamp=9), Entry("2", rating=3, timestamp=9.5)],
    ),
    "Letterboxd's diary": (
        b"Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
        b"2024-05-01,Heat,1995,https://a,4.5,,,1970-01-01\n",
        [Entry(title="Heat", year=1995, rating=4.5, timestamp=1714521600)],
    ),
    "Trakt": (
        b"rated_at,rating,title,year,imdb\n2024-05-01T10:00:00.000Z,8,Heat,1995,tt0113277\n",
        [Entry(imdb="tt0113277", title="Heat", year=1995, rating=8, timestamp=1714557600)],
    ),
    "dates that cannot be read": (
        b"title,rating,date\nHeat,5,1 May\nUp,4,\n",
        [Entry(title="Heat", rating=5), Entry(title="Up", rating=4)],
    ),
}


@pytest.mark.parametrize("kind", OWN)
def test_personal_ratings_are_read(tmp_path: Path, kind: str) -> None:
    content, entries = OWN[kind]
    (tmp_path / "mine").write_bytes(content)
    assert read_export(tmp_path / "mine").rated == entries


def test_rows_without_a_rating_were_seen(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("movieId,rating\n1,\n2,3\n")
    export = read_export(tmp_path / "mine")
    assert (export.rated, export.seen) == ([Entry("2", rating=3)], [Entry("1")])


def test_items_of_trakt_without_a_movie_are_left_out(tmp_path: Path) -> None:
    items = (
        '[{"movie": 5}, {"rating": 3, "movie": {"title": 5, "ids": []}}, {"rating": 4, "show": {}}]'
    )
    (tmp_path / "mine.json").write_text(items)
    assert read_export(tmp_path / "mine.json").rated == []


def test_ratings_are_in_the_order_of_their_dates(tmp_path: Path) -> None:
    lines = ["title,rating,date", "b,1,2024-02-01", "a,2,", "c,3,2024-01-01", "d,4,soon"]
    (tmp_path / "mine").write_text("\n".join(lines))
    export = read_export(tmp_path / "mine")
    assert [entry.title for entry in export.rated] == ["a", "d", "c", "b"]
    assert export.n_unreadable_dates == 1


WATCHLISTS: list[tuple[bytes, list[Entry]]] = [
    (b"Heat (1995)\n\n  Up, Down \n", [Entry(title="Heat (1995)"), Entry(title="Up, Down")]),
    (b'"Up, Down (2001)"\n[REC]\n', [Entry(title="Up, Down (2001)"), Entry(title="[REC]")]),
    (b'"Crocodile" Dundee\nA::B\n', [Entry(title='Crocodile" Dundee'), Entry(title="A::B")]),
    (b"1917\n300\n", [Entry(title="1917"), Entry(title="300")]),
    (
        b"Date,Name,Year,Letterboxd URI\n1,Heat,1995,a:b\n",
        [Entry(title="Heat", year=1995, timestamp=1)],
    ),
    (b"movieId\n3\n4\n", [Entry("3"), Entry("4")]),
]


@pytest.mark.parametrize(("content", "entries"), WATCHLISTS)
def test_watchlists_are_read(tmp_path: Path, content: bytes, entries: list[Entry]) -> None:
    (tmp_path / "list").write_bytes(content)
    assert read_movies(tmp_path / "list") == entries


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "is empty"),
        (b"movieId,rating\n1,-1\n", 'line 2: "-1" is no rating'),
        (b"movieId,rating\n1,5\n2,nan\n", 'line 3: "nan" is no rating'),
        (b"movieId,rating\n1,much\n", '"much" is no rating'),
        (b"movieId,rating\n1,1e39\n", '"1e39" is no rating'),
        (b"userId,movieId,rating\n1,1,5\n2,1,5\n", "ratings of several users"),
        (b"Heat (1995)\n", "is no list of ratings"),
        (b'title,rating\n"Heat" x,5\n', "line 2: its quotes"),
        (b'title,rating\nUp,4\n"Heat,5\nUp,4\n', "line 3: its quotes"),
        (b'{"a": 1}', "no list of movies"),
        (b'[{"movie": ', "is broken"),
        (b'[{"rating": "x", "movie": {"title": "A"}}]', "item 1: x is no rating"),
        ("movieId,rating\n1,5\n".encode("utf-16"), "is not a text file"),
    ],
)
def test_what_is_no_list_of_ratings_is_refused(tmp_path: Path, content: bytes, named: str) -> None:
    (tmp_path / "mine").write_bytes(content)
    with pytest.raises(DataError, match=named) as caught:
        read_export(tmp_path / "mine")
    assert "on_error" not in str(caught.value.hint)


def test_folder_without_ratings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("hello\n")
    with pytest.raises(DataError, match="is no list of ratings"):
        read_export(tmp_path / "folder")


def test_exports_name_the_same_films(sample: Recommender, tmp_path: Path) -> None:
    """By IMDb id where the model knows it, else by title and year."""
    (tmp_path / "imdb.csv").write_text(IMDB)
    (tmp_path / "letterboxd.csv").write_text(LETTERBOXD)
    by_imdb = sample.recommend(5, ratings=tmp_path / "imdb.csv")
    assert list(by_imdb) == list(sample.recommend(5, ratings={1: 4.5}))
    by_title = sample.recommend(5, ratings=tmp_path / "letterboxd.csv")
    assert list(by_title) == list(sample.recommend(5, ratings={6: 4.5}))


def test_imdb_id_beats_the_title(tmp_path: Path) -> None:
    ratings, movies = made()
    for name, frame in (("r.csv", ratings), ("m.csv", movies)):
        frame.to_csv(tmp_path / name, index=False)
    (tmp_path / "links.csv").write_text("movieId,imdbId,tmdbId\n6,0114709,862\n")
    (tmp_path / "imdb.csv").write_text(IMDB.replace("Toy Story,Toy", "Film b,Film"))
    fitted = Recommender.fit(tmp_path / "r.csv", tmp_path / "m.csv", links=tmp_path / "links.csv")
    found = fitted.recommend(5, ratings=tmp_path / "imdb.csv")
    assert list(found) == list(fitted.recommend(5, ratings={6: 4.5}))
    assert found.matchings[0].unmatched == []

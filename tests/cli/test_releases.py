"""The formats of the MovieLens releases and of MovieTweetings."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import pytest

from movierec import Recommender
from tests.cli.conftest import MOVIES, RATINGS, Refused
from tests.cli.inputs import fit, nearest, zip_of
from tests.conftest import Run

DAT_RATINGS = b"1::10::4::100\n1::20::5::101\n2::10::3::102\n2::20::4::103\n2::30::2::104\n"
DAT_MOVIES = (
    "10::Léon: The Pro::fessional (1994)::Crime|Drama\n"
    "20::Star Trek: First Contact (1996)::Action\n"
    "30::Été (1999)::Drama\n"
)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_double_colons(tmp_path: Path, encoding: str) -> None:
    recommender = fit(tmp_path, DAT_RATINGS, DAT_MOVIES.encode(encoding))
    assert recommender.movie(10).title == "Léon: The Pro::fessional (1994)"
    assert recommender.movie(10).genres == ("Crime", "Drama")
    assert nearest(recommender, "star trek: first contact") == [10, 30]
    assert any("latin-1" in note for note in recommender.card["notes"]) is (encoding == "latin-1")


def test_bad_row_between_double_colons(folder: Path, refused: Refused) -> None:
    (folder / "ratings.dat").write_bytes(DAT_RATINGS.replace(b"::5::", b"::five::"))
    (folder / "movies.dat").write_text(DAT_MOVIES, encoding="utf-8")
    refused("fit", "ratings.dat", "movies.dat", named=("ratings.dat", "line 2", '"five"'))


def test_movietweetings(tmp_path: Path) -> None:
    recommender = fit(
        tmp_path,
        b"1::0114508::0::1381006850\n2::0114508::8::1381006851\n2::0208092::7::1381006852\n",
        b"0000008::Edison (1894)::\n0114508::Species (1995)::Horror|Sci-Fi\n"
        b"0208092::Snatch (2000)::\n",
    )
    assert nearest(recommender, "species") == ["0208092"]
    assert recommender.movie("0208092", by_id=True).genres == ()
    assert recommender.movie("species").mean_rating == 4


def test_movielens_100k_beside_its_other_files(tmp_path: Path) -> None:
    def film(movie_id: int, title: str, date: str) -> str:
        flags = "|".join("1" if place in (3, 5) else "0" for place in range(19))
        return f"{movie_id}|{title}|{date}||http://us.imdb.com/?{movie_id}|{flags}\n"

    data = "1\t10\t4\t100\n1\t20\t5\t101\n2\t10\t3\t102\n2\t20\t4\t103\n2\t267\t2\t104\n"
    films = film(10, "Toy Story (1995)", "01-Jan-1995") + film(267, "unknown", "")
    for name, content in {
        "u.data": data,
        "u.item": films + film(20, "Misérables, Les (1995)", "01-Jan-1995"),
        "u1.base": data[:39],
        "u1.test": data[39:],
        "ua.base": data,
        "u.user": "1|24|M|technician|85711\n2|53|F|other|94043\n",
        "u.genre": "unknown|0\nAction|1\n\n",
        "u.info": "2 users\n3 items\n5 ratings\n",
        "u.occupation": "administrator\nartist\n",
        "README": "SUMMARY & USAGE LICENSE\n=======\n\nMovieLens data sets, collected by, x\n",
        "mku.sh": "#!/bin/sh\n\ntrap `rm -f tmp.$$; exit 1` 1 2 15\n",
    }.items():
        (tmp_path / name).write_bytes(content.encode("latin-1"))
    recommender = Recommender.fit(tmp_path, content_weight=0, weighting="none")  # as in `fit`
    assert recommender.card["n_ratings"] == 5
    assert recommender.movie("les miserables").genres == ("Animation", "Comedy")
    assert nearest(recommender, "toy story") == [20, 267]
    assert recommender.movie("unknown").movie_id == 267


def test_zip_with_a_top_folder(tmp_path: Path) -> None:
    files = {"ratings": RATINGS, "movies": MOVIES, "links": b"movieId,imdbId,tmdbId\n10,123,4\n"}
    (tmp_path / "ml.zip").write_bytes(zip_of(**files, tags=b"userId,movieId,tag\n1,10,odd\n"))
    assert nearest(Recommender.fit(tmp_path / "ml.zip", content_weight=0, weighting="none")) == [
        20,
        30,
    ]


@pytest.mark.parametrize("content", [RATINGS, gzip.compress(RATINGS)], ids=["plain", "gzip"])
def test_standard_input(folder: Path, movierec: Run, content: bytes) -> None:
    (folder / "piped").write_bytes(content)
    with (folder / "piped").open("rb") as piped:
        result = movierec("stats", "-", "movies.csv", "--json", stdin=piped)
    assert json.loads(result.stdout)["ratings"] == 7


def test_empty_standard_input(refused: Refused) -> None:
    refused("fit", "-", "movies.csv", stdin=subprocess.DEVNULL, named=("standard input", "empty"))

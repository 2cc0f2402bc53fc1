"""Files that are unusual, but fine."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
from pathlib import Path

import numpy as np
import pytest

from movierec import MovieNotFoundError
from tests.cli.conftest import BOTH, MOVIES, RATINGS, Refused
from tests.cli.inputs import fit, nearest, with_rating, zip_of
from tests.conftest import Run


def test_all_that_was_noticed_is_said(folder: Path, movierec: Run) -> None:
    (folder / "ratings.csv").write_bytes(
        RATINGS + b"1,10,1,50\n4,99,3,1\n5,99,1,1\n5,10,nan,1\nThat was all.\n"
    )
    (folder / "movies.csv").write_bytes(
        MOVIES.replace(b"Alpha", "Amélie".encode("latin-1")) + b"10,Again (1999),Comedy\n"
    )
    result = movierec("fit", *BOTH, "--on-error", "skip", "--model", "new")
    assert result.returncode == 0
    assert result.stdout == ""
    for said in (
        "movies.csv is not UTF-8: read as latin-1",
        "skipped 2 bad lines (the first, line 12: ",
        "left out 2 ratings of movies that are not in the movies file",
        "left out 1 rating repeated (the last by time was kept)",
        "7 ratings of 4 movies by 3 users -> new",
    ):
        assert said in result.stderr
    assert "left out 1 row of a movie that was listed before" in result.stderr


@pytest.mark.parametrize(
    ("ratings", "movies"),
    [
        pytest.param(b"\xef\xbb\xbf" + RATINGS, b"\xef\xbb\xbf" + MOVIES, id="BOM"),
        pytest.param(RATINGS.replace(b"\n", b"\r\n"), MOVIES.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(RATINGS.replace(b"\n", b"\r"), MOVIES.replace(b"\n", b"\r"), id="CR"),
        pytest.param(RATINGS.rstrip(), MOVIES.rstrip(), id="no-last-line-feed"),
        pytest.param(RATINGS, MOVIES.replace(b"movieId", b"Id"), id="header-Id"),
        pytest.param(
            RATINGS.replace(b"movieId", b"item_id").replace(b"userId", b"USER ID"),
            MOVIES.replace(b"movieId", b'"Movie ID"'),
            id="synonyms",
        ),
        pytest.param(re.sub(rb",\w+\n", b"\n", RATINGS), MOVIES, id="no-timestamp"),
        pytest.param(RATINGS.partition(b"\n")[2], MOVIES.partition(b"\n")[2], id="no-header"),
        pytest.param(RATINGS.replace(b",", b";"), MOVIES, id="semicolons-in-ratings"),
        pytest.param(
            RATINGS,
            b"movieId;title;genres\n10;Alpha (1990);Drama\n20;B;C\n30;G;(no genres listed)\n",
            id="semicolons-in-movies",
        ),
        pytest.param(
            RATINGS.replace(b",", b"\t"),
            b"movieId\ttitle\tgenres\n10\tAlpha (1990)\tDrama\n20\tB\tC\n30\tG\tD\n",
            id="TAB",
        ),
        pytest.param(gzip.compress(RATINGS), gzip.compress(MOVIES), id="gzip"),
        pytest.param(bz2.compress(RATINGS), bz2.compress(MOVIES), id="bzip2"),
        pytest.param(lzma.compress(RATINGS), lzma.compress(MOVIES), id="xz"),
        pytest.param(zip_of(ratings=RATINGS), zip_of(movies=MOVIES), id="zip-each"),
        pytest.param(
            re.sub(rb"(\d),(\d0),", rb"\1.0,\2.0,", RATINGS),
            re.sub(rb"(\d0),", rb"\1.0,", MOVIES),
            id="ids-with-decimals",
        ),
        pytest.param(with_rating("3.0"), MOVIES, id="decimals"),
    ],
)
def test_unusual_files_give_the_usual_answer(tmp_path: Path, ratings: bytes, movies: bytes) -> None:
    recommender = fit(tmp_path, ratings, movies)
    assert recommender.card["n_ratings"] == 7
    assert nearest(recommender) == [20, 30]
    assert recommender.movie("alpha").genres == ("Drama",)


def test_quotes_inside_titles(tmp_path: Path) -> None:
    movies = MOVIES.replace(b"Alpha (1990)", b'"The ""Alpha"", Part 1 (1990)"')
    movies = movies.replace(b"Gamma", b'Gamma "G"')
    recommender = fit(tmp_path, movies=movies)
    assert recommender.movie(10).title == 'The "Alpha", Part 1 (1990)'
    assert recommender.movie(30).title == 'Gamma "G" (1992)'


def test_latin_1_movies_are_read_and_that_is_said(tmp_path: Path) -> None:
    recommender = fit(tmp_path, movies=MOVIES.replace(b"Alpha", "Amélie".encode("latin-1")))
    assert recommender.movie("Amélie").movie_id == 10
    assert any("latin-1" in note for note in recommender.card["notes"])
    assert not any("latin-1" in note for note in fit(tmp_path).card["notes"])


@pytest.mark.parametrize("value", ["0", "0.0", "-3", "1e10"])
def test_any_finite_number_is_a_rating(tmp_path: Path, value: str) -> None:
    recommender = fit(tmp_path, with_rating(value))
    assert recommender.card["n_ratings"] == 7
    assert recommender.movie(10).mean_rating == pytest.approx((4 + 5 + float(value)) / 3, rel=1e-4)


def test_note_does_not_deny_raters_where_ratings_of_0_make_movies_dissimilar(
    tmp_path: Path,
) -> None:
    found = fit(tmp_path, b"userId,movieId,rating\n1,10,0\n1,20,0\n").similar("alpha")
    assert found == []
    assert found.note == (  # it must not say that nobody rated both: one person did
        "0 movies of 10 asked for: no other has a similarity to Alpha (1990) above 0"
    )


def test_movies_that_all_rated_0_are_similar_by_content_only(tmp_path: Path) -> None:
    ratings = b"userId,movieId,rating\n1,10,0\n1,20,0\n"
    nearest_film = fit(tmp_path, ratings, content_weight=0.33).similar("alpha")[0]
    assert (nearest_film.movie_id, nearest_film.support) == (20, 1)
    assert (nearest_film.content_share, nearest_film.evidence) == (1, "thin")


def test_text_ids_keep_their_zeros(tmp_path: Path) -> None:
    recommender = fit(
        tmp_path, RATINGS.replace(b",10,", b",0010,"), MOVIES.replace(b"\n10,", b"\n0010,")
    )
    assert nearest(recommender) == ["20", "30"]
    assert recommender.movie("0010", by_id=True).title == "Alpha (1990)"
    with pytest.raises(MovieNotFoundError, match="10"):
        recommender.movie("10", by_id=True)


@pytest.mark.parametrize("number", [2**31, 2**32 + 20, 2**63 - 1, 2**63, 2**64 + 20, -5, 10**30])
def test_ids_of_any_size(tmp_path: Path, number: int) -> None:
    film = str(number).encode()
    recommender = fit(
        tmp_path,
        RATINGS.replace(b",10,", b",%s," % film).replace(b"\n1,", b"\n%s," % film),
        MOVIES.replace(b"\n10,", b"\n%s," % film),
    )
    assert recommender.card["n_ratings"] == 7
    assert recommender.card["n_users"] == 3
    assert [str(movie_id) for movie_id in nearest(recommender)] == ["20", "30"]
    assert recommender.movie(str(number), by_id=True).title == "Alpha (1990)"


@pytest.mark.parametrize(
    ("row", "mean"),
    [
        pytest.param(b"1,10,1,50\n", 4.0, id="older"),
        pytest.param(b"1,10,1,5000\n", 3.0, id="newer"),
        pytest.param(b"1,10,1,100\n", 3.0, id="same-time"),
        pytest.param(b"1.0,10.0,1,50\n", 4.0, id="older-not-all-whole-numbers"),
    ],
)
def test_of_repeated_ratings_the_last_is_kept(tmp_path: Path, row: bytes, mean: float) -> None:
    recommender = fit(tmp_path, RATINGS + row)
    assert list(recommender.card["dropped"].values()) == [1]
    assert recommender.movie(10).mean_rating == mean


def test_last_by_date(tmp_path: Path) -> None:
    header = b"userId,movieId,rating,date\n"
    rows = b"1,10,4,2020-01-02\n1,10,2,2019-12-31\n1,20,3,2020-01-01\n"
    assert fit(tmp_path, header + rows).movie(10).mean_rating == 4


def test_of_repeated_movies_the_first_is_kept(tmp_path: Path) -> None:
    recommender = fit(tmp_path, movies=MOVIES + b"10,Alpha again (1999),Comedy\n")
    assert recommender.movie(10).title == "Alpha (1990)"
    assert any("listed before" in note for note in recommender.card["notes"])


def test_ratings_of_unknown_movies_are_counted(tmp_path: Path) -> None:
    recommender = fit(tmp_path, RATINGS + b"4,99,3,1\n5,99,1,1\n")
    assert recommender.card["dropped"] == {"of movies that are not in the movies file": 2}
    assert recommender.card["n_users"] == 3


def test_ratings_of_none_but_unknown_movies(folder: Path, refused: Refused) -> None:
    (folder / "ratings.csv").write_bytes(b"userId,movieId,rating\n1,99,4\n")
    refused("fit", *BOTH, named=("1 of movies that are not in the movies file",))


def test_movie_that_nobody_rated_has_neighbors_by_content(folder: Path, movierec: Run) -> None:
    """All that Delta of 1993 shares with the others is that their years are near.

    Years have a weight of 0.05 of 0.35 where no titles are similar. The weight of n ratings is
    0.67 n / (n + 5): Alpha has three ratings, the other two movies have two; content has the rest.
    """
    parts = "genres=0.3,title=0.65,year=0.05"
    weights = ("--content-weight", "0.33", "--prior", "5", "--content-parts", parts)
    assert movierec("fit", *BOTH, "--weighting", "none", *weights).returncode == 0
    result = movierec("similar", "delta", "--json")
    assert result.returncode == 0
    rows = json.loads(result.stdout)["neighbors"]
    expected = {}
    for movie_id, year, n in ((10, 1990, 3), (20, 1991, 2), (30, 1992, 2)):
        near = [np.maximum(0, 1 - abs(y - np.arange(1975, 2010, 5)) / 10) for y in (1993, year)]
        alike = near[0] @ near[1] / np.prod([np.linalg.norm(row) for row in near])
        expected[movie_id] = (1 - 0.67 * n / (n + 5)) ** 0.5 * 0.05 / 0.35 * alike
    found = {row["movie_id"]: row["similarity"] for row in rows}
    assert found == pytest.approx(expected, abs=2e-6)
    assert {(row["evidence"], row["support"], row["content_share"]) for row in rows} == {
        ("by content", 0, 1)
    }


def test_without_content_a_movie_that_nobody_rated_has_no_neighbors(
    folder: Path, movierec: Run
) -> None:
    assert movierec("fit", *BOTH, "--content-weight", "0").returncode == 0
    result = movierec("similar", "delta", "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["neighbors"] == []
    assert result.stderr.strip() == (
        "0 movies of 10 asked for: no other has a similarity to Delta (1993) above 0"
    )


@pytest.mark.parametrize(
    ("ratings", "n_found"),
    [
        pytest.param(b"userId,movieId,rating\n1,10,4\n1,20,5\n", 1, id="one-user"),
        pytest.param(b"userId,movieId,rating\n1,10,4\n2,10,5\n", 0, id="one-rated-film"),
        pytest.param(b"userId,movieId,rating\n1,10,4\n", 0, id="one-rating"),
    ],
)
def test_least_data(tmp_path: Path, ratings: bytes, n_found: int) -> None:
    found = fit(tmp_path, ratings).similar("alpha")
    assert len(found) == n_found
    assert found.note


def test_content_finds_neighbors_where_one_rating_cannot(tmp_path: Path) -> None:
    ratings = b"userId,movieId,rating\n1,10,4\n"
    found = fit(tmp_path, ratings, content_weight=0.33).similar("alpha")
    assert [film.movie_id for film in found] == [20, 30, 40]  # beta is a drama too
    assert {(film.evidence, film.support) for film in found} == {("by content", 0)}


@pytest.mark.parametrize("content_weight", [0, 0.33])
def test_one_movie(tmp_path: Path, content_weight: float) -> None:
    ratings = b"userId,movieId,rating\n1,10,4\n"
    movies = b"movieId,title,genres\n10,Alpha (1990),Drama\n"
    assert fit(tmp_path, ratings, movies, content_weight=content_weight).similar("alpha") == []

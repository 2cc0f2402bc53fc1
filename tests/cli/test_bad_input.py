"""What people feed the program: files that are broken, odd, or fine but unusual; arguments too."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import pty
import random
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from movierec import DataError, MovieNotFoundError, Recommender
from tests.cli.conftest import BOTH, MOVIES, RATINGS, Refused, lines_of
from tests.conftest import Run

RATING_LINES = RATINGS.decode().splitlines(keepends=True)
JUNK = random.Random(5).randbytes(3000)
PRINTED_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
FORMATS = ("table", "json", "jsonl", "csv", "tsv", "md")


def with_rating(value: str) -> bytes:
    """Return the ratings with another value in line 4."""
    return RATINGS.replace(b"2,10,3,", f"2,10,{value},".encode())


def zip_of(**files: bytes) -> bytes:
    """Return a zip of files, their names without the ending .csv, in a top folder."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"ml-tiny/{name}.csv", text)
    return content.getvalue()


def flipped(content: bytes, place: int) -> bytes:
    """Return `content` with a byte changed."""
    changed = bytearray(content)
    changed[place] ^= 0xFF
    return bytes(changed)


def fit(folder: Path, ratings: bytes = RATINGS, movies: bytes = MOVIES, **more: Any) -> Recommender:
    """Fit in this process, which takes milliseconds.

    Content counts nothing unless asked for: who is nearest then tells which ratings were read.
    """
    (folder / "r").write_bytes(ratings)
    (folder / "m").write_bytes(movies)
    return Recommender.fit(folder / "r", folder / "m", **{"content_weight": 0, **more})


def nearest(recommender: Recommender, query: str = "alpha") -> list[int | str]:
    return [neighbor.movie_id for neighbor in recommender.similar(query)]


# --- files that cannot be used


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        pytest.param("ratings.csv", b"", ("empty",), id="empty-ratings"),
        pytest.param("movies.csv", b"", ("empty",), id="empty-movies"),
        pytest.param("ratings.csv", RATING_LINES[0].encode(), ("no ratings",), id="only-a-header"),
        pytest.param("ratings.csv", b"a,b,c\n1,2,3\n", ("a,b,c",), id="columns-of-ratings"),
        pytest.param("movies.csv", b"a,b,c\nx,y,z\n", (), id="columns-of-movies"),
        pytest.param("ratings.csv", b"userId,movieId,tag\n1,10,x\n", ("tags",), id="tags"),
        pytest.param("movies.csv", b"movieId,imdbId,tmdbId\n10,1,2\n", ("links",), id="links"),
        pytest.param("ratings.csv", JUNK, ("text",), id="junk-ratings"),
        pytest.param("movies.csv", JUNK, ("text",), id="junk-movies"),
        pytest.param("ratings.csv", JUNK.replace(b"\0", b""), (), id="junk-without-zeros"),
        pytest.param("ratings.csv", RATINGS.decode().encode("utf-16"), ("text",), id="utf-16"),
        pytest.param("ratings.csv", gzip.compress(RATINGS)[:-12], ("broken",), id="gzip-cut"),
        pytest.param("ratings.csv", flipped(gzip.compress(RATINGS), 30), ("broken",), id="gzip"),
        pytest.param("ratings.csv", flipped(gzip.compress(RATINGS), -6), (), id="gzip-sum"),
        pytest.param("ratings.csv", flipped(bz2.compress(RATINGS), 30), (), id="bzip2"),
        pytest.param("ratings.csv", flipped(lzma.compress(RATINGS), 40), ("broken",), id="xz"),
        pytest.param("ratings.csv", b"PK\x03\x04", ("broken",), id="zip-without-content"),
        pytest.param(
            "ratings.csv", flipped(zip_of(ratings=RATINGS), 70), ("broken",), id="zip-member"
        ),
    ],
)
def test_file_that_cannot_be_used(
    folder: Path, refused: Refused, name: str, content: bytes, named: tuple[str, ...]
) -> None:
    (folder / name).write_bytes(content)
    refused("fit", *BOTH, named=(name, *named))


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        pytest.param(("none.csv", "movies.csv"), 3, ("no file none.csv",), id="no-ratings"),
        pytest.param(("ratings.csv", "none.csv"), 3, ("no file none.csv",), id="no-movies"),
        pytest.param(("none/", "movies.csv"), 3, ("none",), id="no-folder"),
        pytest.param((*BOTH, "--links", "none.csv"), 3, ("none.csv",), id="no-links"),
        pytest.param((*BOTH, "--tags", "movies.csv"), 3, ("movies.csv", "tags"), id="not-tags"),
        pytest.param(
            ("movies.csv", "ratings.csv"), 3, ("movies.csv", "movies, not ratings"), id="swapped"
        ),
        pytest.param(("ratings.csv",), 2, ("ratings.csv", "one file"), id="ratings-alone"),
        pytest.param(("movies.csv",), 2, ("movies.csv",), id="movies-alone"),
        pytest.param(("", "movies.csv"), (2, 3), (), id="empty-name-of-ratings"),
        pytest.param(("ratings.csv", ""), (2, 3), (), id="empty-name-of-movies"),
        pytest.param(("-", "-"), (2, 3), ("standard input",), id="two-from-standard-input"),
        pytest.param((os.devnull, "movies.csv"), 3, ("empty",), id="null-device"),
        pytest.param(("x" * 300, "movies.csv"), 3, ("too long",), id="too-long-a-name"),
    ],
)
def test_names_of_files_that_cannot_be_used(
    refused: Refused, arguments: tuple[str, ...], code: int, named: tuple[str, ...]
) -> None:
    refused("fit", *arguments, code=code, named=named, stdin=subprocess.DEVNULL)


def test_swapped_files_are_told_in_which_order_they_come(refused: Refused) -> None:
    hint = lines_of(refused("fit", "movies.csv", "ratings.csv").stderr, "hint: ")[0]
    assert "fit ratings.csv movies.csv" in hint


def test_hint_for_movies_alone_asks_for_ratings(refused: Refused) -> None:
    hint = lines_of(refused("fit", "movies.csv", code=2).stderr, "hint: ")[0]
    assert "movies.csv movies.csv" not in hint


@pytest.mark.parametrize(
    ("files", "named"),
    [
        pytest.param({}, ("ratings",), id="empty"),
        pytest.param({"notes.txt": b"hello\n"}, ("no ratings",), id="a-text"),
        pytest.param({"movies.csv": MOVIES}, ("no ratings",), id="movies-only"),
        pytest.param({"ratings.csv": RATINGS}, ("no movies",), id="ratings-only"),
        pytest.param({"movies.csv": MOVIES, "a.txt": b"-\n"}, ("no ratings",), id="no-ratings"),
        pytest.param({"ratings.csv": RATINGS, "a.txt": b"-\n"}, ("no movies",), id="no-movies"),
        pytest.param(
            {"a.csv": RATINGS, "b.csv": RATINGS, "movies.csv": MOVIES},
            ("a.csv", "b.csv"),
            id="ratings-twice",
        ),
        pytest.param(
            {"ratings.csv.gz": gzip.compress(RATINGS)[:-12], "movies.csv": MOVIES},
            ("ratings.csv.gz", "broken"),
            id="broken-ratings",
        ),
    ],
)
def test_folder_that_does_not_hold_what_it_should(
    folder: Path, refused: Refused, files: dict[str, bytes], named: tuple[str, ...]
) -> None:
    (folder / "data").mkdir()
    for name, content in files.items():
        (folder / "data" / name).write_bytes(content)
    refused("fit", "data", named=("data", *named))


@pytest.mark.parametrize(
    ("content", "named"),
    [
        pytest.param(zip_of(), (), id="empty"),
        pytest.param(zip_of(ratings=RATINGS), ("no movies",), id="ratings-only"),
        pytest.param(zip_of(a=b"-\n", movies=MOVIES), ("no ratings",), id="no-ratings"),
        pytest.param(
            flipped(zip_of(ratings=RATINGS, movies=MOVIES), 70), ("broken",), id="broken-member"
        ),
        pytest.param(zip_of(ratings=RATINGS, movies=MOVIES)[:-30], ("broken",), id="cut"),
    ],
)
def test_zip_that_does_not_hold_what_it_should(
    folder: Path, refused: Refused, content: bytes, named: tuple[str, ...]
) -> None:
    (folder / "data.zip").write_bytes(content)
    refused("fit", "data.zip", named=("data.zip", *named))


def test_debug_shows_where_it_went_wrong(folder: Path, movierec: Run) -> None:
    result = movierec("--debug", "fit", "none.csv", "movies.csv")
    assert result.returncode == 1
    assert "Traceback" in result.stderr
    assert result.stderr.rstrip().endswith("there is no file none.csv")


# --- rows that cannot be used


@pytest.mark.parametrize("value", ["x", "NaN", "inf", "", "1e999", "1e39", "1_0"])
def test_rating_that_is_no_finite_number(folder: Path, refused: Refused, value: str) -> None:
    (folder / "ratings.csv").write_bytes(with_rating(value))
    refused("fit", *BOTH, named=("ratings.csv", "line 4", f'"{value}"'))


@pytest.mark.parametrize("value", ["x", "NaN", "inf", "", "1e39"])
def test_bad_rating_is_dropped_and_counted_when_asked(tmp_path: Path, value: str) -> None:
    recommender = fit(tmp_path, with_rating(value), on_error="skip")
    assert recommender.card["n_ratings"] == 6
    assert any("skipped 1 bad line" in note for note in recommender.card["notes"])


def test_only_bad_ratings_are_an_error_when_skipping_too(folder: Path, refused: Refused) -> None:
    (folder / "ratings.csv").write_bytes(b"userId,movieId,rating\n1,10,x\n")
    refused("fit", *BOTH, "--on-error", "skip", named=("ratings.csv", "no ratings"))


@pytest.mark.parametrize(
    ("name", "row", "what"),
    [
        ("ratings.csv", b"2,10\n", "2 fields"),
        ("ratings.csv", b"Total: 7 ratings\n", "1 field"),
        ("ratings.csv", b"userId,movieId,rating,timestamp\n", '"rating"'),
        ("ratings.csv", b",10,4,1\n", "id"),
        ("ratings.csv", b"9,%s,4,1\n" % (b"x" * 201), "id"),
        ("movies.csv", b"50\n", "1 field"),
        ("movies.csv", b"50,,Drama\n", "no title"),
        ("movies.csv", b",Omega (1999),Drama\n", "id"),
        ("movies.csv", b"Source: somewhere\n", "1 field"),
    ],
)
def test_bad_row_is_named_or_dropped_and_counted(
    tmp_path: Path, name: str, row: bytes, what: str
) -> None:
    files = {"ratings.csv": RATINGS, "movies.csv": MOVIES}
    line = files[name].count(b"\n") + 1
    files[name] += row
    with pytest.raises(DataError, match=re.escape(what)) as caught:
        fit(tmp_path, *files.values())
    assert f", line {line}: " in str(caught.value)
    recommender = fit(tmp_path, *files.values(), on_error="skip")
    assert recommender.card["n_ratings"] == 7
    assert any("skipped 1 bad line" in note for note in recommender.card["notes"])


def test_unclosed_quote_is_named_by_the_line_where_it_opens(folder: Path, refused: Refused) -> None:
    (folder / "movies.csv").write_bytes(MOVIES.replace(b"Gamma", b'"Gamma'))
    refused("fit", *BOTH, named=("movies.csv", "line 4", "quote"))


def test_unclosed_quote_costs_no_more_rows_than_are_counted(tmp_path: Path) -> None:
    recommender = fit(tmp_path, RATINGS.replace(b"1,20,5", b'1,20,"5'), on_error="skip")
    counts = [re.search(r"skipped ([\d,]+) bad", note) for note in recommender.card["notes"]]
    skipped = sum(int(found[1].replace(",", "")) for found in counts if found)
    assert recommender.card["n_ratings"] + skipped == 7


# --- files that are unusual, and fine


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
        "left out 2 ratings of films that are not in the movies file",
        "left out 1 rating repeated (the last by time was kept)",
        "7 ratings of 4 films by 3 users -> new",
    ):
        assert said in result.stderr
    assert "left out 1 row of a film that was listed before" in result.stderr


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


def test_note_does_not_deny_raters_where_ratings_of_0_make_films_unlike(tmp_path: Path) -> None:
    found = fit(tmp_path, b"userId,movieId,rating\n1,10,0\n1,20,0\n").similar("alpha")
    assert found == []
    assert found.note == (  # of film 20 it may not say that nobody rated both
        "0 films of 10 asked for: no other has a similarity to Alpha (1990) above 0"
    )


def test_films_that_all_rated_0_are_alike_by_content_only(tmp_path: Path) -> None:
    ratings = b"userId,movieId,rating\n1,10,0\n1,20,0\n"
    nearest_film = fit(tmp_path, ratings, content_weight=0.33).similar("alpha")[0]
    assert (nearest_film.movie_id, nearest_film.support) == (20, 1)
    assert (nearest_film.content_share, nearest_film.evidence) == (1, "by content")


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


def test_of_repeated_films_the_first_is_kept(tmp_path: Path) -> None:
    recommender = fit(tmp_path, movies=MOVIES + b"10,Alpha again (1999),Comedy\n")
    assert recommender.movie(10).title == "Alpha (1990)"
    assert any("repeat" in note for note in recommender.card["notes"])


def test_ratings_of_unknown_films_are_counted(tmp_path: Path) -> None:
    recommender = fit(tmp_path, RATINGS + b"4,99,3,1\n5,99,1,1\n")
    assert recommender.card["dropped"] == {"of films that are not in the movies file": 2}
    assert recommender.card["n_users"] == 3


def test_ratings_of_none_but_unknown_films(folder: Path, refused: Refused) -> None:
    (folder / "ratings.csv").write_bytes(b"userId,movieId,rating\n1,99,4\n")
    refused("fit", *BOTH, named=("1 of films that are not in the movies file",))


def test_film_that_nobody_rated_has_neighbours_by_content(folder: Path, movierec: Run) -> None:
    """Delta shares with each of the others that they are of 1990 to 1994, and no more.

    Years count 0.05 of 0.35 where no titles are alike. Ratings of a film count 0.67 n / (n + 5):
    the two films that two people rated, and alpha, that three did, leave the rest to content.
    """
    result = movierec("similar", "delta", "--json")
    assert result.returncode == 0
    rows = json.loads(result.stdout)["neighbors"]
    two, three = ((1 - 0.67 * n / (n + 5)) ** 0.5 * 0.05 / 0.35 for n in (2, 3))
    assert {row["movie_id"]: row["similarity"] for row in rows} == pytest.approx(
        {20: two, 30: two, 10: three}, abs=2e-6
    )
    assert rows[-1]["movie_id"] == 10
    assert {(row["evidence"], row["support"], row["content_share"]) for row in rows} == {
        ("by content", 0, 1)
    }


def test_without_content_a_film_that_nobody_rated_has_no_neighbours(
    folder: Path, movierec: Run
) -> None:
    assert movierec("fit", *BOTH, "--content-weight", "0").returncode == 0
    result = movierec("similar", "delta", "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["neighbors"] == []
    assert result.stderr.strip() == (
        "0 films of 10 asked for: no other has a similarity to Delta (1993) above 0"
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


def test_content_finds_neighbours_where_one_rating_cannot(tmp_path: Path) -> None:
    ratings = b"userId,movieId,rating\n1,10,4\n"
    found = fit(tmp_path, ratings, content_weight=0.33).similar("alpha")
    assert [film.movie_id for film in found] == [20, 30, 40]  # beta is a drama too
    assert {(film.evidence, film.support) for film in found} == {("by content", 0)}


@pytest.mark.parametrize("content_weight", [0, 0.33])
def test_one_film(tmp_path: Path, content_weight: float) -> None:
    ratings = b"userId,movieId,rating\n1,10,4\n"
    movies = b"movieId,title,genres\n10,Alpha (1990),Drama\n"
    assert fit(tmp_path, ratings, movies, content_weight=content_weight).similar("alpha") == []


# --- releases


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
    recommender = Recommender.fit(tmp_path, content_weight=0)  # as in `fit`
    assert recommender.card["n_ratings"] == 5
    assert recommender.movie("les miserables").genres == ("Animation", "Comedy")
    assert nearest(recommender, "toy story") == [20, 267]
    assert recommender.movie("unknown").movie_id == 267


def test_zip_with_a_top_folder(tmp_path: Path) -> None:
    files = {"ratings": RATINGS, "movies": MOVIES, "links": b"movieId,imdbId,tmdbId\n10,123,4\n"}
    (tmp_path / "ml.zip").write_bytes(zip_of(**files, tags=b"userId,movieId,tag\n1,10,odd\n"))
    assert nearest(Recommender.fit(tmp_path / "ml.zip", content_weight=0)) == [20, 30]


@pytest.mark.parametrize("content", [RATINGS, gzip.compress(RATINGS)], ids=["plain", "gzip"])
def test_standard_input(folder: Path, movierec: Run, content: bytes) -> None:
    (folder / "piped").write_bytes(content)
    with (folder / "piped").open("rb") as piped:
        result = movierec("stats", "-", "movies.csv", "--json", stdin=piped)
    assert json.loads(result.stdout)["ratings"] == 7


def test_empty_standard_input(refused: Refused) -> None:
    refused("fit", "-", "movies.csv", stdin=subprocess.DEVNULL, named=("standard input", "empty"))


# --- arguments


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("similar", "alpha", "-k", "0"), "0"),
        (("similar", "alpha", "-k", "-1"), "-1"),
        (("similar", "alpha", "-k", "abc"), "abc"),
        (("similar", "alpha", "-k"), "-k"),
        (("similar", "alpha", "--years", "1989-1980"), "1989-1980"),
        (("similar", "alpha", "--years", "x"), "x"),
        (("similar", "alpha", "--years", ""), "years"),
        (("similar", "alpha", "--format", "nope"), "nope"),
        (("similar", "alpha", "--min-support", "-1"), "-1"),
        (("similar", "alpha", "--diversity", "2"), "2"),
        (("similar", "alpha", "--obscurity", "-0.1"), "-0.1"),
        (("similar", "alpha", "--year", "x"), "x"),
        (("similar", "alpha", "--nope"), "--nope"),
        (("similar",), "title"),
        (("search",), "words"),
        (("nope",), "nope"),
        (("fit", *BOTH, "third.csv"), "third.csv"),
        (("fit", *BOTH, "--n-neighbors", "0"), "0"),
        (("fit", *BOTH, "--min-support", "-1"), "-1"),
        (("fit", *BOTH, "--content-weight", "1.5"), "1.5"),
        (("fit", *BOTH, "--prior", "-1"), "-1"),
        (("fit", *BOTH, "--content-parts", "nonsense=1"), "nonsense"),
        (("fit", *BOTH, "--content-parts", "genres"), '"genres" is no list of weights'),
        (("fit", *BOTH, "--on-error", "maybe"), "maybe"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_argument_that_makes_no_sense(
    refused: Refused, arguments: tuple[str, ...], named: str
) -> None:
    result = refused(*arguments, code=2)
    assert named.casefold() in lines_of(result.stderr, "error: ")[0].casefold()


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("", id="empty"),
        pytest.param("   ", id="blanks"),
        pytest.param("?", id="punctuation"),
        pytest.param("(1990)", id="a-year-alone"),
        pytest.param("[red]x[/red]", id="markup"),
        pytest.param("\x1b[31mzzz", id="escapes"),
        pytest.param("zzz\nerror: qqq", id="two-lines"),
        pytest.param("z" * 10_000, id="very-long"),
    ],
)
def test_title_that_no_film_has(refused: Refused, title: str) -> None:
    result = refused("similar", title, code=4)
    assert not PRINTED_CONTROLS.search(result.stderr)
    assert len(result.stderr) < 2000


def test_every_one_of_several_titles_must_be_a_film(refused: Refused) -> None:
    refused("similar", "alpha", "words", code=4, named=("words",))


def test_title_in_two_words_without_quotes_is_two_titles(folder: Path, movierec: Run) -> None:
    result = movierec("similar", "alpha", "beta", "--json")
    assert result.returncode == 0
    document = json.loads(result.stdout)
    assert [film["movie_id"] for film in document["queries"]] == [10, 20]
    assert {row["movie_id"] for row in document["neighbors"]} == {30, 40}


@pytest.mark.parametrize("words", ["", "?", "\x1b[31mzzz", "zzz\nqqq"])
def test_words_that_no_film_has(refused: Refused, words: str) -> None:
    assert not PRINTED_CONTROLS.search(refused("search", words, code=4, hinted=False).stderr)


@pytest.mark.parametrize("movie_id", ["x", "²", "9" * 5000, ""])
def test_id_that_no_film_has(refused: Refused, movie_id: str) -> None:
    refused("similar", movie_id, "--id", code=4, hinted=False)


@pytest.mark.parametrize("k", ["4", str(10**20)])
def test_more_films_than_there_are(folder: Path, movierec: Run, k: str) -> None:
    result = movierec("similar", "alpha", "-k", k, "--json")
    assert result.returncode == 0
    found = json.loads(result.stdout)["neighbors"]
    assert [row["movie_id"] for row in found] == [20, 30, 40]
    assert [row["support"] for row in found] == [2, 2, 0]
    assert f"3 films of {k} asked for" in result.stderr


def test_support_of_0_leaves_nothing_out_and_of_1_what_nobody_rated(
    folder: Path, movierec: Run
) -> None:
    everything = movierec("similar", "alpha", "--json").stdout
    assert movierec("similar", "alpha", "--min-support", "0", "--json").stdout == everything
    rated = json.loads(movierec("similar", "alpha", "--min-support", "1", "--json").stdout)
    assert rated["neighbors"] == json.loads(everything)["neighbors"][:2]


# --- what reaches a terminal


@pytest.fixture(scope="module")
def hostile_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of films whose titles and genres would like to rule the terminal."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile = "\x1b[31m{}\x07\x9b1m\u202e\x1b]0;owned\x07"
    movies = MOVIES.decode().replace("Alpha", hostile.format("Alpha"))
    movies = movies.replace("Beta", hostile.format("[red]Beta[/red]"))
    # A table shows the genres that two films share.
    recommender = fit(folder, movies=movies.replace("Drama", "\x1b[1mDrama").encode())
    recommender.save(folder / "hostile.model")
    return folder / "hostile.model"


@pytest.mark.parametrize("form", FORMATS)
def test_control_characters_in_titles_are_not_printed(
    movierec: Run, hostile_model: Path, form: str
) -> None:
    result = movierec("similar", "10", "--id", "--model", hostile_model, "--format", form)
    assert result.returncode == 0
    assert "[red]Beta[/red]" in result.stdout
    assert not PRINTED_CONTROLS.search(result.stdout.replace("\t", " "))
    assert not PRINTED_CONTROLS.search(result.stderr)


def test_control_characters_from_data_frames_are_not_printed(tmp_path: Path, movierec: Run) -> None:
    ratings = pd.DataFrame({"userId": [1, 1], "movieId": [10, 20], "rating": [4, 5]})
    movies = pd.DataFrame({"movieId": [10, 20], "title": ["Alpha", "\x1b[31mBeta\x1b]0;x\x07"]})
    Recommender.fit(ratings, movies).save(tmp_path / "m")
    result = movierec("similar", "alpha", "--model", "m")
    assert "Beta" in result.stdout
    assert not PRINTED_CONTROLS.search(result.stdout + result.stderr)


@pytest.mark.parametrize(
    "ratings",
    [
        pytest.param(b"\x1b[31mfoo,\x1b]0;owned\x07bar\n1,2\n", id="header"),
        pytest.param(b"userId,movieId,rating\n1,10,\x1b[31mfoo\n", id="rating"),
    ],
)
def test_control_characters_in_errors_are_not_printed(
    folder: Path, refused: Refused, ratings: bytes
) -> None:
    (folder / "ratings.csv").write_bytes(ratings)
    assert not PRINTED_CONTROLS.search(refused("fit", *BOTH, named=("foo",)).stderr)


def printed_on_terminal(folder: Path, **environment: str) -> str:
    """Return what the program prints for a list when stdout is a terminal."""
    terminal, its_end = pty.openpty()
    usual = {key: os.environ[key] for key in os.environ if key not in ("NO_COLOR", "TERM")}
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        subprocess.run(
            [sys.executable, "-m", "movierec", "similar", "alpha"],
            cwd=folder,
            env=usual | {"TERM": "xterm"} | environment,
            stdout=its_end,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )
        os.close(its_end)
        printed = b""
        while True:
            try:
                chunk = screen.read(65536)
            except OSError:  # how Linux says that nobody has the other end any more
                break
            if not chunk:
                break
            printed += chunk
    return printed.decode()


def test_colour_only_where_it_is_wanted(folder: Path) -> None:
    colour = re.compile(r"\x1b\[[\d;]*3[0-7][\d;]*m")
    assert colour.search(printed_on_terminal(folder))
    assert not colour.search(printed_on_terminal(folder, NO_COLOR="1"))
    assert "\x1b" not in printed_on_terminal(folder, TERM="dumb")


@pytest.mark.parametrize(
    "environment",
    [{"LANG": "C", "LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0"}],
    ids=str,
)
def test_terminal_of_few_letters(
    tmp_path: Path, movierec: Run, environment: dict[str, str]
) -> None:
    fit(tmp_path, movies=MOVIES.replace(b"Beta", "Bêta".encode())).save(tmp_path / "x.model")
    result = movierec("similar", "alpha", "--model", "x.model", env={**os.environ, **environment})
    assert result.returncode == 0
    assert re.search(r"B.{1,2}ta, The", result.stdout)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_reader_that_goes_away_is_no_error(folder: Path, movierec: Run, form: str) -> None:
    """As in ``movierec similar alpha | head -1``."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        result = movierec(
            *("similar", "alpha", "--format", form),
            capture_output=False,
            stdout=pipe,
            stderr=subprocess.PIPE,
        )
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr
    assert lines_of(result.stderr, "error: ") == []


needs_full_device = pytest.mark.skipif(
    not Path("/dev/full").is_char_device(), reason="there is no /dev/full"
)


@needs_full_device
@pytest.mark.parametrize(
    "arguments",
    [
        ("similar", "alpha"),
        ("search", "alpha", "--format", "csv"),
        ("stats", "--json"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_full_disk_behind_standard_output(
    folder: Path, movierec: Run, arguments: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("wb") as full:
        result = movierec(*arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr
    assert "No space left" in "".join(lines_of(result.stderr, "error: "))
    assert "please report" not in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("similar alpha >&-", id="stdout"),
        pytest.param("fit - movies.csv <&-", id="stdin"),
    ],
)
def test_closed_stream(folder: Path, command: str) -> None:
    line = f"{shlex.quote(sys.executable)} -m movierec {command}"
    result = subprocess.run(
        ["sh", "-c", line], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def pasted(line: str) -> str:
    """Return the title that a shell would hand over if the line were pasted into it."""
    script = f"movierec() {{ printf '%s' \"$2\"; }}\n{line}"
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout


Summary = Callable[[bytes, str], str]


@pytest.fixture
def next_line(folder: Path, movierec: Run) -> Summary:
    """Fit and return the command that the program suggests."""

    def run(title: bytes, model: str) -> str:
        (folder / "movies.csv").write_bytes(MOVIES.replace(b"Alpha (1990)", title))
        result = movierec("fit", *BOTH, "--model", model)
        assert result.returncode == 0
        return result.stderr[result.stderr.index("movierec similar") :].strip()

    return run


def test_suggested_command_can_be_pasted(folder: Path, movierec: Run, next_line: Summary) -> None:
    line = next_line(b"Alpha (1990)", "my model")
    command = shlex.split(line)
    assert movierec(*command[1:]).returncode == 0
    assert (folder / "my model").is_file()


def test_suggested_command_runs_nothing_that_a_title_says(next_line: Summary) -> None:
    line = next_line(b'"Al`printf x`pha $(printf y) ""$HOME"""', "new")
    assert pasted(line) == 'Al`printf x`pha $(printf y) "$HOME"'

"""Files and rows that cannot be used."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import re
import subprocess
from pathlib import Path

import pytest

from movierec import DataError
from tests.cli.conftest import BOTH, MOVIES, RATINGS, Refused, lines_of
from tests.cli.inputs import fit, flipped, with_rating, zip_of
from tests.conftest import Run

RATING_LINES = RATINGS.decode().splitlines(keepends=True)
JUNK = random.Random(5).randbytes(3000)


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

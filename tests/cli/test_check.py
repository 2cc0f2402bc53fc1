"""``movierec check``: what it finds, in which lines, and what it mends."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import movierec as package
from movierec import DataError, OutputError, Recommender, UsageError
from movierec.data.dataset import read_dataset
from movierec.data.encode import encode
from tests.cli.conftest import BOTH, MOVIES, RATINGS, Refused, snapshot
from tests.cli.inputs import zip_of
from tests.conftest import Run

NOW = int(time.time())
HEADER = "userId,movieId,rating,timestamp\n"
Found = dict[str, dict[str, Any]]


def checked(
    folder: Path, ratings: str | bytes = "", movies: str | bytes = "", **more: Any
) -> Found:
    """Check files with this content, in this process; return the findings by their kind."""
    for name, content in (("ratings.csv", ratings), ("movies.csv", movies)):
        if content:
            text = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(text)
    report = package.check(folder / "ratings.csv", folder / "movies.csv", **more)
    findings: Any = report.to_dict()["findings"]
    return {finding["kind"]: finding for finding in findings}


def with_rows(*rows: str) -> bytes:
    """Return the ratings with more rows; the first is line 9."""
    return RATINGS + "".join(f"{row}\n" for row in rows).encode()


def with_movies(*rows: str) -> bytes:
    """Return the movies with more rows; the first is line 6."""
    return MOVIES + "".join(f"{row}\n" for row in rows).encode()


@pytest.mark.parametrize(
    ("row", "kind", "message"),
    [
        ("9,10", "bad-fields", "1 line with too few fields: only 2 fields"),
        (
            "9,10,3,1,x",
            "bad-more-fields",
            "1 line with too many fields: 5 fields, the header has 4",
        ),
        (",10,3,1", "bad-id", "1 line with an unusable id: no usable user or movie id"),
        ("9,1\x1b0,3,1", "bad-id", "1 line with an unusable id: no usable user or movie id"),
        (f"9,{'1' * 201},3,1", "bad-id", "1 line with an unusable id: no usable user or movie id"),
        ("9,10,x,1", "bad-rating", 'the rating "x" is not a finite number'),
        ("9,10,nan,1", "bad-rating", 'the rating "nan" is not a finite number'),
        ("9,10,1e16,1", "bad-high-rating", 'the rating "1e16" is beyond 1,000,000,000,000,000'),
        ('9,10,"3,1', "bad-quotes", "1 line with open quotes: its quotes are not closed"),
        (f"9,10,3,{'1' * (1 << 20)}", "bad-long-line", "longer than 1,048,576 characters"),
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_a_row_that_cannot_be_used(folder: Path, row: str, kind: str, message: str) -> None:
    found = checked(folder, with_rows(row, "9,20,3,1"))[kind]
    assert (found["severity"], found["count"], found["lines"]) == ("error", 1, [9])
    assert message in found["message"]
    assert found["file"].endswith("ratings.csv")


@pytest.mark.parametrize(
    ("row", "kind", "message"),
    [
        ("50", "bad-fields", "only 1 field"),
        (",Zeta (1990),", "bad-id", "no usable id"),
        ("50, \x1b ,", "bad-title", "no title"),
        (f"50,{'Z' * 501},", "bad-long-title", "a title of 501 characters, more than 500"),
        ('50,"Z"eta,', "bad-quotes", "its quotes are not closed"),
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_a_movie_that_cannot_be_used(folder: Path, row: str, kind: str, message: str) -> None:
    found = checked(folder, movies=with_movies(row))[kind]
    assert (found["severity"], found["count"], found["lines"]) == ("error", 1, [6])
    assert message in found["message"]


def test_bad_rows_are_counted_and_the_first_five_named(folder: Path) -> None:
    found = checked(folder, with_rows(*["9,10,x,1"] * 7, *["9"] * 2))
    assert (found["bad-rating"]["count"], found["bad-rating"]["lines"]) == (7, [9, 10, 11, 12, 13])
    assert (found["bad-fields"]["count"], found["bad-fields"]["lines"]) == (2, [16, 17])


@pytest.mark.parametrize(
    ("rows", "kind", "severity", "lines", "message"),
    [
        (
            ["1,10,5,200", "1,10,4,300"],
            "repeated-ratings",
            "warning",
            [9, 10],
            "1 with the same rating",
        ),
        (
            ["1,99,5,1", "2,99,5,1"],
            "not-listed",
            "warning",
            [9, 10],
            "2 ratings of 1 movie that is",
        ),
        (["01,10,5,1"], "user-id-zeros", "warning", [2], "1 and 01"),
        (["9,010,5,1"], "movie-id-zeros", "warning", [2], "10 and 010"),
        (["9,10,5,1700000000000"], "milliseconds", "warning", [9], "1 time in milliseconds"),
        ([f"9,10,5,{NOW + 10**8}"], "future", "warning", [9], "1 time in the future"),
        (["9,10,5,soon", "9,20,5,"], "unreadable-time", "warning", [9], "1 time that"),
        (["9,10,5,2020-01-02"], "unreadable-time", "warning", [9], "a date among numbers"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_wrong_with_ratings(
    folder: Path, rows: list[str], kind: str, severity: str, lines: list[int], message: str
) -> None:
    found = checked(folder, with_rows(*rows))
    assert (found[kind]["severity"], found[kind]["lines"]) == (severity, lines)
    assert message in found[kind]["message"]


@pytest.mark.parametrize(
    ("row", "kind", "severity", "message"),
    [
        ("10,Alpha (1990),Drama", "listed-twice", "warning", "1 line of a movie that was listed"),
        ("10,Omega (1990),Drama", "listed-as-another", "warning", "Omega (1990); Alpha (1990)"),
        ("50,ALPHA (1990),Drama", "same-title", "warning", "Alpha (1990) and ALPHA (1990)"),
        ("50,Alpha (2005),Drama", "same-title-other-year", "note", "Alpha (1990) and Alpha (2005)"),
        ("50,Zeta (1066),Drama", "year", "warning", "Zeta (1066)"),
        ("50,Zeta (9066),Drama", "year", "warning", "Zeta (9066)"),
        ("50,Zeta,Drama", "without-year", "note", "Zeta"),
        ("50,Zeta (1990),Dramma", "genre", "warning", '"Dramma"'),
        ("50,Zeta (1990),", "without-genre", "note", "2 movies without a genre"),
        ("50,Zeta, The (1990),Drama", "cut-title", "warning", "as of Zeta"),
        ("50,Ze\x1bta (1990),Drama", "unprintable", "note", "Ze ta (1990)"),
        ("50,Zeta (1990),Drama", "not-rated", "note", "2 movies that nobody rated"),
    ],
    ids=lambda text: str(text)[:24],
)
def test_what_is_wrong_with_movies(
    folder: Path, row: str, kind: str, severity: str, message: str
) -> None:
    found = checked(folder, movies=with_movies(row))[kind]
    assert (found["severity"], found["lines"][-1]) == (severity, 6)
    assert message in found["message"]
    assert found["message"].isprintable()


def test_a_genre_is_offered_instead(folder: Path) -> None:
    assert (
        checked(folder, movies=with_movies("50,Z (1990),Dramma"))["genre"]["hint"]
        == "Drama is known"
    )


def test_not_all_unknown_genres_are_named(folder: Path) -> None:
    rows = [f"{n},Z{n} (1990),Drama|War|Genre {n}" for n in range(50, 150)]
    (folder / "movies.csv").write_bytes(with_movies(*rows, "200,Z (1990),Genre 140"))
    report = package.check(*(folder / name for name in BOTH))
    found = [finding for finding in report.findings if finding.kind == "genre"]
    assert len(found) == 21
    assert (found[0].count, found[0].lines) == (2, (96, 106))
    assert "80 other unknown genres" in found[-1].message


def test_genres_of_other_things_are_not_unknown(folder: Path) -> None:
    books = "movieId,title,genres\n10,A (1990),Poetry\n20,B (1991),Essay\n30,C (1992),War\n"
    assert "genre" not in checked(folder, movies=books)


def test_ratings_off_the_scale(folder: Path) -> None:
    rows = "".join(
        f"{user},{10 * item},{1 + (user + item) % 5},1\n"
        for user in range(700)
        for item in (1, 2, 3)
    )
    found = checked(folder, f"{HEADER}{rows}7000,10,50,1\n")["off-scale"]
    assert (found["severity"], found["count"], found["lines"]) == ("warning", 1, [2102])
    assert "1 to 5: the first is 50" in found["message"]


def test_ratings_that_are_all_alike(folder: Path) -> None:
    found = checked(folder, f"{HEADER}1,10,4,1\n2,20,4,1\n")
    assert found["all-alike"]["message"] == "all 2 ratings are 4"
    one = "".join(f"1,{item},4,1\n" for item in range(20)) + "2,10,3,1\n"
    found = checked(folder, f"{HEADER}{one}")
    assert "all-alike" not in found
    assert (found["user-all-alike"]["severity"], found["user-all-alike"]["count"]) == ("note", 1)


@pytest.mark.parametrize(("n_ratings", "seconds", "factor"), [(1000, 59, 1), (1000, 59, 1000)])
def test_somebody_who_rated_a_thousand_in_a_minute(
    folder: Path, n_ratings: int, seconds: int, factor: int
) -> None:
    def rows(n: int, span: int) -> str:
        return "".join(
            f"7,{item},{1 + item % 5},{(10**9 + item * span // (n - 1)) * factor}\n"
            for item in range(n)
        )

    found = checked(folder, f"{HEADER}{rows(n_ratings, seconds)}")["script"]
    assert (found["severity"], found["count"], found["lines"]) == ("warning", 1, [2])
    assert "script" not in checked(folder, f"{HEADER}{rows(n_ratings, 60)}")
    assert "script" not in checked(folder, f"{HEADER}{rows(n_ratings - 1, seconds)}")


def test_lines_in_another_encoding(folder: Path) -> None:
    found = checked(folder, movies=MOVIES.replace(b"Gamma", "Amélie".encode("latin-1")))
    assert (found["encoding"]["severity"], found["encoding"]["lines"]) == ("warning", [4])
    assert "encoding" not in checked(folder, movies=MOVIES.replace(b"Gamma", "Amélie".encode()))


def test_movies_without_links(folder: Path) -> None:
    (folder / "links.csv").write_text("movieId,imdbId\n10,1\n20,\n77,5\n88\n")
    found = checked(folder, links=folder / "links.csv")
    assert (found["without-links"]["count"], found["without-links"]["lines"]) == (3, [3, 4, 5])
    assert (found["links-not-listed"]["count"], found["links-not-listed"]["lines"]) == (1, [4])
    assert found["bad-fields"]["lines"] == [5]


def test_a_tag_genome_is_checked(folder: Path) -> None:
    (folder / "g.csv").write_text("movieId,tagId,relevance\n10,1,0.5\n20,1,1.5\n20,x,0.5\n")
    found = checked(folder, genome=folder / "g.csv")["bad-genome"]
    assert (found["count"], found["lines"]) == (2, [3, 4])


def test_other_content_is_checked(folder: Path, refused: Refused) -> None:
    (folder / "c.csv").write_text("movieId,director,year\n10,Ida,1990\n20\n20,,1991\n99,Max,\n")
    found = checked(folder, content=folder / "c.csv", fix=folder / "out")
    assert found["bad-fields"]["lines"] == [3]
    assert (found["content-not-listed"]["severity"], found["content-not-listed"]["lines"]) == (
        "note",
        [5],
    )
    assert (folder / "out/content.csv").read_text() == (
        "movieId,director,year\n10,Ida,1990\n20,,1991\n99,Max,\n"
    )
    (folder / "c.csv").write_text("movieId,director\n99,Max\n")
    assert checked(folder, content=folder / "c.csv")["content-not-listed"]["severity"] == "error"
    refused("check", *BOTH, "--content", "ratings.csv", named=("ratings.csv holds ratings",))


def test_a_file_that_breaks_off_is_checked_as_far_as_it_goes(folder: Path) -> None:
    rows = "".join(f"{user},10,{user % 5},1\n" for user in range(100_000))
    (folder / "ratings.csv").write_bytes(
        gzip.compress(f"{HEADER}1,10,x,1\n{rows}".encode())[:-2000]
    )
    found = checked(folder)
    assert found["broken-file"]["severity"] == "error"
    assert found["bad-rating"]["lines"] == [2]


def test_nothing_that_is_left_is_an_error(folder: Path) -> None:
    assert "no rating of 1 can" in checked(folder, f"{HEADER}1,99,4,1\n")["nothing-left"]["message"]
    assert checked(folder, movies="movieId,title\n10,\n")["nothing-left"]["severity"] == "error"
    assert checked(folder, HEADER)["nothing-left"]["severity"] == "error"


@pytest.mark.parametrize("min_ratings", [1, 3])
def test_what_a_fit_leaves_out_is_what_it_says(folder: Path, min_ratings: int) -> None:
    (folder / "ratings.csv").write_bytes(with_rows("1,10,5,1", "2,99,3,1", "01,10,5,1", "9,30,5,1"))
    report = package.check(*(folder / name for name in BOTH), min_ratings=min_ratings)
    fitted = Recommender.fit(*(folder / name for name in BOTH), min_ratings=min_ratings)
    assert report.dropped == fitted.card["dropped"] != {}
    assert report.n_ratings - sum(report.dropped.values()) == fitted.card["n_ratings"]


def test_the_command_exits_by_severity(folder: Path, movierec: Run) -> None:
    clean = movierec("check", *BOTH)
    assert (clean.returncode, clean.stderr) == (0, "")
    assert "2 notes" in clean.stdout
    (folder / "ratings.csv").write_bytes(with_rows("1,10,5,200"))
    assert movierec("check", *BOTH).returncode == 0
    assert movierec("check", *BOTH, "--strict").returncode == 3
    (folder / "ratings.csv").write_bytes(with_rows("1,10,x,200"))
    wrong = movierec("check", *BOTH)
    assert (wrong.returncode, wrong.stderr) == (3, "")
    assert re.search(r'error +9 +1 line with an unusable rating: the rating "x" is', wrong.stdout)


def test_json_is_the_report(folder: Path, movierec: Run) -> None:
    (folder / "ratings.csv").write_bytes(with_rows("1,10,x\x1b[31m,200", "1,99,4,1"))
    printed = movierec("check", *BOTH, "--json")
    report: Any = package.check(*(folder / name for name in BOTH)).to_dict()
    assert printed.returncode == 3
    assert printed.stdout.rstrip("\n").replace("\n", "").isprintable()
    found = json.loads(printed.stdout)
    assert [each["kind"] for each in found["findings"]] == [
        each["kind"] for each in report["findings"]
    ]
    assert found["n_ratings"] == report["n_ratings"] == 8
    assert set(found["estimate"]) == {"seconds", "megabytes"}


def test_text_of_others_is_cleaned(folder: Path, movierec: Run) -> None:
    title = "\x1b[31mRed\x07" + "x" * 290
    (folder / "movies.csv").write_bytes(with_movies(f"50,{title} (1200),\x1b]0;x\x07Dramma"))
    (folder / "ratings.csv").write_bytes(with_rows("1,10,\x1b[31mx,1", "1,\x9b9,4,1"))
    result = movierec("check", *BOTH)
    assert result.returncode == 3
    assert all(line.isprintable() for line in result.stdout.split("\n"))
    assert max(map(len, result.stdout.split("\n"))) < 700


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(
            lambda f: (f / "d.zip").write_bytes(zip_of(ratings=RATINGS, movies=MOVIES)), id="zip"
        ),
        pytest.param(
            lambda f: [
                (f / "d.zip").mkdir(),
                (f / "d.zip/r.gz").write_bytes(gzip.compress(RATINGS.replace(b",", b"::"))),
                (f / "d.zip/movies.dat").write_bytes(
                    b"10::Alpha (1990)::Drama\n20::Beta::The (1991)::War\n30::C (1992)::War\n"
                ),
            ],
            id="folder",
        ),
    ],
)
def test_whatever_fit_takes(folder: Path, movierec: Run, write: Any) -> None:
    write(folder)
    found = json.loads(movierec("check", "d.zip", "--json").stdout)
    assert (found["n_ratings"], found["n_users"]) == (7, 3)
    assert not any(each["severity"] == "error" for each in found["findings"])
    assert movierec("fit", "d.zip").returncode == 0


def test_columns_have_any_names_and_input_may_be_standard(folder: Path, movierec: Run) -> None:
    renamed = RATINGS.decode().replace("userId", "Reader")
    result = movierec(
        "check", "-", "movies.csv", "--columns", "user=Reader", "--json", input=renamed
    )
    assert json.loads(result.stdout)["n_ratings"] == 7


def test_what_cannot_be_checked_is_refused(folder: Path, refused: Refused) -> None:
    (folder / "empty.csv").write_bytes(b"")
    (folder / "utf16.csv").write_bytes(RATINGS.decode().encode("utf-16"))
    refused("check", "none.csv", "movies.csv", named=("none.csv",))
    refused("check", "empty.csv", "movies.csv", named=("empty.csv",))
    refused("check", "utf16.csv", "movies.csv", named=("UTF-16",))
    refused("check", "movies.csv", "ratings.csv", named=("movies.csv", "not ratings"))
    refused("check", "ratings.csv", code=2, named=("one file",))
    refused("check", *BOTH, "--columns", "user=Nobody", named=("Nobody",))
    refused("check", *BOTH, "--min-ratings", "0", code=2)


def test_tables_without_lines_are_refused(folder: Path) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.read_csv(folder / "ratings.csv")
    with pytest.raises(UsageError, match="is not a text file, and check reads lines of text"):
        package.check(frame, folder / "movies.csv")
    pytest.importorskip("pyarrow")
    frame.to_parquet(folder / "ratings.parquet")
    with pytest.raises(UsageError, match=r"ratings\.parquet is not a text file"):
        package.check(folder / "ratings.parquet", folder / "movies.csv")


BROKEN_RATINGS = with_rows(
    "1,10,2,50",
    "1,10,x,1",
    "9",
    " 9 ,10.0, 3 ,7",
    '9,"20",4,"8"',
    "9,99,3,1",
    '9,10,"3',
    "9,30,1,1,1",
)
BROKEN_MOVIES = with_movies(
    "10,Again (1990),War",
    "50,",
    '60,"Two\nLines, \x1b (1999)",War',
    "070,Zeros (1990),Drama",
    "80, ,x",
)


def test_fixed_files_are_clean_and_fit_the_same(folder: Path, movierec: Run) -> None:
    (folder / "ratings.csv").write_bytes(BROKEN_RATINGS)
    (folder / "movies.csv").write_bytes(BROKEN_MOVIES.replace(b"Gamma", "Amélie".encode("latin-1")))
    originals = snapshot(folder)
    result = movierec("check", *BOTH, "--fix", "out")
    assert result.returncode == 3
    assert {path.name for path in (folder / "out").iterdir()} == {*BOTH, "changes.csv"}
    assert {
        name: content for name, content in snapshot(folder).items() if "/out" not in name
    } == originals
    again = movierec("check", "out/ratings.csv", "out/movies.csv", "--strict")
    assert again.returncode == 0, again.stdout
    fixed = Recommender.fit(folder / "out/ratings.csv", folder / "out/movies.csv")
    fitted = Recommender.fit(*(folder / name for name in BOTH), on_error="skip")
    assert fixed.card["fingerprint"] == fitted.card["fingerprint"]
    assert fixed.card["notes"][0].startswith("movies.csv: ")
    assert not any("skipped" in note for note in fixed.card["notes"])
    for movie in ("10", "20", "30", "40", "60", "070"):
        assert fixed.movie(movie, by_id=True) == fitted.movie(movie, by_id=True)
        first, second = (each.similar(movie, by_id=True) for each in (fixed, fitted))
        assert [dict(row) for row in first] == [dict(row) for row in second]


def test_every_change_is_listed(folder: Path) -> None:
    (folder / "ratings.csv").write_bytes(BROKEN_RATINGS)
    checked(folder, fix=folder / "out")
    with (folder / "out/changes.csv").open(encoding="utf-8", newline="") as file:
        changes = [row for row in csv.DictReader(file) if row["file"].endswith("ratings.csv")]
    rows = [(row["line"], row["what"], row["old"], row["new"]) for row in changes]
    assert rows == [
        ("9", "removed: rated again", "1,10,2,50", ""),
        ("10", 'removed: the rating "x" is not a finite number', "1,10,x,1", ""),
        ("11", "removed: only 1 field", "9", ""),
        ("12", "userId", " 9 ", "9"),
        ("12", "movieId", "10.0", "10"),
        ("12", "rating", " 3 ", "3"),
        ("14", "removed: of a movie that is not listed", "9,99,3,1", ""),
        ("15", rows[7][1], '9,10,"3 ', ""),
        ("16", "removed: 5 fields, the header has 4", "9,30,1,1,1", ""),
    ]
    assert rows[7][1].startswith("removed: its quotes are not closed")


def test_other_columns_and_tables_are_kept(folder: Path) -> None:
    ratings = 'Reader,note,userId,movieId,rating\n7,"a, b",x,10,4\n8,,y,20,5\n'
    movies = "year,name,id,genre,more\n1990,Alpha,10,Drama,m\n1991,Beta,20,War,\n"
    (folder / "t.csv").write_text('userId,movieId,tag\n1,10,"two\nlines"\n1\n')
    columns = {"user": "Reader"}
    found = checked(
        folder, ratings, movies, columns=columns, tags=folder / "t.csv", fix=folder / "out"
    )
    assert "bad-fields" in found
    assert (folder / "out/ratings.csv").read_text() == (
        'userId,note,other userId,movieId,rating\n7,"a, b",x,10,4\n8,,y,20,5\n'
    )
    assert (folder / "out/movies.csv").read_text() == (
        "year,title,movieId,genres,more\n1990,Alpha,10,Drama,m\n1991,Beta,20,War,\n"
    )
    assert (folder / "out/tags.csv").read_text() == 'userId,movieId,tag\n1,10,"two\nlines"\n'
    report = package.check(folder / "out")
    assert (report.n_users, report.n_ratings, report.n_movies) == (2, 2, 2)
    assert not report.has_errors


def test_times_in_milliseconds_become_seconds(folder: Path) -> None:
    checked(folder, with_rows("9,10,3,1700000000000", "9,20,3,1700000000250"), fix=folder / "out")
    times = [line.split(",")[3] for line in (folder / "out/ratings.csv").read_text().splitlines()]
    assert times[-2:] == ["1700000000", "1700000000.25"]


def test_a_folder_with_files_is_kept(folder: Path, refused: Refused, movierec: Run) -> None:
    (folder / "out").mkdir()
    assert movierec("check", *BOTH, "--fix", "out").returncode == 0  # an empty one is taken
    refused("check", *BOTH, "--fix", "out", code=1, named=("out is not empty",))
    refused(
        "check",
        *BOTH,
        "--fix",
        ".",
        "--overwrite",
        code=2,
        named=("ratings.csv would be replaced",),
    )
    refused("check", *BOTH, "--fix", "none/out", code=1, named=("no folder none",))
    refused("check", *BOTH, "--fix", "movies.csv", code=1, named=("not a folder",))
    (folder / "out/mine.txt").write_text("kept")
    (folder / "ratings.csv").write_bytes(with_rows("9,10,3,1"))
    assert movierec("check", *BOTH, "--fix", "out", "--overwrite").returncode == 0
    assert (folder / "out/ratings.csv").read_bytes() == with_rows("9,10,3,1")
    assert (folder / "out/mine.txt").read_text() == "kept"
    assert not [path for path in folder.iterdir() if path.name.endswith(".tmp")]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(folder: Path) -> None:
    (folder / "locked").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="cannot write"):
        checked(folder, fix=folder / "locked" / "out")


def test_a_write_that_fails_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(folder)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("movierec.checking.fixing.os.fsync", full)
    with pytest.raises(OutputError, match=r"cannot write .*out: No space left"):
        checked(folder, fix=folder / "out")
    assert snapshot(folder) == before


def test_examples_in_the_help_run(folder: Path, movierec: Run) -> None:
    help_text = movierec("check", "--help").stdout
    examples = re.findall(r"^ +movierec (check .+)$", help_text, re.M)
    assert len(examples) == 3
    for example in examples:
        assert movierec(*example.split()).returncode == 0


def test_the_estimate_goes_through_the_sizes_that_were_measured() -> None:
    from movierec.checking.estimate import MEASURED, estimate

    for n_ratings, seconds, megabytes in MEASURED:
        assert dict(estimate(n_ratings)) == {"seconds": seconds, "megabytes": megabytes}
    between = estimate(15_000_000)
    assert 7.6 < between.seconds < 28.3 < estimate(30_000_000).seconds


def test_arguments_are_checked(folder: Path) -> None:
    places = [folder / name for name in BOTH]
    for arguments in ({"min_ratings": 0}, {"overwrite": "no"}, {"progress": 5}, {"fix": 5}):
        with pytest.raises(UsageError):
            package.check(*places, **arguments)
    with pytest.raises(DataError):
        package.check(folder / "none.csv", places[1])


def test_progress_is_told(folder: Path) -> None:
    told: list[tuple[str, float]] = []
    package.check(*(folder / name for name in BOTH), progress=lambda *each: told.append(each))
    assert {stage for stage, _ in told} == {
        "checking the ratings",
        "checking the movies",
        "comparing",
    }
    assert all(np.diff([done for stage, done in told if stage == "checking the movies"]) >= 0)


@pytest.mark.parametrize(
    ("name", "n_ratings", "kinds"),
    [
        ("ml-latest-small", 100_836, {"same-title", "not-rated", "without-year"}),
        ("ml-100k", 100_000, {"encoding", "same-title"}),
        ("movietweetings-100k", 100_000, {"off-scale", "same-title"}),
    ],
)
def test_real_data_have_no_errors(
    real_data: Path, name: str, n_ratings: int, kinds: set[str]
) -> None:
    report = package.check(real_data / name)
    assert (report.has_errors, report.exit_code(), report.n_ratings) == (False, 0, n_ratings)
    assert kinds <= {finding.kind for finding in report.findings}


@pytest.mark.parametrize("name", ["ml-latest-small", "ml-100k", "movietweetings-100k"])
def test_fixed_real_data_are_read_the_same(real_data: Path, tmp_path: Path, name: str) -> None:
    report = package.check(real_data / name, fix=tmp_path / "out")
    assert set(report.written) == {*report.files, "changes"}
    first, second = read_dataset(real_data / name), read_dataset(tmp_path / "out")
    assert (first.movies, first.links, first.tags) == (second.movies, second.links, second.tags)
    first_rows, second_rows = encode(first).interactions, encode(second).interactions
    for column in ("users", "items", "ratings", "timestamps"):
        assert np.array_equal(getattr(first_rows, column), getattr(second_rows, column))

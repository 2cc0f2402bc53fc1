"""``movierec recommend``: its output in each format, and its errors."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from movierec import Recommender, UsageError
from movierec.cli._fit_options import parse_settings
from movierec.cli._people import parse_likes
from tests.cli.conftest import Refused, lines_of
from tests.conftest import Run

HEAT = "Heat (1995)"


@pytest.fixture
def recommend(movierec: Run, sample_model: Path) -> Run:
    def run(*arguments: str | Path, **options: Any) -> Any:
        return movierec("recommend", *arguments, "--model", sample_model, **options)

    return run


def test_document_says_all_that_the_library_does(recommend: Run, sample: Recommender) -> None:
    run = recommend(
        *("--like", "Alien (1979)", "--like", "Heat=4.5", "--dislike", "Cats (2019)"),
        *("--years", "1980-", "--not-genre", "Horror", "-k", "3", "--json"),
    )
    assert run.returncode == 0
    document = json.loads(run.stdout)
    found = sample.recommend(
        3,
        likes={"Alien (1979)": None, "Heat": 4.5},
        dislikes=["Cats (2019)"],
        years=(1980, 9999),
        not_genres=["Horror"],
    )
    assert document["rated"] == 2
    assert document["unmatched"] == ['no movie is called "Cats (2019)"']
    assert document["recommendations"] == json.loads(json.dumps([dict(film) for film in found]))
    assert lines_of(run.stderr, "left out: ") == ['left out: no movie is called "Cats (2019)"']


def test_formats_hold_the_same(recommend: Run, sample: Recommender) -> None:
    found: list[dict[str, Any]] = [dict(film) for film in sample.recommend(4, user=42)]
    runs = {
        form: recommend("--user", "42", "-k", "4", "--format", form)
        for form in ("table", "jsonl", "csv", "tsv", "md")
    }
    assert {(run.returncode, run.stderr) for run in runs.values()} == {(0, "")}
    lines = [json.loads(line) for line in runs["jsonl"].stdout.splitlines()]
    assert lines == json.loads(json.dumps(found))
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        rows = list(csv.DictReader(io.StringIO(runs[form].stdout), delimiter=delimiter))
        assert [list(row) for row in rows] == [list(film) for film in found]
        assert [row["why"] for row in rows] == [film["why"] for film in found]
        assert [row["because"].split("|") for row in rows] == [[*film["because"]] for film in found]
    for form, cell in (("table", " {} "), ("md", "| {} |")):
        for film in found:
            line = next(line for line in runs[form].stdout.splitlines() if film["title"] in line)
            stars = f"{film['stars']:.1f} ±{film['plus_minus']:.1f}"
            for text in (film["rank"], film["year"], stars, film["why"]):
                assert cell.format(text) in f"{line} "
    assert runs["table"].stdout.startswith("Recommended, based on 216 ratings\n")
    assert runs["md"].stdout.startswith("| # | title | year | genres | stars | why |\n")


def test_files_of_two_people_a_watchlist_and_what_is_left_out(
    recommend: Run, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("movieId,rating\n1,5\n")
    (tmp_path / "b.csv").write_text(f"title,rating\n{HEAT},4\n")
    (tmp_path / "watchlist.txt").write_text("Toy Story 2\nGoodfellas\nToy Stroy\nToy Story (1995)")
    (tmp_path / "seen.txt").write_text("Goodfellas\n")
    run = recommend(
        *("--ratings", "a.csv", "--ratings", "b.csv", "--group", "least-misery"),
        *("--only", "watchlist.txt", "--exclude", "seen.txt", "-f", "csv"),
    )
    assert run.returncode == 0
    assert [row["title"] for row in csv.DictReader(io.StringIO(run.stdout))] == [
        "Toy Story 2 (1999)"
    ]
    assert run.stderr.splitlines()[:3] == [
        "a: matched 1 of 1 movie",
        "b: matched 1 of 1 movie",
        "watchlist.txt: matched 3 of 4 movies; --unmatched FILE writes the rest",
    ]
    not_found, did_you_mean, *rest = run.stderr.splitlines()[3:]
    assert not_found == "  not found: Toy Stroy"
    assert did_you_mean == "  did you mean:"
    assert re.fullmatch(r" +1  Toy Story \(1995\)  \(244 ratings\)", rest[0])
    assert rest[-1].startswith("1 movie of 10 asked for")


def test_titles_are_shown_as_they_are(movierec: Run, tmp_path: Path) -> None:
    """Titles are not markup, and an equals sign in one does not always start a rating."""
    titles = ["[REC] (2007)", "a=b (2000)", "X [red]y[/red]|z", 'He said "Boo"']
    rows = [(user, film) for user in range(6) for film in range(4) if user != film]
    ratings = pd.DataFrame(rows, columns=["userId", "movieId"]).assign(rating=4.0)
    movies = pd.DataFrame({"movieId": range(4), "title": titles, "genres": "Drama"})
    Recommender.fit(ratings, movies).save(tmp_path / "movierec.model")
    table = movierec("recommend", "--like", "a=b", "--like", 'he said "boo"=3')
    assert (table.returncode, "[REC] (2007)" in table.stdout) == (0, True)
    assert "X [red]y[/red]|z" in table.stdout
    assert "because you rated a=b (2000) 4" in table.stdout
    markdown = movierec("recommend", "--like", "a=b", "-f", "md")
    assert "| X [red]y[/red]\\|z |" in markdown.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("--user", "9"), 4, "no user has the id 9"),
        (("--user", "3", "--genre", "Nope"), 4, "no movie has the genre"),
        (("--user", "3", "--exclude", "movies.csv"), 4, "no movie is left"),
        (("--ratings", "nosuch.csv"), 3, "nosuch.csv"),
        (("--ratings", "ratings.csv"), 3, "several users"),
        (("--like", "alpha=-1"), 2, "-1 is not a rating"),
        (("--user", "3", "--years", "x"), 2, "is not a range of years"),
        (("--user", "3", "--group", "both"), 2, "both"),
    ],
)  # fmt: skip
def test_one_clear_line(refused: Refused, arguments: Any, code: int, named: str) -> None:
    refused("recommend", *arguments, code=code, named=(named,))


def test_what_was_not_found_is_named_where_nothing_is_left(recommend: Run, tmp_path: Path) -> None:
    run = recommend("--like", "Toy Stroy", "--like", "Qqqqq")
    assert (run.returncode, run.stdout) == (4, "")
    assert lines_of(run.stderr, "error: ") == ["error: none of the movies was found"]
    left_out = lines_of(run.stderr, "left out: ")
    assert ["Toy Stroy" in left_out[0], "Qqqqq" in left_out[1]] == [True, True]
    (tmp_path / "list.txt").write_text("Qqqqq\n")
    run = recommend("--user", "42", "--only", "list.txt")
    assert run.returncode == 4
    assert lines_of(run.stderr, "left out: ") == ['left out: no movie is called "Qqqqq"']


def test_an_algorithm_with_its_parameters_is_fitted(movierec: Run, folder: Path) -> None:
    fit = movierec(
        *("fit", "ratings.csv", "movies.csv", "--algorithm", "ease"),
        *("--set", "l2=7", "--feedback", "value"),
    )
    assert fit.returncode == 0, fit.stderr
    card = Recommender.load(folder / "movierec.model").card
    assert card["algorithm"] == "ease"
    assert card["parameters"]["settings"] == {"l2": 7.0, "feedback": "value"}
    run = movierec("recommend", "--like", "alpha", "--json")
    gram = np.array([[50, 32, 11], [32, 41, 8], [11, 8, 5]]) + 7 * np.eye(3)
    inverse = np.linalg.inv(gram)
    expected = {20: -inverse[0, 1] / inverse[1, 1], 30: -inverse[0, 2] / inverse[2, 2]}
    films = json.loads(run.stdout)["recommendations"]
    assert {film["movie_id"]: film["score"] for film in films} == pytest.approx(
        {film: score for film, score in expected.items() if score > 0}, abs=1e-5
    )


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("--algorithm", "magic"), 2, "magic"),
        (("--algorithm", "ease", "--set", "l2=0"), 2, "l2 is 0"),
        (("--algorithm", "content", "--content-weight", "0"), 3, "content"),
    ],
)
def test_senseless_fit_is_refused(refused: Refused, arguments: Any, code: int, named: str) -> None:
    refused("fit", "ratings.csv", "movies.csv", *arguments, code=code, named=(named,), hinted=False)


def test_settings_are_named_once() -> None:
    assert parse_settings([" l2 = 5 "], "value") == {"l2": "5", "feedback": "value"}
    with pytest.raises(UsageError, match='"l2" is not PARAMETER=VALUE'):
        parse_settings(["l2"], "value")
    for texts in (["l2=1", " l2=2"], ["feedback=presence"]):
        with pytest.raises(UsageError, match=r"^(l2|feedback) is set twice"):
            parse_settings(texts, "value")


def test_rating_is_what_stands_after_the_last_equals_sign() -> None:
    texts = ["Heat=4.5", "Alien (1979)", "a=b", "a=b=3", "=5", "12="]
    assert parse_likes(texts) == {
        "Heat": 4.5, "Alien (1979)": None, "a=b": 3.0, "=5": None, "12=": None,
    }  # fmt: skip


def test_last_liked_film_is_found_more_often_than_among_the_most_rated(
    movierec: Run, real_data: Path, tmp_path: Path
) -> None:
    source = real_data / "ml-latest-small"
    ratings = pd.read_csv(source / "ratings.csv").sort_values(["timestamp", "movieId"])
    held_out = ratings[ratings["rating"] >= 4].groupby("userId").tail(1)
    train = ratings.drop(held_out.index)
    train.to_csv(tmp_path / "train.csv", index=False)
    fit = movierec("fit", "train.csv", source / "movies.csv", "--min-ratings", "5", "-q")
    assert fit.returncode == 0, fit.stderr
    recommender = Recommender.load(tmp_path / "movierec.model")
    popular = train["movieId"].value_counts().index[:2000].tolist()
    seen = train.groupby("userId")["movieId"].agg(set).to_dict()
    ours = theirs = 0
    for user, film in held_out[["userId", "movieId"]].to_numpy()[::3].tolist():
        if own := seen.get(user):
            ours += film in [found.movie_id for found in recommender.recommend(20, user=user)]
            theirs += film in [one for one in popular if one not in own][:20]
    assert ours > 1.2 * theirs
    assert ours > 10

"""``movierec recommend --ratings``: what other sites export, read by the real program."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from movierec import Recommender
from tests import exports
from tests.conftest import Run
from tests.exports import RATED, SEEN, WANTED

# By their ids in the sample; it has not the last of them.
STARS = {1: 4.5, 141: 5.0, 314: 4.0, 460: 0.5, 166: 4.5, 6: 4.0}
SEEN_IDS, WANTED_IDS = {303, 13}, [142, 57]


@pytest.fixture
def recommend(movierec: Run, sample_model: Path) -> Run:
    def run(*arguments: str | Path, **options: Any) -> Any:
        return movierec("recommend", *arguments, "--model", sample_model, "--json", **options)

    return run


def trakt_file(path: Path) -> Path:
    path.write_text(json.dumps(exports.trakt_ratings()))
    return path


MAKERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "letterboxd.zip": (exports.letterboxd_zip, "matched 10 of 11 movies"),
    "letterboxd": (exports.letterboxd_folder, "matched 10 of 11 movies"),
    "imdb.csv": (exports.imdb_ratings, "matched 6 of 8 movies"),
    "latin.csv": (
        lambda path: exports.imdb_ratings(path, [*RATED, *SEEN], encoding="latin-1"),
        "matched 8 of 10 movies",
    ),
    "trakt.zip": (exports.trakt_zip, "matched 10 of 11 movies"),
    "trakt.json": (trakt_file, "matched 6 of 7 movies"),
    "movielens.csv": (exports.movielens_ratings, "matched 6 of 7 movies"),
    "list.csv": (exports.plain_list, "matched 8 of 9 movies"),
}


@pytest.mark.parametrize("name", MAKERS)
def test_every_export_says_the_same(
    recommend: Run, sample: Recommender, tmp_path: Path, name: str
) -> None:
    make, summary = MAKERS[name]
    run = recommend("--ratings", make(tmp_path / name), "--recency", "0", "-k", "20")
    assert run.returncode == 0, run.stderr
    assert summary in run.stderr.splitlines()[0]
    assert "1 of them by a year that is off by one" in run.stderr.splitlines()[0]
    assert "  not found: A Film That Nobody Made (2020)" in run.stderr.splitlines()
    found = json.loads(run.stdout)["recommendations"]
    expected = [film.movie_id for film in sample.recommend(25, ratings=STARS)]
    seen = SEEN_IDS if "matched 6" not in summary else set()
    assert [film["movie_id"] for film in found] == [
        movie_id for movie_id in expected if movie_id not in seen
    ][:20]


def test_what_was_only_seen_is_left_out_and_makes_no_difference(
    recommend: Run, sample: Recommender, tmp_path: Path
) -> None:
    """Diary entries without a rating were once dropped without a word, and recommended."""
    path = tmp_path / "diary.csv"
    path.write_text(exports.letterboxd_files()["diary.csv"], newline="")
    run = recommend("--ratings", path, "--recency", "0", "-k", "30")
    found = {film["movie_id"]: film["score"] for film in json.loads(run.stdout)["recommendations"]}
    expected = {film.movie_id: film.score for film in sample.recommend(40, ratings={1: 4.5})}
    assert SEEN_IDS & expected.keys()
    assert not SEEN_IDS & found.keys()
    assert found.items() <= expected.items()
    assert "diary: matched 3 of 3 movies (Letterboxd)" in run.stderr


@pytest.mark.parametrize("name", ["letterboxd.zip", "trakt.zip"])
def test_the_watchlist_of_an_export_is_ranked(recommend: Run, tmp_path: Path, name: str) -> None:
    run = recommend("--ratings", MAKERS[name][0](tmp_path / name), "--only", "watchlist")
    found = [film["movie_id"] for film in json.loads(run.stdout)["recommendations"]]
    assert sorted(found) == sorted(WANTED_IDS)
    assert len(WANTED) == 2


def test_a_watchlist_may_be_a_file(recommend: Run, tmp_path: Path) -> None:
    exports.imdb_watchlist(tmp_path / "wanted.csv")
    run = recommend("--like", "Alien (1979)", "--only", "wanted.csv")
    found = [film["movie_id"] for film in json.loads(run.stdout)["recommendations"]]
    assert sorted(found) == sorted(WANTED_IDS)
    refused = recommend("--like", "Alien (1979)", "--only", "watchlist")
    assert refused.returncode == 2
    assert "there is no watchlist in the ratings" in refused.stderr


def test_the_rest_is_written_on_request(recommend: Run, tmp_path: Path) -> None:
    exports.letterboxd_zip(tmp_path / "mine.zip")
    run = recommend("--ratings", "ann=mine.zip", "--unmatched", "rest.csv")
    assert run.returncode == 0, run.stderr
    assert "1 movie -> rest.csv" in run.stderr
    with (tmp_path / "rest.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["person"], row["title"], row["year"], row["rating"]) == (
        *("ann", "A Film That Nobody Made", "2020", "5.0"),
    )
    again = recommend("--ratings", "mine.zip", "--unmatched", "rest.csv")
    assert again.returncode == 1
    assert "rest.csv exists already" in again.stderr


def test_two_people_are_named_by_their_files(recommend: Run, tmp_path: Path) -> None:
    exports.letterboxd_zip(tmp_path / "ann.zip", rated=RATED[:1], seen=[])
    exports.letterboxd_zip(tmp_path / "two.zip", rated=RATED[1:2], seen=[])
    run = recommend("--ratings", "ann.zip", "--ratings", "bob=two.zip", "-k", "30")
    reasons = {film["why"] for film in json.loads(run.stdout)["recommendations"]}
    assert {"because ann rated Toy Story (1995) 4.5", "because bob rated Alien (1979) 5"} <= reasons
    same = recommend("--ratings", "x=ann.zip", "--ratings", "x=two.zip")
    assert (same.returncode, "two people have the same name" in same.stderr) == (2, True)


def test_two_films_of_one_name_are_told_apart_by_year(recommend: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("title,year,rating\nDune,1984,5\nDune,2021,1\nHeat,2019,5\n")
    run = recommend("--ratings", "a.csv", "-k", "30")
    because = {
        title for film in json.loads(run.stdout)["recommendations"] for title in film["because"]
    }
    assert because == {"Dune (1984)"}
    assert "a: matched 2 of 3 movies" in run.stderr
    assert "not found: Heat (2019)" in run.stderr


def test_other_scales_and_dates_that_cannot_be_read_are_remarked(
    recommend: Run, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("title,rating,date\nHeat,50,1 May\nAlien,4,2024-01-01\n")
    run = recommend("--ratings", "a.csv")
    assert "a: ratings above 5, the highest of the model, count as 5" in run.stderr
    assert "a: 1 date cannot be read: write them as 2024-05-31" in run.stderr

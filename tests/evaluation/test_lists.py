"""The public function, lists of other systems, and files of results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import movierec
from movierec import evaluate
from movierec.data.discover import sample_folder
from movierec.errors import DataError, OutputError, UsageError
from tests.conftest import Run

FIGURES = ["hit_rate", "precision", "recall", "ndcg", "mrr", "map", "coverage", "gini", "novelty"]


@pytest.fixture(scope="module")
def found() -> movierec.Evaluation:
    return movierec.evaluate(sample_folder(), ["svd"], k=[5, 3])


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".trec"])
def test_written_lists_are_measured_as_those_of_the_algorithm(
    found: movierec.Evaluation, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"lists{ending}"
    found.write_lists(path)
    again = movierec.evaluate(sample_folder(), [], lists=path, k=[5, 3])
    own = {(each.algorithm, each.k): each for each in found.results}
    figures = {(each.algorithm, each.k): each for each in again.results}
    for k in (5, 3):
        one, other = figures["svd", k], own["svd", k]
        assert one.metrics == other.metrics
        assert one.intervals == other.intervals
        assert one.fit_seconds is None
    assert ("random (lists)", 5) in figures


def test_shorter_lists_are_the_beginning_of_longer_ones() -> None:
    several = movierec.evaluate(sample_folder(), ["svd"], k=[3, 8]).to_frame()
    for k in (3, 8):
        alone = movierec.evaluate(sample_folder(), ["svd"], k=k).to_frame()
        rows = several[several["k"] == k].reset_index(drop=True)
        columns = ["algorithm", "k", *FIGURES, "ndcg_low", "ndcg_high", "versus_best"]
        pd.testing.assert_frame_equal(rows[columns], alone[columns])


def test_lists_are_sorted_by_rank_or_score_and_unknown_movies_keep_their_place() -> None:
    best = movierec.evaluate(sample_folder(), ["svd"], k=5).lists().query("algorithm == 'svd'")
    best = best[["userId", "movieId", "rank"]]
    shuffled = best.sample(frac=1, random_state=1)
    scored = shuffled.assign(score=-shuffled["rank"]).drop(columns="rank")
    later = best.assign(rank=best["rank"] + 1)
    unknown = best[best["rank"] == 1].assign(movieId=987654321)
    lists = {"ranked": shuffled, "scored": scored, "late": pd.concat([unknown, later])}
    found = movierec.evaluate(sample_folder(), ["svd"], lists=lists, k=5)
    ndcg = found.to_frame().set_index("algorithm")["ndcg"]
    assert ndcg["ranked"] == ndcg["scored"] == ndcg["svd"]
    assert ndcg["late"] < ndcg["svd"]


def test_what_is_odd_about_lists_is_told() -> None:
    ratings = pd.read_csv(sample_folder() / "ratings.csv")
    first = ratings.sort_values(["userId", "timestamp"]).groupby("userId").head(2)
    some = first[first["userId"] > 5][["userId", "movieId"]]
    found = movierec.evaluate(ratings, [], lists={"theirs": some}, k=5)
    n_users = ratings["userId"].nunique()
    assert f"theirs has no list for 5 of {n_users} people" in found.notes
    assert "100.0% of the movies that theirs lists were rated before" in found.notes


ROWS = pd.DataFrame({"userId": [1, 1], "movieId": [1, 2], "rank": [1, 2]})


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        (ROWS.drop(columns="movieId"), "no columns for user and movie"),
        (ROWS.assign(movieId=1), "lists a movie twice for one user"),
        (ROWS.assign(userId=10**9), "lists for none of the"),
        (ROWS.astype({"rank": object}).assign(rank="first"), "is no rank or score"),
        (ROWS[:0], "holds no lists"),
    ],
)
def test_lists_that_are_none_are_refused(lists: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        movierec.evaluate(sample_folder(), [], lists=lists, k=5)


def test_a_broken_run_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "theirs.trec"
    path.write_text("1 Q0 2 1 0.5 them\n1 Q0 3 2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"theirs.trec, line 2: it has 4 fields"):
        movierec.evaluate(sample_folder(), [], lists=path)


def test_lists_of_one_split_are_not_measured_on_several() -> None:
    for options in ({"repeats": 2}, {"split": "folds"}):
        with pytest.raises(UsageError, match="are for one split, but"):
            movierec.evaluate(sample_folder(), [], lists=ROWS, **options)


def test_results_of_each_person_average_to_the_table(
    found: movierec.Evaluation, tmp_path: Path
) -> None:
    found.write_users(tmp_path / "users.csv")
    users = pd.read_csv(tmp_path / "users.csv")
    assert len(users) == 3 * 2 * found.protocol["users"]
    means = users.groupby(["algorithm", "k"])["ndcg"].mean().to_dict()
    for result in found.results:
        assert means[result.algorithm, result.k] == pytest.approx(result.metrics["ndcg"])


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("lists.xls", UsageError, "cannot be written"),
        ("gone/lists.csv", OutputError, "there is no such folder"),
    ],
)
def test_files_that_cannot_be_written_are_refused_before_any_work(
    movierec: Run, tmp_path: Path, name: str, error: Any, message: str
) -> None:
    run = movierec("evaluate", "missing.csv", "--output-lists", tmp_path / name)
    assert run.returncode == error.exit_code
    assert message in run.stderr
    assert [*tmp_path.iterdir()] == []


def test_the_command_and_the_function_give_the_same(movierec: Run, tmp_path: Path) -> None:
    sample = sample_folder()
    lists, users = tmp_path / "lists.trec", tmp_path / "users.parquet"
    options = ("--algorithm", "svd", "--k", "5,3", "--split", "users", "--seed", "4")
    files = ("--output-lists", lists, "--output-users", users)
    run = movierec("evaluate", sample, *options, *files, "--by", "fame", "--pairs", "--json")
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    here = evaluate(sample, ["svd"], k=[5, 3], split="users", seed=4)
    for result, expected in zip(document["results"], here.results, strict=True):
        assert result["metrics"] == expected.metrics
        assert result["versus_best"] == expected.versus_best
    assert len(document["pairs"]) == 3
    assert {row["by"] for row in document["groups"]} == {"fame"}
    pd.testing.assert_frame_equal(pd.read_parquet(users), here.per_user())
    assert len(lists.read_text(encoding="utf-8").splitlines()) == len(here.lists())
    run = movierec("evaluate", sample, *options, "--lists", lists, "--by", "activity", "--pairs")
    assert "svd (lists)" in run.stdout
    assert "Differences in nDCG" in run.stdout
    assert "By activity" in run.stdout


def test_options_of_lists_are_refused_for_ratings(movierec: Run) -> None:
    run = movierec("evaluate", "missing.csv", "--task", "rating", "--split", "users")
    assert run.returncode == 2
    assert "--split is about lists, not predicted ratings" in run.stderr


def test_folds_average_over_all_rows(movierec: Run) -> None:
    run = movierec("evaluate", sample_folder(), "--algorithm", "svd", "--split", "folds", "--json")
    document = json.loads(run.stdout)
    assert [len(result["runs"]) for result in document["results"]] == [5, 5, 5]
    assert "evaluating svd, fold 5" in run.stderr
    assert "means of 5 runs" in run.stderr

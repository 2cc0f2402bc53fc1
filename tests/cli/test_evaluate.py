from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from movierec.algorithms._base import names
from movierec.readers.dataset import sample_folder
from tests.conftest import Run

RATINGS, MOVIES = (sample_folder() / name for name in ("ratings.csv", "movies.csv"))


def document(movierec: Run, *arguments: str | Path) -> Any:
    run = movierec("evaluate", *arguments, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("split", ["leave-one-out", "random", "temporal"])
def test_algorithms_are_compared_with_chance_and_popularity(movierec: Run, split: str) -> None:
    found = document(movierec, RATINGS, "--algorithm", "ease,svd", "--split", split, "-k", "5")
    assert found["protocol"]["split"] == split
    results = {result["algorithm"]: result for result in found["results"]}
    assert list(results) == ["random", "popular", "ease", "svd"]
    ndcg = {name: result["metrics"]["ndcg"] for name, result in results.items()}
    assert ndcg["ease"] > ndcg["random"]
    assert 0 <= results["ease"]["metrics"]["coverage"] <= 1
    assert results["ease"]["fit_seconds"] > 0


def test_table_has_a_row_for_each(movierec: Run) -> None:
    run = movierec("evaluate", RATINGS, "--algorithm", "item_knn")
    assert run.returncode == 0
    assert all(f" {name} " in run.stdout for name in ("random", "popular", "item_knn"))


def published(folder: Path, *, rating: bool) -> list[str | Path]:
    """Write a split of a few films, each liked by its own half of the people."""
    rows = [(user, film) for user in range(40) for film in range(6) if (user + film) % 2]
    frame = pd.DataFrame(rows, columns=["userId", "movieId"])
    frame["rating"] = 4.0
    last = frame.groupby("userId").cumcount() == frame["userId"] // 2 % 3  # one of their three
    columns = ["userId", "movieId", *(["rating"] if rating else [])]
    frame[~last][columns].to_csv(folder / "train.csv", index=False)
    frame[last][columns].to_csv(folder / "test.csv", index=False)
    negatives = frame[last][["userId", "movieId"]].assign(
        neg1=frame["movieId"], neg2=100, neg3=(frame["userId"] + 1) % 2
    )
    negatives.to_csv(folder / "negatives.csv", index=False)
    return ["--train", folder / "train.csv", "--test", folder / "test.csv"]


@pytest.mark.parametrize("rating", [True, False])
def test_published_split_is_taken_as_it_is(movierec: Run, tmp_path: Path, rating: bool) -> None:
    split = published(tmp_path, rating=rating)
    found = document(movierec, *split, "--algorithm", "item_knn", "-k", "1")
    assert found["protocol"]["training_rows"] == 80
    assert found["protocol"]["test_rows"] == 40
    assert found["results"][-1]["metrics"]["hit_rate"] == 1


def test_negatives_are_what_is_ranked_and_the_positive_counts_once(
    movierec: Run, tmp_path: Path
) -> None:
    split = [*published(tmp_path, rating=False), "--negatives", tmp_path / "negatives.csv"]
    found = document(movierec, *split, "--algorithm", "item_knn", "-k", "3")
    chance, _, ours = found["results"]
    assert ours["metrics"]["ndcg"] == 1
    assert ours["metrics"]["precision"] == pytest.approx(1 / 3)
    assert chance["metrics"]["hit_rate"] == 1  # of three films, all are in a list of three
    assert chance["metrics"]["ndcg"] < 1


def test_tuning_says_what_it_tried_and_never_sees_the_test(movierec: Run, tmp_path: Path) -> None:
    split = published(tmp_path, rating=True)
    run = movierec("evaluate", *split, "--algorithm", "ease", "--tune", "--json")
    tried = [line for line in run.stderr.splitlines() if "on validation" in line]
    assert len(tried) == 5
    test = pd.read_csv(tmp_path / "test.csv")
    test["movieId"] = np.random.default_rng(0).permutation(test["movieId"])
    test.to_csv(tmp_path / "test.csv", index=False)
    again = movierec("evaluate", *split, "--algorithm", "ease", "--tune", "--json")
    assert [line for line in again.stderr.splitlines() if "on validation" in line] == tried


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        ((), 2, "name a rating file"),
        (("--train", RATINGS), 2, "name a rating file"),
        ((RATINGS, "--algorithm", "magic"), 2, "magic"),
        ((RATINGS, "--algorithm", "content"), 3, "content needs"),
        ((sample_folder() / "movies.csv",), 3, "user and film"),
        (("missing.csv",), 3, "missing.csv"),
        ((".",), 3, "holds 0 files"),
        ((sample_folder(),), 3, "name the one to read"),
        (("--train", RATINGS, "--test", RATINGS, "--negatives", "gone.csv"), 3, "gone.csv"),
        (("--train", RATINGS, "--test", RATINGS, "--negatives", MOVIES), 3, "neg1..negN"),
        ((RATINGS, "--threshold", "99"), 3, "nothing is left"),
    ],
)
def test_what_makes_no_sense_is_refused(
    movierec: Run, arguments: tuple[str | Path, ...], code: int, named: str
) -> None:
    run = movierec("evaluate", *arguments)
    assert (run.returncode, run.stdout) == (code, "")
    assert named in run.stderr
    assert "Traceback" not in run.stderr
    assert "please report" not in run.stderr


def test_algorithms_are_listed(movierec: Run) -> None:
    run = movierec("algorithms")
    assert run.returncode == 0
    assert all(f" {name} " in run.stdout for name in names())

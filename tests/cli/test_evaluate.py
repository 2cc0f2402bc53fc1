from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from movierec.algorithms.base import parameters_of
from movierec.algorithms.registry import load, names
from movierec.cli._evaluation import _COLUMNS
from movierec.cli._output import _that_fit
from movierec.data.discover import sample_folder
from movierec.evaluation.metrics import METRICS
from tests.conftest import Run

RATINGS, MOVIES = (sample_folder() / name for name in ("ratings.csv", "movies.csv"))


def document(movierec: Run, *arguments: str | Path) -> Any:
    run = movierec("evaluate", *arguments, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("split", ["leave-one-out", "random", "temporal"])
def test_algorithms_are_compared_with_random_and_popular(movierec: Run, split: str) -> None:
    found = document(movierec, RATINGS, "--algorithm", "ease,svd", "--split", split, "-k", "5")
    assert found["protocol"]["split"] == split
    results = {result["algorithm"]: result for result in found["results"]}
    assert list(results) == ["random", "popular", "ease", "svd"]
    ndcg = {name: result["metrics"]["ndcg"] for name, result in results.items()}
    assert ndcg["ease"] > ndcg["random"]
    assert 0 <= results["ease"]["metrics"]["coverage"] <= 1
    assert results["ease"]["fit_seconds"] > 0
    assert results["ease"]["fit_cpu_seconds"] > 0


def test_table_has_a_row_for_each(movierec: Run) -> None:
    run = movierec("evaluate", RATINGS, "--algorithm", "item_knn")
    assert run.returncode == 0
    assert all(f" {name} " in run.stdout for name in ("random", "popular", "item_knn"))


def test_lines_below_the_table_tell_of_ties_and_repeats(movierec: Run, tmp_path: Path) -> None:
    options = ("--algorithm", "svd,ease", "--set", "svd.n_factors=4")
    run = movierec("evaluate", RATINGS, *options, "--repeats", "2")
    assert run.returncode == 0
    assert "means of 2 runs; no seed changes popular, ease, which ran once" in run.stderr
    assert "0.3% of the ratings have the same time" in run.stderr
    rows = pd.read_csv(RATINGS).drop(columns="timestamp")
    rows.to_csv(tmp_path / "undated.csv", index=False)
    run = movierec("evaluate", "undated.csv", *options)
    assert run.returncode == 0
    assert "a random rating of each user was held out" in run.stderr
    assert "means of" not in run.stderr


def test_the_table_fits_100_columns() -> None:
    figures = dict.fromkeys((*METRICS, "coverage", "novelty"), 0.1234)
    figures |= {"popularity_bias": 12.34, "ndcg_gap": -0.123}
    times = dict.fromkeys(("fit_seconds", "fit_cpu_seconds", "query_seconds"), 12345.67)
    row = {
        "algorithm": "sequence_ridge",
        "versus_best": "tied",
        "ndcg_interval": (0.123, 0.456),
        **figures,
        **times,
    }
    shown = [column.header for column in _that_fit(_COLUMNS, [row], 100)]
    assert {"algorithm", "hit rate", "nDCG", "95 %", "coverage", "fit s", "CPU s"} <= {*shown}


def published(folder: Path, *, rating: bool) -> list[str | Path]:
    """Write a split of six movies, each rated by one half of the users."""
    rows = [(user, film) for user in range(40) for film in range(6) if (user + film) % 2]
    frame = pd.DataFrame(rows, columns=["userId", "movieId"])
    frame["rating"] = 4.0
    last = (
        frame.groupby("userId").cumcount() == frame["userId"] // 2 % 3
    )  # one of their three movies
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
    random, _, ours = found["results"]
    assert ours["metrics"]["ndcg"] == 1
    assert ours["metrics"]["precision"] == pytest.approx(1 / 3)
    assert random["metrics"]["hit_rate"] == 1  # a list of three has all three candidates
    assert random["metrics"]["ndcg"] < 1


def n_trials(name: str) -> int:
    """Return the number of trials of a coordinate search that starts with the defaults."""
    defaults = parameters_of(load(name))
    return 1 + sum(len({*own} - {defaults[key]}) for key, own in load(name).GRID.items())


@pytest.mark.parametrize("negatives", [False, True])
def test_tuning_says_what_it_tried_and_never_sees_the_test(
    movierec: Run, tmp_path: Path, negatives: bool
) -> None:
    split = published(tmp_path, rating=True)
    split += ["--negatives", tmp_path / "negatives.csv"] if negatives else []
    run = movierec("evaluate", *split, "--algorithm", "ease", "--tune", "--json")
    tried = [line for line in run.stderr.splitlines() if "on validation" in line]
    assert len(tried) == len({line.partition(": ")[2] for line in tried}) == n_trials("ease")
    assert tried[-1].startswith(f"  trial {len(tried)} of {len(tried)}: ")
    test = pd.read_csv(tmp_path / "test.csv")
    test["movieId"] = np.random.default_rng(0).permutation(test["movieId"])
    test.to_csv(tmp_path / "test.csv", index=False)
    again = movierec("evaluate", *split, "--algorithm", "ease", "--tune", "--json")
    assert [line for line in again.stderr.splitlines() if "on validation" in line] == tried


def without_times(found: Any) -> Any:
    for result in found["results"]:
        del result["fit_seconds"], result["fit_cpu_seconds"], result["query_seconds"]
    return found


def test_films_are_a_second_file_or_lie_in_the_folder(movierec: Run, tmp_path: Path) -> None:
    options = ("--algorithm", "content", "--split", "random")
    found = without_times(document(movierec, RATINGS, MOVIES, *options))
    ndcg = {result["algorithm"]: result["metrics"]["ndcg"] for result in found["results"]}
    assert ndcg["content"] > 2 * ndcg["random"]
    assert found["protocol"]["films_with_content"] == found["protocol"]["films"] - 1
    for source in (RATINGS, MOVIES):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    assert without_times(document(movierec, tmp_path, *options)) == found
    assert without_times(document(movierec, RATINGS, "--movies", MOVIES, *options)) == found


def test_published_split_with_films(movierec: Run, tmp_path: Path) -> None:
    split = published(tmp_path, rating=False)
    lines = [f"{film},Film {'abcdef'[film]},{'Odd' if film % 2 else 'Even'}" for film in range(6)]
    films = "\n".join(["movieId,title,genres", *reversed(lines[1:])])  # without movie 0
    (tmp_path / "movies.csv").write_text(films, encoding="utf-8")
    options = ("--movies", tmp_path / "movies.csv", "--algorithm", "content", "-k", "1")
    found = document(movierec, *split, *options)
    assert found["protocol"]["films_with_content"] == 5
    # Movie 0 has no content, so it is never found; the other users prefer one of the two genres.
    to_find = pd.read_csv(tmp_path / "test.csv")["movieId"]
    assert found["results"][-1]["metrics"]["hit_rate"] == pytest.approx((to_find > 0).mean())


def test_parameters_are_set(movierec: Run, tmp_path: Path) -> None:
    split = published(tmp_path, rating=True)
    options = ("--algorithm", "item_knn,ease", "--set", "item_knn.weighting=none")
    more = ("--set", "ease.l2=7", "--set", "item_knn.shrinkage=0")
    *_, knn, ease = document(movierec, *split, *options, *more)["results"]
    defaults = parameters_of(load("item_knn"))
    assert knn["parameters"] == defaults | {"weighting": "none", "shrinkage": 0}
    assert ease["parameters"] == parameters_of(load("ease")) | {"l2": 7}


def test_parameters_that_are_set_are_not_tuned(movierec: Run, tmp_path: Path) -> None:
    split = published(tmp_path, rating=True)
    options = ("--algorithm", "ease", "--set", "ease.l2=7", "--tune", "--json")
    run = movierec("evaluate", *split, *options)
    assert "l2" not in run.stderr
    assert json.loads(run.stdout)["results"][-1]["parameters"]["l2"] == 7


def test_plot_is_drawn_beside_the_result(movierec: Run, tmp_path: Path) -> None:
    split = published(tmp_path, rating=True)
    found = document(movierec, *split, "--algorithm", "ease", "--plot", "plot.png")
    assert [result["algorithm"] for result in found["results"]] == ["random", "popular", "ease"]
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_plot_without_matplotlib_says_what_to_install(movierec: Run, tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = movierec("evaluate", RATINGS, "--plot", "plot.png", env=environment)
    assert run.returncode == 2
    assert "hint: pip install matplotlib" in run.stderr
    assert "evaluating" not in run.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        ((), 2, "name a rating file"),
        (("--train", RATINGS), 2, "name a rating file"),
        ((RATINGS, "--algorithm", "magic"), 2, "magic"),
        ((RATINGS, "--algorithm", "content"), 3, "content needs"),
        ((sample_folder() / "movies.csv",), 3, "user and movie"),
        (("missing.csv",), 3, "missing.csv"),
        ((".",), 3, "holds 0 files"),
        ((RATINGS, RATINGS), 3, "does not hold movies"),
        ((RATINGS, "gone.csv"), 3, "gone.csv"),
        ((RATINGS, MOVIES, "--movies", MOVIES), 2, "two files of movies"),
        (
            ("gone.csv", "--algorithm", "ease", "--set", "ease.l2"),
            2,
            "is not ALGORITHM.PARAMETER=VALUE",
        ),
        (("gone.csv", "--algorithm", "ease", "--set", "ease.l2=x"), 2, "l2 is"),
        (("gone.csv", "--algorithm", "ease", "--set", "ease.l3=1"), 2, "l3"),
        (("gone.csv", "--algorithm", "ease", "--set", "svd.n_factors=3"), 2, 'of "svd"'),
        (("gone.csv", "--set", "random.seed=3"), 2, 'no parameter of "random"'),
        (("gone.csv", "--set", "ease.l2=1", "--set", "ease.l2=2"), 2, "set twice"),
        (("gone.csv", "--plot", "plot.doc"), 2, "not an image format"),
        (("gone.csv", "--plot", "plot"), 2, "not an image format"),
        (("gone.csv", "--plot", "gone/plot.png"), 1, "there is no such folder"),
        (("--train", RATINGS, "--test", RATINGS, "--negatives", "gone.csv"), 3, "gone.csv"),
        (("--train", RATINGS, "--test", RATINGS, "--negatives", MOVIES), 3, "neg1..negN"),
        ((RATINGS, "--threshold", "99"), 3, "no training or test rows are left"),
    ],
)
def test_bad_arguments_and_files_are_refused(
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

"""Studies of predicted ratings."""

from __future__ import annotations

from pathlib import Path

import pytest

import movierec
from movierec.errors import DataError, MovierecError, UsageError
from tests.conftest import Run as RunProgram
from tests.evaluation.test_studies import without_times
from tests.people import made

STUDY = """
title = "Stars"
task = "rating"
algorithms = ["bias", "mf"]
by = ["activity"]

[settings.mf]
n_factors = 3

[data.all]
ratings = "ratings.csv"
movies = "movies.csv"

[data.other]
ratings = "ratings.csv"
seed = 3
tune = true
"""


def test_a_study_is_the_evaluations_that_it_describes(folder: Path) -> None:
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    found = movierec.run_study(folder / "study.toml")
    ratings, movies = folder / "ratings.csv", folder / "movies.csv"
    settings = {"mf": {"n_factors": 3}}
    whole = movierec.evaluate_ratings(ratings, ["bias", "mf"], movies=movies, settings=settings)
    other = movierec.evaluate_ratings(ratings, ["bias", "mf"], settings=settings, seed=3, tune=True)
    for name, expected in (("all", whole), ("other", other)):
        assert without_times(found.evaluations[name].to_dict()) == without_times(expected.to_dict())
    assert list(found.to_frame()["data"]) == ["all", "all", "other", "other"]
    assert found.to_markdown().count("RMSE") == 4
    page = found.to_html()
    assert "All data sets" in page
    assert "all: RMSE" in page
    assert "RMSE by number of known ratings" in page


def test_a_study_without_a_task_is_about_lists(folder: Path) -> None:
    text = "[data.a]\nratings = 'ratings.csv'\nalgorithms = ['svd']\nk = 5\n"
    pages = []
    for task in ("", "task = 'lists'\n"):
        (folder / "study.toml").write_text(task + text, encoding="utf-8")
        (one,) = movierec.run_study(folder / "study.toml").evaluations.values()
        pages.append(without_times(one.to_dict()))
    assert pages[0] == pages[1]
    assert pages[0]["results"][0]["k"] == 5


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ("k = 10", UsageError, 'option is called "k"'),
        ("split = 'random'", UsageError, 'option is called "split"'),
        ("algorithms = ['ease']", UsageError, "ease does not predict ratings"),
        ("algorithms = []", UsageError, "no algorithm is given"),
        ("seed = -1", UsageError, "seed is"),
        ("search = 'best'", UsageError, "search says how"),
        ("task = 'lists'", UsageError, "data set b has a task"),
        ("ratings = 'gone.csv'", DataError, "gone.csv"),
        ("ratings = 'timeless.csv'", DataError, "no timestamps"),
        ("[settings.mf]\nsize = 3", UsageError, "size"),
    ],
)
def test_a_mistake_in_the_last_data_set_shows_before_any_work(
    folder: Path, wrong: str, error: type[MovierecError], message: str
) -> None:
    made()[0].drop(columns="timestamp", errors="ignore").to_csv(folder / "timeless.csv")
    times = made()[0].assign(timestamp=range(len(made()[0])))
    times.to_csv(folder / "ratings.csv", index=False)
    first = "task = 'rating'\nby = ['age']\n[data.a]\nratings = 'ratings.csv'\n[data.b]\n"
    own = wrong.replace("[settings", "[data.b.settings")
    own = own if own.startswith("ratings") else f"ratings = 'ratings.csv'\n{own}"
    (folder / "study.toml").write_text(first + own, encoding="utf-8")
    told: list[str] = []
    with pytest.raises(error, match=message):
        movierec.run_study(folder / "study.toml", tell=told.append)
    assert not told


def test_a_task_that_is_unknown_is_named(folder: Path) -> None:
    (folder / "study.toml").write_text("task = 'stars'\n[data.a]\nratings = 'ratings.csv'")
    with pytest.raises(UsageError, match='task is "stars"'):
        movierec.run_study(folder / "study.toml")


def test_the_command_runs_a_study(movierec: RunProgram, folder: Path) -> None:
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    files = [folder / name for name in ("r.html", "t.md")]
    run = movierec("study", folder / "study.toml", "--report", files[0], "--table", files[1])
    assert run.returncode == 0, run.stderr
    assert "RMSE" in run.stdout
    assert "Tuned on training ratings" in run.stdout
    assert "<h1>Stars</h1>" in files[0].read_text(encoding="utf-8")
    assert files[1].read_text(encoding="utf-8").count("best RMSE in bold") == 2
    table = movierec("study", folder / "study.toml", "--format", "csv")
    assert table.stdout.splitlines()[0].startswith("data,algorithm,rmse,rmse_low")

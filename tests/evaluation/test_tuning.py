"""Searches of parameters: within a budget, on training rows, continued after an interruption."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import movierec
from movierec import Interactions
from movierec.algorithms.base import Algorithm, Run, TrainingData
from movierec.data.discover import sample_folder
from movierec.errors import DataError, UsageError
from movierec.evaluation.runs import users_to_test
from movierec.evaluation.search import Search, run_search, search_of, shares_of
from movierec.evaluation.tasks import Task
from movierec.evaluation.trials import Trials
from movierec.evaluation.tuning import sample, tuned
from tests.conftest import Run as RunProgram

GRID: dict[str, Any] = {"l2": (1.0, 100.0), "size": (5, 50), "word": ("a", "b"), "zero": (0.0, 1.0)}
START = {"l2": 10.0, "size": 10, "word": "a", "zero": 0.0}
METHODS = ("random", "tpe", "halving")


def height(parameters: dict[str, Any], share: float) -> float:
    """Return a figure that is highest at l2=30, size=20, word=b; samples see it unclearly."""
    far = abs(np.log(parameters["l2"] / 30)) + abs(parameters["size"] - 20) / 20
    return float(1 / (1 + far) + (parameters["word"] == "b") * share)


def searched(search: Search, seed: int = 0, **more: Any) -> Trials:
    trials = Trials(START, more.pop("measure", height), search, **more)
    run_search(search, GRID, trials, seed, shares_of(search, 1000))
    return trials


@pytest.mark.parametrize("method", METHODS)
def test_a_search_tries_the_start_and_then_values_within_the_grid(method: Any) -> None:
    tried: list[dict[str, Any]] = []

    def measure(parameters: dict[str, Any], share: float) -> float:
        tried.append(dict(parameters))
        return height(parameters, share)

    trials = searched(Search(method, 20), measure=measure)
    assert trials.n_trials == 20
    assert trials.completed[0] == (START, height(START, 1.0))
    drawn = tried[1:]
    assert all(1 <= each["l2"] <= 100 and 0 <= each["zero"] <= 1 for each in drawn)
    assert all(type(each["size"]) is int and 5 <= each["size"] <= 50 for each in drawn)
    assert {each["word"] for each in drawn} == {"a", "b"}
    assert len({each["l2"] for each in drawn} - {1.0, 100.0}) > 10  # between the ends
    below = sum(each["l2"] < 10 for each in drawn) / len(drawn)
    assert method != "random" or 0.25 < below < 0.75  # the middle of logarithms
    best, figure = trials.best
    assert figure == max(value for _, value in trials.completed)
    assert figure == height(best, 1.0) > trials.completed[0][1]


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_decides_what_is_tried(method: Any) -> None:
    first, again, other = (
        [searched(Search(method, 12), seed).completed for seed in seeds]
        for seeds in ((3, 4), (3, 4), (5, 6))
    )
    assert first == again
    assert first[0] != first[1]
    assert first != other


def promoted(values: list[float], value: float) -> bool:
    """Tell whether a value is in the best third of those so far, or the best of fewer than six."""
    n_best = max(1, len(values) // 3)
    return value >= sorted(values, reverse=True)[n_best - 1]


def test_successive_halving_gives_all_people_only_to_the_best_third() -> None:
    """By the rule of Li et al., "A system for massively parallel hyperparameter tuning" (2020)."""
    shown: list[tuple[str, float]] = []

    def measure(parameters: dict[str, Any], share: float) -> float:
        shown.append((json.dumps(parameters), share))
        return height(parameters, share)

    trials = searched(Search("halving", 60), measure=measure)
    rungs: dict[float, list[float]] = {1 / 9: [], 1 / 3: []}
    largest = dict(shown)  # the last share of each
    for name in dict.fromkeys(name for name, _ in shown[1:]):
        expected = 1.0
        for share, values in rungs.items():
            values.append(height(json.loads(name), share))
            if not promoted(values, values[-1]):
                expected = share
                break
        assert largest[name] == expected
    assert trials.n_stopped == sum(share < 1 for share in largest.values()) > 30
    assert len(trials.completed) + trials.n_stopped == 60


@pytest.mark.parametrize("method", [*METHODS, "grid"])
def test_values_that_cannot_be_fitted_are_told_and_passed_over(method: Any, tmp_path: Path) -> None:
    told: list[str] = []

    def measure(parameters: dict[str, Any], share: float) -> float:
        if parameters["word"] == "b":
            raise DataError("too many words")
        return height(parameters, share)

    trials = searched(Search(method, 20), measure=measure, tell=told.append, path=tmp_path / "t")
    assert {parameters["word"] for parameters, _ in trials.completed} == {"a"}
    assert trials.n_failed > 0
    assert len([line for line in told if "failed: too many words" in line]) == trials.n_failed
    assert trials.outcome()["failed"] == trials.n_failed
    assert trials.n_trials == len(trials.completed) + trials.n_failed + trials.n_stopped
    assert '"b"' not in (tmp_path / "t").read_text()  # measured anew, perhaps on a larger machine


def test_values_to_start_from_that_cannot_be_fitted_are_an_error() -> None:
    def measure(parameters: dict[str, Any], share: float) -> float:
        raise DataError("too many words")

    with pytest.raises(DataError, match="too many words"):
        searched(Search("random", 3), measure=measure)


def test_a_search_without_time_tries_the_start_only() -> None:
    assert [each for each, _ in searched(Search("random", None, 0.0)).completed] == [START]
    trials = searched(Search("random", 7, 1000.0))
    assert trials.n_trials == 7  # whichever ends first


def test_a_search_ends_when_everything_was_tried() -> None:
    """With time left, which would otherwise be spent on the same values again and again."""
    grid = {"size": (2, 5), "word": ("a", "b")}
    start = {"size": 2, "word": "a"}
    search = Search("random", None, 1e6)
    trials = Trials(start, lambda parameters, share: parameters["size"], search)
    run_search(search, grid, trials, 0)
    tried = {(each["size"], each["word"]) for each, _ in trials.completed}
    assert tried == {(size, word) for size in (2, 3, 4, 5) for word in "ab"}


def test_values_are_measured_once_and_kept(tmp_path: Path) -> None:
    """Also where a line was cut, by which only its own figure is lost."""
    path = tmp_path / "trials.jsonl"
    n_measured = 0

    def measure(parameters: dict[str, Any], share: float) -> float:
        nonlocal n_measured
        n_measured += 1
        return height(parameters, share)

    first = searched(Search("tpe", 8), measure=measure, path=path)
    assert n_measured == 8
    again = searched(Search("tpe", 8), measure=measure, path=path)
    assert n_measured == 8
    assert again.completed == first.completed
    assert again.outcome() == first.outcome()  # the time is that of the first
    longer = searched(Search("tpe", 12), measure=measure, path=path)
    assert n_measured == 12
    assert longer.completed[:8] == first.completed
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert searched(Search("tpe", 12), measure=measure, path=path).completed == longer.completed
    assert n_measured == 13
    assert searched(Search("tpe", 12), measure=measure, path=path).completed == longer.completed
    assert n_measured == 13


@settings(deadline=None, max_examples=50)
@given(st.lists(st.one_of(st.text(max_size=30), st.integers(0, 400)), max_size=4))
def test_whatever_is_in_the_file_the_search_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str | int]
) -> None:
    """Text is added, and numbers cut the file there."""
    path = tmp_path_factory.mktemp("kept") / "trials.jsonl"
    expected = searched(Search("random", 4), path=path).completed
    for part in parts:
        content = path.read_bytes()
        damaged = content[:part] if isinstance(part, int) else content + part.encode("utf-8")
        path.write_bytes(damaged)
    assert searched(Search("random", 4), path=path).completed == expected


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ((False, None, None, None), None),
        ((True, None, None, None), Search()),
        ((True, "grid", None, None), Search()),
        ((True, None, 9, None), Search("tpe", 9)),
        ((True, None, None, 0.5), Search("tpe", None, 0.5)),
        ((True, "random", None, None), Search("random", 50)),
        ((True, "halving", 9, 2), Search("halving", 9, 2.0)),
    ],
)
def test_a_budget_chooses_the_search(given: Any, found: Search | None) -> None:
    assert search_of(*given) == found


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((False, None, 9, None), "trials says how to tune"),
        ((False, "grid", None, None), "search says how to tune"),
        ((True, "grid", 9, None), "trials limits"),
        ((True, "magic", None, None), "search is"),
        ((True, "", None, None), "search is"),
        ((True, "random", 0, None), "trials is 0"),
        ((True, "random", 1.5, None), "trials is 1.5"),
        ((True, "random", True, None), "trials is True"),
        ((True, None, None, -1), "minutes is -1"),
        ((True, None, None, float("nan")), "minutes is nan"),
        ((True, None, None, "10"), "minutes is"),
    ],
)
def test_a_bad_budget_is_refused(given: Any, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        search_of(*given)


class Watched(Algorithm):
    """Scores by popularity to a power, and remembers what it was shown."""

    SIMILARITY = "none"
    GRID: ClassVar = {"power": (-1.0, 1.0)}
    seen: ClassVar[list[set[tuple[int, int]]]] = []

    def __init__(self, *, power: float = 0.5) -> None:
        self.power = power

    def fit(self, data: TrainingData, run: Run = Run()) -> Watched:
        rows = data.interactions
        Watched.seen.append({*zip(rows.users.tolist(), rows.items.tolist(), strict=True)})
        self.counts_ = np.bincount(rows.items, minlength=rows.n_items)
        return self

    def score(self, users: Interactions) -> Any:
        scores = np.power(self.counts_ + 1.0, self.power, dtype=np.float32)
        return np.tile(scores, (users.n_users, 1))

    def similarities(self, items: Any) -> Any:
        raise NotImplementedError


def task_of(n_users: int = 400, n_items: int = 40) -> Task:
    """Return a task of people who rated ten items, of which two are to be found."""
    random = np.random.default_rng(0)
    chance = np.linspace(1, 5, n_items) / np.linspace(1, 5, n_items).sum()
    chosen = np.array([random.choice(n_items, 10, replace=False, p=chance) for _ in range(n_users)])
    users, items = (
        np.repeat(np.arange(n_users, dtype=np.int32), 10),
        chosen.ravel().astype(np.int32),
    )
    is_test = np.tile(np.arange(10) < 2, n_users)
    whole = Interactions(users, items, np.ones(len(users), np.float32), n_users, n_items)
    return Task(whole.select(~is_test), whole.select(is_test))


@pytest.mark.parametrize("method", ["grid", *METHODS])
def test_no_trial_sees_a_test_row(method: Any) -> None:
    task = task_of()
    pairs = {*zip(task.test.users.tolist(), task.test.items.tolist(), strict=True)}
    known = {*zip(task.train.users.tolist(), task.train.items.tolist(), strict=True)}
    Watched.seen.clear()
    best, trials = tuned(Watched(), task, 5, Search(method, None if method == "grid" else 10))
    assert trials is not None
    assert best.parameters() == trials.best[0]
    assert len(Watched.seen) >= 3
    for seen in Watched.seen:
        assert not seen & pairs
        assert seen < known  # a part of the training rows is held out
    others = Task(task.train, task.test.select(np.arange(len(task.test)) % 3 > 0))
    _, again = tuned(Watched(), others, 5, trials.search)
    assert again is not None
    assert again.completed == trials.completed


def test_a_sample_has_all_rows_of_its_people_and_of_smaller_samples() -> None:
    task = task_of()
    small, large = (sample(task, share, seed=1) for share in (1 / 9, 1 / 3))
    assert len(users_to_test(small)) == 44
    assert len(users_to_test(large)) == 133
    assert {*users_to_test(small)} < {*users_to_test(large)}
    for part in (small, large):
        people = users_to_test(part)
        assert np.array_equal(np.unique(part.train.users), people)
        assert len(part.train) == 8 * len(people)
        assert len(part.test) == 2 * len(people)
    assert {*users_to_test(sample(task, 1 / 9, seed=2))} != {*users_to_test(small)}


def without_times(found: Any) -> Any:
    if isinstance(found, dict):
        kept = {name: value for name, value in found.items() if not name.endswith("_seconds")}
        return {name: without_times(value) for name, value in kept.items()}
    return [without_times(each) for each in found] if isinstance(found, list) else found


COMMAND = [
    sys.executable, "-m", "movierec", "evaluate", "ratings.csv", "--split", "random",
    "--algorithm", "ease,svd", "--tune", "--trials", "6", "--json",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the ratings of a fifth of the people in the sample data."""
    rows = pd.read_csv(sample_folder() / "ratings.csv")
    rows[rows["userId"] % 5 == 0].to_csv(tmp_path / "ratings.csv", index=False)
    return tmp_path


def test_a_killed_search_goes_on_and_gives_the_same(folder: Path) -> None:
    program = subprocess.Popen(
        [*COMMAND, "--keep", "kept"], cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stderr is not None
    for line in program.stderr:
        if line.startswith("  trial 3 of 6"):
            break
    program.kill()
    program.communicate()
    command = [*COMMAND, "--keep", "kept"]
    rest = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    whole = subprocess.run(COMMAND, cwd=folder, capture_output=True, text=True, check=True)
    n_kept = sum(line.endswith(", kept") for line in rest.stderr.splitlines())
    assert 3 <= n_kept < 12
    assert ", kept" not in whole.stderr
    assert without_times(json.loads(rest.stdout)) == without_times(json.loads(whole.stdout))
    again = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert json.loads(again.stdout) == json.loads(rest.stdout)  # also the times
    assert "trial" not in again.stderr


def test_one_thread_and_two_give_the_same(folder: Path) -> None:
    found = []
    for n_threads in ("1", "2"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, n_threads)
        run = subprocess.run(COMMAND, cwd=folder, env=environment, capture_output=True, check=True)
        found.append(without_times(json.loads(run.stdout)))
    assert found[0] == found[1]


def test_the_result_says_what_was_chosen_and_how(folder: Path) -> None:
    ratings = folder / "ratings.csv"
    options: dict[str, Any] = {"split": "random", "settings": {"item_knn": {"n_neighbors": 20}}}
    told: list[str] = []
    found = movierec.evaluate(
        ratings, ["item_knn"], tune=True, search="random", trials=5, tell=told.append, **options
    )
    document: dict[str, Any] = found.to_dict()
    about = {name: document["protocol"][name] for name in ("tuned", "search", "trials", "minutes")}
    assert about == {"tuned": True, "search": "random", "trials": 5, "minutes": None}
    assert [each["tuning"] for each in document["results"][:2]] == [None, None]
    result = document["results"][2]
    tuning = result["tuning"]
    assert json.loads(json.dumps(document))["results"][2]["tuning"] == tuning
    assert tuning["trials"] == 5
    assert tuning["validation"] >= tuning["start"] > 0
    assert "n_neighbors" not in tuning["parameters"]
    assert result["parameters"] | tuning["parameters"] == result["parameters"]
    assert result["parameters"]["n_neighbors"] == 20
    assert sum("trial" in line for line in told) == 6
    chosen = {"item_knn": result["parameters"]}
    same = movierec.evaluate(ratings, ["item_knn"], split="random", settings=chosen)
    assert same.results[2].metrics == found.results[2].metrics
    page = found.to_html()
    assert "<h3>Tuning</h3>" in page
    assert "<td>optuna</td>" in page
    assert f"{tuning['validation']:.4f}" in page
    assert "<h3>Tuning</h3>" not in same.to_html()


def test_seeds_tune_anew(folder: Path) -> None:
    """Even an algorithm without a seed, on a split that has none: what is held out for it has."""
    ratings = folder / "ratings.csv"
    options: dict[str, Any] = {"split": "temporal", "repeats": 2}
    (*_, result) = movierec.evaluate(ratings, ["ease"], tune=True, trials=3, **options).results
    assert len(result.runs) == 2
    assert result.runs[0]["tuning"]["validation"] != result.runs[1]["tuning"]["validation"]
    (*_, result) = movierec.evaluate(ratings, ["ease"], **options).results
    assert len(result.runs) == 1


def test_predicted_ratings_are_tuned_by_the_same_rule(movierec: RunProgram, folder: Path) -> None:
    options = ("--task", "rating", "--algorithm", "bias,mf", "--set", "mf.n_factors=2")
    run = movierec(
        "evaluate", "ratings.csv", *options, "--tune", "--search", "random",
        "--trials", "4", "--json",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    bias, mf = json.loads(run.stdout)["results"]
    assert bias["tuning"] is None
    assert mf["tuning"]["metric"] == "rmse"
    assert mf["tuning"]["validation"] <= mf["tuning"]["start"]
    assert mf["parameters"]["l2"] == mf["tuning"]["parameters"]["l2"]
    assert run.stderr.count("RMSE") == 5


def test_a_study_tunes(movierec: RunProgram, folder: Path) -> None:
    text = 'algorithms = ["svd"]\nsplit = "random"\ntune = true\ntrials = 4\n'
    text += '[data.all]\nratings = "ratings.csv"\n'
    (folder / "study.toml").write_text(text, encoding="utf-8")
    run = movierec("study", "study.toml", "--report", "report.html")
    assert run.returncode == 0, run.stderr
    assert "Tuned on training ratings" in run.stdout
    assert "n_factors=" in run.stdout
    assert "<h3>Tuning</h3>" in (folder / "report.html").read_text(encoding="utf-8")
    again = movierec("study", "study.toml")
    assert again.stdout == run.stdout
    assert "trial" not in again.stderr


def test_without_optuna_the_grid_is_tuned_and_a_search_says_what_to_install(
    movierec: RunProgram, folder: Path
) -> None:
    (folder / "optuna.py").write_text("raise ImportError", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = ("evaluate", "ratings.csv", "--algorithm", "svd", "--tune")
    run = movierec(*command, env=environment)
    assert run.returncode == 0, run.stderr
    assert "Tuned on training ratings" in run.stdout
    for options in (("--trials", "5"), ("--minutes", "1"), ("--search", "random")):
        run = movierec(*command, *options, env=environment)
        assert run.returncode == 2
        assert "needs Optuna\nhint: pip install optuna" in run.stderr
        assert "evaluating" not in run.stderr


def test_only_a_search_imports_optuna() -> None:
    code = (
        "import sys, movierec\n"
        "from movierec.data.discover import sample_folder\n"
        "movierec.evaluate(sample_folder(), ['bias'], tune=True)\n"
        "assert 'optuna' not in sys.modules\n"
        "movierec.evaluate(sample_folder(), ['bias'], tune=True, trials=1)\n"
        "assert 'optuna' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_optuna_keeps_its_setting() -> None:
    import optuna

    before = optuna.logging.get_verbosity()
    searched(Search("random", 3))
    assert optuna.logging.get_verbosity() == before

"""Studies: repeated to the digit, continued after an interruption, and reported."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import movierec
from movierec import Evaluation, Interactions
from movierec.algorithms import registry
from movierec.algorithms.base import Algorithm, Run, TrainingData
from movierec.data.discover import sample_folder
from movierec.errors import DataError, MovierecError, OutputError, UsageError
from movierec.evaluation.tables import markdown
from tests.conftest import Run as RunProgram

STUDY = """
title = "A study <of> two"
algorithms = ["svd", "ease"]
k = [10, 5]
split = "random"
by = ["activity", "fame"]

[settings.svd]
n_factors = 8

[data.all]
ratings = "ratings.csv"
movies = "movies.csv"

[data.liked]
ratings = "ratings.csv"
threshold = 4
repeats = 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ratings.csv", "movies.csv"):
        shutil.copy(sample_folder() / name, tmp_path / name)
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    return tmp_path


def without_times(found: Any) -> Any:
    """Return a JSON document without how long things took."""
    if isinstance(found, dict):
        kept = {name: value for name, value in found.items() if not name.endswith("_seconds")}
        return {name: without_times(value) for name, value in kept.items()}
    return [without_times(each) for each in found] if isinstance(found, list) else found


def test_a_study_is_the_evaluations_that_it_describes(folder: Path) -> None:
    found = movierec.run_study(folder / "study.toml")
    options: dict[str, Any] = {
        "k": [10, 5], "split": "random", "settings": {"svd": {"n_factors": 8}},
    }  # fmt: skip
    ratings, movies = folder / "ratings.csv", folder / "movies.csv"
    whole = movierec.evaluate(ratings, ["svd", "ease"], movies=movies, **options)
    liked = movierec.evaluate(ratings, ["svd", "ease"], threshold=4, repeats=2, **options)
    for name, expected in (("all", whole), ("liked", liked)):
        assert without_times(found.evaluations[name].to_dict()) == without_times(expected.to_dict())
    frame = found.to_frame()
    assert len(frame) == 2 * 4 * 2
    assert list(frame["data"].unique()) == ["all", "liked"]


def test_a_repeated_study_is_the_same_and_does_nothing_again(
    movierec: RunProgram, folder: Path
) -> None:
    arguments = ("study", folder / "study.toml", "--json")
    first, second = movierec(*arguments), movierec(*arguments)
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout  # also the times, which are those of the first
    assert "evaluating svd" in first.stderr
    assert "kept svd" in second.stderr
    assert "evaluating" not in second.stderr


STOPPER = """
import os
import numpy as np
from movierec import Algorithm, Run

STOP = os.environ.get("STOP", "never 0 0").split()


class Stopper(Algorithm):
    SIMILARITY = "none"

    def fit(self, data, run=Run()):
        stop_in("fit")
        return self

    def score(self, users):
        stop_in("score")
        return np.tile(np.arange(users.n_items, dtype=np.float32), (users.n_users, 1))

    def similarities(self, items):
        raise NotImplementedError


def stop_in(step):
    if step == STOP[0]:
        STOP[1] = int(STOP[1]) - 1
        if STOP[1] == 0:
            os.kill(os.getpid(), int(STOP[2]))
"""


def test_an_interrupted_study_goes_on_and_gives_the_same(folder: Path) -> None:
    (folder / "stopper.py").write_text(STOPPER, encoding="utf-8")
    text = STUDY.replace('"svd", "ease"', '"svd", "stopper:Stopper", "ease"')
    (folder / "study.toml").write_text(text, encoding="utf-8")

    def run(table: str, stop: str = "never 0 0") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "movierec", "study", "study.toml", "--json"]
        return subprocess.run(
            [*command, "--table", table],
            check=False,
            cwd=folder,
            env=os.environ | {"STOP": stop},
            capture_output=True,
            text=True,
        )

    whole = run("whole.tex")
    assert whole.returncode == 0, whole.stderr
    kept = lists_in(folder / "study.kept")
    shutil.rmtree(folder / "study.kept")
    n_kept = [0]
    for stop, code in (
        (f"fit 1 {signal.SIGKILL}", -signal.SIGKILL),
        (f"score 1 {signal.SIGINT}", 130),
        (f"fit 2 {signal.SIGINT}", 130),  # with the second data set
        (f"score 2 {signal.SIGKILL}", -signal.SIGKILL),  # with its second seed
    ):
        stopped = run("rest.tex", stop)
        assert (stopped.returncode, stopped.stdout) == (code, "")
        assert not (folder / "rest.tex").exists()
        n_kept.append(len(lists_in(folder / "study.kept")))
    assert n_kept == sorted(n_kept)
    assert 0 < n_kept[1] < n_kept[3] < n_kept[4] < len(kept)
    rest = run("rest.tex")
    assert "kept svd" in rest.stderr
    assert (folder / "rest.tex").read_bytes() == (folder / "whole.tex").read_bytes()
    assert lists_in(folder / "study.kept") == kept
    assert without_times(json.loads(rest.stdout)) == without_times(json.loads(whole.stdout))


def lists_in(folder: Path) -> dict[str, bytes]:
    """Return the kept lists, by name."""
    found = {}
    for path in folder.glob("*.npz"):
        with np.load(path) as arrays:
            found[path.name] = arrays["ranked"].tobytes()
    return found


def test_one_thread_and_two_give_the_same(folder: Path) -> None:
    names = [name for name in registry.names() if not registry.load(name).EXTRA]
    figures, lists = zip(*(on_threads(folder, names, n) for n in (1, 2)), strict=True)
    assert figures[0] == figures[1]
    pd.testing.assert_frame_equal(*lists)
    assert {each["algorithm"] for each in figures[0]["results"]} == {"random", *names}


def on_threads(folder: Path, names: list[str], n_threads: int) -> tuple[Any, pd.DataFrame]:
    """Return the figures and lists of algorithms on so many threads and processors."""
    # The libraries ask the environment, movierec the processors that it may use.
    controls = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    processors = sorted(os.sched_getaffinity(0))[:n_threads]
    start = f"import os; os.sched_setaffinity(0, {processors})\n"
    start += "from movierec.cli._main import main; main()"
    path = folder / f"lists{n_threads}.csv"
    options = ["--algorithm", ",".join(names), "--split", "random", "--json"]
    data = ["ratings.csv", "movies.csv"]
    run = subprocess.run(
        [sys.executable, "-c", start, "evaluate", *data, *options, "--output-lists", path],
        cwd=folder,
        env=os.environ | dict.fromkeys(controls, str(n_threads)),
        capture_output=True,
        check=True,
    )
    return without_times(json.loads(run.stdout)), pd.read_csv(path)


class Counted(Algorithm):
    """Scores by a parameter, and counts its fits."""

    SIMILARITY = "none"
    fits = 0

    def __init__(self, *, step: float = 1.0) -> None:
        self.step = step

    def fit(self, data: TrainingData, run: Run = Run()) -> Counted:
        Counted.fits += 1
        return self

    def score(self, users: Interactions) -> Any:
        row = 1 + self.step * np.arange(users.n_items, dtype=np.float32)
        return np.tile(row, (users.n_users, 1))

    def similarities(self, items: Any) -> Any:
        raise NotImplementedError


def test_only_what_differs_is_done_again(folder: Path) -> None:
    ratings = pd.read_csv(folder / "ratings.csv")
    changed = ratings.assign(rating=ratings["rating"].where(ratings.index > 0, 1.0))
    Counted.fits = 0
    for number, (frame, step, options) in enumerate(
        [
            (ratings, 1.0, {}),
            (ratings, 2.0, {}),  # a parameter
            (changed, 1.0, {}),  # a rating
            (ratings, 1.0, {"k": 7}),
            (ratings, 1.0, {"split": "random"}),
            (ratings, 1.0, {"split": "random", "seed": 1}),
            (ratings, 1.0, {"recency": 3.0}),
            (ratings.drop(columns="timestamp"), 1.0, {}),
        ],
        start=1,
    ):
        for _ in range(2):
            movierec.evaluate(frame, [Counted(step=step)], keep=folder / "kept", **options)  # type: ignore[arg-type]
            assert Counted.fits == number


def test_damaged_lists_are_made_again(folder: Path) -> None:
    kept, ratings = folder / "kept", folder / "ratings.csv"
    first = movierec.evaluate(ratings, ["svd"], keep=kept)
    files = sorted(kept.iterdir())
    assert len(files) == 3
    files[0].write_bytes(b"")
    files[1].write_bytes(files[1].read_bytes()[:-30])
    np.savez(files[2], ranked=np.full((3, 10), 10**6), about="{}")
    again = movierec.evaluate(ratings, ["svd"], keep=kept)
    assert without_times(again.to_dict()) == without_times(first.to_dict())
    assert sorted(kept.iterdir()) == files


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("title = ", DataError, "is not TOML"),
        ('title = "x"', DataError, "names no data"),
        ("[data]\nratings = 'a.csv'", DataError, "data.ratings is no table"),
        ("by = 'age'\n[data.a]\nratings = 'a.csv'", DataError, "by is no list"),
        ("algorithm = ['svd']\n[data.a]\nratings = 'a.csv'", UsageError, 'option is called "algor'),
        ("keep = 'x'\n[data.a]\nratings = 'a.csv'", UsageError, 'no option is called "keep"'),
        ("k = 'ten'\n[data.a]\nratings = 'a.csv'", UsageError, "no length"),
        ("[data.a]\nratings = 'missing.csv'", DataError, "missing.csv"),
        ("algorithms = 'svd'\n[data.a]\nratings = 'ratings.csv'", UsageError, "algorithms is"),
        ("by = ['size']\n[data.a]\nratings = 'ratings.csv'", UsageError, "by is"),
    ],
)
def test_a_study_that_is_wrong_says_what(
    folder: Path, text: str, error: type[MovierecError], message: str
) -> None:
    (folder / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(error, match=message):
        movierec.run_study(folder / "study.toml")
    with pytest.raises(DataError, match="cannot read"):
        movierec.run_study(folder / "none.toml")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("ratings = 'gone.csv'", "gone.csv"),
        ("ratings = 'columns.csv'", "no columns for user and movie"),
        ("ratings = 'ratings.csv'\nalgorithms = ['esae']", "esae"),
        ("ratings = 'ratings.csv'\nk = [0]", "k is"),
        ("ratings = 'ratings.csv'\nk = [100001]", "k is"),
        ("ratings = 'ratings.csv'\nfolds = 1", "folds is"),
        ("ratings = 'ratings.csv'\nepsilons = [-1]", "epsilon is"),
        ("ratings = 'ratings.csv'\nrepeats = 0", "repeats is"),
        ("ratings = 'ratings.csv'\nsearch = 'best'", "search says how"),
        ("ratings = 'ratings.csv'\nthreshold = 9", "no training or test rows"),
        ("ratings = 'timeless.csv'", "no timestamps"),
        ("ratings = 'timeless.csv'\nalgorithms = ['transitions']", "transitions needs the time"),
        ("train = 'ratings.csv'\ntest = 'gone.csv'", "gone.csv"),
        ("ratings = 'ratings.csv'\nlists = 'gone.csv'", "gone.csv"),
    ],
)
def test_a_mistake_in_the_last_data_set_shows_before_any_work(
    folder: Path, wrong: str, message: str
) -> None:
    (folder / "columns.csv").write_text("viewer,film\n1,1\n", encoding="utf-8")
    timeless = pd.read_csv(folder / "ratings.csv").drop(columns="timestamp")
    timeless.to_csv(folder / "timeless.csv", index=False)
    first = "by = ['age']\nalgorithms = ['svd']\n[data.a]\nratings = 'ratings.csv'\n"
    text = f"{first}[data.b]\n{wrong}\n"
    (folder / "study.toml").write_text(text, encoding="utf-8")
    told: list[str] = []
    with pytest.raises(MovierecError, match=message):
        movierec.run_study(folder / "study.toml", tell=told.append)
    assert not told


def test_a_report_puts_the_best_first_and_shows_every_measure(folder: Path) -> None:
    study = movierec.run_study(folder / "study.toml")
    tables = study.to_html().split("<table")
    assert "All data sets" in tables[0]
    found = [table for table in tables if "<th>hit rate</th>" in table]
    alike = [table for table in tables if "<th>coverage</th>" in table]
    for each, hits, shape in zip(study.evaluations.values(), found, alike, strict=True):
        assert isinstance(each, Evaluation)
        best = max(each.results[::2], key=lambda one: one.metrics["ndcg"])  # of the first k
        first = hits.split("<tr>")[2]
        assert f'best">{best.algorithm}</td>' in first
        assert f'<td data-value="{best.metrics["recall"]!r}">' in first
        for name in {"coverage", "gini", "novelty", "diversity"} & set(best.metrics):
            assert f'<td data-value="{best.metrics[name]!r}">' in shape


def test_reports_and_tables_are_written(movierec: RunProgram, folder: Path) -> None:
    written = [folder / name for name in ("report.html", "table.tex")]
    options = ("--report", written[0], "--table", written[1])
    run = movierec("study", folder / "study.toml", *options)
    assert run.returncode == 0, run.stderr
    assert "all: 700 users" in run.stdout
    page, table = (path.read_text(encoding="utf-8") for path in written)
    assert "<h1>A study &lt;of&gt; two</h1>" in page
    assert "n_factors = 8" in page  # the study itself
    for forbidden in ("http://", "https://", "src=", "<link", "@import", "url("):
        assert forbidden not in page
    assert table.count(r"\begin{tabular}") == 2
    for name in ("report.pdf", "gone/report.html"):
        run = movierec("study", folder / "study.toml", "--report", folder / name)
        assert run.returncode in (OutputError.exit_code, UsageError.exit_code)
        assert run.stdout == ""


def test_names_of_others_are_text_in_reports_and_tables() -> None:
    mine = movierec.evaluate(sample_folder(), ["svd"], k=5).lists().query("algorithm == 'svd'")
    lists = {"<b>a|b_1%</b>": mine.drop(columns="algorithm")}
    found = movierec.evaluate(sample_folder(), ["svd"], lists=lists, k=5)
    assert "&lt;b&gt;a|b_1%&lt;/b&gt;" in found.to_html()
    assert "<b>" not in found.to_html()
    assert r"<b>a\|b_1%</b>" in found.to_markdown()
    assert r"<b>a|b\_1\%</b>" in found.to_latex()


def test_tables_show_the_best_and_its_ties() -> None:
    found = movierec.evaluate(sample_folder(), ["svd"], k=5)
    rows = found.to_markdown().splitlines()
    assert rows[0].startswith("| algorithm | nDCG | recall |")
    for row, result in zip(rows[2:], found.results, strict=False):
        ndcg = f"{result.metrics['ndcg']:.4f}"
        shown = {"best": f"**{ndcg}**", "tied": f"{ndcg}*", "": ndcg}[result.versus_best]
        assert row.startswith(f"| {result.algorithm} | {shown} |")
    assert markdown({"one": found}).startswith("## one\n\n| algorithm")
    assert r"svd & \textbf{" in found.to_latex()

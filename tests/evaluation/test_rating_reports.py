"""Predicted ratings in reports and plots, and kept over an interruption."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import movierec
from movierec import DataError, Interactions, RatingEvaluation
from movierec.algorithms.base import Algorithm, Run, TrainingData
from movierec.evaluation.figures import Dot, dots, lines
from tests.conftest import Run as RunProgram
from tests.evaluation.test_studies import without_times
from tests.people import made


class Constant(Algorithm):
    """Predicts one number; counts its fits, and may be interrupted in one of them."""

    SIMILARITY = "none"
    GRID: ClassVar = {"rating": (3.0, 3.5)}
    fits = 0
    stop_in = 0

    def __init__(self, *, rating: float = 3.0) -> None:
        self.rating = rating

    def fit(self, data: TrainingData, run: Run = Run()) -> Constant:
        Constant.fits += 1
        if Constant.fits == Constant.stop_in:
            raise KeyboardInterrupt
        return self

    def score(self, users: Interactions) -> Any:
        raise NotImplementedError

    def similarities(self, items: Any) -> Any:
        raise NotImplementedError

    def predict(self, users: Interactions, items: Any) -> Any:
        return np.full((users.n_users, len(items)), self.rating, np.float32)


@pytest.fixture(autouse=True)
def no_fits() -> None:
    Constant.fits = Constant.stop_in = 0


@pytest.fixture(scope="module")
def rated() -> RatingEvaluation:
    times = np.arange(len(made()[0])) * 86400 // 7
    return movierec.evaluate_ratings(made()[0].assign(timestamp=times), ["bias", "mf", Constant])


def test_a_report_puts_the_lowest_error_first_and_shows_all(rated: RatingEvaluation) -> None:
    page = rated.to_html(by=["activity", "fame", "age"])
    assert page.count("<h1>Predicted ratings</h1>") == 1
    assert "the lowest RMSE" in page
    tables = page.split("<table")
    (errors,) = (table for table in tables if "<th>MAE</th>" in table)
    rows = errors.split("<tr>")[2:]
    ordered = sorted(rated.results, key=lambda one: one.metrics["rmse"])
    for row, one in zip(rows, ordered, strict=True):
        assert one.algorithm in row
        for value in (*one.metrics.values(), one.intervals["rmse"][0]):
            assert f'data-value="{value!r}"' in row
    assert f'best">{ordered[0].algorithm}</td>' in rows[0]
    for pair in rated.pairs():
        assert f'<td data-value="{pair.difference!r}">' in page
    for what in ("activity", "fame", "age"):
        for value in rated.by(what)["rmse"]:
            assert f'<td data-value="{float(value)!r}">' in page
    for of_lists in ("nDCG", "What lists are like", "runs ahead"):
        assert of_lists not in page
    for forbidden in ("http://", "https://", "src=", "<link", "@import", "url("):
        assert forbidden not in page


def test_each_figure_marks_the_best_by_its_own_measure() -> None:
    # The mean has the lower RMSE, the median the lower MAE.
    ratings = pd.DataFrame({"userId": np.repeat(range(40), 5), "movieId": [*range(5)] * 40})
    ratings["rating"] = np.resize([1.0, 1.0, 1.0, 1.0, 5.0, 1.0, 5.0], len(ratings))
    mean, median = Constant(rating=float(ratings["rating"].mean())), Constant(rating=1.0)
    page = movierec.evaluate_ratings(ratings, [mean, median]).to_html()
    of_rmse, of_mae = re.findall("<figure>.*?</figure>", page, re.DOTALL)
    assert _first_name(of_rmse).endswith(":Constant")
    assert _first_name(of_mae).endswith(":Constant (2)")
    for figure in (of_rmse, of_mae):
        best, other = re.findall('<text class="quiet" x="432"[^>]*>([0-9.]+) ?(.*?)</text>', figure)
        assert best[0] < other[0]
        assert (best[1], other[1]) == ("best", "")


def _first_name(figure: str) -> str:
    found = re.search('text-anchor="end">([^<]*)<', figure)
    assert found is not None
    return found[1]


def test_one_algorithm_or_one_person_is_reported(rated: RatingEvaluation) -> None:
    ratings = made()[0]
    alone = movierec.evaluate_ratings(ratings, ["bias"])
    assert "Differences" not in alone.to_html()
    alone.plot()
    person = ratings[ratings["userId"] == ratings["userId"].iloc[0]]
    known = movierec.evaluate_ratings(person, ["bias", "mf"])
    page = known.to_html(by=["activity", "fame"])
    assert "inf" not in re.sub("[a-z]+inf|inf[a-z]+", "", page.split("<h1>")[1].split("<script")[0])
    known.plot()


def test_too_few_ratings_are_refused() -> None:
    with pytest.raises(DataError, match="4 ratings cannot be split into 5 parts"):
        movierec.evaluate_ratings(made()[0][:4], ["bias"])
    movierec.evaluate_ratings(made()[0][:5], ["bias"], tune=True).to_html(by=["fame"])


def test_a_plot_has_a_point_with_its_interval_for_each_algorithm(rated: RatingEvaluation) -> None:
    figure = rated.plot()
    figure.canvas.draw()
    for axes, metric in zip(figure.axes, ("rmse", "mae"), strict=True):
        names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
        ordered = sorted(rated.results, key=lambda one: -one.metrics["rmse"])
        assert names == [one.algorithm for one in ordered]  # from the bottom up
        for one, container in zip(ordered, axes.containers, strict=True):
            (line, _, (bars,)) = container.lines  # type: ignore[attr-defined]
            assert line.get_xdata()[0] == one.metrics[metric]
            ends = bars.get_segments()[0][:, 0]
            np.testing.assert_allclose(ends, one.intervals[metric])


@given(
    st.lists(st.tuples(st.floats(-1, 5), st.floats(0, 2), st.floats(0, 2)), min_size=1, max_size=6),
    st.booleans(),
)
def test_figures_show_values_in_proportion_and_inside(
    values: list[tuple[float, float, float]], from_zero: bool
) -> None:
    rows = [
        Dot(f"a{n}", abs(value) if from_zero else value, value - below, value + above, "")
        for n, (value, below, above) in enumerate(values)
    ]
    if from_zero:
        rows = [row._replace(low=row.value, high=row.value) for row in rows]
    svg = dots(rows, "RMSE", from_zero=from_zero)
    places = [float(x) for x in re.findall('<circle[^>]* cx="([^"]*)"', svg)]
    ends = [float(x) for x in re.findall('stroke-width="2" x1="([^"]*)"', svg)]
    axis = [float(x) for x in re.findall('class="axis" x1="([^"]*)"', svg)]
    assert axis[0] - 0.1 <= min(*ends, *places) <= max(places) <= axis[-1] + 0.1
    assert len(axis) <= 8
    gaps = [b - a for a, b in pairwise(axis)]
    assert max(gaps) - min(gaps) <= 0.3
    shown = np.array([row.value for row in rows])
    if np.ptp(shown) > 0.01:
        slope, start = np.polyfit(shown, places, 1)
        assert slope > 0
        np.testing.assert_allclose(places, slope * shown + start, atol=0.2)
    line = lines(["one", "two"], {"a": [*shown[:1], None]}, "RMSE", from_zero=from_zero)
    assert "nan" not in line


@pytest.mark.parametrize("tune", [False, True])
def test_interrupted_work_goes_on_and_gives_the_same(tune: bool, tmp_path: Path) -> None:
    def measured(**how: Any) -> RatingEvaluation:
        return movierec.evaluate_ratings(made()[0], [Constant, "bias"], tune=tune, **how)

    whole, n_fits = measured(), Constant.fits
    assert n_fits == (7 if tune else 5)  # of the two values, and of the five parts
    for _ in range(n_fits - 1):  # one fit further each time
        Constant.fits, Constant.stop_in = 0, 2
        with pytest.raises(KeyboardInterrupt):
            measured(keep=tmp_path)
    Constant.fits, Constant.stop_in = 0, 0
    rest = measured(keep=tmp_path)
    assert Constant.fits == 1
    said: list[str] = []
    again = measured(keep=tmp_path, tell=said.append)
    assert Constant.fits == 1
    assert said == [f"kept {one.algorithm}" for one in whole.results]
    for found in (rest, again):
        assert without_times(found.to_dict()) == without_times(whole.to_dict())
    assert again.to_dict() == rest.to_dict()  # also the times


def test_only_what_differs_is_done_again_and_damage_is_noticed(tmp_path: Path) -> None:
    ratings = made()[0]
    changed = ratings.assign(rating=ratings["rating"].where(ratings.index > 0, 1.0))

    def n_fits(frame: pd.DataFrame = ratings, rating: float = 3.0, **how: Any) -> int:
        Constant.fits = 0
        movierec.evaluate_ratings(frame, [Constant(rating=rating)], keep=tmp_path, **how)
        return Constant.fits

    calls: list[Callable[[], int]] = [
        n_fits,
        lambda: n_fits(rating=2.0),
        lambda: n_fits(changed),
        lambda: n_fits(seed=1),
        lambda: n_fits(train=ratings[5:], test=ratings[:5], frame=None),  # type: ignore[arg-type]
    ]
    for call in calls:
        assert call() in (5, 1)
        assert call() == 0
    files = sorted(tmp_path.glob("*.npz"))
    assert len(files) == 21
    for path in files:
        path.write_bytes(path.read_bytes()[:-30])
    assert n_fits() == 5
    for path in files:
        np.savez(path, errors=np.zeros(2), about="{}")
    assert n_fits() == 5


def test_lines_of_ten_algorithms_differ() -> None:
    svg = lines(["one", "two"], {f"a{n}": [n, n + 1.0] for n in range(10)}, "RMSE")
    styles = re.findall('<polyline class="([^"]*)"', svg)
    assert len(set(styles)) == len(styles) == 10


def test_the_command_writes_reports_and_plots(movierec: RunProgram, folder: Path) -> None:
    files = [folder / name for name in ("r.html", "p.svg")]
    how = ("--task", "rating", "--algorithm", "bias,mf", "--by", "fame", "--keep", folder / "kept")
    options = ("--report", files[0], "--plot", files[1])
    run = movierec("evaluate", folder / "ratings.csv", *how, *options)
    assert run.returncode == 0, run.stderr
    page, plot = (path.read_text(encoding="utf-8") for path in files)
    assert "<h1>Predicted ratings</h1>" in page
    assert "RMSE by fame of the movies" in page
    assert "<svg" in plot
    again = movierec("evaluate", folder / "ratings.csv", *how, "--json")
    assert "kept bias" in again.stderr
    assert len(json.loads(again.stdout)["results"]) == 2

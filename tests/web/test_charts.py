"""The figures of the stats page, against pandas and the records that they come from."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec import Recommender
from movierec.data.discover import sample_folder
from movierec.data.over_time import activity
from movierec.web import create_app
from movierec.web.charts import charts_of, missing_in
from movierec.web.timelines import Timeline, timelines_of

YEAR = 365 * 24 * 60 * 60


@pytest.fixture(scope="module")
def found(sample: Recommender) -> dict[str, Any]:
    return dict(sample.stats())


def test_ratings_by_year_of_the_movie_are_those_of_pandas(found: dict[str, Any]) -> None:
    movies = pd.read_csv(sample_folder() / "movies.csv")
    made = movies["title"].str.extract(r"\((\d{4})\)$")[0].astype("Int64")
    ratings = pd.read_csv(sample_folder() / "ratings.csv")
    ratings = ratings.merge(movies.assign(made=made), on="movieId").dropna(subset="made")
    given_in = ratings.groupby(ratings["made"].astype(int))
    by_year = {row["year"]: row for row in found["years"]["by_year"]}
    assert {year: row["films"] for year, row in by_year.items()} == made.value_counts().to_dict()
    counts = given_in["rating"].size().to_dict()
    assert {year: row["ratings"] for year, row in by_year.items() if row["ratings"]} == counts
    for year, mean in given_in["rating"].mean().items():
        assert by_year[int(str(year))]["mean_rating"] == pytest.approx(mean, abs=2e-4)


@given(st.lists(st.integers(-3 * YEAR, 60 * YEAR), min_size=1), st.booleans())
def test_activity_is_that_of_pandas(seconds: list[int], some_missing: bool) -> None:
    lowest = np.iinfo(np.int64).min
    times = np.array(seconds + [lowest] * some_missing, dtype=np.int64)
    dates = pd.Series(pd.to_datetime(seconds, unit="s"))
    months = dates.dt.year * 12 + dates.dt.month
    rows = activity(times)
    by_month = bool(months.max() - months.min() < 36)
    assert all((row["month"] is not None) == by_month for row in rows)
    names = [(row["year"], row["month"] or 0) for row in rows]
    month = dates.dt.month if by_month else dates.dt.month * 0
    expected = dates.groupby([dates.dt.year, month]).size()
    assert {name: row["ratings"] for name, row in zip(names, rows, strict=True)} == dict(
        expected.items()
    )
    assert names == sorted(names)


def test_nothing_is_told_without_times() -> None:
    assert activity(np.array([-np.inf, -np.inf])) == []


def test_bars_of_equal_shares_are_equally_long(found: dict[str, Any]) -> None:
    charts = charts_of(found)
    assert len(charts) == 4
    bars = [bar for chart in charts for bar in chart.bars]
    assert max(bar.length for bar in bars) == 1
    scale = {round(bar.length / bar.share, 9) for bar in bars if bar.share}
    assert len(scale) == 1
    for chart in charts:
        assert sum(bar.share for bar in chart.bars) == pytest.approx(1)


@given(st.dictionaries(st.integers(0, 9999), st.integers(1, 10**9), min_size=2))
def test_columns_are_as_high_as_their_numbers(counts: dict[int, int]) -> None:
    timeline = _timeline(counts)
    top = max(column.n_ratings for column in timeline.columns)
    for column in timeline.columns:
        assert column.height == pytest.approx(76 * column.n_ratings / top, abs=0.01)
        assert column.top + column.height == pytest.approx(86, abs=0.01)
        assert column.left >= 0
        assert column.left + column.width <= 100.001
    lefts = [column.left for column in timeline.columns]
    assert lefts == sorted(lefts)
    assert int(timeline.columns[-1].label) == max(counts)
    assert len(timeline.ticks) <= 6
    assert 1 <= len(timeline.lines) <= 4
    for line in timeline.lines:
        number = int(line.label.replace(",", ""))
        assert 86 - line.at == pytest.approx(76 * number / top, abs=0.01)
    assert all(0 <= mark.at <= 100 for mark in timeline.ticks)


def _timeline(counts: dict[int, int]) -> Timeline:
    rows = [{"year": year, "month": None, "ratings": number} for year, number in counts.items()]
    (timeline,) = timelines_of({"years": {"by_year": []}, "activity": rows})
    return timeline


def test_months_are_named_as_on_the_calendar() -> None:
    rows = [{"year": 2023, "month": 12, "ratings": 4}, {"year": 2024, "month": 2, "ratings": 5}]
    (timeline,) = timelines_of({"years": {"by_year": []}, "activity": rows})
    assert [column.label for column in timeline.columns] == ["2023-12", "2024-02"]
    assert [tick.label for tick in timeline.ticks] == ["2023-12", "2024-01", "2024-02"]
    assert timeline.summary == "Most, 5, were given in 2024-02."


def test_a_model_says_what_it_cannot_show(sample: Recommender) -> None:
    """Sample ratings have times; what was fitted without them, or without people, has none."""
    assert missing_in(sample.stats()) == []
    ratings = pd.read_csv(sample_folder() / "ratings.csv")[["userId", "movieId", "rating"]]
    movies = pd.read_csv(sample_folder() / "movies.csv")
    for options, n_missing in (({}, 1), ({"with_ratings": False}, 1), ({"min_raters": 5}, 2)):
        model = Recommender.fit(ratings, movies, **options)
        page = create_app(model).test_client().get("/stats").text
        missing = missing_in(model.stats())
        assert len(missing) == n_missing
        assert page.count('class="note"') == n_missing
        assert all(sentence in page for sentence in missing)
        assert len(re.findall('class="timeline"', page)) == 1
    nothing: dict[str, Any] = {
        "rating_histogram": [],
        "ratings_per_user": {"bars": []},
        "activity": None,
    }
    assert len(missing_in(sample.stats() | nothing)) == 3  # as with differential privacy

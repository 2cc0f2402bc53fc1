"""Which differences are claimed: against SciPy, and by properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import movierec
from movierec.data.discover import sample_folder
from movierec.errors import DataError, UsageError
from movierec.evaluation.certainty import F64, holm, t_test

VALUES = st.lists(st.integers(-8, 8).map(lambda n: n / 8), min_size=2, max_size=40).map(np.array)


@given(VALUES)
def test_the_test_and_its_interval_are_those_of_student(values: F64) -> None:
    p, low, high = t_test(values)
    if values.std() == 0:
        assert (low, high) == (values[0], values[0])
        assert p == (values[0] == 0)
        return
    expected = stats.ttest_1samp(values, 0)
    assert p == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-12)
    interval = expected.confidence_interval(0.95)
    assert (low, high) == pytest.approx((interval.low, interval.high))
    assert (p < 0.05) == (low > 0 or high < 0)  # so no claim goes beyond the interval


def test_one_person_tells_nothing() -> None:
    assert t_test(np.array([0.5])) == (1.0, -np.inf, np.inf)


@given(st.lists(st.floats(0, 1), max_size=9))
def test_holm_steps_down(p_values: list[float]) -> None:
    found = holm(p_values)
    for p, corrected in zip(p_values, found, strict=True):
        # Step down: the largest of the corrected values so far.
        lower = [q for q in p_values if q <= p]
        steps = [(len(p_values) - sum(r < q for r in p_values)) * q for q in lower]
        assert corrected == pytest.approx(min(max(steps), 1))
        assert corrected >= p


@pytest.fixture(scope="module")
def found() -> movierec.Evaluation:
    return movierec.evaluate(sample_folder(), ["svd", "ease"], split="random", k=[10, 5], repeats=2)


def test_pairs_are_compared_over_the_same_people() -> None:
    one = movierec.evaluate(sample_folder(), ["svd", "ease"], split="random")
    for metric in ("ndcg", "novelty", "serendipity", "diversity", "miscalibration"):
        users = one.per_user().pivot(index="userId", columns="algorithm", values=metric)
        pairs = one.pairs(metric)
        assert len(pairs) == 6
        for pair in pairs:
            both = users[[pair.first, pair.second]].dropna()
            expected = stats.ttest_rel(both[pair.first], both[pair.second])
            assert pair.p == pytest.approx(expected.pvalue)
            gain = (both[pair.first] - both[pair.second]).mean()
            assert pair.difference == pytest.approx(-gain if metric == "miscalibration" else gain)
            assert pair.difference >= 0
            assert (pair.n_users, pair.n_runs) == (len(both), 1)
            assert pair.is_clear == (pair.p_holm < 0.05)
            assert not pair.is_clear or pair.low > 0
        assert [pair.p_holm for pair in pairs] == holm([pair.p for pair in pairs])


def by_analysis_of_variance(values: F64) -> tuple[float, float]:
    """Return the variance of the grand mean, and its degrees of freedom, from mean squares."""
    n_seeds, n = values.shape
    seed, person = np.indices(values.shape).reshape(2, -1)
    table = pd.DataFrame({"seed": seed, "person": person, "value": values.ravel()})
    grand = table["value"].mean()
    of_seed, of_person = (
        table.groupby(level)["value"].transform("mean") for level in ("seed", "person")
    )
    seeds = ((of_seed - grand) ** 2).sum() / (n_seeds - 1)
    people = ((of_person - grand) ** 2).sum() / (n - 1)
    rest = table["value"] - of_seed - of_person + grand
    noise = (rest**2).sum() / ((n_seeds - 1) * (n - 1))
    if seeds <= noise:
        return people / (n_seeds * n), n - 1
    total = people + seeds - noise
    freedom = total**2 / (people**2 / (n - 1) + seeds**2 / (n_seeds - 1))
    return total / (n_seeds * n), freedom


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.1, 1.0]), st.integers(2, 4))
def test_seeds_add_their_component_of_variance(number: int, apart: float, n_seeds: int) -> None:
    draw = np.random.default_rng(number)
    values = draw.normal(0.1, 1, (n_seeds, 9)) + draw.normal(0, apart, (n_seeds, 1))
    variance, freedom = by_analysis_of_variance(values)
    p, low, high = t_test(values)
    around = stats.t.ppf(0.975, freedom) * np.sqrt(variance)
    assert (low, high) == pytest.approx((values.mean() - around, values.mean() + around))
    assert p == pytest.approx(2 * stats.t.sf(abs(values.mean()) / np.sqrt(variance), freedom))
    assert (p < 0.05) == (low > 0 or high < 0)


@pytest.mark.parametrize("other_people", [False, True])
@pytest.mark.parametrize("apart", [0.0, 1.0, 3.0])
def test_an_interval_of_several_seeds_covers_what_it_promises(
    apart: float, other_people: bool
) -> None:
    """`apart` is how far seeds are apart, in standard errors over people."""
    draw, n_seeds, n, n_samples = np.random.default_rng(5), 4, 60, 1000
    error = np.sqrt(0.1**2 / n + 0.2**2 / (n_seeds * n))
    covered = without_seeds = 0
    for _ in range(n_samples):
        values = draw.normal(0, apart * error, (n_seeds, 1)) + draw.normal(0, 0.2, (n_seeds, n))
        values += draw.normal(0, 0.1, (n_seeds, n) if other_people else n)
        if other_people:
            whole = np.full((n_seeds, n_seeds * n), np.nan)
            for seed, row in enumerate(values):
                whole[seed, seed * n : (seed + 1) * n] = row
            values = whole
        _, low, high = t_test(values)
        covered += low <= 0 <= high
        _, low, high = t_test(np.nanmean(values, axis=0))
        without_seeds += low <= 0 <= high
    assert 0.925 <= covered / n_samples <= 0.985
    assert apart < 3 or without_seeds / n_samples < 0.85


def test_several_seeds_are_more_uncertain_than_one_would_think(found: movierec.Evaluation) -> None:
    users = found.per_user().query("k == 10")
    means = users.groupby(["algorithm", "seed", "userId"])["ndcg"].mean()
    for pair in found.pairs():
        gains = (means[pair.first] - means[pair.second]).unstack("userId")
        assert pair.p == pytest.approx(t_test(gains.to_numpy())[0])
        assert pair.difference == pytest.approx(gains.mean().mean())
        assert (pair.n_users, pair.n_runs) == (gains.shape[1], 2)


def test_what_is_not_defined_for_somebody_is_left_out() -> None:
    values = np.array([[0.5, np.nan, 0.25], [0.25, 0.125, np.nan]])
    assert t_test(values)[1:] != (-np.inf, np.inf)
    one = movierec.evaluate(sample_folder(), ["svd"], k=1)  # one movie is not diverse
    assert "diversity" not in one.per_user()
    with pytest.raises(UsageError, match="metric is"):
        one.pairs("diversity")
    with pytest.raises(UsageError, match="metric is"):
        one.by("fame", "novelty")
    rows = one.by("activity", "novelty")
    novelty = one.to_frame().set_index("algorithm")["novelty"]
    for name, mine in rows.groupby("algorithm"):
        mean = (mine["novelty"] * mine["users"]).sum() / mine["users"].sum()
        assert mean == pytest.approx(novelty[name])


def test_the_table_marks_who_cannot_be_told_from_the_best(found: movierec.Evaluation) -> None:
    for k in (10, 5):
        rows = found.to_frame().query("k == @k").set_index("algorithm")
        best = rows["ndcg"].idxmax()
        clear = {(pair.first, pair.second) for pair in found.pairs(k=k) if pair.is_clear}
        for name, mark in rows["versus_best"].items():
            expected = "best" if name == best else "" if (best, name) in clear else "tied"
            assert mark == expected
    assert (found.to_frame()["versus_best"] == "").any()


def test_equal_lists_are_tied() -> None:
    lists = movierec.evaluate(sample_folder(), ["svd"], k=5).lists()
    mine = lists[lists["algorithm"] == "svd"].drop(columns="algorithm")
    both = movierec.evaluate(sample_folder(), [], lists={"a": mine, "b": mine}, k=5)
    marks = both.to_frame().set_index("algorithm")["versus_best"]
    assert (marks["a"], marks["b"]) == ("best", "tied")


def test_groups_by_activity_hold_everybody_once(found: movierec.Evaluation) -> None:
    rows = found.by("activity")
    users = found.per_user().query("k == 10")
    for name, mine in rows.groupby("algorithm"):
        each = users[users["algorithm"] == name]
        assert mine["users"].sum() >= each["userId"].nunique()
        assert len(mine) == 4
    one = movierec.evaluate(sample_folder(), ["svd"], k=5)
    rows, means = one.by("activity"), {each.algorithm: each.metrics for each in one.results}
    for name, mine in rows.groupby("algorithm"):
        assert mine["users"].sum() == one.protocol["users"]
        mean = (mine["ndcg"] * mine["users"]).sum() / mine["users"].sum()
        assert mean == pytest.approx(means[str(name)]["ndcg"])


def test_groups_by_fame_split_the_rows_to_be_found() -> None:
    one = movierec.evaluate(sample_folder(), ["svd"], k=5)  # one row for each person
    rows, means = one.by("fame", "hit_rate"), {each.algorithm: each.metrics for each in one.results}
    for name, mine in rows.groupby("algorithm"):
        assert mine["users"].sum() == one.protocol["users"]
        mean = (mine["hit_rate"] * mine["users"]).sum() / mine["users"].sum()
        assert mean == pytest.approx(means[str(name)]["hit_rate"])
    popular = rows[rows["algorithm"] == "popular"].set_index("group")["hit_rate"]
    assert popular["least rated third"] == 0 < popular["most rated third"]


def test_groups_by_age_need_times() -> None:
    frame = pd.read_csv(sample_folder() / "ratings.csv")
    rows = movierec.evaluate(frame, [], k=5).by("age")
    assert rows["group"].str.endswith("days").all()
    with pytest.raises(DataError, match="the age of accounts needs the time"):
        movierec.evaluate(frame.drop(columns="timestamp"), [], k=5).by("age")


def test_unknown_metrics_groups_and_lengths_are_refused(found: movierec.Evaluation) -> None:
    with pytest.raises(UsageError, match="metric is"):
        found.pairs("accuracy")
    with pytest.raises(UsageError, match="no lists of 7 were measured"):
        found.pairs(k=7)
    with pytest.raises(UsageError, match="by is"):
        found.by("shoe size")  # type: ignore[arg-type]

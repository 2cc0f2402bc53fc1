"""Predicted ratings, compared with loops over single ratings and with published figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec import (
    DataError,
    Interactions,
    NothingFoundError,
    RatingEvaluation,
    Recommender,
    TrainingData,
    UsageError,
    evaluate_ratings,
)
from movierec.algorithms._stars import Baseline, ErrorLevels, predict, sample_of_users
from movierec.algorithms.base import PredictsRatings
from movierec.algorithms.registry import load, make
from movierec.data.discover import sample_folder
from movierec.evaluation.certainty import t_test
from movierec.evaluation.rating_errors import of_errors
from movierec.evaluation.rating_runs import folds
from movierec.evaluation.tasks import Task
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.top_k import top_k
from movierec.testing.example import N_ITEMS, N_USERS, example_data, new_users
from tests.conftest import Run
from tests.people import made

USERS = example_data().interactions


def one_by_one(rows: Interactions) -> tuple[float, dict[int, float], dict[int, float]]:
    """The mean, and the damped deviations of items and users, two rounds, rating by rating."""
    columns = (rows.users.tolist(), rows.items.tolist(), rows.ratings.tolist())
    triples = list(zip(*columns, strict=True))
    mean = sum(rating for *_, rating in triples) / len(triples)
    by_user, by_item = dict.fromkeys(range(N_USERS), 0.0), dict.fromkeys(range(N_ITEMS), 0.0)
    for _ in range(2):
        for item in by_item:
            rest = [rating - mean - by_user[u] for u, i, rating in triples if i == item]
            by_item[item] = sum(rest) / (len(rest) + 5)
        for user in by_user:
            rest = [rating - mean - by_item[i] for u, i, rating in triples if u == user]
            by_user[user] = sum(rest) / (len(rest) + 5)
    return mean, by_item, by_user


@pytest.fixture(scope="module")
def learned() -> tuple[Baseline, NeighborTable]:
    return Baseline.fit(USERS), top_k(USERS.item_users, 6)


def test_baseline_is_made_of_damped_means(learned: tuple[Baseline, NeighborTable]) -> None:
    mean, by_item, by_user = one_by_one(USERS)
    baseline, _ = learned
    assert baseline.mean == pytest.approx(mean)
    np.testing.assert_allclose(baseline.items, [*by_item.values()], atol=1e-5)
    np.testing.assert_allclose(baseline.of_users(USERS), [*by_user.values()], atol=1e-5)


@pytest.mark.parametrize("leave_out", [False, True])
def test_near_items_add_their_deviations(
    learned: tuple[Baseline, NeighborTable], leave_out: bool
) -> None:
    baseline, table = learned
    own = USERS.users == 3
    rated, ratings = USERS.items[own], USERS.ratings[own]
    given = dict(zip(rated.tolist(), ratings.tolist(), strict=True))
    items = rated if leave_out else np.arange(N_ITEMS)
    found = predict(baseline, table, items, rated, ratings, leave_out=leave_out)
    for item, stars, weight, n_near in zip(items.tolist(), *found, strict=True):
        others = {i: r for i, r in given.items() if not (leave_out and i == item)}
        rest = {i: r - baseline.mean - baseline.items[i] for i, r in others.items()}
        user = sum(rest.values()) / (len(rest) + 5)
        near = zip(table.neighbors[item].tolist(), table.similarities[item].tolist(), strict=True)
        weights = {other: similarity**2 for other, similarity in near if other in rest}
        total = sum(weights.values())
        moved = sum(weights[other] * (rest[other] - user) for other in weights) / (total + 0.1)
        assert stars == pytest.approx(baseline.mean + user + baseline.items[item] + moved, abs=1e-4)
        assert (weight, n_near) == (pytest.approx(total, abs=1e-5), len(weights))


@pytest.mark.parametrize("name", ["bias", "mf", "rating_knn"])
def test_new_people_are_predicted_as_if_they_had_been_fitted(name: str) -> None:
    fitted = load(name)().fit(example_data())
    assert isinstance(fitted, PredictsRatings)
    items = np.arange(N_ITEMS)
    found = fitted.predict(USERS, items)
    assert found.shape == (N_USERS, N_ITEMS)
    some = fitted.predict(USERS.for_users(np.array([7, 3])), items[5:9])
    np.testing.assert_allclose(some, found[[7, 3], 5:9], atol=1e-4)
    nobody, _ = fitted.predict(new_users(), items)
    best = np.argsort(-nobody)
    usual = Baseline.fit(USERS)
    np.testing.assert_allclose(nobody, usual.mean + usual.items, atol=1e-4)
    assert usual.items[best[0]] == usual.items.max()


def test_mf_solves_the_regularized_problem() -> None:
    """The factors of a person are where the gradient of the squared error is 0."""
    fitted: Any = make("mf", {"n_factors": 3, "l2": 0.2, "n_iterations": 3}).fit(example_data())
    usual = Baseline.fit(USERS)
    own = USERS.for_users(np.array([5]))
    rest = own.ratings - usual.mean - usual.of_users(own)[0] - usual.items[own.items]
    rated = fitted.item_factors_[own.items].astype(float)
    normal = rated.T @ rated + 0.2 * len(rated) * np.eye(3)
    factors = np.linalg.solve(normal, rated.T @ rest)
    expected = usual.mean + usual.of_users(own)[0] + usual.items + fitted.item_factors_ @ factors
    np.testing.assert_allclose(fitted.predict(own, np.arange(N_ITEMS))[0], expected, atol=1e-3)


def test_folds_hold_out_each_row_once() -> None:
    nothing = USERS.select(np.empty(0, dtype=np.int64))
    parts = list(folds(Task(USERS, nothing), seed=4))
    rows = [pair for part in parts for pair in zip(part.test.users, part.test.items, strict=True)]
    assert sorted(rows) == sorted(zip(USERS.users, USERS.items, strict=True))
    assert {len(part.train) + len(part.test) for part in parts} == {len(USERS)}
    assert max(len(part.test) for part in parts) - min(len(part.test) for part in parts) <= 1


def test_errors_are_those_of_the_definitions() -> None:
    ratings, _ = made()
    train, test = ratings[::2], ratings[1::2]
    (found,) = evaluate_ratings(None, ["bias"], train=train, test=test).results
    items = {item: place for place, item in enumerate(sorted(ratings["movieId"].unique()))}
    rows = [
        Interactions(
            part["userId"].to_numpy(np.int32),
            part["movieId"].map(items).to_numpy(np.int32),
            part["rating"].to_numpy(np.float32),
            40,
            len(items),
        )
        for part in (train, test)
    ]
    usual = Baseline.fit(rows[0])
    by_user = usual.of_users(rows[0])
    expected = np.clip(usual.mean + by_user[rows[1].users] + usual.items[rows[1].items], 0.5, 5)
    errors = expected - rows[1].ratings
    assert found.metrics["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)), abs=1e-5)
    assert found.metrics["mae"] == pytest.approx(np.mean(np.abs(errors)), abs=1e-5)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-9, 9)), min_size=1, max_size=30))
def test_what_people_add_to_errors_has_them_as_its_mean(rows: list[tuple[int, int]]) -> None:
    users, errors = np.array(rows).T
    metrics, people, added = of_errors(errors / 4, users)
    assert metrics["rmse"] == pytest.approx(np.sqrt(np.mean((errors / 4) ** 2)))
    assert metrics["mae"] == pytest.approx(np.mean(np.abs(errors / 4)))
    assert list(people) == sorted(set(users))
    for name, values in added.items():
        assert values.mean() == pytest.approx(metrics[name])


def test_intervals_of_errors_cover_what_they_promise() -> None:
    """People differ in how many ratings they have, and in how far these are from what is said."""
    draw, n_samples, covered = np.random.default_rng(3), 400, {"rmse": 0, "mae": 0}
    true: dict[str, float] = {}
    for n_people in (400_000, *[600] * n_samples):
        counts, spread = draw.geometric(0.1, n_people), draw.gamma(9, 1 / 9, n_people)
        users = np.repeat(np.arange(n_people), counts)
        metrics, _, added = of_errors(draw.normal(0, spread[users]), users)
        true = true or metrics
        for name, values in added.items():
            _, low, high = t_test(values)
            covered[name] += low <= true[name] <= high
    for name, n_covered in covered.items():
        assert 0.92 <= (n_covered - 1) / n_samples <= 0.98, name


def test_predictions_are_compared_over_people() -> None:
    found: Any = evaluate_ratings(made()[0], ["bias", "rating_knn", "mf"]).to_dict()
    by_name = {one["algorithm"]: one for one in found["results"]}
    best = min(by_name, key=lambda name: by_name[name]["rmse"])
    assert by_name[best]["versus_best"] == "best"
    assert len(found["pairs"]) == 3
    for one in found["results"]:
        low, high = one["intervals"]["rmse"]
        assert low < one["rmse"] < high
        ahead = [p for p in found["pairs"] if (p["first"], p["second"]) == (best, one["algorithm"])]
        expected = "best" if not ahead else "" if ahead[0]["is_clear"] else "tied"
        assert one["versus_best"] == expected
    for pair in found["pairs"]:
        first, second = by_name[pair["first"]], by_name[pair["second"]]
        assert pair["difference"] == pytest.approx(second["rmse"] - first["rmse"])
        assert pair["difference"] >= 0


@pytest.fixture(scope="module")
def rated() -> RatingEvaluation:
    return evaluate_ratings(made()[0], ["bias", "mf"], settings={"mf": {"n_factors": 3}})


def rows_of(rated: RatingEvaluation) -> pd.DataFrame:
    """Return a row for each predicted rating, by ids."""
    frame = pd.DataFrame({each.algorithm: each.errors for each in rated.results})
    frame["userId"] = rated.rows.user_ids[rated.rows.users]
    frame["movieId"] = np.unique(made()[0]["movieId"])[rated.rows.items]
    return frame


def test_each_rating_is_predicted_once_and_counts_for_its_person(rated: RatingEvaluation) -> None:
    rows, ratings = rows_of(rated), made()[0]
    assert len(rows) == len(ratings)
    assert len(rows.merge(ratings, on=["userId", "movieId"])) == len(ratings)
    people = rated.per_user()
    for name in ("bias", "mf"):
        of_people = rows.groupby("userId")[name]
        own = people[people["algorithm"] == name].set_index("userId")
        assert dict(own["ratings"]) == dict(of_people.size())
        np.testing.assert_allclose(own["rmse"], np.sqrt(of_people.apply(lambda e: (e**2).mean())))
        np.testing.assert_allclose(own["mae"], of_people.apply(lambda e: e.abs().mean()))


@pytest.mark.parametrize("metric", ["rmse", "mae"])
@pytest.mark.parametrize("what", ["activity", "fame"])
def test_groups_of_predictions_are_those_of_the_rows(
    rated: RatingEvaluation, what: Any, metric: str
) -> None:
    rows, ratings = rows_of(rated), made()[0]
    key = "userId" if what == "activity" else "movieId"
    counts = ratings.groupby(key).size()
    group: Any
    if what == "activity":
        quarters = np.quantile(counts, [0.25, 0.5, 0.75], method="lower")
        group = np.searchsorted(np.unique(quarters), rows[key].map(counts))
    else:
        ordered = counts.sort_values(kind="stable")
        third = 3 * (ordered.cumsum() - ordered) // len(ratings)
        group = rows[key].map(third).to_numpy()
    shown = rated.by(what, metric)
    assert list(shown["group"].unique()) == [shown["group"][2 * n] for n in range(len(shown) // 2)]
    for number, name in enumerate(shown["group"].unique()):
        own = rows[group == np.unique(group)[number]]
        for algorithm in ("bias", "mf"):
            errors = own[algorithm]
            expected = np.sqrt((errors**2).mean()) if metric == "rmse" else errors.abs().mean()
            found = shown[(shown["group"] == name) & (shown["algorithm"] == algorithm)].iloc[0]
            assert found[metric] == pytest.approx(expected)
            assert found["low"] < found[metric] < found["high"]
            assert found["users"] == own["userId"].nunique()


def test_ages_need_times(rated: RatingEvaluation) -> None:
    ratings = made()[0]
    times = ratings.assign(
        timestamp=86400 * ratings["userId"] * ratings.groupby("userId").cumcount()
    )
    days = evaluate_ratings(times, ["bias"]).by("age")
    assert days["users"].sum() == ratings["userId"].nunique()
    assert days["group"].str.endswith("days").all()
    with pytest.raises(DataError, match="no timestamps"):
        rated.by("age")
    with pytest.raises(UsageError, match="by is"):
        rated.by("size")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="metric is"):
        rated.pairs("ndcg")


def test_predictions_are_shown_and_written(rated: RatingEvaluation, tmp_path: Path) -> None:
    best = min(rated.results, key=lambda each: each.metrics["rmse"])
    shown = f"**{best.metrics['rmse']:.4f}**"
    assert shown in rated.to_markdown()
    assert f"\\textbf{{{best.metrics['rmse']:.4f}}}" in rated.to_latex()
    assert "predicted ratings of 40 people" in rated._repr_html_().casefold()
    frame = rated.to_frame().set_index("algorithm")
    assert frame.loc[best.algorithm, "versus_best"] == "best"
    assert frame["mae"].between(frame["mae_low"], frame["mae_high"]).all()
    rated.write_users(tmp_path / "users.csv")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "users.csv"), rated.per_user())


def test_tuning_chooses_from_the_grid_on_training_rows() -> None:
    ratings, movies = made()
    said: list[str] = []
    (found,) = evaluate_ratings(
        ratings,
        ["mf"],
        movies=movies,
        settings={"mf": {"n_factors": 2}},
        tune=True,
        tell=said.append,
    ).results
    tried = [line for line in said if "on validation" in line]
    assert len(tried) == 4
    best = min(tried, key=lambda line: float(line.split("RMSE ")[1].split()[0]))
    assert f"l2={found.parameters['l2']}:" in best
    assert found.parameters["n_factors"] == 2


def test_algorithms_that_only_rank_are_refused() -> None:
    with pytest.raises(UsageError, match="ease does not predict ratings") as caught:
        evaluate_ratings(made()[0], ["mf", "ease"])
    assert caught.value.hint == "those that do: bias, mf, rating_knn"


def test_command_prints_errors(movierec: Run, tmp_path: Path) -> None:
    made()[0].to_csv(tmp_path / "r.csv", index=False)
    run = movierec("evaluate", "r.csv", "--task", "rating", "--json")
    assert run.returncode == 0, run.stderr
    names = [result["algorithm"] for result in json.loads(run.stdout)["results"]]
    assert names == ["rating_knn", "mf", "bias"]
    table = movierec("evaluate", "r.csv", "--task", "rating", "--algorithm", "bias")
    assert "RMSE" in table.stdout


def test_command_shows_and_writes_more(movierec: Run, tmp_path: Path) -> None:
    made()[0].to_csv(tmp_path / "r.csv", index=False)
    command = ("evaluate", "r.csv", "--task", "rating", "--algorithm", "bias,mf")
    how = ("--pairs", "--by", "activity", "--metric", "mae", "--output-users", "u.csv")
    run = movierec(*command, *how, "--table", "t.md", "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert {pair["metric"] for pair in found["pairs"]} == {"mae"}
    assert {row["by"] for row in found["groups"]} == {"activity"}
    assert all(row["low"] < row["mae"] < row["high"] for row in found["groups"])
    assert len(pd.read_csv(tmp_path / "u.csv")) == 2 * 40
    assert "RMSE" in (tmp_path / "t.md").read_text()
    for text in ("Differences in MAE", "By activity"):
        assert text in movierec(*command, *how).stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--metric", "mae"], "--metric is that of --pairs and --by"),
        (["--metric", "recall", "--pairs"], "--metric recall is about lists"),
        (["--repeats", "2"], "--repeats is about lists"),
        (["--negatives", "n.csv"], "--negatives is about lists"),
        (["--output-lists", "l.csv"], "--output-lists is about lists"),
    ],
)
def test_command_refuses_what_says_nothing_of_predictions(
    movierec: Run, options: list[str], message: str
) -> None:
    run = movierec("evaluate", "missing.csv", "--task", "rating", *options)
    assert run.returncode == 2
    assert message in run.stderr


# What models show


def test_predictions_are_on_the_scale_and_leave_the_own_rating_out(sample: Recommender) -> None:
    rows = pd.read_csv(sample_folder() / "ratings.csv").query("userId == 42")
    own = dict(zip(rows["movieId"].tolist(), rows["rating"].tolist(), strict=True))
    film = next(iter(own))
    (known,) = sample.predict(film, user=42)
    assert known.rated == own[film]
    others = {movie_id: rating for movie_id, rating in own.items() if movie_id != film}
    (other,) = sample.predict(film, ratings=others)
    assert (other.stars, other.plus_minus, other.rated) == (known.stars, known.plus_minus, None)
    hater, lover = (
        sample.predict("Aliens", likes={"Alien (1979)": rating, "Heat": 4.0})[0]
        for rating in (0.5, 5.0)
    )
    assert hater.stars < 3.2 < lover.stars
    assert all(0.5 <= each.stars <= 5 for each in (hater, lover))


def test_recommended_stars_are_the_predicted_ones(sample: Recommender) -> None:
    people = {"ann": {1: 5.0, 314: 2.0}, "bob": {141: 5.0, 174: 4.0}}
    (one,) = sample.recommend(1, ratings=people["ann"])
    assert one.stars == pytest.approx(
        sample.predict(one.movie_id, ratings=people["ann"])[0].stars, abs=0.006
    )
    assert one.each == ()
    found = sample.recommend(8, ratings=people, group="least-misery")
    assert found.people == ["ann", "bob"]
    for film in found:
        each = [prediction.stars for prediction in sample.predict(film.movie_id, ratings=people)]
        assert film.each == pytest.approx(each, abs=0.006)
        assert film.stars == min(film.each)
    for film in sample.recommend(8, ratings=people):
        assert film.stars == pytest.approx(np.mean(film.each), abs=0.006)


def test_equal_ratings_predict_nothing() -> None:
    ratings, movies = made()
    fitted = Recommender.fit(ratings.assign(rating=1.0), movies)
    assert fitted.recommend(3, likes=[0])[0].stars is None
    with pytest.raises(UsageError, match="all ratings in its file are equal"):
        fitted.predict(3, likes=[0])


def test_command_predicts_for_people(movierec: Run, sample_model: Path, tmp_path: Path) -> None:
    for name, stars in (("ann", 1), ("bob", 5)):
        (tmp_path / f"{name}.csv").write_text(f"title,rating\nAlien (1979),{stars}\n")
    people = ("--ratings", "ann.csv", "--ratings", "bob.csv", "-m", sample_model)
    run = movierec("predict", "Aliens", "Heat", *people, "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)["predictions"]
    assert [(each["title"], each["person"]) for each in found] == [
        ("Aliens (1986)", "ann"), ("Aliens (1986)", "bob"),
        ("Heat (1995)", "ann"), ("Heat (1995)", "bob"),
    ]  # fmt: skip
    assert found[0]["stars"] < found[1]["stars"]
    table = movierec("predict", "Aliens", *people)
    assert f"{found[0]['stars']:.1f} ±{found[0]['plus_minus']:.1f}" in table.stdout
    unknown = movierec("predict", "Qqqq", *people)
    assert (unknown.returncode, 'no movie is called "Qqqq"' in unknown.stderr) == (4, True)


# Two tastes


def test_tastes_are_compared_by_what_both_rated(
    movierec: Run, sample_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "ann.csv").write_text(
        "title,rating\nAlien (1979),5\nHeat (1995),4\nSaw (2004),1\nJaws (1975),4.5\nUp (2009),5\n"
    )
    (tmp_path / "bob.csv").write_text(
        "title,rating\nAlien (1979),4.5\nHeat (1995),4\nSaw (2004),4\nFargo (1996),5\nUp (2009),\n"
    )
    run = movierec("compare", "ann.csv", "bob.csv", "-m", sample_model, "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["n_both"] == 3
    correlation = np.corrcoef([5, 4, 1], [4.5, 4, 4])[0, 1]
    assert found["alike"] == pytest.approx(correlation * 3 / 8, abs=1e-4)
    assert [film["title"] for film in found["both_love"]] == ["Alien (1979)", "Heat (1995)"]
    assert [film["title"] for film in found["disagree"]] == ["Saw (2004)"]
    assert [film["title"] for film in found["for_second"]] == ["Jaws (1975)"]  # bob has seen Up
    assert [film["title"] for film in found["for_first"]] == ["Fargo (1996)"]
    assert found["for_first"][0]["predicted"] == "first"
    table = movierec("compare", "ann.csv", "x=bob.csv", "-m", sample_model)
    assert "ann and x: " in table.stdout
    assert "x should show ann" in table.stdout


def test_tastes_of_others_than_two_are_refused(sample: Recommender) -> None:
    with pytest.raises(UsageError, match="two people"):
        sample.compare([{1: 5.0}])
    with pytest.raises(NothingFoundError):
        sample.compare({"ann": {"Qqqq": 5.0}, "bob": {"Qqqqq": 5.0}})
    same = sample.compare({"ann": {1: 5.0, 2: 4.0}, "bob": {1: 5.0}})
    assert (same.alike, same.n_both) == (None, 1)


# Real data


def test_two_thirds_of_held_out_ratings_are_within_the_margin(real_data: Path) -> None:
    folder = real_data / "ml100k-split-75-25"
    train, test = (pd.read_csv(folder / f"{name}.csv") for name in ("train", "test"))
    items = np.unique(np.concatenate([train["movieId"], test["movieId"]]))
    users = np.unique(train["userId"])
    known, wanted = (
        Interactions(
            np.searchsorted(users, part["userId"]).astype(np.int32),
            np.searchsorted(items, part["movieId"]).astype(np.int32),
            part["rating"].to_numpy(np.float32),
            len(users),
            len(items),
        )
        for part in (train, test[test["userId"].isin(users)])
    )
    fitted: Any = load("rating_knn")().fit(TrainingData(known))
    usual = Baseline.fit(known)
    levels = ErrorLevels.fit(usual, fitted.table_, sample_of_users(known))
    within, errors = [], []
    for user in range(len(users)):
        own, asked = known.users == user, wanted.users == user
        found = predict(
            usual, fitted.table_, wanted.items[asked], known.items[own], known.ratings[own]
        )
        error = np.clip(found.stars, 1, 5) - wanted.ratings[asked]
        within.append(np.abs(error) <= levels.of(found.weights))
        errors.append(error)
    assert 0.64 <= np.concatenate(within).mean() <= 0.72
    assert np.sqrt((np.concatenate(errors) ** 2).mean()) < 0.915


def test_published_baseline_is_reached(real_data: Path) -> None:
    """Surprise's README: RMSE .944 and MAE .748 for its baseline, .934 and .737 for SVD."""
    results = evaluate_ratings(real_data / "ml-100k", ["bias", "mf", "rating_knn"]).results
    found = {each.algorithm: (each.metrics["rmse"], each.metrics["mae"]) for each in results}
    assert found["bias"] == pytest.approx((0.944, 0.748), abs=0.005)
    assert found["mf"][0] < 0.934
    assert found["rating_knn"][0] < found["mf"][0]

"""The splits and presets, each against a slow implementation of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import movierec
from movierec.data.dataset import read_rated
from movierec.data.discover import sample_folder
from movierec.data.interactions import Interactions
from movierec.errors import DataError, UsageError
from movierec.evaluation.protocol import EvaluationProtocol, with_preset
from movierec.evaluation.runs import users_to_test
from movierec.evaluation.splits import kept_rows
from movierec.evaluation.tasks import Task, split_task

Pairs = set[tuple[int, int]]


def pairs_of(rows: Interactions, task: Task) -> Pairs:
    assert task.user_ids is not None
    assert task.item_ids is not None
    users, items = task.user_ids[rows.users], task.item_ids[rows.items]
    return {(int(user), int(item)) for user, item in zip(users, items, strict=True)}


def pairs_in(frame: pd.DataFrame) -> Pairs:
    return set(zip(frame["userId"], frame["movieId"], strict=True))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.read_csv(sample_folder() / "ratings.csv")


def task_of(frame: pd.DataFrame, fold: int = 0, **fields: Any) -> Task:
    return split_task(read_rated(frame)[0], EvaluationProtocol(**fields), fold=fold)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), unique=True, max_size=30),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_the_core_is_what_is_left_when_nothing_more_goes(
    pairs: list[tuple[int, int]], core: int, least: int
) -> None:
    users, items = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    stars = np.array([(3 * user + item) % 5 + 1 for user, item in pairs], dtype=np.float32)
    rows = Interactions(users, items, stars, 7, 7)
    protocol = EvaluationProtocol(min_rating=2, min_user_ratings=least, core=core)
    kept = kept_rows(rows, protocol)
    left = [row for row in range(len(pairs)) if stars[row] >= 2]
    left = [r for r in left if sum(pairs[o][0] == pairs[r][0] for o in left) >= least]
    while True:
        few = [
            row
            for row in left
            if any(sum(pairs[o][side] == pairs[row][side] for o in left) < core for side in (0, 1))
        ]
        if not few:
            break
        left.remove(few[0])  # in whatever order they go, the same is left
    assert np.flatnonzero(kept).tolist() == left


def test_folds_hold_out_each_row_once(frame: pd.DataFrame) -> None:
    tests = [task_of(frame, fold, split="folds", folds=4, seed=3) for fold in range(4)]
    held = [pairs_of(task.test, task) for task in tests]
    assert set.union(*held) == pairs_in(frame)
    assert sum(map(len, held)) == len(frame)
    for task, test in zip(tests, held, strict=True):
        assert pairs_of(task.train, task) == pairs_in(frame) - test


def test_a_date_splits_the_past_from_the_future(frame: pd.DataFrame) -> None:
    middle = pd.Timestamp(frame["timestamp"].median(), unit="s").floor("D")
    task = task_of(frame, split="temporal", date=str(middle.date()))
    is_later = frame["timestamp"] >= middle.timestamp()
    assert pairs_of(task.train, task) == pairs_in(frame[~is_later])
    assert pairs_of(task.test, task) == pairs_in(frame[is_later])


def test_held_out_users_are_known_only_when_asked(frame: pd.DataFrame) -> None:
    task = task_of(frame, split="users", test_share=0.3, seed=2)
    train, known, test = (pairs_of(rows, task) for rows in (task.train, task.known, task.test))
    held = {user for user, _ in known | test}
    assert len(held) == round(0.3 * frame["userId"].nunique())
    assert train == pairs_in(frame[~frame["userId"].isin(held)])
    trained = {movie for _, movie in train}
    theirs = {(u, m) for u, m in pairs_in(frame[frame["userId"].isin(held)]) if m in trained}
    assert known | test == theirs
    assert not known & test
    for user in held:
        n_known = sum(one == user for one, _ in known | test)
        assert sum(one == user for one, _ in test) == int(0.2 * n_known)


def test_lists_for_held_out_users_rest_on_their_known_ratings(frame: pd.DataFrame) -> None:
    found = movierec.evaluate(frame, ["svd"], split="users", k=5)
    task = task_of(frame, split="users")
    lists = found.lists()
    listed = pairs_in(lists)
    assert not listed & pairs_of(task.known, task)
    hits = pairs_in(lists[lists["relevant"]])
    assert hits == listed & pairs_of(task.test, task)
    ndcg = found.to_frame().set_index("algorithm")["ndcg"]
    assert ndcg["svd"] > ndcg["random"]


def test_new_movies_are_ranked_among_each_other(frame: pd.DataFrame) -> None:
    movies = sample_folder() / "movies.csv"
    found = movierec.evaluate(
        frame, ["content", "svd"], movies=movies, split="movies", test_share=0.1, k=10
    )
    task = task_of(frame, split="movies", test_share=0.1)
    new = {movie for _, movie in pairs_of(task.test, task)}
    assert len(new) == round(0.1 * frame["movieId"].nunique())
    assert pairs_of(task.train, task) == pairs_in(frame[~frame["movieId"].isin(new)])
    assert set(found.lists()["movieId"]) <= new
    ndcg = found.to_frame().set_index("algorithm")["ndcg"]
    assert ndcg["content"] > 1.5 * ndcg["random"]  # nothing else tells new movies apart


def test_pairs_of_movies_are_the_last_two_that_each_user_liked(frame: pd.DataFrame) -> None:
    frame = frame.sort_values("timestamp").drop_duplicates(["userId", "timestamp"])
    task = task_of(frame, split="similar", threshold=4)
    assert task.queries is not None
    assert task.user_ids is not None
    assert task.item_ids is not None
    liked = frame[frame["rating"] >= 4]
    last = liked.groupby("userId")["movieId"].apply(list)
    last = last[last.str.len() > 1]
    assert pairs_of(task.test, task) == {(user, movies[-1]) for user, movies in last.items()}
    users = users_to_test(task)
    queries = dict(zip(task.user_ids[users], task.item_ids[task.queries[users]], strict=True))
    assert queries == {user: movies[-2] for user, movies in last.items()}
    assert pairs_of(task.train, task) == pairs_in(frame) - pairs_of(task.test, task)
    undated = frame.drop(columns="timestamp")
    with pytest.raises(DataError, match="the time of each rating"):
        task_of(undated, split="similar")


def test_similar_movies_agree_with_the_figures_that_others_measured(real_data: Path) -> None:
    """The cosine of ratings: .067, .178 and .235 of 608 people."""
    found = movierec.evaluate(
        pd.read_csv(real_data / "ml-latest-small" / "ratings.csv"),
        ["item_knn"],
        split="similar",
        threshold=4,
        k=[10, 50, 100],
        settings={"item_knn": {"weighting": "none", "shrinkage": 0, "n_neighbors": 100}},
    )
    assert found.protocol["users"] == 608
    frame: Any = found.to_frame().set_index(["algorithm", "k"])
    rates = frame.loc["item_knn", "hit_rate"]
    assert rates.to_dict() == pytest.approx({10: 0.067, 50: 0.178, 100: 0.235}, abs=0.006)


def test_drawn_negatives_are_as_many_unrated_movies(frame: pd.DataFrame) -> None:
    task = task_of(frame, n_negatives=20, seed=1)
    assert task.candidates is not None
    for user in range(task.train.n_users):
        ranked = set(task.candidates[user].indices)
        wanted = set(task.test.user_items[user].indices)
        assert wanted <= ranked
        assert not ranked & set(task.train.user_items[user].indices)
        assert len(ranked) == (20 + len(wanted) if wanted else 0)
    found = movierec.evaluate(frame, [], n_negatives=20)
    assert any("Krichene and Rendle" in note for note in found.notes)
    assert movierec.evaluate(frame, []).notes == []


def msr(frame: pd.DataFrame, seed: int) -> Pairs:
    """Return the test rows as the code of the recommenders of Microsoft chooses them."""
    np.random.seed(seed)
    rows = frame.assign(random=np.random.rand(len(frame)))
    rows = rows.sort_values(["movieId", "random"])
    groups = rows.groupby("movieId")
    rows["count"] = groups["movieId"].transform("count")
    rows["rank"] = groups.cumcount() + 1
    return pairs_in(rows[rows["rank"] > (0.75 * rows["count"]).round()])


def test_msr_75_25_splits_as_the_benchmark(frame: pd.DataFrame) -> None:
    frame = frame.sample(frac=1, random_state=0).drop_duplicates(["userId", "movieId"])
    task = task_of(frame, **with_preset("msr-75-25", {"k": 10}))
    assert pairs_of(task.test, task) == msr(frame, 42)


def test_msr_75_25_gives_the_published_split_and_its_figures(real_data: Path) -> None:
    """Popularity has .2524 / .2287 / .1132 there."""
    found = movierec.evaluate(real_data / "ml-100k", [], protocol="msr-75-25")
    popular = found.results[1]
    figures = [popular.metrics[name] for name in ("ndcg", "precision", "recall")]
    assert figures == pytest.approx([0.2524, 0.2287, 0.1132], abs=6e-5)
    rows, _ = read_rated(real_data / "ml-100k")
    fields = with_preset("msr-75-25", {"k": 10})
    task = split_task(rows, EvaluationProtocol(**fields))
    for name, part in (("train", task.train), ("test", task.test)):
        published = pd.read_csv(real_data / "ml100k-split-75-25" / f"{name}.csv")
        assert pairs_of(part, task) == pairs_in(published)


def test_mult_vae_takes_the_steps_of_the_paper(frame: pd.DataFrame) -> None:
    fields = with_preset("mult-vae", {"k": 100, "test_share": 0.25})
    task = task_of(frame, **fields)
    liked = frame[frame["rating"] >= 4]
    liked = liked[liked.groupby("userId")["movieId"].transform("count") >= 5]
    train = pairs_of(task.train, task)
    held = set(liked["userId"]) - {user for user, _ in train}
    assert len(held) == round(0.25 * liked["userId"].nunique())
    assert train == pairs_in(liked[~liked["userId"].isin(held)])
    theirs = pairs_of(task.known, task) | pairs_of(task.test, task)
    of_trained = liked["movieId"].isin({movie for _, movie in train})
    assert theirs == pairs_in(liked[liked["userId"].isin(held) & of_trained])
    assert set(task.train.ratings) == set(task.known.ratings) == {1.0}
    found = movierec.evaluate(frame, [], protocol="mult-vae")
    assert found.protocol["cutoffs"] == [100, 20, 50]


def test_light_gcn_holds_a_fifth_of_the_ten_core_out(frame: pd.DataFrame) -> None:
    task = task_of(frame, **with_preset("lightgcn", {"k": 20}))
    core, n_before = frame, -1
    while len(core) != n_before:
        n_before = len(core)
        for side in ("userId", "movieId"):
            core = core[core.groupby(side)["rating"].transform("count") >= 10]
    train, test = pairs_of(task.train, task), pairs_of(task.test, task)
    assert train | test == pairs_in(core)
    assert not train & test
    for user, rows in core.groupby("userId"):
        assert sum(one == user for one, _ in test) == int(0.2 * len(rows))


def test_ncf_ranks_the_last_movie_among_99_others(frame: pd.DataFrame) -> None:
    frame = frame.drop_duplicates(["userId", "timestamp"])
    task = task_of(frame, **with_preset("ncf", {"k": 10}))
    n_rated = frame.groupby("userId")["movieId"].transform("count")
    last = frame[n_rated >= 20].sort_values("timestamp").groupby("userId").tail(1)
    assert pairs_of(task.test, task) == pairs_in(last)
    assert task.candidates is not None
    lengths = np.diff(task.candidates.indptr)
    assert set(lengths[users_to_test(task)]) == {100}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"split": "half"}, "split is"),
        ({"test_share": 1}, "test_share is 1; it must be above 0 and below 1"),
        ({"folds": 1}, "folds is 1"),
        ({"date": "2001-01-01"}, "leave-one-out does not split at a date"),
        ({"split": "temporal", "date": "soon"}, 'date is "soon"; it must be a date'),
        ({"split": "movies", "n_negatives": 9}, "movies draws no movies to rank"),
        ({"protocol": "neumf"}, 'protocol is "neumf"; it must be one of ncf'),
        ({"k": []}, "no length of the lists"),
        ({"k": [5, 0]}, "k is 0"),
        ({"core": -1}, "core is -1"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        movierec.evaluate("missing.csv", [], **fields)


def test_a_published_split_is_not_split_again(frame: pd.DataFrame) -> None:
    for options in ({"split": "users"}, {"protocol": "ncf"}, {"core": 5}, {"ignore_ratings": True}):
        with pytest.raises(UsageError, match="a published split is used as it is, without --"):
            movierec.evaluate(None, [], train=frame, test=frame, **options)


@pytest.mark.parametrize(
    "split", ["leave-one-out", "random", "temporal", "folds", "users", "movies", "similar", "msr"]
)
def test_parameters_are_tuned_on_training_rows_of_every_split(
    frame: pd.DataFrame, split: Any
) -> None:
    told: list[str] = []
    movierec.evaluate(
        frame[frame["userId"] % 4 == 0], ["ease"], split=split, folds=2, tune=True,
        tell=told.append,
    )  # fmt: skip
    assert any("on validation" in line for line in told)

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from movierec.algorithms._base import load
from movierec.evaluation import metrics, splitting
from movierec.evaluation.runs import Chance, Result, Task, evaluate, rank, with_baselines

LISTS = st.lists(st.integers(0, 19), max_size=12, unique=True)
RELEVANT = st.sets(st.integers(0, 19), min_size=1, max_size=8)


def one_by_one(ranked: list[int], relevant: set[int], k: int) -> dict[str, float]:
    """All measures of one list, as a textbook would compute them by hand."""
    gains = [1 if item in relevant else 0 for item in ranked[:k]]
    ideal = sum(1 / math.log2(place + 2) for place in range(min(k, len(relevant))))
    precisions = [sum(gains[: i + 1]) / (i + 1) for i, gain in enumerate(gains) if gain]
    return {
        "hit_rate": float(any(gains)),
        "precision": sum(gains) / k,
        "recall": sum(gains) / len(relevant),
        "ndcg": sum(gain / math.log2(i + 2) for i, gain in enumerate(gains)) / ideal,
        "mrr": next((1 / (i + 1) for i, gain in enumerate(gains) if gain), 0.0),
        "map": sum(precisions) / min(k, len(relevant)),
    }


@given(st.lists(st.tuples(LISTS, RELEVANT), min_size=1, max_size=6), st.integers(1, 12))
def test_metrics_agree_with_an_independent_implementation(
    users: list[tuple[list[int], set[int]]], k: int
) -> None:
    ranked = np.array([(own + [-1] * k)[:k] for own, _ in users])
    pairs = [(row, item) for row, (_, relevant) in enumerate(users) for item in relevant]
    rows, items = zip(*pairs, strict=True)
    # Ratings of 0: what is stored is relevant.
    relevant = csr_matrix((np.zeros(len(rows)), (rows, items)), shape=(len(users), 20))
    hits = metrics.hits_of(ranked, relevant)
    n_relevant = np.diff(relevant.indptr)
    expected = pd.DataFrame(one_by_one(own, wanted, k) for own, wanted in users)
    for name, measure in metrics.MEASURES.items():
        np.testing.assert_allclose(measure(hits, n_relevant), expected[name])


def test_measures_of_all_lists_together() -> None:
    ranked = np.array([[0, 1], [0, -1], [-1, -1]])
    counts = np.array([4, 2, 0, 1])
    known = csr_matrix(np.array([[0, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0]]))
    assert metrics.coverage(ranked, 4) == 0.5
    assert metrics.novelty(ranked, counts, 8) == pytest.approx((1 + 2 + 1) / 3)
    # Listed on average 3 and 4, rated 1 and 1.5; who has neither list nor ratings is left out.
    assert metrics.popularity_bias(ranked, counts, known) == pytest.approx(3.5 / 1.25)


def test_interval_holds_the_mean_and_narrows_with_more_users() -> None:
    values = np.random.default_rng(0).random(50)
    low, high = metrics.interval(values)
    assert low < values.mean() < high
    narrower = metrics.interval(np.tile(values, 20))
    assert narrower[1] - narrower[0] < (high - low) / 3


USERS = st.lists(st.integers(0, 5), min_size=1, max_size=40).map(np.array)


@given(USERS, st.integers(0, 9))
def test_leave_one_out_holds_the_last_of_each_user_back(users: Any, seed: int) -> None:
    times = np.random.default_rng(seed).integers(0, 5, len(users))
    held = splitting.leave_one_out(users, times, seed)
    for user in np.unique(users):
        own = np.flatnonzero(users == user)
        last = own[np.flatnonzero(times[own] == times[own].max())[-1]]
        assert np.flatnonzero(held & (users == user)).tolist() == ([last] if len(own) > 1 else [])
    assert splitting.leave_one_out(users, None, seed).sum() == held.sum()


@given(USERS, st.floats(0, 1), st.integers(0, 9))
def test_random_holds_a_share_of_each_user_back(users: Any, share: float, seed: int) -> None:
    held = splitting.random(users, share, seed)
    for user in np.unique(users):
        assert held[users == user].sum() == int((users == user).sum() * share)
    assert (splitting.random(users, share, seed) == held).all()


def test_temporal_holds_the_latest_back() -> None:
    times = np.array([5, 1, 4, 2, 3, 9, 8, 7, 6, 0])
    held = splitting.temporal(times, 0.2)
    assert sorted(times[held]) == [8, 9]


@pytest.fixture
def task() -> Task:
    rng = np.random.default_rng(0)
    rated = rng.random((30, 12)) < 0.4
    tested = (rng.random((30, 12)) < 0.3) & ~rated
    return Task(csr_matrix(rated.astype(np.float32)), csr_matrix(tested.astype(np.float32)))


def test_known_films_are_never_listed_and_equals_come_by_index(task: Task) -> None:
    users = np.arange(30)
    (ranked,) = rank(lambda known: np.ones(known.shape, np.float32), task, users, 12)
    for user, own in enumerate(ranked):
        unknown = np.flatnonzero(task.train[user].toarray()[0] == 0)
        assert own[own >= 0].tolist() == unknown.tolist()
        assert (own[len(unknown) :] == -1).all()


def test_only_candidates_are_ranked(task: Task) -> None:
    candidates = csr_matrix(np.tile(np.arange(12) % 3 == 0, (30, 1)).astype(np.float32))
    given_candidates = Task(task.train, task.test, candidates)
    (ranked,) = rank(
        lambda known: -np.tile(np.arange(12.0), (len(known.indptr) - 1, 1)).astype(np.float32),
        given_candidates,
        np.arange(30),
        10,
    )
    assert ranked[:, :4].tolist() == [[0, 3, 6, 9]] * 30
    assert (ranked[:, 4:] == -1).all()


def test_blocks_of_users_make_no_difference(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = evaluate("popular", load("popular")(), task, 5)
    monkeypatch.setattr("movierec.evaluation.runs._BLOCK_CELLS", 24)
    assert evaluate("popular", load("popular")(), task, 5).metrics == whole.metrics


def test_baselines_come_first_and_once() -> None:
    assert with_baselines(["ease", "popular"]) == ["random", "popular", "ease"]


@pytest.fixture(scope="module")
def published(real_data: Path) -> Task:
    """MovieLens 100K in the split of the Microsoft recommenders benchmark."""
    parts = [pd.read_csv(real_data / "ml100k-split-75-25" / f"{n}.csv") for n in ("train", "test")]
    both = pd.concat(parts)
    users, items = (np.unique(both[name]) for name in ("userId", "movieId"))
    shape = (len(users), len(items))
    return Task(
        *(
            csr_matrix(
                (
                    part["rating"].to_numpy(np.float32),
                    (users.searchsorted(part["userId"]), items.searchsorted(part["movieId"])),
                ),
                shape=shape,
            )
            for part in parts
        )
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("popular", (0.2524, 0.2287, 0.1132)),
        ("item_knn", (0.4496, 0.3918, 0.2149)),
        ("ease", (0.4842, 0.4221, 0.2296)),
    ],
)
def test_published_split_gives_the_figures_that_others_measured(
    published: Task, name: str, expected: tuple[float, float, float]
) -> None:
    found: Result = evaluate(name, load(name)(), published, 10)
    measured = [found.metrics[measure] for measure in ("ndcg", "precision", "recall")]
    assert measured == pytest.approx(expected, abs=6e-5)
    for measure, (low, high) in found.intervals.items():
        assert low < found.metrics[measure] < high


def test_chance_learns_nothing(published: Task) -> None:
    found = evaluate("random", Chance(), published, 10)
    assert found.metrics["ndcg"] < 0.03
    assert found.metrics["coverage"] > 0.9

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from movierec import Interactions
from movierec.algorithms.base import Algorithm, Run, TrainingData
from movierec.algorithms.registry import load, make
from movierec.data import splitting
from movierec.data.interactions import RatingRows
from movierec.data.items import MovieRow
from movierec.errors import DataError, OutputError, UsageError
from movierec.evaluation import metrics, plot
from movierec.evaluation.content import content_of
from movierec.evaluation.evaluate import evaluate
from movierec.evaluation.protocol import EvaluationProtocol
from movierec.evaluation.results import Measured, Result
from movierec.evaluation.runs import RandomScorer, rank
from movierec.evaluation.scoring import evaluate_once
from movierec.evaluation.search import Search
from movierec.evaluation.tasks import Task, split_task
from movierec.evaluation.tuning import tuned, validation
from movierec.neighbors.content import shortened


def compare(*arguments: Any, **options: Any) -> dict[str, Any]:
    return evaluate(*arguments, **options).to_dict()


LISTS = st.lists(st.integers(0, 19), max_size=12, unique=True)
RELEVANT = st.sets(st.integers(0, 19), min_size=1, max_size=8)


def one_by_one(ranked: list[int], relevant: set[int], k: int) -> dict[str, float]:
    """Compute all metrics of one list from their definitions, item by item."""
    gains = [1 if item in relevant else 0 for item in ranked[:k]]
    ideal = sum(1 / math.log2(place + 2) for place in range(min(k, len(relevant))))
    precisions = [sum(gains[: i + 1]) / (i + 1) for i, gain in enumerate(gains) if gain]
    return {
        "hit_rate": float(any(gains)),
        "precision": sum(gains) / k,
        "recall": sum(gains) / len(relevant),
        "capped_recall": sum(gains) / min(k, len(relevant)),
        "ndcg": sum(gain / math.log2(i + 2) for i, gain in enumerate(gains)) / ideal,
        "mrr": next((1 / (i + 1) for i, gain in enumerate(gains) if gain), 0.0),
        "map": sum(precisions) / min(k, len(relevant)),
    }


@given(st.lists(st.tuples(LISTS, RELEVANT), min_size=1, max_size=6), st.integers(1, 12))
def test_metrics_agree_with_an_independent_implementation(
    users: list[tuple[list[int], set[int]]], k: int
) -> None:
    ranked = np.array([(items + [-1] * k)[:k] for items, _ in users])
    pairs = [(row, item) for row, (_, relevant) in enumerate(users) for item in relevant]
    rows, items = zip(*pairs, strict=True)
    # Ratings of 0 count as relevant, because they are stored.
    relevant = csr_matrix((np.zeros(len(rows)), (rows, items)), shape=(len(users), 20))
    hits = metrics.hits_of(ranked, relevant)
    n_relevant = np.diff(relevant.indptr)
    expected = pd.DataFrame(one_by_one(items, relevant, k) for items, relevant in users)
    for name, measure in metrics.METRICS.items():
        np.testing.assert_allclose(measure(hits, n_relevant), expected[name])


def test_measures_of_all_lists_together() -> None:
    ranked = np.array([[0, 1], [0, -1], [-1, -1]])
    counts = np.array([4, 2, 0, 1])
    known = csr_matrix(np.array([[0, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0]]))
    assert metrics.coverage(ranked, 4) == 0.5
    np.testing.assert_allclose(metrics.novelty(ranked, counts, 8), [(1 + 2) / 2, 1, np.nan])
    # The listed items have 3 and 4 ratings on average, the rated ones 1 and 1.5. The user without a
    # list or ratings is left out.
    assert metrics.popularity_bias(ranked, counts, known) == pytest.approx(3.5 / 1.25)


def test_interval_holds_the_mean_and_narrows_with_more_users() -> None:
    values = np.random.default_rng(0).random(50)
    low, high = metrics.interval(values)
    assert low < values.mean() < high
    narrower = metrics.interval(np.tile(values, 20))
    assert narrower[1] - narrower[0] < (high - low) / 3


def test_runs_are_joined_by_user() -> None:
    """A user whom a run did not measure counts for nothing in that run."""

    def run(users: list[int], values: list[float], seconds: float) -> Measured:
        mean = {"ndcg": float(np.mean(values)), "coverage": seconds / 10}
        per_user = {"ndcg": np.array(values)}
        return Measured({}, mean, np.array(users), per_user, seconds, 2 * seconds, 0.5)

    found = Result.of("x", [run([1, 4], [0.25, 0.75], 1.0), run([4, 7], [1.0, 1.0], 3.0)])
    assert found.metrics == {"ndcg": 0.75, "coverage": 0.2}
    assert (found.fit_seconds, found.fit_cpu_seconds, found.query_seconds) == (2.0, 4.0, 0.5)
    assert found.runs[1]["metrics"]["ndcg"] == 1
    low, high = found.intervals["ndcg"]
    assert 0.25 <= low < 0.75 < high <= 1
    assert list(found.intervals) == ["ndcg"]


USERS = st.lists(st.integers(0, 5), min_size=1, max_size=40).map(np.array)
MISSING = np.iinfo(np.int64).min


def ratings_of(users: Any, times: Any = None) -> Interactions:
    """Return ratings of different items, in the order of the arguments."""
    users = np.array(users, dtype=np.int32)
    items, ones = np.arange(len(users), dtype=np.int32), np.ones(len(users), np.float32)
    read = None if times is None else lambda: np.array(times)
    return Interactions(users, items, ones, 6, len(users), read)


@given(USERS, st.integers(0, 9), st.integers(1, 7))
def test_leave_one_out_holds_one_of_the_last_of_each_user_back(
    users: Any, seed: int, n_users: int
) -> None:
    random = np.random.default_rng(seed)
    times = random.integers(0, 5, len(users))
    ratings = ratings_of(users, times)
    held = splitting.leave_one_out(ratings, seed, by_time=True)
    for user in np.unique(users):
        rows = np.flatnonzero(users == user)
        latest = rows[times[rows] == times[rows].max()]
        chosen = np.flatnonzero(held & (users == user))
        assert len(chosen) == (len(rows) > 1)
        assert set(chosen) <= set(latest)
    assert splitting.leave_one_out(ratings_of(users), seed, by_time=False).sum() == held.sum()
    shuffle = random.permutation(len(users))
    again = splitting.leave_one_out(ratings.select(shuffle), seed, by_time=True)
    np.testing.assert_array_equal(again, held[shuffle])
    few = splitting.leave_one_out(ratings, seed, by_time=True, n_users=n_users)
    assert few.sum() == min(n_users, held.sum())
    for user in np.unique(users[few]):
        rows = np.flatnonzero(users == user)
        assert times[few & (users == user)] == times[rows].max()


def test_every_one_of_a_tie_is_held_back_by_some_seed() -> None:
    ratings = ratings_of([0] * 4 + [1] * 3, [5, 9, 9, 9, MISSING, MISSING, MISSING])
    chosen = [splitting.leave_one_out(ratings, seed, by_time=True) for seed in range(60)]
    assert np.mean(chosen, axis=0).round(1).tolist() == pytest.approx([0] + [1 / 3] * 6, abs=0.2)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (None, False),
        ([5, 5, 5, 5], False),
        ([5, 5, 8, 8], False),  # different, but not for anybody
        ([5, MISSING, 8, 8], False),  # a missing time is neither before nor after
        ([5.5, -np.inf, -np.inf, -np.inf], False),
        ([MISSING] * 4, False),
        ([5, 6, 8, 8], True),
        ([MISSING, 3, 5.0, 8.5], True),
    ],
)
def test_times_are_real_if_they_order_the_ratings_of_somebody(times: Any, expected: bool) -> None:
    assert splitting.is_ordered(ratings_of([0, 0, 1, 1], times)) is expected


@given(USERS, st.integers(0, 9))
def test_ratings_at_the_time_of_another_of_the_user_are_tied(users: Any, seed: int) -> None:
    times = np.random.default_rng(seed).integers(0, 5, len(users))
    pairs = list(zip(users.tolist(), times.tolist(), strict=True))
    expected = [pairs.count(pair) > 1 for pair in pairs]
    assert splitting.is_tied(ratings_of(users, times)).tolist() == expected


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
    return task_of(rated.astype(np.float32), tested.astype(np.float32))


def task_of(train: Any, test: Any, candidates: Any = None) -> Task:
    """Return a task from dense or sparse matrices of shape (n_users, n_items)."""
    rows = [Interactions.from_user_items(csr_matrix(part)) for part in (train, test)]
    return Task(rows[0], rows[1], None if candidates is None else csr_matrix(candidates))


class Fixed(Algorithm):
    """Gives all users the same scores."""

    SIMILARITY = "none"

    def __init__(self, *, step: float = 0.0) -> None:
        self.step = step

    def fit(self, data: TrainingData, run: Run = Run()) -> Fixed:
        return self

    def score(self, users: Interactions) -> Any:
        return np.tile(
            1 + self.step * np.arange(users.n_items, dtype=np.float32), (users.n_users, 1)
        )

    def similarities(self, items: Any) -> Any:
        raise NotImplementedError


@pytest.fixture
def liked(task: Task) -> Task:
    """The task without ratings, so that everybody likes what they watched."""
    return replace(task, train=replace(task.train, ratings=np.ones_like(task.train.ratings)))


def test_rated_items_are_never_listed_and_ties_are_in_the_order_of_indices(liked: Task) -> None:
    task, users = liked, np.unique(liked.train.users).astype(np.int64)
    (ranked,) = rank(Fixed(), task, users, 12)
    for user, items in zip(users, ranked, strict=True):
        unknown = np.flatnonzero(task.train.user_items[user].toarray()[0] == 0)
        assert items[items >= 0].tolist() == unknown.tolist()
        assert (items[len(unknown) :] == -1).all()


def test_only_candidates_are_ranked(liked: Task) -> None:
    candidates = csr_matrix(np.tile(np.arange(12) % 3 == 0, (30, 1)).astype(np.float32))
    given_candidates = replace(liked, candidates=candidates)
    users = np.unique(liked.train.users).astype(np.int64)
    (ranked,) = rank(Fixed(step=-0.01), given_candidates, users, 10)
    assert ranked[:, :4].tolist() == [[0, 3, 6, 9]] * len(users)
    assert (ranked[:, 4:] == -1).all()


def test_people_without_history_are_measured_apart() -> None:
    """They get popular films whatever the algorithm, and the others count as without them."""
    train = pd.DataFrame(
        [(user, item) for user in range(6) for item in range(5) if (user + item) % 3],
        columns=["userId", "movieId"],
    ).assign(rating=4.0)
    test = pd.DataFrame([(0, 0), (1, 2)], columns=["userId", "movieId"]).assign(rating=4.0)
    newcomers = pd.DataFrame([(98, 1), (99, 1), (99, 4)], columns=["userId", "movieId"])
    both = pd.concat([test, newcomers.assign(rating=4.0)])
    without, found = (
        compare(None, ["svd"], train=train, test=each, **{"k": 2}) for each in (test, both)
    )
    assert without["new_users"] is None
    for before, after in zip(without["results"], found["results"], strict=True):
        if before["algorithm"] != "random":
            assert before["metrics"]["ndcg"] == after["metrics"]["ndcg"]
    counts = train["movieId"].value_counts().sort_index()
    best = counts.sort_values(ascending=False, kind="stable").index[:2].tolist()
    hits = [[item in best for item in (1,)], [item in best for item in (1, 4)]]
    assert found["new_users"]["users"] == 2
    assert found["new_users"]["metrics"]["recall"] == np.mean([np.mean(row) for row in hits])


def test_without_any_history_there_is_nothing_to_compare() -> None:
    train, test = (
        pd.DataFrame({"userId": [user], "movieId": [1], "rating": [4.0]}) for user in (1, 2)
    )
    with pytest.raises(DataError, match="nobody has both training rows and test rows"):
        compare(None, ["svd"], train=train, test=test)


def test_recency_needs_times_and_counts_the_latest_most() -> None:
    random = np.random.default_rng(3)
    pairs = np.argwhere(random.random((40, 20)) < 0.4)
    rows = pd.DataFrame(pairs, columns=["userId", "movieId"]).assign(rating=4.0)
    rows["timestamp"] = random.permutation(len(rows))
    usual, recent = (
        compare(rows, ["item_knn"], **{"recency": recency})["results"] for recency in (0, 1)
    )
    assert usual[1]["metrics"] == recent[1]["metrics"]  # popularity has no history
    assert usual[2]["metrics"] != recent[2]["metrics"]
    with pytest.raises(DataError, match="recency needs the time of each rating"):
        compare(rows.drop(columns="timestamp"), ["svd"], **{"recency": 1})


class Liked(Algorithm):
    """Scores the items next to those that people like."""

    SIMILARITY = "none"

    def fit(self, data: TrainingData, run: Run = Run()) -> Liked:
        return self

    def score(self, users: Interactions) -> Any:
        return np.roll(users.user_items.toarray(), 1, axis=1)

    def similarities(self, items: Any) -> Any:
        raise NotImplementedError


class LikedInOrder(Liked):
    NEEDS = frozenset({"timestamps"})


def test_recency_is_left_to_an_algorithm_that_needs_times() -> None:
    random = np.random.default_rng(3)
    rows = pd.DataFrame(np.argwhere(random.random((40, 20)) < 0.4), columns=["userId", "movieId"])
    rows["rating"] = random.integers(1, 6, len(rows))
    rows["timestamp"] = random.permutation(len(rows))
    plain, recent = (
        compare(rows, [Liked, LikedInOrder], **{"recency": recency})["results"][2:]
        for recency in (0, 4)
    )
    assert plain[0]["metrics"] == plain[1]["metrics"] == recent[1]["metrics"]
    assert recent[0]["metrics"] != plain[0]["metrics"]


@pytest.mark.parametrize("times", [[7] * 90, ["never"] * 90, None])
def test_without_real_times_a_random_rating_is_held_out(times: Any) -> None:
    pairs = [(user, item, 4.0) for user in range(9) for item in range(10)]
    rows = pd.DataFrame(pairs, columns=["userId", "movieId", "rating"])
    rows = rows if times is None else rows.assign(timestamp=times)
    found = compare(rows, [])["protocol"]
    assert found["held_out"] == "random"
    assert "tied_ratings" not in found
    with pytest.raises(DataError, match="no timestamps, or equal ones"):
        compare(rows, [], **{"recency": 1})


def test_the_share_of_ties_is_told() -> None:
    pairs = [(user, item, 4.0) for user in range(4) for item in range(5)]
    rows = pd.DataFrame(pairs, columns=["userId", "movieId", "rating"])
    rows["timestamp"] = [1, 2, 3, 4, 5] + [1, 2, 3, 3, 5] + [1, 2, 3, 5, 5] + [5] * 5
    found = compare(rows, [])["protocol"]
    assert found["held_out"] == "latest"
    assert found["tied_ratings"] == (2 + 2 + 5) / 20
    assert found["tied_held_out"] == 2 / 4


def test_blocks_of_users_make_no_difference(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = evaluate_once("popular", load("popular")(), task, 5)
    monkeypatch.setattr("movierec.evaluation.runs._BLOCK_CELLS", 24)
    assert evaluate_once("popular", load("popular")(), task, 5).metrics == whole.metrics


RATINGS = pd.DataFrame(
    [(user, item, 4.0) for user in range(8) for item in range(6) if (user + item) % 3],
    columns=["userId", "movieId", "rating"],
)


def test_baselines_come_first_and_once_beside_names_classes_and_objects() -> None:
    found = compare(RATINGS, ["svd", "random", "popular", Fixed, make("ease", {"l2": 7.0}), "svd "])
    results = {result["algorithm"]: result["parameters"] for result in found["results"]}
    assert len(found["results"]) == len(results)
    assert list(results) == ["random", "popular", "svd", f"{__name__}:Fixed", "ease"]
    assert results["ease"]["l2"] == 7.0


def test_objects_of_one_class_are_all_compared() -> None:
    objects = [make("ease", {"l2": l2}) for l2 in (7.0, 8.0, 9.0)]
    found = compare(RATINGS, objects, settings={"ease (2)": {"l2": 5}})["results"][2:]
    assert [(result["algorithm"], result["parameters"]["l2"]) for result in found] == [
        ("ease", 7.0),
        ("ease (2)", 5.0),
        ("ease (3)", 9.0),
    ]
    assert [one.parameters()["l2"] for one in objects] == [7.0, 8.0, 9.0]
    assert not any(one.state() for one in objects)  # the objects themselves are not fitted


class Seeded(Fixed):
    """Scores by its seed, and counts its fits."""

    fits: ClassVar[list[int]] = []

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, data: TrainingData, run: Run = Run()) -> Seeded:
        self.fits.append(self.seed)
        return self

    def score(self, users: Interactions) -> Any:
        random = np.random.default_rng(self.seed)
        return np.tile(random.random(users.n_items), (users.n_users, 1))


def dated(*, is_tied: bool) -> pd.DataFrame:
    times = np.arange(len(RATINGS))
    return RATINGS.assign(timestamp=times // 10 if is_tied else times)


@pytest.mark.parametrize(
    ("ratings", "split", "n_runs"),
    [
        (dated(is_tied=False), "leave-one-out", 1),
        (dated(is_tied=True), "leave-one-out", 3),
        (RATINGS, "leave-one-out", 3),
        (RATINGS, "random", 3),
        (dated(is_tied=True), "temporal", 1),
    ],
)
def test_runs_that_a_seed_changes_are_repeated(
    ratings: pd.DataFrame, split: str, n_runs: int
) -> None:
    Seeded.fits.clear()
    how = {"split": split, "seed": 4, "k": 3, "test_share": 0.3}
    found = compare(ratings, [Seeded, Seeded(seed=7), "ease"], **how, repeats=3)
    assert Seeded.fits == [4, 11, 5, 12, 6, 13]  # an object keeps the distance to other objects
    runs = {result["algorithm"]: result["runs"] for result in found["results"]}
    assert [len(each) for each in runs.values()] == [3, n_runs, 3, 3, n_runs]
    for result in found["results"]:
        measured = [run["metrics"]["ndcg"] for run in result["runs"]]
        assert result["metrics"]["ndcg"] == pytest.approx(np.mean(measured))
    alone = compare(ratings, [Seeded, "ease"], **{**how, "seed": 5})["results"]
    for result in (alone[0], alone[2]):
        assert result["metrics"] == runs[result["algorithm"]][1]["metrics"]
    if n_runs == 3:
        assert alone[3]["metrics"] == runs["ease"][1]["metrics"]
    assert found["protocol"]["repeats"] == 3


def test_no_runs_are_refused() -> None:
    with pytest.raises(UsageError, match="repeats is 0; it must be at least 1"):
        compare(RATINGS, ["ease"], repeats=0)


@pytest.mark.parametrize("given", [3, int, None, TrainingData])
def test_what_is_not_an_algorithm_is_refused(given: Any) -> None:
    with pytest.raises(UsageError, match="is not an algorithm"):
        compare("missing.csv", [given])


def rating_rows(rows: list[tuple[int, int]], read: Any = None) -> RatingRows:
    users, items = np.array(rows, dtype=np.int64).T
    return RatingRows(users, items, np.full(len(rows), 4, np.float32), read)


ROWS = [(7, 30), (7, 10), (5, 20), (7, 20), (5, 10), (5, 30), (7, 40), (5, 40)]


def items_of(interactions: Interactions) -> list[list[int]]:
    offsets, items = interactions.histories
    return [part.tolist() for part in np.split(items, offsets[1:-1])]


def test_an_algorithm_gets_the_items_of_each_user_in_order() -> None:
    times = np.array([5, 5, 8, 9, 8, 3, 10, 9])  # ties keep the order of the rows
    task = split_task(rating_rows(ROWS, lambda: times), EvaluationProtocol())
    assert items_of(task.train) == [[2, 1, 0], [2, 0, 1]]  # users 5 and 7
    assert items_of(task.train.for_users(np.array([1, 0]))) == [[2, 0, 1], [2, 1, 0]]
    assert items_of(task.test) == [[3], [3]]


def test_timestamps_are_read_only_when_something_needs_them() -> None:
    reads = []

    def read() -> Any:
        reads.append(1)
        return np.arange(len(ROWS))

    task = split_task(rating_rows(ROWS, read), EvaluationProtocol(split="random", test_share=0.3))
    evaluate_once("popular", load("popular")(), task, 2)
    assert not reads
    assert items_of(task.train)
    assert reads == [1]


class Ordered(Fixed):
    NEEDS = frozenset({"timestamps"})


class WithContent(Fixed):
    NEEDS = frozenset({"content"})


@pytest.mark.parametrize(
    ("algorithm", "missing"), [(Ordered, "no timestamps"), (WithContent, "genres")]
)
def test_an_algorithm_whose_needs_are_not_met_is_refused(
    algorithm: type[Fixed], missing: str, task: Task
) -> None:
    with pytest.raises(DataError, match=f"{algorithm.__name__} needs .*{missing}"):
        evaluate_once("", algorithm(), task, 3)


def test_a_temporal_split_needs_timestamps() -> None:
    with pytest.raises(DataError, match="no timestamps"):
        split_task(rating_rows(ROWS), EvaluationProtocol(split="temporal"))


FILMS = [
    MovieRow("30", "Gamma (2001)", "Comedy|Drama"),
    MovieRow("20", "Beta (1991)", "Drama"),
    MovieRow("0010", "Alpha (1990)", "Drama"),
    MovieRow("40", "Delta (1990)", "(no genres listed)"),
    MovieRow("40", "Other (2001)", "Comedy"),
]


def test_content_is_in_the_order_of_the_ratings() -> None:
    content = content_of(FILMS, np.array([10, 20, 30, 40, 99]))
    half = 1 / math.sqrt(2)
    expected: list[list[float]] = [
        [1, 1, half, 0],
        [1, 1, half, 0],
        [half, half, 1, 0],
        [0, 0, 0, 1],
    ]
    assert content is not None
    genres = shortened(content.parts["genres"])
    cosines = (genres @ genres.T).toarray() + np.diag([0, 0, 0, 1, 0])  # the fourth has none
    np.testing.assert_allclose(cosines[:4, :4], expected, atol=1e-6)
    assert content.parts["genres"][4].nnz == 0  # movie 99 is unknown
    np.testing.assert_array_equal(content.years, [1990, 1991, 2001, 1990, np.nan])
    assert content.matrix.dtype == np.float32
    assert content.n_known == 4


def test_content_finds_ids_that_are_text() -> None:
    content = content_of(FILMS, np.array([b"0010", b"20", b"tt7"]))
    assert content is not None
    genres = shortened(content.parts["genres"])
    assert (genres @ genres.T).toarray()[0, 1] == pytest.approx(1)
    assert content.parts["genres"][2].nnz == 0


def test_films_of_other_ratings_are_refused() -> None:
    with pytest.raises(DataError, match="none of the rated movies"):
        content_of(FILMS, np.array([1, 2]))


class Dial(Algorithm):
    """Scores by popularity and by index, according to its parameters."""

    SIMILARITY = "none"
    GRID = {"fame": (-1.0, 0.0, 1.0), "place": (0.0, 0.5, 3.0), "sign": (1.0, -1.0)}  # noqa: RUF012

    def __init__(self, *, fame: float = 0.0, place: float = 0.0, sign: float = 1.0) -> None:
        self.fame, self.place, self.sign = fame, place, sign

    def fit(self, data: TrainingData, run: Run = Run()) -> Dial:
        counts = np.bincount(data.interactions.items, minlength=data.interactions.n_items)
        self.counts_ = counts
        return self

    def score(self, users: Interactions) -> Any:
        scores = self.fame * self.counts_ + self.place * np.sin(np.arange(len(self.counts_)))
        return np.tile(self.sign * scores, (users.n_users, 1)).astype(np.float32)

    def similarities(self, items: Any) -> Any:
        raise NotImplementedError


def test_tuning_changes_one_parameter_at_a_time_and_takes_the_best(task: Task) -> None:
    best, trials_of_all = tuned(Dial(), task, 3, Search())
    assert trials_of_all is not None
    tried = trials_of_all.completed
    names, n_values = list(Dial.GRID), [len(values) for values in Dial.GRID.values()]
    assert tried[0][0] == Dial().parameters()
    assert len({tuple(parameters.values()) for parameters, _ in tried}) == len(tried)
    assert len(tried) == 1 + sum(n - 1 for n in n_values)  # and not their product
    start, turn = 1, tried[:1]
    for name, n in zip(names, n_values, strict=True):
        before, _ = max(turn, key=lambda pair: pair[1])
        trials = tried[start : start + n - 1]
        assert {pair[0][name] for pair in trials} == set(Dial.GRID[name]) - {before[name]}
        assert all(pair[0] | {name: before[name]} == before for pair in trials)
        turn, start = tried[: start + n - 1], start + n - 1
    highest = max(ndcg for _, ndcg in tried)
    assert [name for name in names if best.parameters()[name] != tried[0][0][name]] == names[:2]
    assert best.parameters() == next(parameters for parameters, ndcg in tried if ndcg == highest)


def test_what_tuning_reports_is_measured_on_the_validation(task: Task) -> None:
    _, trials = tuned(Dial(), task, 3, Search())
    assert trials is not None
    for parameters, ndcg in trials.completed:
        assert evaluate_once("", Dial(**parameters), validation(task), 3).metrics["ndcg"] == ndcg


def test_fixed_parameters_are_not_searched(task: Task) -> None:
    best, trials = tuned(Dial(fame=0.7), task, 3, Search(), fixed={"fame"})
    assert trials is not None
    assert len(trials.completed) == 4
    assert not any("fame" in parameters for parameters, _ in trials.completed)
    assert best.parameters()["fame"] == 0.7


def one_test_row_each(task: Task, seed: int) -> Task:
    """Return a task with one test row and five candidates for each user."""
    random = np.random.default_rng(seed)
    test, candidates = np.zeros((2, 30, 12), np.float32)
    for user in range(30):
        unknown = np.flatnonzero(task.train.user_items[user].toarray()[0] == 0)
        chosen = random.permutation(unknown)[:5]
        candidates[user, chosen] = 1
        test[user, chosen[0]] = 1
    return task_of(task.train.user_items, test, candidates)


def test_validation_is_made_of_training_rows(task: Task) -> None:
    found = validation(task)
    train, test = found.train.user_items, found.test.user_items
    np.testing.assert_array_equal((train + test).toarray(), task.train.user_items.toarray())
    assert not (train.toarray() * test.toarray()).any()
    n_rows = np.diff(task.train.user_items.indptr)
    assert np.diff(test.indptr).tolist() == (n_rows * 0.2).astype(int).tolist()
    assert found.candidates is None


def test_validation_is_like_a_task_of_one_row_each_among_candidates(task: Task) -> None:
    found = validation(one_test_row_each(task, 0), seed=3)
    assert found.candidates is not None
    n_rows = np.diff(task.train.user_items.indptr)
    assert np.diff(found.test.user_items.indptr).tolist() == (n_rows > 1).astype(int).tolist()
    for user in np.flatnonzero(n_rows > 1).tolist():
        ranked = set(found.candidates[user].indices)
        known = set(task.train.user_items[user].indices)
        assert ranked & known == set(found.test.user_items[user].indices)
        assert len(ranked) == min(5, 1 + 12 - len(known))
        assert len(found.candidates[user].indices) == len(ranked)


@pytest.mark.parametrize("published", [False, True])
def test_validation_is_the_item_before(published: bool) -> None:
    """Whatever the algorithm; of a published split with times, too."""
    random = np.random.default_rng(0)
    users = np.repeat(np.arange(30), 6)
    times = random.permutation(len(users))
    rows = rating_rows([*zip(users.tolist(), times.tolist(), strict=True)], lambda: times)
    task = split_task(rows, EvaluationProtocol())
    if published:
        task = replace(task, test=replace(task.test, read_timestamps=None), ties=None)
    found = validation(task)
    by_user = np.sort(times.reshape(30, 6))
    order = np.argsort(found.test.users)
    assert found.test.timestamps[order].tolist() == by_user[:, -2].tolist()
    assert found.train.timestamps.max() < by_user.max()
    before = validation(found)
    assert before.test.timestamps[np.argsort(before.test.users)].tolist() == by_user[:, -3].tolist()


def test_validation_of_rows_held_out_at_random_is_random() -> None:
    """Test rows that are older than training rows show that time did not choose them."""
    pairs = [(user, item) for user in range(40) for item in range(5)]
    rows = rating_rows(pairs, lambda: np.arange(200))
    task = split_task(rows, EvaluationProtocol(split="random", test_share=0.2))
    assert np.bincount(task.test.users).tolist() == [1] * 40
    found = validation(task)
    latest = [found.train.timestamps[found.train.users == user].max() for user in range(40)]
    n_latest = (found.test.timestamps[np.argsort(found.test.users)] > latest).sum()
    assert 0 < n_latest < 25


def ranked_in(task: Task) -> Any:
    assert task.candidates is not None
    return task.candidates.toarray()


def test_validation_does_not_depend_on_what_is_to_be_found(task: Task) -> None:
    parts = [validation(one_test_row_each(task, seed)) for seed in (0, 1)]
    first, second = (
        [part.train.user_items.toarray(), part.test.user_items.toarray(), ranked_in(part)]
        for part in parts
    )
    np.testing.assert_array_equal(first, second)
    other_seed = validation(one_test_row_each(task, 0), seed=1)
    assert (other_seed.test.user_items.toarray() != first[1]).any()


def test_tuning_needs_somebody_with_two_ratings() -> None:
    ratings = np.eye(3, dtype=np.float32)
    with pytest.raises(DataError, match="two training rows"):
        tuned(Dial(), task_of(ratings, ratings[[1, 2, 0]]), 3, Search())


COMPARED: dict[str, Any] = {
    "protocol": {"split": "random", "k": 7, "users": 1234, "films": 5678},
    "results": [
        {
            "algorithm": name,
            "k": 7,
            "metrics": {"coverage": coverage, "ndcg": ndcg},
            "intervals": {"ndcg": (low, high)},
        }
        for name, coverage, ndcg, low, high in (
            ("popular", 0.1, 0.25, 0.2, 0.35),
            ("ease", 0.4, 0.5, 0.45, 0.52),
            ("perfect", 0.9, 1.0, 1.0, 1.0),
        )
    ],
}


def test_plot_has_a_named_point_with_its_interval_for_each_algorithm() -> None:
    axes: Any
    (axes,) = plot.draw(COMPARED).axes
    assert {note.get_text(): note.xy for note in axes.texts} == {
        "popular": (0.1, 0.25),
        "ease": (0.4, 0.5),
        "perfect": (0.9, 1.0),
    }
    bars = [container.lines[2][0].get_segments()[0] for container in axes.containers]
    expected: Any = [[(0.1, 0.2), (0.1, 0.35)], [(0.4, 0.45), (0.4, 0.52)], [(0.9, 1), (0.9, 1)]]
    np.testing.assert_allclose(bars, expected)
    assert "nDCG@7" in axes.get_ylabel()
    assert "list of 7" in axes.get_xlabel()


def test_plot_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        plot.save(plot.draw(COMPARED), tmp_path / "gone" / "plot.png")
    plot.save(plot.draw(COMPARED), tmp_path / "plot.SVG")
    assert [path.name for path in tmp_path.iterdir()] == ["plot.SVG"]
    assert "<svg" in (tmp_path / "plot.SVG").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def published(real_data: Path) -> Task:
    """MovieLens 100K in the split of the Microsoft recommenders benchmark."""
    parts = [pd.read_csv(real_data / "ml100k-split-75-25" / f"{n}.csv") for n in ("train", "test")]
    both = pd.concat(parts)
    users, items = (np.unique(both[name]) for name in ("userId", "movieId"))
    shape = (len(users), len(items))
    return task_of(
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
    ("name", "parameters", "expected"),
    [
        ("popular", {}, (0.2524, 0.2287, 0.1132)),
        (
            "item_knn",
            {"n_neighbors": 100, "weighting": "idf", "shrinkage": 0.0, "alpha": 0.5},
            (0.4496, 0.3918, 0.2149),
        ),
        ("ease", {"l2": 300.0}, (0.4842, 0.4221, 0.2296)),
    ],
)
def test_published_split_gives_the_figures_that_others_measured(
    published: Task, name: str, parameters: dict[str, Any], expected: tuple[float, float, float]
) -> None:
    """The published figures are for ratings of 1."""
    ones = replace(published.train, ratings=np.ones_like(published.train.ratings))
    found: Result = evaluate_once(name, make(name, parameters), replace(published, train=ones), 10)
    measured = [found.metrics[measure] for measure in ("ndcg", "precision", "recall")]
    assert measured == pytest.approx(expected, abs=6e-5)
    assert (found.metrics["serendipity"] == 0) == (name == "popular")
    for measure, (low, high) in found.intervals.items():
        if not found.metrics[measure]:
            continue
        assert low < found.metrics[measure] < high


def test_random_scores_find_nothing(published: Task) -> None:
    found = evaluate_once("random", RandomScorer(), published, 10)
    assert found.metrics["ndcg"] < 0.03
    assert found.metrics["coverage"] > 0.9

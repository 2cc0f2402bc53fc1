"""Transitions: the compiled loops against arithmetic in Python, ties, and `next`."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec import Interactions, Recommender, TrainingData, UsageError
from movierec import Run as FitRun
from movierec.algorithms.transitions import Transitions
from movierec.answers.next import earlier, later
from movierec.data.splitting import is_tied
from movierec.model.histories import Histories
from movierec.vocabulary import Vocabulary
from movierec.web.app import create_app
from tests.conftest import Run

Dense = np.ndarray[Any, Any]
N_ITEMS = 7

# What one person rated: (item, time, rating), each item once.
HISTORY = st.lists(
    st.tuples(st.integers(0, N_ITEMS - 1), st.integers(0, 4), st.sampled_from([-0.5, 0.2, 1.0])),
    unique_by=lambda rated: rated[0],
    max_size=N_ITEMS,
)
PEOPLE = st.lists(HISTORY, min_size=1, max_size=6)


def interactions(people: list[list[tuple[int, int, float]]]) -> Interactions:
    rows = [(user, *rated) for user, history in enumerate(people) for rated in history]
    users, items, times, ratings = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Interactions(
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.array(ratings, np.float32),
        len(people),
        N_ITEMS,
        lambda: np.array(times, np.int64),
    )


def moments(history: list[tuple[int, int, float]]) -> list[tuple[float, int, list[int]]]:
    """Return the mean place of each moment, the number of later ratings, and its items."""
    ordered = sorted(history, key=lambda rated: rated[1])
    found, n_before = [], 0
    for _, group in groupby(ordered, key=lambda rated: rated[1]):
        items = [item for item, *_ in group]
        n_after = len(ordered) - n_before - len(items)
        found.append((n_before + (len(items) - 1) / 2, n_after, items))
        n_before += len(items)
    return found


def summed(
    people: Any, window: float, backward: float, exponent: float = 0.7
) -> tuple[Dense, Dense]:
    """Return all weights, and how many people went from each item to each, pair by pair."""
    weights, counts = np.zeros((N_ITEMS, N_ITEMS)), np.zeros((N_ITEMS, N_ITEMS), int)
    for history in people:
        at = moments(history)
        for place, _, items in at:
            for other_place, _, others in at:
                for item in items:
                    for other in others:
                        far = other_place - place
                        if 0 < far <= window:
                            weights[item, other] += far**-exponent
                            weights[other, item] += backward * far**-exponent
                            counts[item, other] += 1
                        far = (len(items) + 1) / 3
                        if items is others and item != other and far <= window:
                            weights[item, other] += (1 + backward) / 2 * far**-exponent
    return weights, counts


@settings(deadline=None)
@given(
    PEOPLE,
    PEOPLE,
    st.sampled_from([1, 2, 3, 20]),
    st.sampled_from([0.0, 0.7, 2.0]),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.sampled_from([1, 2, 300]),
)
def test_the_loops_do_what_plain_arithmetic_does(
    people: Any, others: Any, window: int, exponent: float, backward: float, n_kept: int
) -> None:
    algorithm = Transitions(window=window, distance=exponent, backward=backward, n_kept=n_kept)
    algorithm.fit(TrainingData(interactions(people)))
    weights, counts = summed(people, window, backward, exponent)
    rated = [item for history in people for item, *_ in history]
    n_ratings: Dense = np.bincount(rated, minlength=N_ITEMS).clip(1)
    kept = algorithm.weights_.toarray()
    np.testing.assert_allclose(kept[kept > 0], weights[kept > 0], rtol=1e-6)
    assert ((kept > 0).sum(axis=1) == np.minimum((weights > 0).sum(axis=1), n_kept)).all()
    strengths = weights / n_ratings**0.2
    dropped = np.where(kept > 0, 0, strengths).max(axis=1, keepdims=True)
    assert (strengths >= dropped - 1e-9)[kept > 0].all()
    weights = np.where(kept > 0, weights, 0)
    every = np.arange(N_ITEMS)
    for item in range(N_ITEMS):
        found = algorithm.count_transitions(np.full(N_ITEMS, item), every)
        np.testing.assert_array_equal(found, np.where(weights[item] > 0, counts[item], 0))

    expected = np.zeros((len(others), N_ITEMS))
    for user, history in enumerate(others):
        ratings = {item: rating for item, _, rating in history}
        for _, age, items in moments(history):
            for item in items:
                value = ratings[item] * np.exp(-age / 4) / n_ratings[item] ** 0.7
                expected[user] += value * weights[item] / n_ratings**0.2
    scores = algorithm.score(interactions(others))
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)

    lengths = np.sqrt(np.outer(n_ratings, n_ratings))
    alike = (weights + weights.T) / (1 + backward) / lengths
    np.fill_diagonal(alike, 1)
    np.testing.assert_allclose(algorithm.similarities(every), alike, rtol=1e-5)
    assert alike.max() <= 1 + 1e-9


@settings(deadline=None)
@given(PEOPLE, st.randoms(use_true_random=False))
def test_the_order_within_a_tie_is_nothing_that_is_learned(people: Any, random: Any) -> None:
    shuffled = [random.sample(history, len(history)) for history in people]
    one, other = (
        Transitions(n_kept=2).fit(TrainingData(interactions(each))) for each in (people, shuffled)
    )
    np.testing.assert_array_equal(one.weights_.toarray(), other.weights_.toarray())
    np.testing.assert_array_equal(one.people_, other.people_)
    users = interactions(people)
    np.testing.assert_array_equal(one.score(users), other.score(users))


def test_many_ratings_at_one_time_say_nothing_and_cost_nothing() -> None:
    """As pairs, those of one person would be 4 * 10^10."""
    n_items = 200_000
    items = np.arange(n_items, dtype=np.int32)
    users, ratings = np.zeros(n_items, np.int32), np.ones(n_items, np.float32)
    for n_tied in (n_items, 50):
        rated = Interactions(
            users, items, ratings, 1, n_items, partial(np.floor_divide, items, n_tied)
        )
        assert Transitions(window=10).fit(TrainingData(rated)).weights_.nnz == 0


def test_people_without_times_rated_everything_at_one_time() -> None:
    people = [[(0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0)]] * 3
    algorithm = Transitions().fit(TrainingData(interactions(people)))
    users = interactions([[(0, 1, 1.0), (1, 2, 1.0)]])
    untimed = Interactions(users.users, users.items, users.ratings, 1, N_ITEMS)
    tied = interactions([[(0, 5, 1.0), (1, 5, 1.0)]])
    np.testing.assert_array_equal(algorithm.score(untimed), algorithm.score(tied))
    assert algorithm.score(untimed)[0, 2] == pytest.approx(
        sum(algorithm.contributions(np.array([2]), np.array([0, 1]))[0])
    )


def test_two_threads_find_what_one_finds() -> None:
    random = np.random.default_rng(0)
    keys = random.choice(300 * 900, 20_000, replace=False)
    users, items = (keys // 900).astype(np.int32), (keys % 900).astype(np.int32)
    times = random.integers(0, 5000, len(keys))
    rated = Interactions(users, items, np.ones(len(keys), np.float32), 300, 900, lambda: times)
    one, two = (
        Transitions(n_kept=20).fit(TrainingData(rated), FitRun(n_threads=n)).state() for n in (1, 2)
    )
    for name, array in one.items():
        np.testing.assert_array_equal(two[name], array)


def frames(people: list[list[tuple[int, int, float]]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    rated = ((user, *each) for user, history in enumerate(people) for each in history)
    rows = [(user, item, rating + 1, time) for user, item, time, rating in rated]
    ratings = pd.DataFrame(rows, columns=["userId", "movieId", "rating", "timestamp"])
    titles = [(item, f"Film {item} (2000)", "Drama") for item in range(N_ITEMS)]
    return ratings, pd.DataFrame(titles, columns=["movieId", "title", "genres"])


TIED_PEOPLE = [
    [(0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0)],
    [(0, 1, 1.0), (2, 1, 0.2), (1, 4, 1.0)],
    [(2, 1, 1.0), (0, 2, 1.0)],
    [(0, 7, 1.0), (3, 7, 1.0)],
]


@settings(deadline=None, max_examples=15)
@given(PEOPLE.filter(any), st.sampled_from([1, 2, 20]))
def test_next_counts_what_the_algorithm_counts(people: Any, window: int) -> None:
    algorithm = Transitions(window=window, backward=0.0)
    model = Recommender.fit(*frames(people), algorithm=algorithm)
    algorithm.fit(TrainingData(interactions(people)))
    _, counts = summed(people, window, 0)
    for item in {item for history in people for item, *_ in history}:
        found = model.next(item, k=N_ITEMS)
        expected = {other: n for other, n in enumerate(counts[item]) if n}
        assert {film.movie_id: film.n_people for film in found} == expected
        assert {film.movie_id: film.n_back for film in found} == {
            other: counts[other, item] for other in expected
        }
        items = np.array([film.movie_id for film in found], dtype=np.int64)
        kept = algorithm.count_transitions(np.full(len(items), item), items)
        assert kept.tolist() == [film.n_people for film in found]
        for other in items.tolist():
            why = model.why(item, other)
            assert (why.n_next, why.n_back) == (counts[item, other], counts[other, item])


@settings(deadline=None, max_examples=15)
@given(PEOPLE.filter(any))
def test_next_is_in_the_order_of_the_weights(people: Any) -> None:
    """With any algorithm, and with the defaults of this one."""
    model = Recommender.fit(*frames(people))
    n_ratings = np.bincount([i for one in people for i, *_ in one], minlength=N_ITEMS)
    for item in np.flatnonzero(n_ratings).tolist():
        weights = np.zeros(N_ITEMS)
        for history in people:
            at = moments(history)
            own = next((place for place, _, items in at if item in items), None)
            for place, _, items in at:
                if own is not None and place > own:
                    weights[items] += (place - own) ** -0.7
        found = model.next(item, k=N_ITEMS)
        strengths = [film.strength for film in found]
        assert strengths == sorted(strengths, reverse=True)
        expected = [weights[int(film.movie_id)] / film.n_ratings**0.2 for film in found]
        assert strengths == pytest.approx(expected, abs=1e-6)
        assert len(found) == np.count_nonzero(weights)


def test_share_and_lift_are_of_people_who_went_on() -> None:
    found = Recommender.fit(*frames(TIED_PEOPLE)).next(0)
    assert [(film.movie_id, film.n_people, film.n_back) for film in found] == [(1, 2, 0), (2, 1, 1)]
    assert found.n_people == 2  # the third rated 0 last, the fourth at the same time as all
    assert [film.share for film in found] == [1.0, 0.5]
    n_ratings, n_steps = 10, 3
    assert found[0].lift == pytest.approx((2 / n_steps) / (2 / n_ratings), abs=1e-4)
    assert found[0].reason.startswith(
        "2 of 2 people rated it within 20 ratings, 3.3 times as often"
    )
    assert found.note == (
        "2 movies of 10 asked for: nobody rated another within 20 ratings after Film 0 (2000)"
    )
    assert Recommender.fit(*frames(TIED_PEOPLE)).next(3).note == (
        "nobody rated anything at a later time than Film 3 (2000)"
    )


def test_a_model_without_times_says_what_to_do() -> None:
    ratings, movies = frames(TIED_PEOPLE)
    model = Recommender.fit(ratings.drop(columns="timestamp"), movies)
    with pytest.raises(UsageError, match="does not keep when people rated") as error:
        model.next(0)
    assert "transitions" in str(error.value.cli_hint)


def test_the_reason_says_how_many_people_went_there() -> None:
    ratings, movies = frames(TIED_PEOPLE)
    model = Recommender.fit(ratings, movies, algorithm="transitions")
    reasons = {film.movie_id: film.why for film in model.recommend(likes={0: 2.0})}
    assert reasons[1] == "2 people went from Film 0 (2000), which you rated 2, to this movie"
    assert reasons[2] == "1 person went from Film 0 (2000), which you rated 2, to this movie"
    assert reasons[3] == "because you rated Film 0 (2000) 2"  # only at the same time


def test_the_reason_is_what_was_rated_last() -> None:
    """Film 5 follows both; what was rated long ago counts little, however strong it is."""
    people = [[(0, 1, 1.0), (5, 2, 1.0)]] * 5 + [[(1, 1, 1.0), (5, 2, 1.0)]] * 2
    person = [(0, 1, 1.0), (2, 2, 1.0), (3, 3, 1.0), (4, 4, 1.0), (6, 5, 1.0), (1, 6, 1.0)]
    model = Recommender.fit(*frames([*people, person]), algorithm="transitions")
    best = model.recommend(user=len(people))[0]
    assert best.movie_id == 5
    assert best.because == ("Film 1 (2000)", "Film 0 (2000)")
    assert best.why.startswith("2 people went from Film 1")


@settings(deadline=None)
@given(PEOPLE.filter(any))
def test_tied_ratings_are_those_with_an_equal_time(people: Any) -> None:
    rated = interactions(people)
    users = Vocabulary(np.arange(len(people)))
    assert Histories.by_time(users, rated).n_tied == is_tied(rated).sum() == sum(
        len(items) for history in people for _, _, items in moments(history) if len(items) > 1
    )  # fmt: skip


def test_stats_say_how_much_is_tied(movierec: Run, tmp_path: Path) -> None:
    ratings, movies = frames(TIED_PEOPLE)
    ratings.to_csv(tmp_path / "ratings.csv", index=False)
    movies.to_csv(tmp_path / "movies.csv", index=False)
    shown = movierec("stats", "ratings.csv", "movies.csv").stdout
    assert "40.0%: at the same time as another of that user" in shown
    assert "much of the order" not in shown
    ratings.assign(timestamp=5).to_csv(tmp_path / "ratings.csv", index=False)
    shown = movierec("stats", "ratings.csv", "movies.csv").stdout
    assert "100.0%: at the same time as another of that user, so much of the order" in shown
    ratings.drop(columns="timestamp").to_csv(tmp_path / "ratings.csv", index=False)
    assert "tied in time" not in movierec("stats", "ratings.csv", "movies.csv").stdout


def test_the_program_lists_what_was_rated_next(movierec: Run, tmp_path: Path) -> None:
    ratings, movies = frames(TIED_PEOPLE)
    ratings.to_csv(tmp_path / "ratings.csv", index=False)
    movies.to_csv(tmp_path / "movies.csv", index=False)
    movierec("fit", "ratings.csv", "movies.csv", "--quiet")
    expected = Recommender.load(tmp_path / "movierec.model").next(0)

    shown = movierec("next", "film 0", "--format", "csv")
    rows = list(csv.DictReader(shown.stdout.splitlines()))
    assert [(row["title"], int(row["n_people"]), float(row["lift"])) for row in rows] == [
        (film.title, film.n_people, film.lift) for film in expected
    ]
    assert shown.stderr.strip() == expected.note
    document = json.loads(movierec("next", "0", "--id", "-k", "1", "--json").stdout)
    assert document["query"] == {"movie_id": 0, "title": "Film 0 (2000)"}
    assert (document["n_people"], document["window"], document["note"]) == (2, 20, None)
    assert [film["movie_id"] for film in document["next"]] == [1]
    table = movierec("next", "Film 0 (2000)").stdout
    assert "Rated next, after Film 0 (2000)" in table
    assert "100.0%" in table
    unknown = movierec("next", "Film 00000")
    assert (unknown.returncode, unknown.stdout) == (4, "")

    ratings.drop(columns="timestamp").to_csv(tmp_path / "ratings.csv", index=False)
    movierec("fit", "ratings.csv", "movies.csv", "--quiet")
    refused = movierec("next", "Film 0 (2000)")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: this model does not keep when people rated")
    assert "hint: fit the algorithm transitions" in refused.stderr


def test_the_pages_say_what_the_answers_say() -> None:
    model = Recommender.fit(*frames(TIED_PEOPLE), algorithm="transitions")
    client = create_app(model).test_client()
    page = " ".join(client.get("/why?first=0&second=2").get_data(as_text=True).split())
    assert "1 person went from Film 0 to Film 2, 1 person the other way" in page
    answer = client.get("/api/why?first_id=0&second_id=2").get_json()
    assert (answer["n_next"], answer["n_back"]) == (1, 1)
    listed = client.post("/api/recommend", json={"ratings": {"0": 2}}).get_json()
    assert listed["recommendations"][0]["why"].startswith("2 people went from Film 0 (2000)")
    plain = create_app(Recommender.fit(*frames(TIED_PEOPLE))).test_client()
    assert "the other way" not in plain.get("/why?first=0&second=2").get_data(as_text=True)


def test_next_loads_little(sample_model: Path) -> None:
    code = (
        "import sys; from movierec import Recommender\n"
        f"found = Recommender.load({str(sample_model)!r}).next('Toy Story (1995)')\n"
        "assert found\n"
        "print(*{'numpy', 'scipy', 'pandas', 'numba', 'sklearn', 'rapidfuzz'} & {*sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


@pytest.mark.parametrize("times", [[3, 1, 2], [np.nan, 1, np.nan], [5, 5, 1], [np.inf, -np.inf, 0]])
def test_damaged_times_end_the_search(times: list[float]) -> None:
    for place in range(3):
        after = [at for at, far in later(times, place, 20)]
        before = list(earlier(times, place, 20))
        assert len(after) == len({*after}) <= 3
        assert len(before) == len({*before}) <= 3

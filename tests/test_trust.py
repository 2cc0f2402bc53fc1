"""What people may rely on, whatever the algorithm: dislikes, what was seen, groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec import Interactions, Recommender
from movierec.algorithms._preferences import RatingScale, preferences
from movierec.algorithms.base import parameters_of
from movierec.algorithms.registry import load
from tests.networks import all_names, small
from tests.people import ALL, ids, made_for, scores_of

STARS = st.integers(1, 10).map(lambda half: half / 2)
PEOPLE = st.dictionaries(st.integers(0, 19), STARS, min_size=1, max_size=8)
SCALE = RatingScale(0.5, 5.0)


@pytest.fixture(scope="module", params=all_names())
def model(request: pytest.FixtureRequest, few_steps: None) -> Recommender:
    few = {"n_factors": 4} if "n_factors" in parameters_of(load(request.param)) else {}
    few |= small(request.param)
    return Recommender.fit(
        *made_for(request.param), algorithm=request.param, n_neighbors=8, settings=few
    )


def nearest(model: Recommender, film: int) -> int | None:
    found = model.similar(film, 1)
    return int(found[0].movie_id) if found else None


@given(ratings=PEOPLE)
def test_nothing_rated_is_listed(model: Recommender, ratings: dict[int, float]) -> None:
    assert ratings.keys().isdisjoint(ids(model.recommend(ALL, ratings=ratings)))


def test_lowering_a_low_rating_never_raises_the_nearest_film(model: Recommender) -> None:
    random = np.random.default_rng(7)
    n_checked = 0
    for _ in range(40):
        films = random.choice(20, 6, replace=False).tolist()
        ratings = dict(zip(films, [1.5, *random.integers(5, 11, 5) / 2], strict=True))
        near = nearest(model, films[0])
        if near is None or near in ratings:
            continue
        higher, lower = (
            model.recommend(ALL, ratings=ratings | {films[0]: stars}) for stars in (1.5, 0.5)
        )
        before, after = scores_of(higher).get(near, 0), scores_of(lower).get(near, 0)
        assert after <= before + 1e-5
        n_checked += 1
    assert n_checked > 10 or model.card["algorithm"] in ("bias", "popular")


def test_a_dislike_never_adds_a_film_like_it(model: Recommender) -> None:
    if model.card["algorithm"] in ("bias", "popular"):
        pytest.skip("it recommends the same to everybody")
    random = np.random.default_rng(8)
    n_checked = 0
    for _ in range(40):
        liked = random.choice(20, 5, replace=False).tolist()
        hated = next(film for film in range(20) if film not in liked)
        near = nearest(model, hated)
        before = ids(model.recommend(5, likes=liked))
        after = ids(model.recommend(5, likes=liked, dislikes=[hated]))
        if near is not None and near not in before and hated not in before:
            assert near not in after
            n_checked += 1
    assert n_checked > 2


@given(ratings=PEOPLE)
def test_two_equal_people_get_the_list_of_one(
    model: Recommender, ratings: dict[int, float]
) -> None:
    alone = ids(model.recommend(ALL, ratings=ratings))
    average = ids(model.recommend(ALL, ratings=[ratings, dict(ratings)]))
    assert average == alone
    misery = ids(model.recommend(ALL, ratings=[ratings, dict(ratings)], group="least-misery"))
    assert misery == alone


# The rule for ratings


def people(*rated: dict[int, float], times: Any = None) -> Interactions:
    users = [user for user, ratings in enumerate(rated) for _ in ratings]
    items = [item for ratings in rated for item in ratings]
    values = [value for ratings in rated for value in ratings.values()]
    return Interactions(
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.array(values, np.float32),
        len(rated),
        20,
        None if times is None else lambda: np.array(times),
    )


def test_one_rating_is_compared_with_the_middle_of_the_scale() -> None:
    found = preferences(people(*({1: stars} for stars in (0.5, 2.5, 3.0, 5.0))), SCALE).ratings
    assert found[0] == -1
    assert (found > 0).tolist() == [False, False, True, True]
    assert found[3] == 1


@given(PEOPLE)
def test_preferences_rise_with_ratings_and_the_lowest_speaks_against(
    ratings: dict[int, float],
) -> None:
    found = preferences(people(ratings), SCALE).ratings
    order = np.argsort([*ratings.values()], kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    assert (found <= 1).all()
    for stars, preference in zip(ratings.values(), found, strict=True):
        assert (stars > 0.5) or preference < 0
        assert (stars < 5) or preference == pytest.approx(1)


@given(st.lists(PEOPLE, min_size=1, max_size=4))
def test_people_do_not_change_each_other(everybody: list[dict[int, float]]) -> None:
    together = preferences(people(*everybody), SCALE).ratings
    alone = [preferences(people(one), SCALE).ratings for one in everybody]
    assert together.tolist() == np.concatenate(alone).tolist()


@given(PEOPLE, st.data())
def test_lowering_a_low_rating_changes_no_other_preference(
    ratings: dict[int, float], data: st.DataObject
) -> None:
    film = data.draw(st.sampled_from([*ratings]))
    middle = sorted(ratings.values())[len(ratings) // 2]
    if ratings[film] > middle or len(ratings) < 3:
        return
    lower = data.draw(st.floats(0.5, ratings[film]))
    before, after = (
        dict(zip(given, preferences(people(given), SCALE).ratings.tolist(), strict=True))
        for given in (ratings, {**ratings, film: min(lower, ratings[film])})
    )
    assert after[film] <= before[film]
    if ratings[film] < middle:
        assert {**after, film: 0} == {**before, film: 0}


def test_generous_people_mean_less_by_the_same_rating() -> None:
    generous = dict.fromkeys(range(19), 5.0) | {19: 2.0}
    harsh = dict.fromkeys(range(19), 2.0) | {19: 2.0}
    found = preferences(people(generous, harsh), SCALE).ratings.reshape(2, 20)
    assert found[0, 19] < 0 < found[1, 19]


def test_equal_ratings_are_presence() -> None:
    found = preferences(people({1: 1.0, 2: 1.0}), RatingScale(1.0, 1.0)).ratings
    assert found.tolist() == [1, 1]


def test_age_is_counted_in_later_ratings_of_the_same_person() -> None:
    rated = people({1: 5.0, 2: 5.0, 3: 5.0, 4: 5.0}, {1: 5.0}, times=[10, 30, 30, 40, 1])
    found = preferences(rated, SCALE, recency=4).ratings
    np.testing.assert_allclose(found, [1 / (1 + 3 / 4), 1 / (1 + 1 / 4), 1 / (1 + 1 / 4), 1, 1])
    assert preferences(rated, SCALE).ratings.tolist() == [1] * 5


def test_a_rating_without_time_is_the_oldest() -> None:
    missing = np.iinfo(np.int64).min
    rated = people({1: 5.0, 2: 5.0, 3: 5.0}, times=[10, missing, 30])
    found = preferences(rated, SCALE, recency=1).ratings
    np.testing.assert_allclose(found, [1 / 2, 1 / 3, 1])

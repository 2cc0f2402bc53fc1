"""Recommendations by models of every algorithm, in memory and from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest

from movierec import (
    Algorithm,
    Interactions,
    Recommender,
    Run,
    TrainingData,
    UsageError,
)
from movierec.algorithms.base import parameters_of
from movierec.algorithms.registry import load, names
from movierec.errors import ArtifactError
from movierec.model.model import load_model
from tests.networks import NETWORKS, all_names, small
from tests.people import ALL, ids, made, made_for, scores_of


def changed(name: str) -> dict[str, Any]:
    """Return a value for each parameter of an algorithm that is not its default."""
    hints = get_type_hints(load(name).__init__)

    def other(parameter: str, default: Any) -> Any:
        if default is None:
            return 0.7
        if parameter == "long":
            return 0.97  # above the other rate of sequence_ridge
        if isinstance(default, bool):
            return not default
        if choices := get_args(hints[parameter]):
            return next(choice for choice in reversed(choices) if choice != default)
        if hints[parameter] is int:
            return default // 2 + 1 if default != 2 else 1
        return default / 2 + 0.125

    given = parameters_of(load(name))
    return {parameter: other(parameter, default) for parameter, default in given.items()}


@pytest.fixture(scope="module", params=all_names())
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Recommender, Recommender]:
    """A model of each algorithm in memory, and the same from its file."""
    path = tmp_path_factory.mktemp("models") / "m"
    few = {"n_factors": 4} if "n_factors" in parameters_of(load(request.param)) else {}
    if request.param != "als":  # the data have few tastes
        few |= small(request.param)
    data = made_for(request.param)
    fitted = Recommender.fit(*data, algorithm=request.param, n_neighbors=8, settings=few)
    fitted.save(path)
    return fitted, Recommender.load(path)


def test_a_model_recommends_the_same_from_its_file(both: tuple[Recommender, Recommender]) -> None:
    fitted, loaded = both
    for arguments in (
        {"user": 3},
        {"likes": ["Film a", "Film c"], "dislikes": ["Film d"]},
        {"ratings": [{0: 5.0, 1: 2.0}, {1: 3.0, 2: 4.0}], "group": "least-misery"},
        {"user": 4, "diversity": 0.5, "obscurity": 0.5},
    ):
        assert list(fitted.recommend(30, **arguments)) == list(loaded.recommend(30, **arguments))


def test_a_model_compares_films_the_same_from_its_file(
    both: tuple[Recommender, Recommender],
) -> None:
    fitted, loaded = both
    for k in (3, 8, 15):  # within the table, all of it, and beyond
        assert list(fitted.similar(0, k)) == list(loaded.similar(0, k))
    n_listed = len(fitted.similar([0, 2], 15))
    # To neumf, films of the other kind are unlike, and there are only eight others of this kind.
    assert n_listed > 8 or fitted.card["algorithm"] == "neumf"
    assert list(fitted.similar([0, 2], 15)) == list(loaded.similar([0, 2], 15))
    away = [list(model.similar([0, 2], 15, less_like=[1])) for model in both]
    assert away[0] == away[1]


def test_a_longer_list_begins_with_the_table(both: tuple[Recommender, Recommender]) -> None:
    _, loaded = both
    assert list(loaded.similar(0, 15)[:8]) == list(loaded.similar(0, 8))


def test_somebody_new_gets_a_list_of_their_own(both: tuple[Recommender, Recommender]) -> None:
    _, loaded = both
    first, second = (loaded.recommend(5, likes=films) for films in ([0, 2, 4], [1, 3, 5]))
    assert all(film.score > 0 for film in (*first, *second))
    assert set(ids(first)).isdisjoint({0, 2, 4})
    if loaded.card["algorithm"] not in (
        "popular",
        "bias",
        "mf",
        "rating_knn",
    ):  # the last two predict
        assert sum(movie_id % 2 == 0 for movie_id in ids(first)) >= 4
        assert sum(movie_id % 2 == 1 for movie_id in ids(second)) >= 4


def test_unlikely_films_of_a_watchlist_are_not_obscure_for_being_famous(
    both: tuple[Recommender, Recommender], tmp_path: Path
) -> None:
    """Scores may be below 0; what fame takes off then still takes a film down."""
    _, loaded = both
    (tmp_path / "all").write_text("movieId\n" + "\n".join(map(str, range(20))))
    usual = loaded.recommend(20, likes=[0], only=tmp_path / "all")
    scores = np.array([film.score for film in usual])
    values = (scores - min(scores.min(), 0)) / (scores.max() - min(scores.min(), 0) or 1)
    most = max(loaded.movie(film).n_ratings or 0 for film in range(20))
    values *= 1 - np.log1p([film.n_ratings or 0 for film in usual]) / np.log1p(most)
    expected = dict(zip(ids(usual), values.tolist(), strict=True))
    found = loaded.recommend(20, likes=[0], only=tmp_path / "all", obscurity=1)
    assert [expected[movie_id] for movie_id in ids(found)] == pytest.approx(
        sorted(expected.values(), reverse=True), abs=1e-4
    )


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("name", all_names())
def test_every_parameter_is_in_the_file(name: str, tmp_path: Path) -> None:
    given = changed(name)
    typed = {parameter: str(value) for parameter, value in given.items()}
    Recommender.fit(*made_for(name), algorithm=name, settings=typed).save(tmp_path / "m")
    loaded = Recommender.load(tmp_path / "m")
    assert loaded.card["algorithm"] == name
    assert loaded.card["parameters"]["settings"] == given
    assert load_model(tmp_path / "m").load_algorithm().parameters() == given
    loaded.save(tmp_path / "again")
    assert Recommender.load(tmp_path / "again").card["parameters"] == loaded.card["parameters"]


# Those of networks are tested in tests/neural, without training one for each.
EACH = [
    (name, parameter)
    for name in names()
    for parameter in parameters_of(load(name))
    if name not in NETWORKS
]


@pytest.mark.parametrize(("name", "parameter"), EACH)
def test_every_parameter_matters(name: str, parameter: str) -> None:
    start = {"n_neighbors": 8} if "n_neighbors" in parameters_of(load(name)) else {}
    start |= {"n_factors": 6} if "n_factors" in parameters_of(load(name)) else {}
    value = 3 if parameter in start else changed(name)[parameter]
    if (name, parameter) == ("default", "n_linear"):
        value = 6
    if (name, parameter) in (
        *(("sequence_ridge", "n_items"), ("transitions", "window"), ("transitions", "n_kept")),
    ):
        value = 4
    if (name, parameter) == ("default", "min_support"):
        value = 6
    if (name, parameter) == ("item_knn", "content_weight"):
        value = 0.9
    if (name, parameter) == ("item_knn", "min_support"):
        value = 6
    if (name, parameter) == ("item_knn", "feedback"):
        value = "presence"  # for the default is what a model says, and not the algorithm
    usual, other = (
        Recommender.fit(*made_for(name), algorithm=name, settings=settings).recommend(ALL, user=3)
        for settings in (start, start | {parameter: value})
    )
    if (name, parameter) == ("svd", "seed"):  # only where it starts from
        assert scores_of(usual) == pytest.approx(scores_of(other), abs=1e-4)
    else:
        assert scores_of(usual) != scores_of(other)


def test_parameters_of_an_algorithm_with_a_table_are_those_of_the_model() -> None:
    """Its table is the model's, and so is the content in it."""
    shared: dict[str, Any] = {"n_neighbors": 6, "content_weight": 0.8, "prior": 20.0}
    for name in ("default", "item_knn"):
        by_set = Recommender.fit(*made(), algorithm=name, settings=shared)
        usual = Recommender.fit(*made(), algorithm=name, **shared)
        assert by_set.card["parameters"] == usual.card["parameters"]
        assert by_set.similar(0, 15) == usual.similar(0, 15)
    weighted = Recommender.fit(
        *made(),
        algorithm="item_knn",
        n_neighbors=3,
        settings={"n_neighbors": 12, "weighting": "bm25"},
    )
    assert weighted.neighbors_frame()["rank"].max() == 12


@pytest.mark.parametrize("value", [2.5, float("inf"), float("nan"), None, "many", 0])
def test_senseless_number_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="n_neighbors is"):
        Recommender.fit(*made(), settings={"n_neighbors": value})


def test_more_factors_than_memory_are_refused() -> None:
    with pytest.raises(UsageError, match="n_factors is 100000000; it must be from 1 to 10000"):
        Recommender.fit(*made(), algorithm="als", settings={"n_factors": 10**8})


@pytest.mark.parametrize("name", ["similarity", "highest_rating", "n_users"])
def test_card_without_what_questions_read_is_damage(
    sample: Recommender, tmp_path: Path, name: str
) -> None:
    model = sample._model
    kept = model.card.pop(name)
    try:
        sample.save(tmp_path / "m")
    finally:
        model.card[name] = kept
    with pytest.raises(ArtifactError, match="damaged"):
        Recommender.load(tmp_path / "m")


class Liked(Algorithm):
    """Scores the movie after a liked one."""

    SIMILARITY = "none"

    def fit(self, data: TrainingData, run: Run = Run()) -> Liked:
        return self

    def score(self, users: Interactions) -> Any:
        return np.roll(users.user_items.toarray(), 1, axis=1)

    def similarities(self, items: Any) -> Any:
        return np.eye(20, dtype=np.float32)[items]


class LikedInOrder(Liked):
    NEEDS = frozenset({"timestamps"})


@pytest.mark.parametrize(("algorithm", "weighs_age"), [(Liked, False), (LikedInOrder, True)])
def test_age_counts_once(algorithm: type[Algorithm], weighs_age: bool) -> None:
    """An algorithm that needs times weighs age itself."""
    ratings, movies = made()
    dated = ratings.assign(timestamp=np.arange(len(ratings)))
    fitted = Recommender.fit(dated, movies, algorithm=algorithm)
    old, recent = (list(fitted.recommend(20, user=3, recency=recency)) for recency in (0, 4))
    assert (scores_of(old) == scores_of(recent)) is weighs_age


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("name", all_names())
def test_recency_works_for_every_algorithm(name: str) -> None:
    ratings, movies = made()
    dated = ratings.assign(timestamp=np.arange(len(ratings)))
    fitted = Recommender.fit(dated, movies, algorithm=name, n_neighbors=8, settings=small(name))
    found = list(fitted.recommend(20, user=3, recency=4))
    assert found
    if name == "popular":  # it ignores what people rated
        assert found == list(fitted.recommend(20, user=3, recency=0))

"""Models that hold no ratings: they answer from their table, and refuse the rest with a reason."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from movierec import Recommender, UsageError
from movierec.store.reading import Artifact
from tests.conftest import Run

TOY_STORY, HEAT = "Toy Story (1995)", "Heat (1995)"
WAYS: list[dict[str, Any]] = [
    {},
    {"weighting": "none"},
    {"weighting": "none", "content_weight": 0},
    {"algorithm": "item_knn"},
    {"algorithm": "als", "settings": {"n_iterations": 1}},
]


@pytest.fixture(scope="module", params=WAYS, ids=str)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Recommender, Recommender]:
    """The same model with ratings and without, both from their files."""
    folder, models = tmp_path_factory.mktemp("both"), []
    for name, with_ratings in (("with", True), ("without", False)):
        Recommender.fit(**request.param, with_ratings=with_ratings).save(folder / name)
        models.append(Recommender.load(folder / name))
    return models[0], models[1]


def test_lists_are_the_same(both: tuple[Recommender, Recommender]) -> None:
    full, table = both
    assert full.neighbors_frame().equals(table.neighbors_frame())
    for title in (TOY_STORY, HEAT):
        assert full.similar(title, 20) == table.similar(title, 20)
        assert full.similar(title, 3, genres="Comedy") == table.similar(title, 3, genres="Comedy")
    assert full.stats()["rating_histogram"] == table.stats()["rating_histogram"]
    assert full.search("story") == table.search("story")


def test_recommendations_are_the_same(both: tuple[Recommender, Recommender]) -> None:
    full, table = both
    ratings = {TOY_STORY: 5.0, HEAT: 2.0, "Matrix, The (1999)": 4.5}
    found, expected = (model.recommend(20, likes=ratings) for model in (table, full))
    assert [(film.movie_id, film.score, film.stars) for film in found] == [
        (film.movie_id, film.score, film.stars) for film in expected
    ]
    assert table.predict(HEAT, likes=ratings) == full.predict(HEAT, likes=ratings)


def test_why_explains_what_it_can(both: tuple[Recommender, Recommender]) -> None:
    full, table = both
    for film in full.similar(TOY_STORY, 10):
        expected, found = (model.why(TOY_STORY, film.movie_id) for model in (full, table))
        assert found.similarity == pytest.approx(expected.similarity, abs=2e-6)
        assert found.from_ratings == pytest.approx(expected.from_ratings, abs=2e-6)
        assert found.parts == expected.parts
        assert (found.support, found.evidence) == (expected.support, expected.evidence)
        assert (found.ratings, found.agreement, found.lovers.n_people) == ([], None, 0)
        assert table.why(film.movie_id, TOY_STORY).support == expected.support


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda model: model.similar(TOY_STORY, 101), "101 movies, of which .* table has 100"),
        (lambda model: model.similar([TOY_STORY, HEAT]), "lists for several movies"),
        (lambda model: model.similar(TOY_STORY, less_like=HEAT), "lists for several movies"),
        (lambda model: model.recommend(user=1), "the ratings of users"),
        (lambda model: model.why(TOY_STORY, TOY_STORY), "two movies of which neither"),
    ],
)
def test_the_rest_is_refused_with_a_reason(
    both: tuple[Recommender, Recommender], ask: Any, reason: str
) -> None:
    with pytest.raises(UsageError, match=f"fitted without ratings.*{reason}") as error:
        ask(both[1])
    assert "fit a model with ratings" in str(error.value.hint)


def test_file_holds_nothing_of_any_person(both: tuple[Recommender, Recommender]) -> None:
    full, table = both
    path = Path(table.card["path"])
    with zipfile.ZipFile(path) as stored:
        names = stored.namelist()
        sizes = {np.load(stored.open(name)).size for name in names if name.endswith(".npy")}
    assert not [name for name in names if name.startswith(("ratings/", "histories/"))]
    assert full.card["n_ratings"] not in sizes
    assert path.stat().st_size < 0.75 * Path(full.card["path"]).stat().st_size
    assert table.card["n_users"] == full.card["n_users"]


def test_estimator_is_there_if_the_vectors_are_whole(
    both: tuple[Recommender, Recommender],
) -> None:
    full, table = (Artifact(model.card["path"]).unpickle() for model in both)
    is_whole = both[0].card["parameters"]["weighting"] == "corrected"
    assert sorted(table) == (["estimator", "item_ids"] if is_whole else ["item_ids"])
    if is_whole:
        assert (table["estimator"]._fit_X != full["estimator"]._fit_X).nnz == 0


def test_algorithm_that_keeps_ratings_is_refused(tmp_path: Path, movierec: Run) -> None:
    result = movierec("fit", "--without-ratings", "--algorithm", "user_knn")
    assert result.returncode == 2
    assert "user_knn learns by keeping what people rated" in result.stderr
    assert not list(tmp_path.iterdir())


def test_command_line(movierec: Run) -> None:
    assert movierec("fit", "-q", "--without-ratings").returncode == 0
    assert "Toy Story 2" in movierec("similar", TOY_STORY).stdout
    assert "from content" in movierec("why", TOY_STORY, "Toy Story 2 (1999)").stdout
    assert "Toy Story 2" in movierec("recommend", "--like", TOY_STORY).stdout
    refused = movierec("recommend", "--user", "1")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") <= 2
    assert "fitted without ratings" in refused.stderr

"""Models of `fit --epsilon`: what they answer, what they hold, and what is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from movierec import Recommender, UsageError, evaluate
from movierec.privacy.release import release
from tests.conftest import Run

N_PEOPLE = 3000
SECRET = "secret-person-"


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tastes of 20 movies each, and ids that would be found in a file."""
    random = np.random.default_rng(0)
    taste = random.integers(0, 2, N_PEOPLE)
    chance = np.where(np.arange(40)[None, :] // 20 == taste[:, None], 0.5, 0.03)
    users, items = np.nonzero(random.random(chance.shape) < chance)
    ratings = pd.DataFrame(
        {
            "userId": [f"{SECRET}{user}" for user in users],
            "movieId": items + 1,
            "rating": random.integers(6, 11, len(users)) / 2,
            "timestamp": 1_000_000_000 + np.arange(len(users)),
        }
    )
    titles = [f"Movie {number} (2000)" for number in range(1, 61)]  # nobody rated the last 20
    movies = pd.DataFrame({"movieId": range(1, 61), "title": titles, "genres": "Drama"})
    return ratings, movies


@pytest.fixture(scope="module")
def path(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    found = tmp_path_factory.mktemp("private") / "m.model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "__defaults__", (np.random.default_rng(0).bytes,))
        Recommender.fit(*tables, epsilon=4.0).save(found)
    return found


def test_similar_movies_are_of_one_taste(path: Path) -> None:
    model = Recommender.load(path)
    right = [
        (int(film.movie_id) <= 20) == (number <= 20)
        for number in range(1, 41)
        for film in model.similar(number, 10)
    ]
    assert np.mean(right) > 0.9
    found = model.similar(1, 3)
    assert {film.evidence for film in found} <= {"noisy", "mostly content"}
    assert not any(film.support or "rated both" in film.reason for film in found)


def test_recommendations_are_of_the_taste(path: Path) -> None:
    model = Recommender.load(path)
    liked = model.recommend(10, likes=[1, 2, 3])
    assert np.mean([int(film.movie_id) <= 20 for film in liked]) >= 0.9
    assert model.search("movie 60")[0].n_ratings == 0
    assert model.why(1, liked[0].movie_id).evidence in ("noisy", "mostly content")
    with pytest.raises(UsageError, match="differentially private"):
        model.predict(4, likes=[1])
    with pytest.raises(UsageError, match="the ratings of users"):
        model.recommend(user=f"{SECRET}1")


def test_counts_and_means_are_near_and_noisy(
    path: Path, tables: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    model, ratings = Recommender.load(path), tables[0]
    counts = ratings["movieId"].value_counts()
    found = {number: model.movie(number) for number in range(1, 41)}
    errors = np.array([(found[number].n_ratings or 0) - counts[number] for number in found])
    assert (errors != 0).any()
    assert np.abs(errors).max() < 250
    assert all(abs((film.mean_rating or 0) - 4) < 0.5 for film in found.values())
    assert abs(model.card["n_users"] - N_PEOPLE) < 100


def test_the_file_holds_nothing_else_of_people(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        contents = b"".join(archive.read(name) for name in names)
        card = json.loads(archive.read("meta.json"))
    assert SECRET.encode() not in contents
    assert not any(name.startswith(("ratings/", "histories/", "stars/")) for name in names)
    assert (card["dropped"], card["notes"]) == ({}, [])
    assert card["privacy"]["epsilon"] == 4
    assert (card["lowest_rating"], card["highest_rating"]) == (0.5, 5)
    summary: Any = Recommender.load(path).stats()
    assert summary["rating_histogram"] == []
    assert summary["ratings_per_user"]["median"] is None


def test_two_fits_differ(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    models = [Recommender.fit(*tables, epsilon=20) for _ in range(2)]
    assert models[0].card["fingerprint"] != models[1].card["fingerprint"]
    frames = [model.neighbors_frame()["similarity"].to_numpy() for model in models]
    assert len(frames[0]) != len(frames[1]) or (frames[0] != frames[1]).any()


@pytest.mark.usefixtures("seeded_noise")
def test_ratings_off_the_declared_scale_count_as_its_ends(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    ratings = tables[0].assign(rating=100.0)
    model = Recommender.fit(ratings, tables[1], epsilon=20, scale=(1, 10))
    means = [model.movie(number).mean_rating for number in range(1, 41)]
    assert 9.9 < np.mean([mean for mean in means if mean is not None]) <= 10
    assert model.card["highest_rating"] == 10


@pytest.mark.usefixtures("seeded_noise")
def test_with_few_people_only_content_is_left(tmp_path: Path) -> None:
    ratings = pd.DataFrame({"userId": [1, 2], "movieId": [1, 2], "rating": [4, 5]})
    titles = ["Alien (1979)", "Aliens (1986)", "Heat (1995)"]
    movies = pd.DataFrame(
        {"movieId": [1, 2, 3], "title": titles, "genres": ["Horror"] * 2 + ["War"]}
    )
    Recommender.fit(ratings, movies, epsilon=0.5).save(tmp_path / "few.model")
    model = Recommender.load(tmp_path / "few.model")
    assert model.similar("Alien", 1)[0].title == "Aliens (1986)"
    assert model.stats()["films_listed"] == 3
    assert model.recommend(1, likes=["Alien"])[0].title == "Aliens (1986)"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"algorithm": "ease"}, "for the algorithm default"),
        ({"settings": {"l2": 5.0}}, "without settings"),
        ({"with_ratings": True}, "hold no ratings"),
        ({"weighting": "none"}, "the weighting corrected"),
        ({"min_ratings": 2}, "noise hides how many"),
        ({"min_support": 1}, "noise hides how many"),
        ({"min_raters": 5}, "how few people"),
        ({"tags": pd.DataFrame({"movieId": [1], "tag": ["x"]})}, "tags and the tag genome"),
        ({"delta": 0.0}, "delta is 0"),
        ({"delta": 1.0}, "delta is 1"),
        ({"delta": "x"}, "delta is"),
        ({"scale": (5, 1)}, "scale is"),
        ({"scale": (1,)}, "scale is"),
        ({"scale": ("a", 2)}, "an end of scale is"),
        ({"epsilon": None, "delta": 1e-6}, "delta is given without epsilon"),
        ({"epsilon": None, "scale": (1, 5)}, "scale is given without epsilon"),
        *(({"epsilon": bad}, "epsilon is") for bad in (0, -1, float("nan"), float("inf"), "x", 21)),
    ],
)
def test_what_cannot_be_is_refused(
    tables: tuple[pd.DataFrame, pd.DataFrame], options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        Recommender.fit(*tables, **({"epsilon": 1.0} | options))


def test_spark_is_refused_before_it_starts() -> None:
    pytest.importorskip("pyspark")
    with pytest.raises(UsageError, match="the engine spark cannot fit with differential privacy"):
        Recommender.fit(engine="spark", epsilon=1.0)


def test_tags_in_a_folder_are_left_out(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    for name, table in zip(("ratings", "movies"), tables, strict=True):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    tags = {"userId": [1, 1], "movieId": [1, 2], "tag": ["whispered"] * 2, "timestamp": [1, 1]}
    pd.DataFrame(tags).to_csv(tmp_path / "tags.csv", index=False)
    Recommender.fit(tmp_path, epsilon=1.0).save(tmp_path / "m.model")
    assert b"whispered" not in (tmp_path / "m.model").read_bytes()
    assert "tags" not in Recommender.load(tmp_path / "m.model").card["files"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epsilon", "0"], "error: epsilon is 0.0; it must be from 0.01 to 20"),
        (["--epsilon=-1"], "error: epsilon is -1.0; it must be from 0.01 to 20"),
        (["--epsilon", "nan"], "error: epsilon is nan; it must be from 0.01 to 20"),
        (["--epsilon", "inf"], "error: epsilon is inf; it must be from 0.01 to 20"),
        (["--epsilon", "much"], "much"),
        (["--epsilon", "1", "--delta", "1"], "error: delta is 1.0; it must be from 1e-12 to 0.001"),
        (["--epsilon", "1", "--delta", "0"], "error: delta is 0.0; it must be from 1e-12 to 0.001"),
        (["--epsilon", "1", "--scale", "5"], 'error: "5" is not a scale'),
        (["--epsilon", "1", "--scale", "5,1"], "error: scale is [5.0, 1.0]; it must be"),
        (["--scale", "1,5"], "error: scale is given without epsilon"),
        (["--epsilon", "1", "--with-ratings"], "its models hold no ratings"),
        (["--epsilon", "1", "--engine", "spark"], "spark"),
    ],
)
def test_bad_input_is_one_clear_line(
    movierec: Run, tmp_path: Path, arguments: list[str], message: str
) -> None:
    result = movierec("fit", "-q", *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.glob("*.model"))


def test_the_command_and_stats_say_what_is_guaranteed(movierec: Run) -> None:
    assert movierec("fit", "--epsilon", "2", "--delta", "1e-7").returncode == 0
    shown = " ".join(movierec("stats").stdout.split())
    assert "differentially private: epsilon 2, delta 1e-07, for each person" in shown
    for command in (["similar", "Toy Story", "--explain"], ["recommend", "--like", "Toy Story"]):
        assert movierec(*command).returncode == 0
    found = json.loads(movierec("similar", "Toy Story", "--format", "json").stdout)
    assert {row["support"] for row in found["neighbors"]} == {None}


@pytest.mark.usefixtures("seeded_noise")
def test_evaluate_shows_the_price(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    found = evaluate(tables[0], ["default"], movies=tables[1], epsilons=[0.01, 8])
    ndcg = {row.algorithm: row.metrics["ndcg"] for row in found.results}
    assert list(ndcg) == ["random", "popular", "default", "epsilon 0.01", "epsilon 8"]
    assert ndcg["epsilon 0.01"] < ndcg["epsilon 8"] <= 1.1 * ndcg["default"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--epsilon", "1,x"], '"1,x" is not a list of numbers'),
        (["--epsilon", "1,0"], "epsilon is 0.0; it must be from 0.01 to 20"),
        (["--epsilon", "1", "--task", "rating"], "do not predict ratings"),
    ],
)
def test_evaluate_refuses_bad_values(movierec: Run, options: list[str], message: str) -> None:
    result = movierec("evaluate", "nosuch.csv", *options)
    assert result.returncode == 2
    assert message in result.stderr

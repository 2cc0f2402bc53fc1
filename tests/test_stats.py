from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from movierec import Recommender
from movierec.data.discover import sample_folder
from movierec.films.content import CONTENT_PARTS
from movierec.training.summary import summary_of


@pytest.fixture(scope="module", params=["sample", "ml-latest-small"])
def folder(request: pytest.FixtureRequest) -> Path:
    if request.param == "sample":
        return sample_folder()
    return Path(request.getfixturevalue("real_data")) / str(request.param)


def test_counts_equal_those_of_pandas(folder: Path) -> None:
    """The classic script's figures, pluralize the classic way."""
    ratings = pd.read_csv(folder / "ratings.csv")
    movies = pd.read_csv(folder / "movies.csv")
    found = summary_of({"ratings": folder / "ratings.csv", "movies": folder / "movies.csv"})
    per_user = ratings.groupby("userId").size()
    per_film = ratings.groupby("movieId").size()
    assert found["rating_rows"] == found["ratings"] == len(ratings)
    assert found["movie_rows"] == found["films_listed"] == len(movies)
    assert found["films_rated"] == ratings["movieId"].nunique()
    assert found["users"] == ratings["userId"].nunique()
    assert found["mean_rating"] == pytest.approx(ratings["rating"].mean())
    assert found["density"] == pytest.approx(len(ratings) / (len(per_user) * len(per_film)))
    for name, counts in (("user", per_user), ("film", per_film)):
        spread = found[f"ratings_per_{name}"]
        assert spread["mean"] == pytest.approx(counts.mean())
        assert spread["median"] == counts.median()
        assert spread["lower_quartile"] == counts.quantile(0.25)
        assert spread["max"] == counts.max()
        assert sum(bar["count"] for bar in spread["bars"]) == len(counts)
        widest = spread["bars"][-1]
        assert widest["count"] == counts.between(widest["from"], widest["to"]).sum() > 0


def test_histogram_and_lists_equal_those_of_pandas(folder: Path) -> None:
    ratings = pd.read_csv(folder / "ratings.csv")
    found = summary_of({"ratings": folder / "ratings.csv", "movies": folder / "movies.csv"})
    counts = ratings["rating"].value_counts().sort_index()
    assert [(bar["rating"], bar["count"]) for bar in found["rating_histogram"]] == list(
        counts.items()
    )
    films = ratings.groupby("movieId")["rating"].agg(["size", "mean"])
    assert [film["n_ratings"] for film in found["most_rated"]] == (
        films["size"].nlargest(10).tolist()
    )
    best = found["best_rated"]
    enough = films[films["size"] >= best["min_ratings"]]
    assert [film["mean_rating"] for film in best["films"]] == pytest.approx(
        enough["mean"].nlargest(10).tolist(), abs=1e-4
    )
    assert len(enough) >= 0.05 * len(films)


def test_model_has_a_card(sample_model: Path) -> None:
    card = Recommender.load(sample_model).stats()["model"]
    assert card["algorithm"] == "default"
    assert card["parameters"] == {
        "n_neighbors": 100,
        "min_support": 0,
        "min_ratings": 1,
        "content_weight": 0.5,
        "prior": 15.0,
        "weighting": "corrected",
        "content_parts": CONTENT_PARTS,
        "algorithm": "default",
        "settings": {
            "n_neighbors": 100,
            "min_support": 0,
            "content_weight": 0.5,
            "prior": 15.0,
            "weighting": "corrected",
            "n_linear": 4000,
            "l2": None,
            "feedback": "value",
        },
        "min_raters": None,
    }
    assert set(card["versions"]) == {"movierec", "scikit-learn", "scipy", "numpy"}
    assert card["bytes"] == sample_model.stat().st_size
    assert card["files"]["ratings"].endswith("ratings.csv")
    assert card["created"].startswith("20")
    assert (card["lowest_rating"], card["highest_rating"]) == (0.5, 5)


def test_card_says_where_each_part_of_the_content_ends(sample_model: Path) -> None:
    movies = pd.read_csv(sample_folder() / "movies.csv")
    genres = set(movies["genres"].str.split("|").explode()) - {"(no genres listed)"}
    ends = Recommender.load(sample_model).card["content_parts"]
    assert list(ends) == ["genres", "title", "year"]  # the sample has no tags
    assert ends["genres"] == len(genres)


def test_statistics_of_a_model_are_those_of_its_files(sample_model: Path) -> None:
    from_model = dict(Recommender.load(sample_model).stats())
    from_files = summary_of({"ratings": sample_folder()})
    for name in set(from_files) - {"files", "notes", "dropped"}:
        assert from_model[name] == from_files[name], name

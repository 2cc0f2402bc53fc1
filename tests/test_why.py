from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from movierec import Recommender
from movierec.answers.explain import N_STEPS
from movierec.data.discover import sample_folder
from tests.conftest import Run

PAIR = ("Toy Story (1995)", "Toy Story 2 (1999)")


@pytest.fixture(scope="module")
def both() -> pd.DataFrame:
    """What the people who rated both films of the pair gave them, from the file itself."""
    ratings = pd.read_csv(sample_folder() / "ratings.csv")
    movies = pd.read_csv(sample_folder() / "movies.csv").set_index("title")["movieId"]
    columns = [ratings[ratings["movieId"] == movies[title]].set_index("userId") for title in PAIR]
    return pd.DataFrame({"first": columns[0]["rating"], "second": columns[1]["rating"]})


def test_counts_and_means_are_those_of_the_file(sample: Recommender, both: pd.DataFrame) -> None:
    why, raters = sample.why(*PAIR), both.dropna()
    assert why.support == len(raters)
    steps = (
        pd.cut(raters["first"], [0, 1, 2, 3, 4, 5]),
        pd.cut(raters["second"], [0, 1, 2, 3, 4, 5]),
    )
    assert why.ratings == pd.crosstab(*steps, dropna=False).to_numpy().tolist()
    assert why.steps == [1, 2, 3, 4, 5]
    assert why.correlation == pytest.approx(raters["first"].corr(raters["second"]), abs=1e-4)
    loved = raters >= 4
    assert why.agreement == pytest.approx((loved["first"] == loved["second"]).mean(), abs=1e-4)
    given = raters.loc[loved["first"], "second"]
    assert why.lovers.n_people == len(given)
    assert why.lovers.mean_rating == pytest.approx(given.mean(), abs=1e-4)
    assert why.lovers.difference == pytest.approx(given.mean() - both["second"].mean(), abs=1e-4)


def test_parts_add_up_to_the_similarity_in_the_list(sample: Recommender) -> None:
    for film in sample.similar(PAIR[0], 40):
        why = sample.why(PAIR[0], film.movie_id)
        assert why.similarity == pytest.approx(film.similarity, abs=1e-6)
        assert why.from_ratings + why.from_content == pytest.approx(why.similarity, abs=1e-5)
        assert sum(why.parts.values()) == pytest.approx(why.from_content, abs=1e-5)
        assert why.from_content / why.similarity == pytest.approx(film.content_share, abs=1e-4)
        assert (why.support, why.evidence) == (film.support, film.evidence)
        assert why.shared_genres == film.shared_genres or set(why.shared_genres) == set(
            film.shared_genres
        )


def test_similarity_is_the_same_both_ways_and_1_for_itself(sample: Recommender) -> None:
    assert sample.similarity(*PAIR) == sample.similarity(*PAIR[::-1]) > 0.5
    assert sample.similarity(PAIR[0], PAIR[0]) == pytest.approx(1, abs=1e-6)


def test_films_that_nobody_rated_are_compared_by_content() -> None:
    movies = pd.DataFrame(
        {
            "movieId": [1, 2, 3],
            "title": ["Alien (1979)", "Aliens (1986)", "Heat (1995)"],
            "genres": ["Horror|Sci-Fi", "Action|Horror", "Crime"],
        }
    )
    ratings = pd.DataFrame({"userId": [1, 2], "movieId": [3, 3], "rating": [8, 10]})
    recommender = Recommender.fit(ratings, movies)
    why = recommender.why("Alien", "Aliens")
    assert (why.support, why.from_ratings, why.evidence) == (0, 0, "by content")
    assert (why.agreement, why.correlation, why.lovers.mean_rating) == (None, None, None)
    assert why.steps == [2, 4, 6, 8, 10]
    assert why.ratings == [[0] * N_STEPS] * N_STEPS
    assert why.shared_genres == ("Horror",)
    assert recommender.why("Alien", "Heat").similarity == 0


def test_shared_tags_are_listed(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating\n1,1,4\n1,2,5\n2,1,4\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,Up (2009),\n2,Brave (2012),\n")
    tags = [(1, 1, "Pixar"), (2, 1, "balloons"), (1, 2, "pixar"), (2, 2, "bears")]
    rows = "".join(f"{user},{movie},{tag},9\n" for user, movie, tag in tags)
    (tmp_path / "tags.csv").write_text(f"userId,movieId,tag,timestamp\n{rows}")
    why = Recommender.fit(tmp_path).why("Up", "Brave")
    assert why.shared_tags == ("pixar",)
    assert why.parts["tags"] > 0


def test_command_prints_what_the_api_says(
    movierec: Run, sample: Recommender, sample_model: Path
) -> None:
    run = movierec("why", *PAIR, "--json", "--model", sample_model)
    document = json.loads(run.stdout)
    why = sample.why(*PAIR)
    assert document["similarity"] == why.similarity
    assert document["first"]["title"] == PAIR[0]
    assert document["lovers"]["n_people"] == why.lovers.n_people
    assert document["ratings"] == why.ratings
    table = movierec("why", *PAIR, "--model", sample_model)
    assert (run.returncode, table.returncode) == (0, 0)
    for text in (f"{why.similarity:.3f}", f"{why.support} people", "shared genres", *PAIR):
        assert text in table.stdout


def test_unknown_film_is_an_error(movierec: Run, sample_model: Path) -> None:
    run = movierec("why", PAIR[0], "no such film at all", "--model", sample_model)
    assert run.returncode == 4
    assert 'error: no movie is called "no such film at all"' in run.stderr
    assert run.stdout == ""

"""The sentences that say why movies are listed, and what a list begins with."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from movierec import Recommender
from tests.conftest import Run

# Five people rated Alpha, its sequel and Beta; one also rated Gamma. Nobody rated Delta.
RATINGS = pd.DataFrame(
    [(user, movie, 4.0) for user in range(5) for movie in (1, 2, 3)]
    + [(5, 3, 2.0), (6, 5, 3.0), (0, 4, 5.0)],
    columns=["userId", "movieId", "rating"],
)
MOVIES = pd.DataFrame(
    [
        (1, "Alpha Dawn (1990)", "Crime|Mystery|Thriller|War"),
        (2, "Alpha Dawn 2 (1992)", "Crime|Mystery|Thriller|War"),
        (3, "Beta (1991)", "Crime|War"),
        (4, "Gamma (1991)", "War"),
        (5, "Omega (1999)", "Comedy"),
        (6, "Delta (1993)", "Crime|Mystery|Thriller|War"),
    ],
    columns=["movieId", "title", "genres"],
)


@pytest.fixture(scope="module")
def recommender() -> Recommender:
    return Recommender.fit(RATINGS, MOVIES)


def reasons(found: Any) -> dict[int, str]:
    return {film.movie_id: film.reason for film in found}


def test_sentence_names_series_genres_and_people(recommender: Recommender) -> None:
    assert reasons(recommender.similar(1)) == {
        2: "same series; 5 of the 5 who rated it rated both",
        3: "Crime and War; 5 of the 6 who rated it rated both",
        4: "War; one person rated both",
        5: "made about the same time; nobody rated both",
        6: "Crime, Mystery and Thriller; nobody rated both",
    }


def test_sentence_about_several_movies(recommender: Recommender) -> None:
    found = reasons(recommender.similar([1, 2]))
    assert found[3] == "Crime and War; at least 5 people rated it and each of them"
    assert found[6] == "Crime, Mystery and Thriller"


def test_list_does_not_begin_with_genres_alone(recommender: Recommender) -> None:
    """Delta has all genres of Gamma's one rater's films, but neither a rater nor a series."""
    alike = [film.similarity for film in recommender.similar("Gamma")]
    first = recommender.similar("Gamma")[0]
    assert (first.support or 0) > 0
    assert alike[1:] == sorted(alike[1:], reverse=True)
    lonely = recommender.similar("Delta")  # nothing else exists
    assert lonely
    assert {film.support for film in lonely} == {0}


def test_command_explains(movierec: Run) -> None:
    movierec("fit")
    shown = movierec("similar", "Toy Story (1995)", "--explain", "-k", "2")
    assert "because" in shown.stdout
    assert "same series; 194 of the" in shown.stdout
    assert "shared genres" not in shown.stdout
    document = json.loads(movierec("similar", "Toy Story (1995)", "-k", "1", "--json").stdout)
    assert document["neighbors"][0]["reason"].startswith("same series; 194 of the")

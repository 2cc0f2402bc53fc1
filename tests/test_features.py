"""Other content of movies: any columns beside the id."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from movierec import Recommender
from movierec.errors import DataError, UsageError
from movierec.films.features import features_of_column
from tests.conftest import Run

MOVIES = pd.DataFrame(
    {"movieId": range(6), "title": list("abcdef"), "genres": ["Drama", "Comedy"] * 3}
)
RATINGS = pd.DataFrame(
    [(user, movie, 4.0) for user in range(4) for movie in range(5) if (user + movie) % 3],
    columns=["userId", "movieId", "rating"],
)
CONTENT = pd.DataFrame(
    {
        "movieId": [0, 5, 2],
        "director": ["Mann", "Mann", "Kurosawa"],
        "cast": ["A One|B Two", "B Two|C Three", "D Four"],
    }
)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(["a|b", "b|c", "", "c"], [{"b"}, {"b", "c"}, set(), {"c"}], id="list"),
        pytest.param(["Ann Lee, Bo Ek", "Bo Ek, X"], [{"bo ek"}, {"bo ek"}], id="comma"),
        pytest.param(
            ['[{"id": 1, "name": "War"}]', '[{"id": 1, "name": "War"}, {"name": "x"}]'],
            [{"war"}, {"war"}],
            id="objects",
        ),
        pytest.param(["['a', 'b']", "['b']"], [{"b"}, {"b"}], id="python-list"),
        pytest.param(["Mann", "mann", "Ozu"], [{"mann"}, {"mann"}, set()], id="category"),
        pytest.param(["1", "2", "2"], [set(), {"2"}, {"2"}], id="few-numbers"),
        pytest.param(["", ""], [set(), set()], id="nothing"),
    ],
)
def test_items_and_categories(texts: list[str], expected: list[set[str]]) -> None:
    found = features_of_column(texts)
    assert [set(row) for row in found] == expected


def test_rare_items_weigh_more() -> None:
    rows = features_of_column(["a|z", "a|z", "a|y", "a|y", "a|y"])
    assert rows[0]["z"] > rows[2]["y"] > rows[0]["a"]


def test_numbers_are_tenths() -> None:
    rows = features_of_column([str(number) for number in range(100)] + [""])
    assert [next(iter(row)) for row in rows[:100:10]] == [str(tenth) for tenth in range(10)]
    assert rows[100] == {}
    assert rows[3] == rows[9] == {"0": 1.0}


def test_running_text_is_compared_by_its_words() -> None:
    plots = [
        "The crew of a spaceship wakes up to find a deadly alien among them",
        "Marines fight the alien that killed the crew of a spaceship before",
        "Two lovers meet on a train to Vienna and talk until the morning",
        *(f"Number {n} of many stories about word{n} and things like that one" for n in range(20)),
    ]
    first, second, third = features_of_column(plots)[:3]
    assert {"spaceship", "alien", "crew"} <= first.keys() & second.keys()
    assert not first.keys() & third.keys()
    assert not {"the", "of"} & first.keys()


def test_columns_are_parts_of_the_similarity() -> None:
    plain = Recommender.fit(RATINGS, MOVIES)
    ours = Recommender.fit(RATINGS, MOVIES, content=CONTENT)
    assert ours.card["parameters"]["content_parts"]["director"] == 0.15
    assert list(ours.card["content_parts"]) == ["genres", "director", "cast"]
    why = ours.why(0, 5)
    assert min(why.parts["director"], why.parts["cast"]) > 0
    assert why.from_ratings + why.from_content == pytest.approx(why.similarity, abs=2e-6)
    assert plain.similarity(0, 5) <= 0 < ours.similarity(0, 5)
    reason = next(film.reason for film in ours.similar(0) if film.movie_id == 5)
    assert reason == "director and cast in common; nobody rated both"


def test_weights_of_columns() -> None:
    ours = Recommender.fit(RATINGS, MOVIES, content=CONTENT, content_parts={"director": 2})
    assert list(ours.card["content_parts"]) == ["director"]
    with pytest.raises(UsageError, match='no part of the content is called "actor"') as caught:
        Recommender.fit(RATINGS, MOVIES, content=CONTENT, content_parts={"actor": 1})
    assert "director, cast" in str(caught.value.hint)
    with pytest.raises(UsageError, match='no part of the content is called "director"'):
        Recommender.fit(RATINGS, MOVIES, content_parts={"director": 1})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("director,cast\nMann,x\n", "has no column for the movie"),
        ("movieId,title\n1,a\n", "says nothing of the movies"),
        ("movieId,director,cast\n1,Mann,x\n2,Ozu\n", "line 3: only 2 fields"),
        ("movieId,director\n77,Mann\n", "names none of the movies"),
        ("userId,movieId,tag\n1,1,slow\n", "holds tags"),
    ],
)
def test_unusable_tables_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "content.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=problem):
        Recommender.fit(RATINGS, MOVIES, content=tmp_path / "content.csv")


def test_command_reads_a_table(movierec: Run, tmp_path: Path) -> None:
    for name, frame in (("ratings", RATINGS), ("movies", MOVIES), ("content", CONTENT)):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    fit = movierec("fit", "ratings.csv", "movies.csv", "--content", "content.csv")
    assert fit.returncode == 0
    assert "content.csv: director, cast of 3 movies\n" in fit.stderr
    why = movierec("why", "a", "f")
    assert "director 0." in why.stdout
    weights = ("--content-parts", "director=1")
    again = movierec("fit", "ratings.csv", "movies.csv", "--content", "content.csv", *weights)
    assert again.returncode == 0
    missing = movierec("fit", "ratings.csv", "movies.csv", "--content", "none.csv")
    assert missing.returncode == 3

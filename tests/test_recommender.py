from __future__ import annotations

from math import inf, nan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from movierec import AmbiguousTitleError, MovieNotFoundError, Recommender, UsageError
from movierec.data.discover import sample_folder


@pytest.fixture(scope="module")
def by_ratings() -> Recommender:
    """The sample, where content counts nothing."""
    return Recommender.fit(content_weight=0, weighting="none")


def titles(movies: Any) -> list[str]:
    return [movie.title for movie in movies]


def test_a_film_lover_nods_at_the_list_for_toy_story(sample: Recommender) -> None:
    found = sample.similar("Toy Story (1995)", k=10)
    assert titles(found)[:2] == ["Toy Story 2 (1999)", "Toy Story 3 (2010)"]
    assert all("Animation" in movie.genres for movie in found)


def test_records_are_read_by_attribute_and_by_name(sample: Recommender) -> None:
    first = sample.similar("Toy Story (1995)", k=1)[0]
    assert (first.rank, first.movie_id, first.title) == (1, 2, "Toy Story 2 (1999)")
    assert first["movie_id"] == first.movie_id
    assert dict(first)["support"] == first.support
    assert 0 < first.similarity <= 1
    assert pd.DataFrame([first])["title"].tolist() == [first.title]


def test_film_is_named_by_title_or_by_id(sample: Recommender) -> None:
    by_title = sample.similar("Toy Story (1995)")
    assert sample.similar(1) == by_title == sample.similar("1", by_id=True)
    assert by_title.query.movie_id == 1
    with pytest.raises(MovieNotFoundError, match="no movie has the id 7"):
        sample.similar(7)
    with pytest.raises(MovieNotFoundError, match="no movie has the id"):
        sample.similar("Toy Story (1995)", by_id=True)


def test_year_decides_among_films_of_one_name(sample: Recommender) -> None:
    with pytest.raises(AmbiguousTitleError) as error:
        sample.movie("Hamlet")
    years = {movie.year for movie in error.value.candidates}
    assert len(years) > 1
    for year in years:
        assert sample.movie("Hamlet", year=year).year == year


@pytest.mark.parametrize("movie_id", [1, 2, 9, 42, 100, 500])
@pytest.mark.parametrize("k", [1, 10, 100, 400])
def test_list_is_sorted_and_never_has_the_film_itself(
    sample: Recommender, movie_id: int, k: int
) -> None:
    found = sample.similar(movie_id, k)
    similarities = [movie.similarity for movie in found]  # rounded: that two are equal says little
    assert similarities == sorted(similarities, reverse=True)
    assert movie_id not in [movie.movie_id for movie in found]
    assert [movie.rank for movie in found] == list(range(1, len(found) + 1))
    assert len(found) == k or found.note


@pytest.mark.parametrize("content_weight", [0, 0.33])
def test_equally_similar_films_come_in_the_order_of_their_ids(content_weight: float) -> None:
    """Rated by the same people in the same way, of one genre: nothing tells these films apart."""
    films = range(1, 9)
    ratings = pd.DataFrame(
        [(user, film, 3 + user) for user in (1, 2) for film in films],
        columns=["userId", "movieId", "rating"],
    )
    movies = pd.DataFrame({"movieId": films, "title": list("ABCDEFGH"), "genres": "Drama"})
    recommender = Recommender.fit(
        ratings.sample(frac=1, random_state=0),
        movies.sample(frac=1, random_state=0),
        n_neighbors=3,
        content_weight=content_weight,
    )
    for k in (3, 7):  # from the table, and from the estimator
        for film in films:
            others = [other for other in films if other != film]
            assert [found.movie_id for found in recommender.similar(film, k)] == others[:k]


def test_filters_make_room_for_others(sample: Recommender) -> None:
    """A filtered list is the whole ranking without the films that do not pass."""
    everything = sample.similar("Toy Story (1995)", k=1000)
    wanted = [
        movie.movie_id
        for movie in everything
        if "Horror" in movie.genres
        and "Comedy" not in movie.genres
        and movie.year is not None
        and 1970 <= movie.year <= 1999
        and (movie.support or 0) >= 2
    ]
    found = sample.similar(
        "Toy Story (1995)",
        k=12,
        genres=["horror"],
        not_genres=["COMEDY"],
        years=(1970, 1999),
        min_support=2,
    )
    assert [movie.movie_id for movie in found] == wanted[:12]
    assert len(wanted) > 12


def test_short_list_says_why(sample: Recommender) -> None:
    assert "filters" in str(sample.similar(1, k=200, genres=["Film-Noir"]).note)
    found = sample.similar(1, k=5000)
    assert found.note == (
        "681 movies of 5000 asked for: no other has a similarity to Toy Story (1995) above 0"
    )
    everything = set(pd.read_csv(sample_folder() / "movies.csv")["movieId"])
    missing = everything - {1} - {movie.movie_id for movie in found}
    assert len(missing) == len(everything) - 1 - len(found)
    assert max(sample.similarity(1, movie_id) for movie_id in missing) <= 0


def test_film_that_nobody_rated_has_neighbours_by_content(sample: Recommender) -> None:
    unrated = next(movie for movie in sample.search("the", 1000) if movie.n_ratings == 0)
    found = sample.similar(unrated.movie_id)
    assert len(found) == 10
    assert {(movie.evidence, movie.support, movie.content_share) for movie in found} == {
        ("by content", 0, 1)
    }
    assert found[0].shared_genres == unrated.genres == ("Documentary",)


def test_without_content_a_film_that_nobody_rated_has_no_neighbours(
    by_ratings: Recommender,
) -> None:
    unrated = next(movie for movie in by_ratings.search("the", 1000) if movie.n_ratings == 0)
    found = by_ratings.similar(unrated.movie_id)
    assert list(found) == []
    assert found.note == (
        f"0 movies of 10 asked for: no other has a similarity to {unrated.title} above 0"
    )


def test_without_content_similarity_is_the_cosine_of_ratings(by_ratings: Recommender) -> None:
    ratings = pd.read_csv(sample_folder() / "ratings.csv").pivot_table(
        index="userId", columns="movieId", values="rating", fill_value=0
    )
    lengths = (ratings**2).sum() ** 0.5
    cosines = ratings.T @ ratings[1] / (lengths * lengths[1])
    found = by_ratings.similar(1, k=5000)
    assert {movie.movie_id: movie.similarity for movie in found} == pytest.approx(
        cosines[cosines > 0].drop(1).to_dict(), abs=1e-6
    )
    assert {movie.content_share for movie in found} == {0}
    assert all((movie.support or 0) > 0 for movie in found)


def test_thin_is_fewer_than_five_who_rated_both(sample: Recommender) -> None:
    supports = {movie.support: movie.thin for movie in sample.similar(1, k=1000)}
    assert supports[4] is True
    assert supports[5] is False


def test_evidence_tells_who_rated_both_before_what_is_mostly_content(sample: Recommender) -> None:
    found = [movie for movie_id in (1, 9, 746) for movie in sample.similar(movie_id, k=1000)]
    assert {movie.support == 0 for movie in found if movie.evidence == "by content"} == {True}
    assert {(movie.support or 0) < 5 for movie in found if movie.evidence == "thin"} == {True}
    firm = [movie for movie in found if (movie.support or 0) >= 5]
    assert [movie.evidence for movie in firm] == [
        "mostly content" if movie.content_share > 0.5 else "solid" for movie in firm
    ]
    assert {movie.evidence for movie in found} == {"by content", "thin", "mostly content", "solid"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_neighbors", 0),
        ("min_support", -1),
        ("min_ratings", 0),
        ("content_weight", 1.5),
        ("content_weight", -0.1),
        ("content_weight", nan),
        ("prior", -1),
        ("prior", inf),
        ("prior", nan),
    ],
)
def test_senseless_parameter_is_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"{name} is {value}; it must be"):
        Recommender.fit(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ({"nonsense": 1}, 'no part of the content is called "nonsense"'),
        ({"genres": -1}, "the weight of genres is -1"),
        ({"genres": 1, "year": nan}, "the weight of year is nan"),
        ({"title": inf}, "the weight of title is inf"),
    ],
)
def test_senseless_part_of_the_content_is_refused(parts: dict[str, float], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Recommender.fit(content_parts=parts)


def test_k_must_be_positive(sample: Recommender) -> None:
    with pytest.raises(UsageError, match="k is 0"):
        sample.similar(1, k=0)


RATINGS = pd.DataFrame(
    {
        "user_id": [1, 1, 2, 2, 3, 3, 3],
        "movie_id": ["007", "8", "007", "8", "007", "8", "x"],
        "Rating": [4, 5, 4.5, 4, 1, 2, 3.0],
    }
)
MOVIES = pd.DataFrame({"movieId": ["007", "8", "x"], "title": ["A (2001)", "B", "C, The (1999)"]})


def test_data_frames_are_as_good_as_files(tmp_path: Path) -> None:
    RATINGS.to_csv(tmp_path / "r.csv", index=False)
    MOVIES.to_csv(tmp_path / "m.csv", index=False)
    from_frames = Recommender.fit(RATINGS, MOVIES)
    from_files = Recommender.fit(tmp_path / "r.csv", tmp_path / "m.csv")
    assert from_frames.card["fingerprint"] == from_files.card["fingerprint"]
    assert list(from_frames.similar("A")) == list(from_files.similar("007", by_id=True))
    assert from_frames.similar("the c")[0].movie_id in ("007", "8")


def test_example_of_the_readme_for_an_engineer(sample_model: Path) -> None:
    recommender = Recommender.load(sample_model)
    assert len(recommender) == 735
    assert [movie.title for movie in recommender.search("toy sto", limit=2)] == [
        "Toy Story (1995)",
        "Toy Story 2 (1999)",
    ]

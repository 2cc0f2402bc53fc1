from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from movierec import AmbiguousTitleError, MovieNotFoundError, Recommender, UsageError


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
    with pytest.raises(MovieNotFoundError, match="no film has the id 7"):
        sample.similar(7)
    with pytest.raises(MovieNotFoundError, match="no film has the id"):
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
    keys = [(-movie.similarity, movie.movie_id) for movie in found]
    assert keys == sorted(keys)
    assert movie_id not in [movie.movie_id for movie in found]
    assert [movie.rank for movie in found] == list(range(1, len(found) + 1))
    assert len(found) == k or found.note


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
        and movie.support >= 2
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
    assert "filters" in str(sample.similar(1, k=5, genres=["No Such Genre"]).note)
    assert "730 films of 5000 asked for" in str(sample.similar(1, k=5000).note)
    unrated = next(movie for movie in sample.search("the", 1000) if movie.n_ratings == 0)
    found = sample.similar(unrated.movie_id)
    assert list(found) == []
    assert "nobody rated" in str(found.note)


def test_thin_is_fewer_than_five_who_rated_both(sample: Recommender) -> None:
    supports = {movie.support: movie.thin for movie in sample.similar(1, k=1000)}
    assert supports[4] is True
    assert supports[5] is False


@pytest.mark.parametrize("name", ["n_neighbors", "min_support", "min_ratings"])
def test_senseless_parameter_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is 0"):
        Recommender.fit(**{name: 0})  # type: ignore[arg-type]


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

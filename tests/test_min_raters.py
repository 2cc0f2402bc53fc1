"""Models none of whose figures rests on fewer than some number of people."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from movierec import DataError, Recommender, UsageError
from movierec.neighbors.groups import GroupSums
from tests.conftest import Run
from tests.hostile._examples import examples
from tests.test_privacy import members

TOY_STORY = "Toy Story (1995)"
N_MOVIES = 5  # of the sets that differ in pairs
GENRES = ["Drama", "Drama|Comedy", "Comedy", "Horror"]

Rating = tuple[int, int, float]  # user, movie, rating


def tables(ratings: list[Rating], n_movies: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    numbers = range(n_movies)
    movies = {
        "movieId": numbers,
        "title": [
            f"Film {'abcdefghij'[number % 3]} {number} ({1980 + number})" for number in numbers
        ],
        "genres": [GENRES[number % len(GENRES)] for number in numbers],
    }
    return pd.DataFrame(ratings, columns=["userId", "movieId", "rating"]), pd.DataFrame(movies)


def fitted(ratings: list[Rating], n_movies: int, least: int, path: Path) -> Recommender:
    Recommender.fit(*tables(ratings, n_movies), min_raters=least).save(path)
    return Recommender.load(path)


def rated_by(ratings: list[Rating]) -> dict[int, dict[int, float]]:
    """The ratings of each movie, by user."""
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for user, movie, rating in ratings:
        found[movie][user] = rating
    return found


@st.composite
def data_sets(draw: st.DrawFn) -> tuple[list[Rating], int, int]:
    """Ratings, the number of movies, and the least number of people, which some movie has."""
    n_users, n_movies, least = (
        draw(st.integers(3, 9)),
        draw(st.integers(2, 8)),
        draw(st.integers(2, 4)),
    )
    pairs = [(user, movie) for user in range(n_users) for movie in range(n_movies)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, min_size=n_users))
    ratings = [(*pair, draw(st.sampled_from([1.0, 2.5, 4.0, 5.0]))) for pair in chosen]
    passing = {movie for movie, given in rated_by(ratings).items() if len(given) >= least}
    people: dict[float, set[int]] = defaultdict(set)
    for user, movie, rating in ratings:
        if movie in passing:
            people[rating].add(user)
    assume(any(len(users) >= least for users in people.values()))
    return ratings, n_movies, least


@settings(max_examples=examples(4000), suppress_health_check=[HealthCheck.filter_too_much])
@given(data_sets())
def test_no_figure_rests_on_fewer_people(
    tmp_path_factory: pytest.TempPathFactory, found: tuple[list[Rating], int, int]
) -> None:
    ratings, n_movies, least = found
    model = fitted(ratings, n_movies, least, tmp_path_factory.mktemp("limited") / "m")._model
    assert (model.ratings, model.histories) == (None, None)
    of_movie = rated_by(ratings)
    for movie in range(n_movies):
        given, shown = of_movie[movie], model.catalog.movie(movie)
        is_enough = len(given) >= least
        assert shown.n_ratings == (len(given) if is_enough else None)
        mean = pytest.approx(np.mean(list(given.values())), abs=1e-4) if is_enough else None
        assert shown.mean_rating == mean
        if not is_enough:
            assert int(model.catalog.n_ratings[movie]) == 0
            assert (
                float(np.asarray(model.stars.to_arrays()["deviations"])[movie]) == 0
                if model.stars
                else True
            )
    vectors, table = model.vectors, model.neighbors.in_memory()
    assert vectors is not None
    assert vectors.n_leading == 0
    for first, row in enumerate(table.neighbors):
        for place, second in enumerate(row):
            if second < 0:
                continue
            shared = len(of_movie[first].keys() & of_movie[int(second)].keys())
            assert table.support[first, place] == (shared if shared >= least else 0)
            if shared < least:
                alone = vectors.content_similarity(first, int(second))
                assert table.similarities[first, place] == pytest.approx(alone, abs=2e-6)


@settings(max_examples=examples(2500), suppress_health_check=[HealthCheck.filter_too_much])
@given(data_sets())
def test_summary_counts_enough_people(
    tmp_path_factory: pytest.TempPathFactory, found: tuple[list[Rating], int, int]
) -> None:
    ratings, n_movies, least = found
    stats = fitted(ratings, n_movies, least, tmp_path_factory.mktemp("limited") / "m").stats()
    passing = {movie for movie, given in rated_by(ratings).items() if len(given) >= least}
    kept = [rating for rating in ratings if rating[1] in passing]
    people = defaultdict(set)
    for user, _, rating in kept:
        people[rating].add(user)
    counts = Counter(rating for _, _, rating in kept)
    enough = {rating: counts[rating] for rating in counts if len(people[rating]) >= least}
    assert {row["rating"]: row["count"] for row in stats["rating_histogram"]} == enough
    assert (stats["ratings"], stats["films_rated"]) == (len(kept), len(passing))
    assert (stats["ratings_per_user"], stats["tied_ratings"]) == (None, None)
    card = stats["model"]
    assert (card["lowest_rating"], card["highest_rating"]) == (min(enough), max(enough))
    assert (card["dropped"], card["notes"]) == ({}, [])
    assert stats["people"] == {
        "n_people": 0,
        "has_times": False,
        "min_raters": least,
        "holds": f"no ids and no ratings of people; all figures are of at least {least} people",
    }


@settings(max_examples=examples(2500), suppress_health_check=[HealthCheck.filter_too_much])
@given(data_sets(), st.data())
def test_ratings_of_movies_with_too_few_people_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    found: tuple[list[Rating], int, int],
    data: st.DataObject,
) -> None:
    """Somebody rates such a movie otherwise or not at all, or comes and rates only such movies."""
    ratings, n_movies, least = found
    few = {movie for movie, given in rated_by(ratings).items() if len(given) < least}
    few |= set(range(n_movies)) - rated_by(ratings).keys()
    assume(few)
    others = [rating for rating in ratings if rating[1] not in few]
    for user, movie, _ in ratings:
        if movie in few and (rating := data.draw(st.sampled_from([None, 0.5, 3.0]))):
            others.append((user, movie, rating))
    room = [movie for movie in few if len(rated_by(others)[movie]) < least - 1]
    others += [(99, movie, 3.5) for movie in room]
    folder = tmp_path_factory.mktemp("same")
    fitted(ratings, n_movies, least, folder / "one")
    fitted(others, n_movies, least, folder / "other")
    assert members(folder / "one") == members(folder / "other")


@st.composite
def swaps(draw: st.DrawFn) -> tuple[list[Rating], list[Rating], int]:
    """Two sets of ratings that differ only in pairs of movies that fewer people rated.

    Two people exchange a movie. All rated as many and gave the same, so that all weigh the same.
    """
    n_users, size, least = draw(st.integers(7, 11)), draw(st.integers(2, 3)), 3
    movies = st.permutations(range(N_MOVIES)).map(lambda order: set(order[:size]))
    own = [draw(movies) for _ in range(n_users)]
    counts = Counter(movie for movies in own for movie in movies)
    assume(min(counts.values()) >= least)  # else what is left of what people rated differs
    options = [
        (one, two, first, second)
        for one, two in combinations(range(n_users), 2)
        for first in own[one] - own[two]
        for second in own[two] - own[one]
        if enough(own, least) == enough(swapped(own, one, two, first, second), least)
    ]
    assume(options)
    chosen = draw(st.sampled_from(options))
    return listed(own), listed(swapped(own, *chosen)), least


def swapped(own: list[set[int]], one: int, two: int, first: int, second: int) -> list[set[int]]:
    others = [set(movies) for movies in own]
    others[one] ^= {first, second}
    others[two] ^= {first, second}
    return others


def enough(own: list[set[int]], least: int) -> dict[tuple[int, int], int]:
    """How many people rated both movies, of the pairs that enough people rated."""
    counts = Counter(pair for movies in own for pair in combinations(sorted(movies), 2))
    return {pair: count for pair, count in counts.items() if count >= least}


def listed(own: list[set[int]]) -> list[Rating]:
    return [(user, movie, 3.0) for user, movies in enumerate(own) for movie in sorted(movies)]


@settings(max_examples=examples(2500), suppress_health_check=list(HealthCheck))
@given(swaps())
def test_pairs_that_too_few_people_rated_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, found: tuple[list[Rating], list[Rating], int]
) -> None:
    one, other, least = found
    folder = tmp_path_factory.mktemp("pairs")
    fitted(one, N_MOVIES, least, folder / "one")
    fitted(other, N_MOVIES, least, folder / "other")
    assert sorted(one) != sorted(other)
    assert members(folder / "one") == members(folder / "other")


@settings(max_examples=examples(5000))
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(1, 5000)), min_size=1),
    st.integers(1, 4),
)
def test_sums_are_of_pairs_that_enough_people_rated(
    given: list[tuple[int, int, int]], least: int
) -> None:
    weights = {(movie, user): weight for user, movie, weight in given}
    matrix = np.zeros((6, 7), np.float32)
    for place, weight in weights.items():
        matrix[place] = weight
    found = GroupSums.of(csr_matrix(matrix), least)
    for first in range(6):
        for second in range(6):
            both = [
                weights[first, user] * weights[second, user]
                for user in range(7)
                if (first, user) in weights and (second, user) in weights
            ]
            is_enough = len(both) >= least
            assert found.shared[first, second] == (len(both) if is_enough else 0)
            assert found.products[first, second] == (sum(both) if is_enough else 0)
    assert found.shared.nnz == found.products.nnz == found.shared.count_nonzero()


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("limited") / "movierec.model"
    Recommender.fit(min_raters=20).save(path)
    return path


def test_lists_are_still_good(limited: Path, sample: Recommender) -> None:
    model = Recommender.load(limited)
    assert [film.title for film in model.similar(TOY_STORY, 3)] == [
        film.title for film in sample.similar(TOY_STORY, 3)
    ]
    found, expected = (
        {film.title for film in each.recommend(20, likes=["Alien (1979)", "Heat (1995)"])}
        for each in (model, sample)
    )
    assert len(found & expected) >= 6
    predicted, usual = (
        each.predict("Heat (1995)", likes=[TOY_STORY])[0].stars for each in (model, sample)
    )
    assert predicted == pytest.approx(usual, abs=0.7)


def test_what_is_hidden_reads_so(limited: Path, movierec: Run) -> None:
    model = Recommender.load(limited)
    hidden = [film for film in model.search("the", 500) if film.n_ratings is None]
    assert hidden
    assert all(film.mean_rating is None for film in hidden)
    options = ("--model", limited)
    assert "(few ratings)" in movierec("similar", "hamlet", *options).stderr
    rows = json.loads(
        movierec("similar", str(hidden[0].movie_id), "--id", "--json", *options).stdout
    )
    assert {row["support"] for row in rows["neighbors"]} == {None}
    assert {row["evidence"] for row in rows["neighbors"]} == {"by content"}
    first, second = hidden[0].movie_id, rows["neighbors"][0]["movie_id"]
    shown = movierec("why", str(first), str(second), "--id", *options).stdout
    assert "fewer than 20 people" in shown
    explained = movierec("similar", str(first), "--id", "--explain", *options).stdout
    assert "fewer than 20 people rated both" in explained
    assert "nobody" not in explained
    assert "ratings per user" in movierec("stats", *options).stdout
    for asked, reason in (
        (("recommend", "--user", "1"), "fitted without ratings"),
        (("similar", "Heat (1995)", "Alien (1979)"), "fitted without ratings"),
        (("next", "Heat (1995)"), "ratings"),
    ):
        refused = movierec(*asked, *options)
        assert (refused.returncode, reason in refused.stderr) == (2, True), refused.stderr


def test_exported_support_is_missing_where_it_is_hidden(limited: Path, tmp_path: Path) -> None:
    model = Recommender.load(limited)
    frame = model.neighbors_frame(5)
    assert frame["support"].isna().any()
    assert frame["support"].min() >= 20
    model.export(tmp_path / "table.csv", 5)
    model.export(tmp_path / "table.sqlite", 5)
    assert (
        pd.read_csv(tmp_path / "table.csv")["support"].isna().sum() == frame["support"].isna().sum()
    )


def test_pages_show_it(limited: Path) -> None:
    pytest.importorskip("flask")
    from movierec.web import create_app

    model = Recommender.load(limited)
    hidden = next(film for film in model.search("the", 500) if film.n_ratings is None)
    other = model.similar(hidden.movie_id, 1)[0]
    client = create_app(model).test_client()
    for page in (
        "/stats",
        f"/similar?id={hidden.movie_id}",
        f"/why?first={hidden.movie_id}&second={other.movie_id}",
        f"/search?q={hidden.title}",
        "/api/stats",
        f"/api/similar?id={hidden.movie_id}",
    ):
        answer = client.get(page)
        assert answer.status_code in (200, 302, 404), page
        assert "None" not in answer.get_data(as_text=True)


def test_tags_are_left_out() -> None:
    ratings, movies = tables(
        [(user, movie, 3.0 + movie) for user in range(5) for movie in (0, 1)], 2
    )
    tags = pd.DataFrame({"userId": [1], "movieId": [0], "tag": ["seen with Ann"]})
    model = Recommender.fit(ratings, movies, tags=tags, min_raters=2)
    assert model._model.catalog.tags(0) == ()
    assert any("tags are left out" in note for note in model.card["notes"])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"min_raters": 0}, "min_raters is 0; it must be at least 2"),
        ({"min_raters": 1}, "min_raters is 1; it must be at least 2"),
        ({"min_raters": "five"}, 'min_raters is "five"; it must be a whole number'),
        ({"min_raters": 2.5}, "min_raters is 2.5; it must be a whole number"),
        ({"min_raters": True}, "min_raters is True; it must be a whole number"),
        ({"min_raters": 5, "with_ratings": True}, "which min_raters rules out"),
        ({"min_raters": 5, "engine": "spark"}, "the engine spark cannot limit"),
        ({"min_raters": 5, "algorithm": "als"}, "als cannot be fitted with min_raters"),
        ({"min_raters": 5, "algorithm": "user_knn"}, "user_knn cannot be fitted with min_raters"),
        ({"min_raters": 5, "weighting": "none"}, "min_raters needs the weighting corrected"),
    ],
    ids=str,
)
def test_what_cannot_be_limited_is_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Recommender.fit(**given)


def test_ratings_without_steps_are_refused() -> None:
    ratings, movies = tables([(user, 0, user / 7) for user in range(50)], 2)
    with pytest.raises(DataError, match="there are 50 different ratings"):
        Recommender.fit(ratings, movies, min_raters=2)
    ratings, movies = tables([(user, 0, float(user)) for user in range(5)], 2)
    with pytest.raises(DataError, match="no rating was given by 2 people"):
        Recommender.fit(ratings, movies, min_raters=2)


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (["--min-raters", "0"], 2, "min-raters"),
        (["--min-raters", "1"], 2, "min-raters"),
        (["--min-raters", "five"], 2, "min-raters"),
        (["--min-raters", "5", "--with-ratings"], 2, "leave out --with-ratings, or --min-raters"),
        (["--min-raters", "5", "--engine", "spark"], 2, "leave out --engine, or --min-raters"),
        (["--min-raters", "5", "--algorithm", "ease"], 2, "leave out --algorithm"),
        (["--min-raters", "1000000"], 3, "lower --min-ratings or --min-raters"),
        (["--min-raters", "9" * 50], 3, "lower --min-ratings or --min-raters"),
    ],
    ids=str,
)
def test_command_refuses_in_a_line(
    tmp_path: Path, movierec: Run, options: list[str], code: int, reason: str
) -> None:
    result = movierec("fit", "-q", *options)
    assert (result.returncode, result.stdout) == (code, ""), result.stderr
    assert reason in result.stderr
    assert result.stderr.count("\n") <= 3
    assert not list(tmp_path.iterdir())


def test_command_fits(tmp_path: Path, movierec: Run) -> None:
    result = movierec("fit", "--min-raters", "50", "--without-ratings")
    assert result.returncode == 0, result.stderr
    assert "of movies with fewer than 50 ratings" in result.stderr
    again = movierec("export", "--without-ratings", "same.model")
    assert again.returncode == 0
    assert members(tmp_path / "movierec.model") == members(tmp_path / "same.model")

"""Recommendations, compared with dense arithmetic."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from movierec import (
    AmbiguousTitleError,
    DataError,
    MovieNotFoundError,
    Recommender,
    UsageError,
)
from movierec.data.discover import sample_folder
from movierec.errors import NothingFoundError
from tests.people import ALL, ids, made, scores_of

Dense = np.ndarray[Any, np.dtype[np.float64]]

TOY_STORY, HEAT, ALIEN = "Toy Story (1995)", "Heat (1995)", "Alien (1979)"
MINE = {1: 5.0, 314: 3.5, 173: 4.0, 544: 1.0}


class Oracle:
    """The scores of the default model, by dense arithmetic from the files of the sample."""

    def __init__(self, recommender: Recommender) -> None:
        frame = recommender.neighbors_frame()
        ratings = pd.read_csv(sample_folder() / "ratings.csv")
        self.ids = sorted(pd.read_csv(sample_folder() / "movies.csv")["movieId"])
        self.place = {movie_id: place for place, movie_id in enumerate(self.ids)}
        near = np.zeros((len(self.ids), len(self.ids)))
        near[frame["movieId"].map(self.place), frame["neighborId"].map(self.place)] = frame[
            "similarity"
        ]
        present = np.zeros((ratings["userId"].max() + 1, len(self.ids)))
        present[ratings["userId"], ratings["movieId"].map(self.place)] = 1
        self.n_ratings = present.sum(axis=0)
        linear = np.flatnonzero(self.n_ratings >= 10)
        l2 = 13 * np.sqrt(ratings["userId"].nunique())
        gram = present[:, linear].T @ present[:, linear]
        inverse = np.linalg.inv(gram + l2 * np.eye(len(linear)))
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)
        self.weights: Dense = 0.01 * near  # by rated film and scored film
        self.weights[np.ix_(linear, linear)] = weights + 0.01 * near.T[np.ix_(linear, linear)]

    def score(self, ratings: Mapping[int, float]) -> Dense:
        """Return the sum over the rated films of preference times weight, by film."""
        own = np.zeros(len(self.ids))
        for movie_id, value in preferences_of(ratings).items():
            own[self.place[movie_id]] = value
        return own @ self.weights

    def ranked(self, scores: Dense, without: Mapping[int, float]) -> dict[int, float]:
        """Return the scores above 0 of the films that were not rated, by id, the best first."""
        order = np.argsort(-scores, kind="stable")
        return {
            self.ids[place]: scores[place]
            for place in order
            if scores[place] > 1e-7 and self.ids[place] not in without
        }


def preferences_of(ratings: Mapping[int, float]) -> dict[int, float]:
    """The rule for ratings from 0.5 to 5, one rating after the other."""
    n_others = len(ratings) - 1
    usual = statistics.median_high(ratings.values()) - 0.55 * 4.5
    neutral = max((n_others * usual + 2 * 2.75) / (n_others + 2), 0.5 + 0.05 * 4.5)
    return {
        movie_id: 0.4 + 0.6 * (rating - 0.5) / 4.5
        if rating >= neutral
        else (rating - neutral) / (5 - neutral)
        for movie_id, rating in ratings.items()
    }


@pytest.fixture(scope="session")
def oracle(sample: Recommender) -> Oracle:
    return Oracle(sample)


def given_by(user: int) -> dict[int, float]:
    rows = pd.read_csv(sample_folder() / "ratings.csv").query("userId == @user")
    return dict(zip(rows["movieId"].tolist(), rows["rating"].tolist(), strict=True))


def test_score_adds_up_ratings_times_similarities(sample: Recommender, oracle: Oracle) -> None:
    expected = oracle.ranked(oracle.score(MINE), MINE)
    found = sample.recommend(ALL, ratings=MINE)
    assert scores_of(found) == pytest.approx(expected, rel=2e-3, abs=1e-4)
    assert [film.score for film in found] == sorted((f.score for f in found), reverse=True)
    assert [film.rank for film in found] == list(range(1, len(found) + 1))
    assert found.n_rated == 4
    assert len(found) > 100


def test_a_film_that_was_rated_is_never_listed(sample: Recommender) -> None:
    own = given_by(42)
    listed = ids(sample.recommend(ALL, user=42, dislikes=["Jaws"]))
    assert len(own) > 100
    assert set(listed).isdisjoint({*own, sample.movie("Jaws").movie_id})


def test_user_is_as_good_as_their_ratings(sample: Recommender, tmp_path: Path) -> None:
    own = given_by(42)
    path = tmp_path / "mine.csv"
    pd.DataFrame(own.items(), columns=["movieId", "rating"]).to_csv(path, index=False)
    found = list(sample.recommend(50, user=42, recency=0))
    assert found == list(sample.recommend(50, user="42", recency=0))
    assert found == list(sample.recommend(50, ratings=own))
    assert found == list(sample.recommend(50, ratings=path))
    assert found == list(sample.recommend(50, likes=own))
    assert found != list(sample.recommend(50, user=43, recency=0))


def test_likes_without_a_rating_have_the_highest(sample: Recommender) -> None:
    expected = list(sample.recommend(20, ratings={1: 5.0, 314: 4.5}))
    assert list(sample.recommend(20, likes={TOY_STORY: None, HEAT: 4.5})) == expected
    alone = list(sample.recommend(20, ratings={1: 5.0}))
    assert list(sample.recommend(20, likes=[TOY_STORY])) == alone
    assert {film.because for film in alone} == {(TOY_STORY,)}
    assert list(sample.recommend(20, likes=TOY_STORY)) == alone
    assert list(sample.recommend(20, likes=["1"], by_id=True)) == alone


def test_likes_add_to_the_ratings_of_a_user(sample: Recommender) -> None:
    own = given_by(42)
    new = next(movie_id for movie_id in (1, 9, 314) if movie_id not in own)
    both = list(sample.recommend(20, user=42, likes=[new], recency=0))
    assert both == list(sample.recommend(20, ratings={**own, new: 5.0}))


def test_a_dislike_is_the_lowest_rating(sample: Recommender) -> None:
    found = list(sample.recommend(ALL, ratings=MINE, dislikes=[2]))
    assert found == list(sample.recommend(ALL, ratings={**MINE, 2: 0.5}))
    assert found == list(sample.recommend(ALL, ratings={**MINE, 2: 5.0}, dislikes=[2]))


def test_a_hated_film_is_no_praise(sample: Recommender) -> None:
    """Somebody who gave a film half a star gets popular films, and not its sequels."""
    liked, hated = (sample.recommend(ALL, likes={TOY_STORY: rating}) for rating in (5.0, 0.5))
    sequel = sample.movie("Toy Story 2").movie_id
    assert sequel in ids(liked)[:3]
    assert sequel not in ids(hated)[:100]
    assert not any(film.because for film in hated)
    assert liked.note is None
    assert hated.note == "nothing that you like is known, so popular movies are recommended"


def test_nobody_known_gets_popular_films(sample: Recommender) -> None:
    found = sample.recommend(20)
    counts = [film.n_ratings or 0 for film in found]
    assert counts == sorted(counts, reverse=True)
    assert found[0].n_ratings == max(
        movie.n_ratings or 0 for movie in sample.search("", 10) or found
    )
    assert found.note
    assert found[0].why == f"{counts[0]} people rated it"


def test_two_people_who_disagree_are_spared(sample: Recommender) -> None:
    """One gave Alien 1 star, the other 5: what is most like it must not come first."""
    people = [{ALIEN: 1.0}, {ALIEN: 5.0}]
    nearest = [film.movie_id for film in sample.recommend(3, ratings=people[1])]
    for group in ("average", "least-misery"):
        found = sample.recommend(10, ratings=people, group=group)
        assert "person 1" in str(found.note)
        if group == "least-misery":
            assert set(ids(found)[:5]).isdisjoint(nearest[:1])


def test_two_equal_people_get_the_list_of_one(sample: Recommender) -> None:
    alone = ids(sample.recommend(30, ratings=MINE))
    for group in ("average", "least-misery"):
        assert ids(sample.recommend(30, ratings=[MINE, dict(MINE)], group=group)) == alone


def test_filters_come_before_the_cut(sample: Recommender) -> None:
    wanted = [
        film.movie_id
        for film in sample.recommend(ALL, ratings=MINE)
        if "Comedy" in film.genres
        and "Children" not in film.genres
        and 1980 <= (film.year or 0) <= 1999
        and (film.n_ratings or 0) >= 30
    ]
    found = sample.recommend(
        12,
        ratings=MINE,
        genres=["comedy"],
        not_genres=["CHILDREN"],
        years=(1980, 1999),
        min_support=30,
    )
    assert ids(found) == wanted[:12]
    assert len(wanted) > 12


def test_only_and_exclude_name_films_in_files(sample: Recommender, tmp_path: Path) -> None:
    """A watchlist is ranked whole, also where nothing speaks for a film, but for what was rated."""
    everything = sample.recommend(ALL, ratings=MINE)
    watchlist, seen = tmp_path / "watchlist.txt", tmp_path / "seen.csv"
    titles = [everything[place].title for place in (80, 3, 40)]
    watchlist.write_text("\n".join([*titles, TOY_STORY, "", "Région centrale, La (1971)", "2"]))
    seen.write_text("movieId\n" + "\n".join(map(str, ids(everything[:9]))), encoding="utf-8")
    found = sample.recommend(20, ratings=MINE, only=watchlist)
    expected = [film.movie_id for film in everything if film.title in titles or film.movie_id == 2]
    assert ids(found)[:4] == expected
    assert [film.title for film in found[4:]] == ["Région centrale, La (1971)"]
    rest = sample.recommend(20, ratings=MINE, exclude=seen)
    assert ids(rest) == ids(everything[9:29])
    both = sample.recommend(20, ratings=MINE, only=watchlist, exclude=seen)
    assert set(ids(both)) == set(ids(found)) - set(ids(everything[:9]))


@pytest.mark.parametrize("group", ["average", "least-misery"])
def test_group_joins_shares_of_the_best(sample: Recommender, oracle: Oracle, group: Any) -> None:
    others = {174: 5.0, 303: 4.0}
    shares = np.array([oracle.score(one) for one in (MINE, others)])
    shares /= shares.max(axis=1, keepdims=True)
    joined = shares.mean(axis=0) if group == "average" else shares.min(axis=0)
    found = sample.recommend(ALL, ratings=[MINE, others], group=group)
    expected = oracle.ranked(joined, MINE | others)
    assert scores_of(found) == pytest.approx(expected, rel=2e-3, abs=1e-4)
    assert found.n_rated == 6


def test_group_may_hold_a_user_and_a_file(sample: Recommender, tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(f'title,rating\n"{HEAT}",4\n')
    found = sample.recommend(10, user=42, ratings=[path], group="least-misery", recency=0)
    people = {"user 42": given_by(42), "b": {314: 4.0}}
    assert list(found) == list(sample.recommend(10, ratings=people, group="least-misery"))


def test_obscurity_takes_off_for_fame(sample: Recommender, oracle: Oracle) -> None:
    scores = oracle.score(MINE)
    fame = np.log1p(oracle.n_ratings) / np.log1p(oracle.n_ratings.max())
    ranked = oracle.ranked(scores * (1 - 0.7 * fame), MINE)
    found = sample.recommend(15, ratings=MINE, obscurity=0.7)
    assert [ranked[movie_id] for movie_id in ids(found)] == pytest.approx(
        list(ranked.values())[:15], rel=1e-4
    )
    usual = sample.recommend(15, ratings=MINE)
    means = [np.mean([film.n_ratings for film in films]) for films in (found, usual)]
    assert means[0] < means[1]


def test_diversity_keeps_films_apart(sample: Recommender) -> None:
    usual, diverse = (sample.recommend(8, user=42, diversity=share) for share in (0.0, 0.8))
    assert diverse[0] == usual[0]

    def likeness(films: list[Any]) -> float:
        pairs = [(a, b) for a in ids(films) for b in ids(films) if a < b]
        return float(np.mean([sample.similarity(a, b) for a, b in pairs]))

    assert likeness(diverse) < 0.85 * likeness(usual)


def test_why_names_what_counts_most_among_what_was_liked(
    sample: Recommender, oracle: Oracle
) -> None:
    rows = pd.read_csv(sample_folder() / "ratings.csv")
    raters = rows.groupby("movieId")["userId"].agg(set)
    usual = statistics.median(MINE.values())
    likes = {
        movie_id: value
        for movie_id, value in preferences_of(MINE).items()
        if value > 0 and MINE[movie_id] >= usual
    }
    assert len(likes) == 2
    for film in sample.recommend(30, ratings=MINE):
        own = oracle.weights[:, oracle.place[int(film.movie_id)]]
        counts = {movie_id: own[oracle.place[movie_id]] * likes[movie_id] for movie_id in likes}
        reasons = sorted((i for i in counts if counts[i] > 0), key=lambda i: -counts[i])
        assert list(film.because) == [sample.movie(i).title for i in reasons]
        if reasons:
            first = sample.movie(reasons[0]).title
            assert raters[reasons[0]] & raters[film.movie_id]
            assert film.why == f"because you rated {first} {MINE[reasons[0]]:g}"
        else:
            assert film.why == f"{film.n_ratings} people rated it"


def test_content_is_said_where_nobody_rated_both() -> None:
    ratings, movies = made()
    apart = ratings[ratings["movieId"] != 4]  # nobody rated it
    found = Recommender.fit(apart, movies, algorithm="content").recommend(ALL, likes=[0])
    (film,) = (film for film in found if film.movie_id == 4)
    assert film.why == "similar in content to Film a (1980), which you rated 5"


def test_reasons_in_a_group_name_the_person(sample: Recommender, tmp_path: Path) -> None:
    for name, title in (("ann", TOY_STORY), ("bob", ALIEN)):
        (tmp_path / f"{name}.csv").write_text(f"title,rating\n{title},5\n")
    found = sample.recommend(20, ratings=[tmp_path / "ann.csv", tmp_path / "bob.csv"])
    reasons = {film.why for film in found}
    assert f"because ann rated {TOY_STORY} 5" in reasons
    assert f"because bob rated {ALIEN} 5" in reasons


def test_older_ratings_count_less_where_there_are_dates(
    sample: Recommender, tmp_path: Path
) -> None:
    titles = [TOY_STORY, HEAT, ALIEN, "Jaws (1975)", "Casablanca (1942)", "Fargo (1996)"]
    rows = [f"{title},5,{1990 + year}-01-01" for year, title in enumerate(titles)]
    for name, lines in (("up", rows), ("down", rows[::-1])):
        (tmp_path / name).write_text("\n".join(["title,rating,date", *lines]))
    up, down = (list(sample.recommend(20, ratings=tmp_path / name)) for name in ("up", "down"))
    assert up == down  # by date, not by line
    level = sample.recommend(20, ratings=tmp_path / "up", recency=0)
    assert list(level) == list(sample.recommend(20, ratings=dict.fromkeys(titles, 5.0)))
    assert list(level) != up

    def mentions(films: list[Any], title: str) -> int:
        return sum(film.because[0] == title for film in films)

    assert mentions(up, "Fargo (1996)") > mentions(level, "Fargo (1996)")


def test_what_is_not_found_is_kept_and_the_rest_goes_on(
    sample: Recommender, tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("title,year,rating\nHeat,1996,4\nNonesuch,2001,5\n")  # a year off is no miss
    found = sample.recommend(5, likes=["Toy Stroy", "King Kong"], ratings=path)
    kinds = [type(error) for error in found.unmatched]
    assert kinds == [MovieNotFoundError, AmbiguousTitleError]
    (matching,) = found.matchings
    assert str(matching) == ("mine: matched 1 of 2 movies, 1 of them by a year that is off by one")
    assert [str(entry) for entry in matching.unmatched] == ["Nonesuch (2001)"]
    first, second = found.unmatched
    assert TOY_STORY in [movie.title for movie in getattr(first, "suggestions", ())]
    assert len(getattr(second, "candidates", ())) > 1
    assert list(found) == list(sample.recommend(5, ratings={314: 4.0}))


def test_nothing_to_list_is_an_error_that_says_what_was_not_found(
    sample: Recommender, tmp_path: Path
) -> None:
    (tmp_path / "watchlist").write_text("Nonesuch\n")
    with pytest.raises(NothingFoundError, match="no movie is left") as caught:
        sample.recommend(user=42, only=tmp_path / "watchlist")
    with pytest.raises(NothingFoundError, match="none of the movies was found") as caught:
        sample.recommend(likes=["Toy Stroy"])
    assert ["Toy Stroy" in str(error) for error in caught.value.unmatched] == [True]


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"user": 4242}, NothingFoundError, "no user has the id 4242"),
        ({"user": "x"}, NothingFoundError, "no user has the id x"),
        ({"user": 42, "years": (1800, 1801)}, NothingFoundError, "no movie is left"),
        ({"user": 42, "k": 0}, UsageError, "k is 0"),
        ({"user": 42, "recency": -1}, UsageError, "recency is -1"),
        ({"user": 42, "diversity": 2}, UsageError, "diversity is 2"),
        ({"user": 42, "obscurity": float("nan")}, UsageError, "obscurity is nan"),
        ({"likes": {1: -1.0}}, UsageError, "-1 is not a rating"),
        ({"likes": {1: float("nan")}}, UsageError, "nan is not a rating"),
        ({"likes": {1: 1e39}}, UsageError, r"1e\+39 is not a rating"),
        ({"ratings": "nosuch.csv"}, DataError, "no file nosuch.csv"),
    ],
    ids=str,
)
def test_what_cannot_be_answered_is_said(
    sample: Recommender, arguments: dict[str, Any], error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=named):
        sample.recommend(**arguments)


def test_k_may_be_beyond_any_number_of_films(sample: Recommender) -> None:
    assert list(sample.recommend(10**30, user=42)) == list(sample.recommend(ALL, user=42))

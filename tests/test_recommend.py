"""What somebody should see: against dense arithmetic, and the same from memory and from a file."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

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
from movierec.algorithms._base import load, names, parameters_of
from movierec.errors import ArtifactError, NothingFoundError
from movierec.model import load_model
from movierec.readers import sample_folder
from movierec.readers.own import Entry, read_own

Dense = np.ndarray[Any, np.dtype[np.float64]]

TOY_STORY, HEAT, ALIEN = "Toy Story (1995)", "Heat (1995)", "Alien (1979)"
MINE = {1: 5.0, 314: 3.5, 173: 4.0, 544: 1.0}
ALL = 1000  # more than there are


class Oracle:
    """The scores of the default model, from its neighbours as they are exported."""

    def __init__(self, recommender: Recommender) -> None:
        frame = recommender.neighbors_frame()
        self.ids = sorted(pd.read_csv(sample_folder() / "movies.csv")["movieId"])
        place = {movie_id: place for place, movie_id in enumerate(self.ids)}
        near = np.zeros((len(self.ids), len(self.ids)))
        near[frame["movieId"].map(place), frame["neighborId"].map(place)] = frame["similarity"]
        counts = [max(recommender.movie(movie_id).n_ratings, 1) for movie_id in self.ids]
        self.n_ratings = np.array(counts)
        fame = self.n_ratings**0.2
        self.weights: Dense = near * fame[:, None] / fame
        self.place = place

    def score(self, ratings: Mapping[int, float]) -> Dense:
        """Return the sum over the rated films of rating times similarity, by film."""
        own = np.zeros(len(self.ids))
        for movie_id, rating in ratings.items():
            own[self.place[movie_id]] = rating
        return self.weights @ own

    def ranked(self, scores: Dense, without: Mapping[int, float]) -> dict[int, float]:
        """Return the scores above 0 of the films that were not rated, by id, the best first."""
        order = np.argsort(-scores, kind="stable")
        return {
            self.ids[place]: scores[place]
            for place in order
            if scores[place] > 1e-7 and self.ids[place] not in without
        }


@pytest.fixture(scope="session")
def oracle(sample: Recommender) -> Oracle:
    return Oracle(sample)


def ids(found: list[Any]) -> list[int]:
    return [film.movie_id for film in found]


def scores_of(found: list[Any]) -> dict[int, float]:
    return {film.movie_id: film.score for film in found}


def given_by(user: int) -> dict[int, float]:
    rows = pd.read_csv(sample_folder() / "ratings.csv").query("userId == @user")
    return dict(zip(rows["movieId"].tolist(), rows["rating"].tolist(), strict=True))


def test_score_adds_up_ratings_times_similarities(sample: Recommender, oracle: Oracle) -> None:
    expected = oracle.ranked(oracle.score(MINE), MINE)
    found = sample.recommend(ALL, ratings=MINE)
    assert scores_of(found) == pytest.approx(expected, rel=1e-4, abs=1e-5)
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
    found = list(sample.recommend(50, user=42))
    assert found == list(sample.recommend(50, user="42"))
    assert found == list(sample.recommend(50, ratings=own))
    assert found == list(sample.recommend(50, ratings=path))
    assert found == list(sample.recommend(50, likes=own))
    assert found != list(sample.recommend(50, user=43))


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
    both = list(sample.recommend(20, user=42, likes=[new]))
    assert both == list(sample.recommend(20, ratings={**own, new: 5.0}))


def test_dislike_counts_half_against(sample: Recommender, oracle: Oracle) -> None:
    expected = oracle.score(MINE) - 0.5 * oracle.score({2: 5.0})
    found = sample.recommend(ALL, ratings=MINE, dislikes=[2])
    wanted = oracle.ranked(expected, MINE | {2: 0})
    assert scores_of(found) == pytest.approx(wanted, rel=1e-4, abs=1e-5)
    before = scores_of(sample.recommend(ALL, ratings=MINE))
    sequel = sample.movie("Toy Story 3").movie_id
    assert wanted.get(int(sequel), 0) < before[int(sequel)]


def test_disliking_a_film_outweighs_having_rated_it(sample: Recommender) -> None:
    """It is no reason for others, and speaks against them as if it had not been rated."""
    found = sample.recommend(20, ratings=MINE, dislikes=[TOY_STORY])
    rest = {movie_id: rating for movie_id, rating in MINE.items() if movie_id != 1}
    assert list(found) == list(sample.recommend(20, ratings=rest, dislikes=[1]))
    assert all(TOY_STORY not in film.because for film in found)
    with pytest.raises(NothingFoundError, match="nothing that is liked"):
        sample.recommend(likes=[TOY_STORY], dislikes=[TOY_STORY])


def test_filters_come_before_the_cut(sample: Recommender) -> None:
    wanted = [
        film.movie_id
        for film in sample.recommend(ALL, ratings=MINE)
        if "Comedy" in film.genres
        and "Children" not in film.genres
        and 1980 <= (film.year or 0) <= 1999
        and film.n_ratings >= 30
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
    assert scores_of(found) == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert found.n_rated == 6


def test_group_may_hold_a_user_and_a_file(sample: Recommender, tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(f'title,rating\n"{HEAT}",4\n')
    found = sample.recommend(10, user=42, ratings=[path], group="least-misery")
    by_hand = sample.recommend(10, ratings=[given_by(42), {314: 4.0}], group="least-misery")
    assert list(found) == list(by_hand)


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

    assert likeness(diverse) < 0.7 * likeness(usual)


def test_why_names_what_counts_most_among_what_was_liked(
    sample: Recommender, oracle: Oracle
) -> None:
    mean = np.mean([*MINE.values()])
    liked = {movie_id: rating for movie_id, rating in MINE.items() if rating >= mean}
    for film in sample.recommend(30, ratings=MINE):
        own = oracle.weights[oracle.place[int(film.movie_id)]]
        counts = {movie_id: own[oracle.place[movie_id]] * liked[movie_id] for movie_id in liked}
        reasons = sorted((i for i in counts if counts[i] > 0), key=lambda i: -counts[i])
        assert list(film.because) == [sample.movie(i).title for i in reasons]
        if reasons:
            first = sample.movie(reasons[0]).title
            assert film.why == f"because you rated {first} {MINE[reasons[0]]:g}"
        else:
            assert film.why == f"{film.n_ratings} people rated it"


def test_what_is_not_found_is_kept_and_the_rest_goes_on(
    sample: Recommender, tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("title,year,rating\nHeat,1996,4\nNonesuch,2001,5\n")  # a year off is no miss
    found = sample.recommend(5, likes=["Toy Stroy", "King Kong"], ratings=path)
    kinds = [type(error) for error in found.unmatched]
    assert kinds == [MovieNotFoundError, AmbiguousTitleError, MovieNotFoundError]
    first, second, _ = found.unmatched
    assert TOY_STORY in [movie.title for movie in getattr(first, "suggestions", ())]
    assert len(getattr(second, "candidates", ())) > 1
    assert list(found) == list(sample.recommend(5, ratings={314: 4.0}))


def test_nothing_to_list_is_an_error_that_says_what_was_not_found(
    sample: Recommender, tmp_path: Path
) -> None:
    (tmp_path / "watchlist").write_text("Nonesuch\n")
    with pytest.raises(NothingFoundError, match="no film is left") as caught:
        sample.recommend(user=42, only=tmp_path / "watchlist")
    assert ["Nonesuch" in str(error) for error in caught.value.unmatched] == [True]
    with pytest.raises(NothingFoundError, match="nothing that is liked") as caught:
        sample.recommend(likes=["Toy Stroy"])
    assert ["Toy Stroy" in str(error) for error in caught.value.unmatched] == [True]


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"user": 4242}, NothingFoundError, "no user has the id 4242"),
        ({"user": "x"}, NothingFoundError, "no user has the id x"),
        ({}, NothingFoundError, "nothing that is liked"),
        ({"dislikes": [1]}, NothingFoundError, "nothing that is liked"),
        ({"ratings": [{1: 5.0}, {}]}, NothingFoundError, "nothing that is liked"),
        ({"user": 42, "genres": ["None"]}, NothingFoundError, "no film is left"),
        ({"ratings": {1: 0.0}}, NothingFoundError, "no film is left"),
        ({"user": 42, "k": 0}, UsageError, "k is 0"),
        ({"user": 42, "diversity": 2}, UsageError, "diversity is 2"),
        ({"user": 42, "obscurity": float("nan")}, UsageError, "obscurity is nan"),
        ({"likes": {1: -1.0}}, UsageError, "-1 is no rating"),
        ({"likes": {1: float("nan")}}, UsageError, "nan is no rating"),
        ({"likes": {1: 1e39}}, UsageError, r"1e\+39 is no rating"),
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


def made(n_users: int = 40, n_films: int = 20) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Films of two kinds, rated by people who like one of them more."""
    random = np.random.default_rng(5)
    taste = np.arange(n_users)[:, None] % 2 == np.arange(n_films) % 2
    users, films = np.nonzero(random.random(taste.shape) < np.where(taste, 0.6, 0.15))
    values = random.integers(1, 11, len(users)) / 2
    ratings = pd.DataFrame({"userId": users, "movieId": films, "rating": values})
    genres = [("Drama|War", "Comedy|Crime|Musical")[film % 2] for film in range(n_films)]
    titles = [f"Film {chr(97 + film)} ({1980 + film})" for film in range(n_films)]
    return ratings, pd.DataFrame({"movieId": range(n_films), "title": titles, "genres": genres})


def changed(name: str) -> dict[str, Any]:
    """Return a value for each parameter of an algorithm that is not its default."""
    hints = get_type_hints(load(name).__init__)

    def other(parameter: str, default: Any) -> Any:
        if choices := get_args(hints[parameter]):
            return next(choice for choice in reversed(choices) if choice != default)
        return default // 2 + 1 if hints[parameter] is int else default / 2 + 0.125

    given = parameters_of(load(name))
    return {parameter: other(parameter, default) for parameter, default in given.items()}


@pytest.fixture(scope="module", params=names())
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Recommender, Recommender]:
    """A model of each algorithm in memory, and the same from its file."""
    path = tmp_path_factory.mktemp("models") / "m"
    few = {"n_factors": 4} if "n_factors" in parameters_of(load(request.param)) else {}
    fitted = Recommender.fit(*made(), algorithm=request.param, n_neighbors=8, settings=few)
    fitted.save(path)
    return fitted, Recommender.load(path)


def test_a_model_recommends_the_same_from_its_file(both: tuple[Recommender, Recommender]) -> None:
    fitted, loaded = both
    for arguments in (
        {"user": 3},
        {"likes": ["Film a", "Film c"], "dislikes": ["Film d"]},
        {"ratings": [{0: 5.0, 1: 2.0}, {1: 3.0, 2: 4.0}], "group": "least-misery"},
        {"user": 4, "diversity": 0.5, "obscurity": 0.5},
    ):
        assert list(fitted.recommend(30, **arguments)) == list(loaded.recommend(30, **arguments))


def test_a_model_compares_films_the_same_from_its_file(
    both: tuple[Recommender, Recommender],
) -> None:
    fitted, loaded = both
    for k in (3, 8, 15):  # within the table, all of it, and beyond
        assert list(fitted.similar(0, k)) == list(loaded.similar(0, k))
    assert len(fitted.similar([0, 2], 15)) > 8
    assert list(fitted.similar([0, 2], 15)) == list(loaded.similar([0, 2], 15))
    away = [list(model.similar([0, 2], 15, less_like=[1])) for model in both]
    assert away[0] == away[1]


def test_a_longer_list_begins_with_the_table(both: tuple[Recommender, Recommender]) -> None:
    _, loaded = both
    assert list(loaded.similar(0, 15)[:8]) == list(loaded.similar(0, 8))


def test_somebody_new_gets_a_list_of_their_own(both: tuple[Recommender, Recommender]) -> None:
    _, loaded = both
    first, second = (loaded.recommend(5, likes=films) for films in ([0, 2, 4], [1, 3, 5]))
    assert all(film.score > 0 for film in (*first, *second))
    assert set(ids(first)).isdisjoint({0, 2, 4})
    if loaded.card["algorithm"] != "popular":
        assert sum(movie_id % 2 == 0 for movie_id in ids(first)) >= 4
        assert sum(movie_id % 2 == 1 for movie_id in ids(second)) >= 4


def test_unlikely_films_of_a_watchlist_are_not_obscure_for_being_famous(
    both: tuple[Recommender, Recommender], tmp_path: Path
) -> None:
    """Scores may be below 0; what fame takes off then still takes a film down."""
    _, loaded = both
    (tmp_path / "all").write_text("movieId\n" + "\n".join(map(str, range(20))))
    usual = loaded.recommend(20, likes=[0], only=tmp_path / "all")
    scores = np.array([film.score for film in usual])
    values = (scores - min(scores.min(), 0)) / (scores.max() - min(scores.min(), 0) or 1)
    most = max(loaded.movie(film).n_ratings for film in range(20))
    values *= 1 - np.log1p([film.n_ratings for film in usual]) / np.log1p(most)
    expected = dict(zip(ids(usual), values.tolist(), strict=True))
    found = loaded.recommend(20, likes=[0], only=tmp_path / "all", obscurity=1)
    assert [expected[movie_id] for movie_id in ids(found)] == pytest.approx(
        sorted(expected.values(), reverse=True), abs=1e-4
    )


@pytest.mark.parametrize("name", names())
def test_every_parameter_is_in_the_file(name: str, tmp_path: Path) -> None:
    given = changed(name)
    typed = {parameter: str(value) for parameter, value in given.items()}
    Recommender.fit(*made(), algorithm=name, settings=typed).save(tmp_path / "m")
    loaded = Recommender.load(tmp_path / "m")
    assert loaded.card["algorithm"] == name
    assert loaded.card["parameters"]["settings"] == given
    assert load_model(tmp_path / "m").load_scorer().parameters() == given
    loaded.save(tmp_path / "again")
    assert Recommender.load(tmp_path / "again").card["parameters"] == loaded.card["parameters"]


EACH = [(name, parameter) for name in names() for parameter in parameters_of(load(name))]


@pytest.mark.parametrize(("name", "parameter"), EACH)
def test_every_parameter_matters(name: str, parameter: str) -> None:
    start = {"n_neighbors": 8} if "n_neighbors" in parameters_of(load(name)) else {}
    start |= {"n_factors": 6} if "n_factors" in parameters_of(load(name)) else {}
    value = 3 if parameter in start else changed(name)[parameter]
    if (name, parameter) == ("item_knn", "content_weight"):
        value = 0.9
    if (name, parameter) == ("item_knn", "feedback"):
        value = "presence"  # for the default is what a model says, and not the algorithm
    usual, other = (
        Recommender.fit(*made(), algorithm=name, settings=settings).recommend(ALL, user=3)
        for settings in (start, start | {parameter: value})
    )
    if (name, parameter) == ("svd", "seed"):  # only where it starts from
        assert scores_of(usual) == pytest.approx(scores_of(other), abs=1e-4)
    else:
        assert scores_of(usual) != scores_of(other)


def test_parameters_of_item_knn_are_those_of_the_model() -> None:
    """Its table is the model's, and the content in it, too."""
    shared: dict[str, Any] = {"n_neighbors": 6, "content_weight": 0.8, "prior": 20.0}
    by_set = Recommender.fit(*made(), settings=shared)
    usual = Recommender.fit(*made(), **shared)
    assert by_set.card["parameters"] == usual.card["parameters"]
    assert by_set.similar(0, 15) == usual.similar(0, 15)
    weighted = Recommender.fit(
        *made(), n_neighbors=3, settings={"n_neighbors": 12, "weighting": "bm25"}
    )
    assert weighted.neighbors_frame()["rank"].max() == 12


@pytest.mark.parametrize("value", [2.5, float("inf"), float("nan"), None, "many", 0])
def test_senseless_number_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="n_neighbors is"):
        Recommender.fit(*made(), settings={"n_neighbors": value})


def test_more_factors_than_memory_are_refused() -> None:
    with pytest.raises(UsageError, match="n_factors is 100000000; it must be from 1 to 10000"):
        Recommender.fit(*made(), algorithm="als", settings={"n_factors": 10**8})


@pytest.mark.parametrize("name", ["similarity", "highest_rating", "n_users"])
def test_card_without_what_questions_read_is_damage(
    sample: Recommender, tmp_path: Path, name: str
) -> None:
    model = sample._model
    kept = model.meta.pop(name)
    try:
        sample.save(tmp_path / "m")
    finally:
        model.meta[name] = kept
    with pytest.raises(ArtifactError, match="damaged"):
        Recommender.load(tmp_path / "m")


LETTERBOXD = (
    'Date,Name,Year,Letterboxd URI,Rating\n2024-05-01,"Monsters, Inc.",2001,https://a,4.5\n'
)
IMDB = (
    "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,"
    "Runtime (mins),Year,Genres,Num Votes,Release Date,Directors\n"
    "tt0114709,9,2020-01-01,Toy Story,Toy Story,https://a,Movie,8.3,81,1995,"
    '"Animation, Comedy",1000,1995-11-22,"Lasseter, J."\n'
)
OWN: dict[str, tuple[bytes, list[Entry]]] = {
    "ids": (b"movieId,rating\n1,5\n17.0,4.5\n", [Entry("1", rating=5), Entry("17", rating=4.5)]),
    "byte order mark and CRLF": (
        b"\xef\xbb\xbfmovieId,rating\r\n1,5\r\n",
        [Entry("1", rating=5)],
    ),
    "latin-1": (b"title,rating\nAm\xe9lie,5\n", [Entry(title="Amélie", rating=5)]),
    "compressed": (gzip.compress(b"movieId,rating\n1,5\n"), [Entry("1", rating=5)]),
    "blank ratings": (b"movieId,rating\n1,\n2,3\n", [Entry("2", rating=3)]),
    "blank lines first": (b"\n\nmovieId,rating\n1,5\n", [Entry("1", rating=5)]),
    "text ids": (b"movie_id;stars\nab-1;5\n", [Entry("ab-1", rating=5)]),
    "titles and years": (
        b'title,year,rating\n"Heat, a=b ""x""",1995,4\n',
        [Entry(title='Heat, a=b "x"', year=1995, rating=4)],
    ),
    "Letterboxd": (
        LETTERBOXD.encode(),
        [Entry(title="Monsters, Inc.", year=2001, rating=4.5)],
    ),
    "IMDb": (
        IMDB.encode(),
        [Entry(imdb="tt0114709", title="Toy Story", year=1995, rating=9)],
    ),
    "bare IMDb ids": (b"imdbId,rating\n0114709,5\n", [Entry(imdb="tt0114709", rating=5)]),
    "MovieLens": (b"userId,movieId,rating,timestamp\n7,1,5,9\n7,2,3,9\n",
                  [Entry("1", rating=5), Entry("2", rating=3)]),
    "MovieLens without a header": (b"7::1::5::9\n7::2::3::9\n",
                                   [Entry("1", rating=5), Entry("2", rating=3)]),
}  # fmt: skip


@pytest.mark.parametrize("kind", OWN)
def test_personal_ratings_are_read(tmp_path: Path, kind: str) -> None:
    content, entries = OWN[kind]
    (tmp_path / "mine").write_bytes(content)
    assert read_own(tmp_path / "mine", rated=True) == entries


WATCHLISTS: list[tuple[bytes, list[Entry]]] = [
    (b"Heat (1995)\n\n  Up, Down \n", [Entry(title="Heat (1995)"), Entry(title="Up, Down")]),
    (b'"Up, Down (2001)"\n[REC]\n', [Entry(title="Up, Down (2001)"), Entry(title="[REC]")]),
    (b'"Crocodile" Dundee\nA::B\n', [Entry(title='Crocodile" Dundee'), Entry(title="A::B")]),
    (b"1917\n300\n", [Entry(title="1917"), Entry(title="300")]),
    (b"Date,Name,Year,Letterboxd URI\n1,Heat,1995,a:b\n", [Entry(title="Heat", year=1995)]),
    (b"movieId\n3\n4\n", [Entry("3"), Entry("4")]),
]


@pytest.mark.parametrize(("content", "entries"), WATCHLISTS)
def test_watchlists_are_read(tmp_path: Path, content: bytes, entries: list[Entry]) -> None:
    (tmp_path / "list").write_bytes(content)
    assert read_own(tmp_path / "list", rated=False) == entries


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "is empty"),
        (b"movieId,rating\n1,-1\n", 'line 2: "-1" is no rating'),
        (b"movieId,rating\n1,5\n2,nan\n", 'line 3: "nan" is no rating'),
        (b"movieId,rating\n1,much\n", '"much" is no rating'),
        (b"movieId,rating\n1,1e39\n", '"1e39" is no rating'),
        (b"userId,movieId,rating\n1,1,5\n2,1,5\n", "ratings of several people"),
        (b"Heat (1995)\n", "is no list of ratings"),
        (b'title,rating\n"Heat" x,5\n', "line 2: its quotes"),
        ("movieId,rating\n1,5\n".encode("utf-16"), "is not a text file"),
    ],
)
def test_what_is_no_list_of_ratings_is_refused(tmp_path: Path, content: bytes, named: str) -> None:
    (tmp_path / "mine").write_bytes(content)
    with pytest.raises(DataError, match=named) as caught:
        read_own(tmp_path / "mine", rated=True)
    assert "--on-error" not in str(caught.value.hint)


def test_folder_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="holds 0 files"):
        read_own(tmp_path / "folder", rated=True)


def test_exports_name_the_same_films(sample: Recommender, tmp_path: Path) -> None:
    """By IMDb id where the model knows it, else by title and year."""
    (tmp_path / "imdb.csv").write_text(IMDB)
    (tmp_path / "letterboxd.csv").write_text(LETTERBOXD)
    by_imdb = sample.recommend(5, ratings=tmp_path / "imdb.csv")
    assert list(by_imdb) == list(sample.recommend(5, ratings={1: 9.0}))
    by_title = sample.recommend(5, ratings=tmp_path / "letterboxd.csv")
    assert list(by_title) == list(sample.recommend(5, ratings={6: 4.5}))


def test_imdb_id_beats_the_title(tmp_path: Path) -> None:
    ratings, movies = made()
    for name, frame in (("r.csv", ratings), ("m.csv", movies)):
        frame.to_csv(tmp_path / name, index=False)
    (tmp_path / "links.csv").write_text("movieId,imdbId,tmdbId\n6,0114709,862\n")
    (tmp_path / "imdb.csv").write_text(IMDB.replace("Toy Story,Toy", "Film b,Film"))
    fitted = Recommender.fit(tmp_path / "r.csv", tmp_path / "m.csv", links=tmp_path / "links.csv")
    found = fitted.recommend(5, ratings=tmp_path / "imdb.csv")
    assert list(found) == list(fitted.recommend(5, ratings={6: 9.0}))
    assert found.unmatched == []

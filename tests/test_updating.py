"""An updated model is, to the bit, the one that a fit on all ratings gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movierec import DataError, Recommender
from movierec.model.model import ALGORITHM
from tests.hostile._examples import examples

Rows = list[dict[str, Any]]

OF_FILES = {"created", "files", "notes", "path", "bytes"}


def contents(recommender: Recommender) -> dict[str, Any]:
    """Return every array of a model as type, shape and bytes, and its documents."""
    model = recommender._model
    parts = [
        *(model.catalog, model.titles, model.neighbors, model.vectors, model.ratings),
        *(model.histories, model.stars, model.remainder),
    ]
    arrays: dict[str, Mapping[str, Any]] = {p.NAME: p.to_arrays() for p in parts if p is not None}
    arrays[ALGORITHM] = model.load_algorithm().state()
    found: dict[str, Any] = {
        f"{part}/{name}": (values.dtype.str, values.shape, values.tobytes())
        for part, of_part in arrays.items()
        for name, array in of_part.items()
        for values in [np.asarray(array)]
    }
    found["card"] = {key: value for key, value in model.card.items() if key not in OF_FILES}
    found["summary"] = model.load_summary()
    return found


def assert_same(found: Recommender, expected: Recommender) -> None:
    first, second = contents(found), contents(expected)
    assert first.keys() == second.keys()
    different = [name for name in first if first[name] != second[name]]
    assert not different, [(name, first[name], second[name]) for name in different]


class Log:
    """The oracle: a list of rows, to which rows are added and from which they are removed."""

    def __init__(self) -> None:
        self.rows: Rows = []
        self.movies: Rows = []

    def change(self, rows: Rows) -> None:
        """Add rows; one with an empty rating removes all rows of that user and movie before it."""
        for row in rows:
            if row["rating"] is None:
                pair = row["userId"], row["movieId"]
                self.rows = [old for old in self.rows if (old["userId"], old["movieId"]) != pair]
            else:
                self.rows.append(row)

    @property
    def users(self) -> set[Any]:
        return {row["userId"] for row in self.rows}

    def forget(self, users: list[Any]) -> None:
        """Remove all rows of some users."""
        self.rows = [row for row in self.rows if row["userId"] not in users]


IDS = {
    "numbers": st.integers(1, 6),
    "texts": st.sampled_from(["ann", "bob", "007", "8", "é"]),
    "mixed": st.sampled_from(["1", "2", "10", "11", "x"]),
}
FIRST: dict[str, tuple[Any, ...]] = {
    "numbers": (1, 2),
    "texts": ("ann", "bob"),
    "mixed": ("1", "2"),
}  # movies
WAYS: list[dict[str, Any]] = [
    {},
    {"min_ratings": 2},
    {"algorithm": "item_knn", "content_weight": 0.0, "n_neighbors": 2},
    {"algorithm": "item_knn", "content_weight": 0.0, "n_neighbors": 1, "min_support": 2},
    {"algorithm": "item_knn", "content_weight": 0.0, "min_ratings": 2},
    {"algorithm": "item_knn", "min_support": 2},
    {"weighting": "none", "min_ratings": 2},
    {"algorithm": "ease"},
    {"algorithm": "transitions", "min_ratings": 2},
    {"algorithm": "mf"},
]
TITLES = ["Heat (1995)", "Heat 2 (2026)", "Up", "Alien (1979)", "Star, The (1990)"]


@st.composite
def histories(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a way to fit, the data of a first fit, and several changes."""
    way, kind = draw(st.sampled_from(WAYS)), draw(st.sampled_from(list(IDS)))
    times = draw(st.sampled_from(["none", "whole", "fractions", "kept no more"]))
    if way.get("algorithm") == "transitions" and times == "none":
        times = "whole"
    clock = iter(range(1000, 10**6))
    value = st.sampled_from([0.5, 2.0, 3.3, 4.0, 5.0])

    def rows(least: int, *, withdraw: bool) -> Rows:
        found = []
        for _ in range(draw(st.integers(least, 12))):
            row: dict[str, Any] = {"userId": draw(IDS[kind]), "movieId": draw(IDS[kind])}
            gone = withdraw and draw(st.integers(0, 3)) == 0
            row["rating"] = None if gone else draw(value)
            if times == "kept no more":  # then new rows must be later
                row["timestamp"] = next(clock)
            elif times != "none":
                step = st.sampled_from([1.0, 2.5] if times == "fractions" else [1, 2, 3])
                row["timestamp"] = draw(step)
            found.append(row)
        return found

    def movies(*first: int | str) -> Rows:
        ids = [*first, *draw(st.lists(IDS[kind], max_size=4))]
        return [
            {"movieId": each, "title": draw(st.sampled_from(TITLES)), "genres": draw(_genres)}
            for each in ids
        ]

    first = (rows(6, withdraw=False), movies(*FIRST[kind]))
    steps = [
        ("forget", draw(st.lists(IDS[kind], min_size=1, max_size=2)))
        if draw(st.integers(0, 3)) == 0
        else ("update", rows(1, withdraw=True), movies())
        for _ in range(draw(st.integers(1, 4)))
    ]
    return {"way": way, "keeps": times != "kept no more", "first": first, "steps": steps}


_genres = st.sampled_from(["War", "War|Drama", "(no genres listed)", ""])
KNOWN: dict[str, Any] = {
    "links": pd.DataFrame({"movieId": ["1", "ann", "9"], "imdbId": ["114709", "2", "3"]}),
    "tags": pd.DataFrame(
        {"userId": [1, 1, 2], "movieId": ["2", "bob", "2"], "tag": ["a|b", "dark", "dark"]}
    ),
    "genome": pd.DataFrame(
        {"movieId": [1, 2, 3], "tagId": [1, 1, 2], "relevance": [0.9, 0.7, 0.8]}
    ),
    "content": pd.DataFrame({"movieId": ["1", "2", "ann", "bob"], "director": list("xxyy")}),
}


def fitted(log: Log, way: dict[str, Any]) -> Recommender | str:
    """Return the fit on all rows, or the error."""
    frame = pd.DataFrame(log.rows, columns=list(log.rows[0]) if log.rows else None)
    try:
        return Recommender.fit(frame, pd.DataFrame(log.movies), **KNOWN, **way)
    except DataError as error:
        return str(error)


@settings(
    max_examples=max(examples(1000), 10), suppress_health_check=list(HealthCheck), deadline=None
)
@given(histories())
def test_every_history_of_updates_gives_the_model_of_a_full_fit(history: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("movierec.training.partial.MOST_WORK", 1.0)
        if not history["keeps"]:
            patch.setattr("movierec.training.fit.MOST_TIMES", 0)
        check_history(history)


def changed(found: Recommender, kind: str, rows: list[Any], movies: Any = None) -> Recommender:
    if kind == "update":
        return found.update(pd.DataFrame(rows), pd.DataFrame(movies) if movies else None)
    return found.forget(rows) if rows else found


def check_history(history: dict[str, Any]) -> int:
    """Check a history, and return how many steps gave a model."""
    log, way, n_models = Log(), history["way"], 0
    log.change(history["first"][0])
    log.movies = history["first"][1]
    found = fitted(log, way)
    if isinstance(found, str):
        return n_models
    for kind, *step in history["steps"]:
        given_ = step
        if kind == "forget":
            given_ = [[user for user in given_[0] if user in log.users]]
            log.forget(*given_)
        else:
            log.change(given_[0])
            log.movies = given_[1] + log.movies
        expected = fitted(log, way)
        if isinstance(expected, str):
            with pytest.raises(DataError, match="no rating of"):
                changed(found, kind, *given_)
            return n_models
        found = changed(found, kind, *given_)
        assert_same(found, expected)
        n_models += 1
    return n_models


@pytest.mark.parametrize(
    "settings_", [{}, {"min_support": 3}, {"min_ratings": 4}, {"n_neighbors": 200}], ids=str
)
def test_part_of_the_table_is_computed_where_little_changed(
    settings_: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("movierec.training.partial.MOST_WORK", 0.5)
    chance = np.random.default_rng(1)
    n_rows = 4000
    ratings = pd.DataFrame(
        {
            "userId": chance.integers(0, 300, n_rows),
            "movieId": (chance.random(n_rows) ** 2 * 150).astype(int),
            "rating": chance.integers(1, 11, n_rows) / 2,
            "timestamp": np.arange(n_rows),
        }
    )
    movies = pd.DataFrame({"movieId": range(160), "title": [f"Film {n}" for n in range(160)]})
    way: dict[str, Any] = {"algorithm": "item_knn", "content_weight": 0, "n_neighbors": 10}
    way |= settings_
    found = Recommender.fit(ratings, movies, **way)
    for step in range(6):
        new = ratings.iloc[chance.integers(0, n_rows, 3)].assign(
            rating=[0.5, 5.0, np.nan], timestamp=n_rows + step
        )
        found = found.update(new)
        gone = new["userId"].astype(str) + " " + new["movieId"].astype(str)
        pairs = ratings["userId"].astype(str) + " " + ratings["movieId"].astype(str)
        ratings = pd.concat([ratings[~pairs.isin(gone.iloc[2:])], new.iloc[:2]])
        assert_same(found, Recommender.fit(ratings, movies, **way))
        assert "movies whose ratings changed with all" in found.card["notes"][-1]


@pytest.mark.parametrize("algorithm", ["default", "item_knn"])
def test_many_ratings_are_merged_by_index(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers as ids and no times: then the ratings are never taken out as rows with ids."""
    monkeypatch.setattr("movierec.training.held.Held.rows", None)
    chance = np.random.default_rng(2)

    def rows(n: int, first_movie: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "userId": chance.integers(-5, 60, n) * 7,
                "movieId": chance.integers(first_movie, 40, n),
                "rating": chance.integers(-2, 3, n) / 2,
            }
        )

    ratings = rows(600, 3)  # some of movies that are not listed yet, and some pairs twice
    movies = pd.DataFrame({"movieId": range(3, 30), "title": [f"Film {n}" for n in range(3, 30)]})
    way: dict[str, Any] = {"algorithm": algorithm, "content_weight": 0.0, "n_neighbors": 5}
    found = Recommender.fit(ratings, movies, **way)
    for step in range(8):
        new, more = rows(20, 0), None
        if step % 3 == 0:  # movies before, between and after the known ones
            more = pd.DataFrame({"movieId": [30 + step, 2 - step], "title": ["Up", f"Heat {step}"]})
            movies = pd.concat([more, movies])
        gone = new.sample(5, random_state=step).assign(rating=np.nan)
        pairs = pd.MultiIndex.from_frame(gone[["userId", "movieId"]])
        ratings = pd.concat([ratings, new])
        ratings = ratings[~pd.MultiIndex.from_frame(ratings[["userId", "movieId"]]).isin(pairs)]
        found = found.update(pd.concat([new, gone]), more)
        assert_same(found, Recommender.fit(ratings, movies, **way))
        users = ratings["userId"].drop_duplicates().sample(2, random_state=step).tolist()
        ratings = ratings[~ratings["userId"].isin(users)]
        found = found.forget(users)
        assert_same(found, Recommender.fit(ratings, movies, **way))


@pytest.mark.parametrize("way", [{}, {"min_ratings": 2}], ids=str)
def test_several_ratings_of_a_movie_that_is_listed_later(
    way: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is the last one; the order of those before it is not kept."""
    monkeypatch.setattr("movierec.training.fit.MOST_TIMES", 0)
    log = Log()
    for clock, (user, movie, rating) in enumerate(
        [(1, 1, 3.0), (2, 1, 4.0), (2, 2, 1.0), (1, 2, 2.0), (1, 9, 4.0), (1, 9, 3.5), (1, 9, 5.0)]
    ):
        log.rows.append({"userId": user, "movieId": movie, "rating": rating, "timestamp": clock})
    log.movies = [{"movieId": each, "title": "Up", "genres": ""} for each in (1, 2)]
    found = fitted(log, way)
    assert isinstance(found, Recommender)
    steps: list[tuple[int, Any, int]] = [(3, 2.5, 9), (1, 2.0, 8), (1, 4.5, 9), (1, None, 9)]
    for user, rating, movie in steps:
        rows = [{"userId": user, "movieId": 9, "rating": rating, "timestamp": 10**6}]
        movies = [{"movieId": movie, "title": "Heat", "genres": ""}]
        log.change(rows)
        log.movies = movies + log.movies
        found, expected = changed(found, "update", rows, movies), fitted(log, way)
        assert isinstance(expected, Recommender)
        assert_same(found, expected)

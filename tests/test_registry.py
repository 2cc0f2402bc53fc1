"""Names, parameters and trust of algorithms that are not built in."""

from __future__ import annotations

import gc
import sys
import weakref
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import pytest

from movierec import ArtifactError, DataError, Interactions, Range, Recommender, UsageError
from movierec.algorithms import registry
from movierec.algorithms.item_knn import ItemKnn
from movierec.algorithms.popular import Popular
from movierec.data.encode import encode_ratings
from movierec.data.interactions import RatingRows

RATINGS = pd.DataFrame(
    [(user, item, 1 + (user * item) % 5) for user in range(9) for item in range(6) if user != item],
    columns=["userId", "movieId", "rating"],
)
MOVIES = pd.DataFrame({"movieId": range(6), "title": list("abcdef"), "genres": ["A", "B"] * 3})


class Odd(Popular):
    """Has parameters of unusual kinds."""

    def __init__(
        self,
        *,
        width: Annotated[int | None, Range(1, 10)] = None,
        depth: Literal[1, 2] = 1,
        deep: bool = False,
    ) -> None:
        self.width, self.depth, self.deep = width, depth, deep


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("width", "7", 7), ("width", "none", None), ("depth", "2", 2), ("deep", "True", True)],
)
def test_text_becomes_the_type_of_the_parameter(name: str, text: str, value: Any) -> None:
    assert registry.create(Odd, {name: text}).parameters()[name] == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("width", "700", "width is 700; it must be from 1 to 10"),
        ("width", "abc", 'width is "abc"; it must be a whole number'),
        ("depth", "3", "depth is 3; it must be one of 1, 2"),
        ("deep", "very", 'deep is "very"; it must be true or false'),
    ],
)
def test_value_that_a_parameter_cannot_have_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        registry.create(Odd, {name: text})


@pytest.mark.parametrize("name", ["", ":", "json:tool", "evil", ".x:Y"])
@pytest.mark.parametrize("trusted", [None, "", ",", "other:Thing,"])
def test_a_name_in_a_file_imports_nothing(
    name: str, trusted: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(registry.TRUSTED, raising=False)
    if trusted is not None:
        monkeypatch.setenv(registry.TRUSTED, trusted)
    paths, modules = list(sys.path), set(sys.modules)
    with pytest.raises(ArtifactError, match="not installed"):
        registry.load_trusted(name)
    assert (sys.path, set(sys.modules)) == (paths, modules)


def test_an_address_leaves_the_search_path_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_algorithm.py").write_text("this is no Python")
    monkeypatch.chdir(tmp_path)
    paths = list(sys.path)
    with pytest.raises(UsageError, match=r"broken_algorithm:X.*cannot be imported"):
        registry.load("broken_algorithm:X")
    assert sys.path == paths


def test_a_class_that_an_entry_point_reexports_goes_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = EntryPoint("odd", "tests.elsewhere:Odd", registry.GROUP)
    module = type(sys)("tests.elsewhere")
    module.Odd = Odd  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tests.elsewhere", module)
    monkeypatch.setattr(registry, "_installed", lambda: {"odd": entry})
    assert registry.name_of(Odd) == "odd"
    assert registry.load_trusted("odd") is Odd


def test_a_broken_entry_point_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("lost", "no_such_module_anywhere:Lost", registry.GROUP)
    monkeypatch.setattr(registry, "_installed", lambda: {"lost": entry})
    with pytest.raises(UsageError, match=r'"lost" cannot be imported from no_such_module_anywhere'):
        registry.load("lost")


class OwnKnn(ItemKnn):
    """An algorithm by somebody else that an engine computes the table of."""

    def __init__(self, *, n_neighbors: int = 3, content_weight: float = 0.0) -> None:
        super().__init__(
            n_neighbors=n_neighbors,
            weighting="none",
            shrinkage=0,
            feedback="value",
            content_weight=content_weight,
        )


def test_a_table_by_an_engine_has_the_parameters_of_the_algorithm() -> None:
    algorithm = OwnKnn()
    fitted = Recommender.fit(RATINGS, MOVIES, algorithm=algorithm)
    expected = Recommender.fit(RATINGS, MOVIES, n_neighbors=3, content_weight=0)
    assert fitted.card["parameters"]["n_neighbors"] == 3
    pd.testing.assert_frame_equal(fitted.neighbors_frame(), expected.neighbors_frame())
    assert algorithm.get_neighbors().neighbors.shape == (6, 3)  # the object is fitted, too


class Late(OwnKnn):
    """Needs times, though an engine computes its table."""

    NEEDS = frozenset({"timestamps"})


def test_needs_are_checked_whoever_computes_the_table() -> None:
    with pytest.raises(DataError, match="Late needs the time of each rating"):
        Recommender.fit(RATINGS, MOVIES, algorithm=Late)


def test_selected_rows_keep_nothing_else_alive() -> None:
    users, items = np.arange(10), np.arange(10) % 3
    rows = RatingRows(users, items, np.ones(10, np.float32), lambda: np.arange(10))
    parent, _, _ = encode_ratings(rows)
    assert parent.item_users.nnz == 10
    part = parent.select(np.arange(4))
    matrix, whole = weakref.ref(parent.item_users), weakref.ref(parent)
    del parent
    gc.collect()
    assert (matrix(), whole()) == (None, None)
    assert isinstance(part, Interactions)
    assert part.timestamps.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_neighbors": -1}, "n_neighbors is -1"),
        ({"content_weight": 2.0}, "content_weight is 2.0"),
    ],
)
def test_an_object_with_a_value_out_of_range_is_refused(
    parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Recommender.fit(RATINGS, MOVIES, algorithm=ItemKnn(**parameters))


class Wide(Popular):
    """Returns one score too many."""

    def score(self, users: Interactions) -> Any:
        return np.ones((users.n_users, users.n_items + 1), np.float32)


class Endless(Popular):
    """Returns similarities that are not finite."""

    def similarities(self, items: Any) -> Any:
        return np.full((len(items), len(self.counts_)), np.inf, np.float32)


class Wordy(Popular):
    """Learns something that no model file can hold."""

    def fit(self, data: Any, run: Any = None) -> Wordy:
        self.words_ = np.array(["a", "b"])
        return self


class Failing(Popular):
    """Fails to fit."""

    def fit(self, data: Any, run: Any = None) -> Failing:
        raise ZeroDivisionError("by nothing")


@pytest.mark.parametrize(
    ("algorithm", "message"),
    [
        (Endless, r"Endless.similarities returned an array of shape \(6, 6\)"),
        (Wordy, "words_ is no array of numbers"),
        (Failing, "Failing failed to fit: ZeroDivisionError: by nothing"),
    ],
)
def test_what_an_algorithm_does_wrong_is_named(algorithm: type[Popular], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Recommender.fit(RATINGS, MOVIES, algorithm=algorithm)


def test_scores_of_a_wrong_shape_are_named() -> None:
    fitted = Recommender.fit(RATINGS, MOVIES, algorithm=Wide)
    with pytest.raises(UsageError, match=r"Wide.score returned an array of shape \(1, 7\)"):
        fitted.recommend(likes=["a"])


class Ordered(Popular):
    """Needs times."""

    NEEDS = frozenset({"timestamps"})


def test_times_that_cannot_be_read_are_no_times() -> None:
    frame = RATINGS.assign(timestamp="n/a")
    with pytest.raises(DataError, match="needs the time of each rating"):
        Recommender.fit(frame, MOVIES, algorithm=Ordered)


def test_genres_may_be_lists() -> None:
    movies = MOVIES.assign(genres=pd.Series([["Drama", "War"]] * 5 + [[]]))
    fitted = Recommender.fit(RATINGS, movies)
    assert fitted.movie(0).genres == ("Drama", "War")
    assert fitted.movie(5).genres == ()

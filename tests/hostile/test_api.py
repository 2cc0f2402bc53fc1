"""Whatever is given to the public API, it answers or raises one of its own errors."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import FrameType
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import movierec
import movierec.testing
import movierec.web
from movierec import ArtifactError, Movie, MovierecError, Recommender, UsageError
from movierec.evaluation.protocol import Split
from tests.hostile._examples import examples

RATINGS = pd.DataFrame(
    [
        (user, item, 1 + (user * item) % 5, 100 * user + item)
        for user in range(1, 9)
        for item in range(1, 7)
    ],
    columns=["userId", "movieId", "rating", "timestamp"],
)
MOVIES = pd.DataFrame(
    {
        "movieId": range(1, 8),
        "title": ["Star (1990)", "Star Two (1991)", "Heat", "Alien", "Up", "Babe", "Unseen"],
        "genres": ["Comedy", "Comedy|War", "War", "Drama", "Drama|War", "Comedy", "War"],
    }
)
LIMIT = 120  # seconds for one call: all take less than one


@contextmanager
def no_hang() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"no answer within {LIMIT} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def small() -> Recommender:
    return Recommender.fit(RATINGS, MOVIES)


@pytest.fixture(scope="module")
def text_ids() -> Recommender:
    ratings = RATINGS.assign(movieId="m" + RATINGS["movieId"].astype(str))
    return Recommender.fit(ratings, MOVIES.assign(movieId="m" + MOVIES["movieId"].astype(str)))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are written by chance are written into an empty folder."""
    monkeypatch.chdir(tmp_path)


class Odd:
    """An object that is nothing in particular."""


_scalars: list[Any] = [
    *(None, math.nan, math.inf, -math.inf, True, False, 0, -1, 1.5, -0.0, 1j, 10**30, -(10**30)),
    *(10**4000, 2**63, b"", b"Heat", bytearray(b"x"), "", " ", "\0", "\ud800", "\udcff", "nosuch"),
    *("Comedy", "x" * 5000, "a/b", "://", "x://y", "avg", "skipp", "(", "Star (1990)", "٣", "²"),
    *(Decimal("NaN"), Fraction(1, 3), datetime(2020, 1, 1), Path("nosuch/there"), Path("\0")),
    *(np.float32("nan"), np.int64(3), np.bool_(True), np.str_("Heat"), np.datetime64("NaT")),
    *(Odd(), Odd, len, Recommender, range(3), frozenset(), ..., pd.NA, pd.NaT),
    *(np.array(5), np.array([1, 2]), np.zeros((2, 2)), pd.DataFrame(), RATINGS, MOVIES),
    *(pd.Series([1.0]), Movie("x", "y", None, (), 0, None), Movie(None, "y", 1, [], 0, 0)),  # type: ignore[arg-type]
]
_odd = st.one_of(
    st.sampled_from(_scalars),
    st.recursive(
        st.sampled_from(_scalars),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(st.sampled_from([1, "Heat", "a", None, b"x", 1.5, (1,)]), inner),
        ),
        max_leaves=5,
    ),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=20),
    st.binary(max_size=5),
)

# Arguments with which every method answers; one or two of them are replaced by odd ones.
_VALID: dict[str, dict[str, Any]] = {
    "fit": {"ratings": RATINGS, "movies": MOVIES},
    "load": {"path": "nosuch.model"},
    "save": {"path": "saved.model"},
    "update": {"ratings": RATINGS.assign(rating=3), "movies": MOVIES},
    "forget": {"users": 1},
    "movie": {"query": "Heat"},
    "similar": {"query": "Heat"},
    "next": {"query": "Heat"},
    "recommend": {"likes": ["Heat"]},
    "predict": {"movies": "Heat", "likes": ["Alien"]},
    "to_rate": {"known": ["Heat"]},
    "read_ratings": {"ratings": {"Heat": 5}},
    "compare": {"ratings": {"ann": {"Heat": 5}, "bob": {"Heat": 1}}},
    "similarity": {"first": "Heat", "second": "Alien"},
    "why": {"first": "Heat", "second": "Alien"},
    "neighbors_frame": {},
    "export": {"path": "table.csv", "overwrite": True},
    "search": {"words": "star"},
    "suggest": {"query": "haet"},
    "titled": {"title": "Heat (1995)"},
    "film": {"query": "Heat"},
    "shelves": {},
    "map": {},
    "stored_map": {},
    "plot_map": {"path": "map.html"},
    "map_document": {},
    "stats": {},
    "without_ratings": {},
}


N_EXAMPLES = max(examples(5000) // len(_VALID), 10)  # for each method


def public_methods() -> list[str]:
    members = inspect.getmembers(Recommender, callable)
    return [name for name, _ in members if not name.startswith("_")]


def public_functions() -> list[Callable[..., Any]]:
    modules = (movierec, movierec.testing, movierec.web)
    found = [getattr(module, name) for module in modules for name in module.__all__]
    return [each for each in found if inspect.isfunction(each)]


def test_every_public_method_is_tried() -> None:
    # The curve of a network takes no arguments: tests/neural.
    assert set(public_methods()) == {*_VALID, "learning_curve"}
    names = {function.__name__ for function in public_functions()}
    others = {"check_algorithm", "create_app", "example_data"}
    assert names == {"check", "download", "evaluate", "evaluate_ratings", "run_study"} | others


def replaced(
    data: st.DataObject, call: Callable[..., Any], valid: dict[str, Any]
) -> dict[str, Any]:
    names = [name for name in inspect.signature(call).parameters if name != "self"]
    if not names:
        return valid
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    return valid | {name: data.draw(_odd, label=name) for name in chosen}


def answers_or_refuses(call: Callable[..., Any], arguments: dict[str, Any]) -> None:
    with no_hang():
        try:
            call(**arguments)
        except MovierecError as error:
            message = str(error)
        else:
            return
    assert message
    assert message.isprintable()


@pytest.mark.parametrize("name", sorted(set(_VALID) - {"fit"}))
@settings(max_examples=N_EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_method_answers_or_refuses(
    small: Recommender, text_ids: Recommender, name: str, data: st.DataObject
) -> None:
    for recommender in (small, text_ids):
        call = getattr(recommender, name)
        answers_or_refuses(call, replaced(data, call, _VALID[name]))


@settings(max_examples=N_EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_fit_answers_or_refuses(data: st.DataObject) -> None:
    answers_or_refuses(Recommender.fit, replaced(data, Recommender.fit, _VALID["fit"]))


@settings(max_examples=N_EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_download_answers_or_refuses(monkeypatch: pytest.MonkeyPatch, data: st.DataObject) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # where nobody is
    monkeypatch.setattr("movierec.data.public.fetch.time.sleep", lambda seconds: None)
    valid = {"name": "ml-1m", "folder": "data", "accept_license": True, "tries": 1}
    answers_or_refuses(movierec.download, replaced(data, movierec.download, valid))


@settings(max_examples=N_EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_check_answers_or_refuses(tmp_path: Path, data: st.DataObject) -> None:
    RATINGS.to_csv(tmp_path / "ratings.csv", index=False)
    MOVIES.to_csv(tmp_path / "movies.csv", index=False)
    valid = {"ratings": "ratings.csv", "movies": "movies.csv", "fix": "fixed", "overwrite": True}
    answers_or_refuses(movierec.check, replaced(data, movierec.check, valid))


@settings(max_examples=N_EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_evaluate_answers_or_refuses(data: st.DataObject) -> None:
    valid = {"ratings": RATINGS, "algorithms": ["popular"], "movies": MOVIES, "k": 3}
    valid |= {"split": data.draw(st.sampled_from(get_args(Split)))}
    arguments = replaced(data, movierec.evaluate, valid)
    for name in ("progress", "tell"):  # functions of something else fail when they are called
        if callable(arguments.get(name)):
            del arguments[name]
    answers_or_refuses(movierec.evaluate, arguments)


@settings(max_examples=N_EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_evaluate_ratings_answers_or_refuses(data: st.DataObject) -> None:
    valid = {"ratings": RATINGS, "algorithms": ["bias"], "movies": MOVIES}
    arguments = replaced(data, movierec.evaluate_ratings, valid)
    for name in ("progress", "tell"):  # functions of something else fail when they are called
        if callable(arguments.get(name)):
            del arguments[name]
    answers_or_refuses(movierec.evaluate_ratings, arguments)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_odd, _odd)
def test_study_refuses_what_is_no_file(value: Any, keep: Any) -> None:
    answers_or_refuses(movierec.run_study, {"path": value, "keep": keep})


@settings(max_examples=100)
@given(_odd)
def test_constructor_and_functions_refuse(value: Any) -> None:
    with pytest.raises(UsageError, match="model is "):
        Recommender(value)
    with pytest.raises(UsageError, match="algorithm is "):
        movierec.testing.check_algorithm(value)
    if value is not None:  # the model of this folder
        with pytest.raises(UsageError, match="recommender is "):
            movierec.web.create_app(value)


@settings(max_examples=60)
@given(_odd)
def test_hosts_are_names(small: Recommender, value: Any) -> None:
    with pytest.raises(UsageError, match="trusted_hosts is "):
        movierec.web.create_app(small, trusted_hosts=[value, 5])  # type: ignore[list-item]


def test_numbers_of_thousands_of_digits_are_refused(small: Recommender) -> None:
    """Python itself refuses to write them, also into a message."""
    huge = 10**5000
    for ask in (
        lambda: small.movie(huge),
        lambda: small.recommend(user=huge),
        lambda: small.similar("Heat", -huge),
        lambda: small.neighbors_frame(huge),
        lambda: small.recommend(likes={"Heat": huge}),
    ):
        with pytest.raises(MovierecError, match="thousands of digits"):
            ask()
    with pytest.raises(UsageError, match="a movie is an object of type list"):
        small.similar([[huge]])  # type: ignore[list-item]


@pytest.mark.parametrize("name", sorted(_VALID))
def test_valid_arguments_answer(small: Recommender, name: str) -> None:
    """The others try what differs from these in one or two arguments."""
    if name == "load":
        small.save("nosuch.model")
    getattr(small, name)(**_VALID[name])


@pytest.mark.parametrize("method", ["similar", "recommend"])
def test_one_name_is_one_genre(small: Recommender, method: str) -> None:
    ask: Callable[..., Any] = getattr(small, method)
    given_as = _VALID[method]
    for name, is_there in (("genres", True), ("not_genres", False)):
        found = ask(k=5, **given_as, **{name: "Comedy"})
        assert found
        assert found == ask(k=5, **given_as, **{name: ["Comedy"]})
        assert {"Comedy" in movie.genres for movie in found} == {is_there}


@pytest.mark.parametrize("group", ["avg", "Average", "least_misery", "", None, ["average"], 1])
def test_group_is_one_of_its_names(small: Recommender, group: Any) -> None:
    with pytest.raises(UsageError, match=r"group is .*; it must be one of average, least-misery"):
        small.recommend(likes=["Heat"], group=group)


@pytest.mark.parametrize("limit", [-1, 0, 1.0, "3", None, True])
def test_limit_is_a_number_of_movies(small: Recommender, limit: Any) -> None:
    assert len(small.search("star", 1)) == 1
    with pytest.raises(UsageError, match=r"limit is .*; it must be"):
        small.search("star", limit)


@pytest.mark.parametrize("by_id", ["no", 1, None])
def test_truth_is_not_guessed(small: Recommender, by_id: Any) -> None:
    for ask in (lambda: small.movie("1", by_id=by_id), lambda: small.recommend(by_id=by_id)):
        with pytest.raises(UsageError, match=r"by_id is .*; it must be True or False"):
            ask()


def test_recommender_is_pickled_by_its_file(small: Recommender, tmp_path: Path) -> None:
    saved, again = copy.copy(small), tmp_path / "a.model"
    saved.save("a.model")
    for recommender in (saved, Recommender.load("a.model"), copy.deepcopy(saved)):
        dumped = pickle.dumps(recommender)
        assert len(dumped) < 5000
        assert pickle.loads(dumped).similar("Heat") == small.similar("Heat")
    Recommender.fit(RATINGS, MOVIES, n_neighbors=2).save("a.model")
    with pytest.raises(ArtifactError, match="holds another model than the one that was pickled"):
        pickle.loads(dumped)
    again.unlink()
    with pytest.raises(ArtifactError, match="no model"):
        pickle.loads(dumped)


def test_recommender_without_a_file_is_pickled_with_its_content() -> None:
    fitted = Recommender.fit(RATINGS, MOVIES)
    again = pickle.loads(pickle.dumps(fitted))
    assert again.card == fitted.card
    assert again.address is None
    assert again.stats() == fitted.stats()
    assert again.similar("Heat") == fitted.similar("Heat")
    updated = again.forget(1)
    assert pickle.loads(pickle.dumps(updated)).stats() == updated.stats()
    for copied in (copy.copy(fitted), copy.deepcopy(fitted)):
        assert copied is not fitted
        assert copied.similar("Heat") == fitted.similar("Heat")

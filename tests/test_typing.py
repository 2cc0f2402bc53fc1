"""The package is typed: no Any in public signatures, and strict programs of users pass."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    TypedDict,
    get_args,
    get_origin,
    is_typeddict,
)

import numpy as np
import numpy.typing as npt
import pytest

from movierec import Recommender, evaluate, evaluate_ratings
from movierec.data.discover import sample_folder
from movierec.evaluation.protocol import ProtocolFacts, RatingProtocolFacts
from movierec.model.facts import Card, Stats
from movierec.spark import FitOptions
from tests._types import holds_any, public_signatures, types_of

MODULES = ["movierec", "movierec.testing", "movierec.spark", "movierec.web"]


@pytest.mark.parametrize("module", MODULES)
def test_no_public_signature_has_any(module: str) -> None:
    found = dict(public_signatures(module))
    assert found
    with_any = [
        f"{label}: {name} is {hint}"
        for label, hints in found.items()
        for name, hint in hints.items()
        if holds_any(hint)
    ]
    assert with_any == []


def test_the_signatures_of_all_public_classes_are_looked_at() -> None:
    found = dict(public_signatures("movierec"))
    expected = {
        "movierec.evaluate", "movierec.recommender.Recommender.fit",
        "movierec.recommender.Recommender.card", "movierec.films.catalog.Record.__getitem__",
        "movierec.data.interactions.Interactions.user_items",
        "movierec.evaluation.outcome.Evaluation",
    }  # fmt: skip
    assert expected - found.keys() == set()
    assert sum(map(len, found.values())) > 300


def test_spark_takes_what_a_fit_takes() -> None:
    own, of_fit = types_of(FitOptions), types_of(Recommender.fit)
    for name in ("ratings", "movies", "engine", "return"):
        del of_fit[name]
    assert own == of_fit


class Nested(TypedDict):
    values: list[Any]


@pytest.mark.parametrize(
    "hint",
    [
        Any, list[Any], dict[str, list[Any]], int | list[Any], Callable[[Any], int],
        Callable[[], Any], npt.NDArray[Any], Annotated[Any, 1], Nested, Mapping[str, Nested],
    ],
)  # fmt: skip
def test_any_is_found_wherever_it_is(hint: Any) -> None:
    assert holds_any(hint)


def test_shapes_of_arrays_are_no_any() -> None:
    assert not holds_any(npt.NDArray[np.float32])
    assert not holds_any(list[npt.NDArray[np.float32] | None])


def conforms(value: Any, hint: Any) -> bool:
    """Tell whether a JSON value is of a type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        return _has_keys(value, types_of(hint))
    if origin is list:
        return isinstance(value, list) and all(conforms(each, arguments[0]) for each in value)
    if origin is dict:
        pairs = value.items() if isinstance(value, dict) else [(None, None)]
        return all(all(map(conforms, pair, arguments)) for pair in pairs)
    if origin is Literal:
        return value in arguments
    if arguments:  # a union, or what may be missing
        return any(conforms(value, each) for each in arguments)
    allowed = {float: (int, float)}.get(hint, (hint,))  # as for type checkers
    return type(value) in allowed


def _has_keys(value: Any, hints: Mapping[str, Any]) -> bool:
    required = {name for name, hint in hints.items() if get_origin(hint) is not NotRequired}
    return (
        isinstance(value, dict)
        and required <= value.keys() <= hints.keys()
        and all(conforms(each, hints[name]) for name, each in value.items())
    )


def test_card_and_statistics_are_what_their_types_say(
    sample: Recommender, sample_model: Path
) -> None:
    for one in (
        sample, sample.without_ratings(), Recommender.load(sample_model),
        Recommender.fit(epsilon=2.0), Recommender.fit(min_raters=3),
        Recommender.fit(algorithm="als", settings={"n_factors": 4, "n_iterations": 1}),
    ):  # fmt: skip
        assert conforms(one.card, Card)
        assert conforms(one.stats(), Stats)


@pytest.mark.parametrize("arguments", [{}, {"split": "random"}, {"split": "folds", "folds": 2}])
def test_a_protocol_is_what_its_type_says(arguments: Any) -> None:
    assert conforms(evaluate(sample_folder(), [], **arguments).protocol, ProtocolFacts)


@pytest.mark.parametrize("arguments", [{}, {"tune": True, "trials": 2}])
def test_a_protocol_of_ratings_is_what_its_type_says(arguments: Any) -> None:
    found = evaluate_ratings(sample_folder(), ["bias"], **arguments)
    assert conforms(found.protocol, RatingProtocolFacts)


def test_conforming_is_checked_to_the_last_key() -> None:
    card: dict[str, Any] = {**Recommender.fit().card}
    assert conforms(card, Card)
    assert not conforms(card | {"more": 1}, Card)
    assert not conforms(card | {"n_items": "5"}, Card)
    assert not conforms(card | {"notes": [1]}, Card)
    del card["algorithm"]
    assert not conforms(card, Card)


PROGRAM = """
from typing import Annotated, Self, assert_type

import numpy as np
import numpy.typing as npt
import pandas as pd

import movierec
from movierec import Algorithm, Interactions, Neighbor, Range, Recommender, Run, TrainingData
from movierec.testing import check_algorithm


class Mine(Algorithm):
    SIMILARITY = "none"
    GRID = {"power": (0.5, 1.0)}

    def __init__(self, *, power: Annotated[float, Range(0, 2)] = 1.0) -> None:
        self.power = power

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        self.counts_ = np.bincount(data.interactions.items).astype(np.float32)
        return self

    def score(self, users: Interactions) -> npt.NDArray[np.float32]:
        return np.tile(self.counts_, (users.n_users, 1))

    def similarities(self, items: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return np.zeros((len(items), len(self.counts_)), np.float32)


recommender = Recommender.fit(
    pd.DataFrame({"userId": [1], "movieId": [1], "rating": [5.0]}),
    algorithm=Mine(power=0.5).set_params(power=1.0),
    progress=lambda stage, done: None,
)
found = recommender.similar("Heat", k=3)
assert_type(found[0], Neighbor)
assert_type(found[0].similarity, float)
assert_type(found.to_frame(), pd.DataFrame)
assert_type(recommender.card["n_ratings"], int)
assert_type(recommender.stats()["most_rated"][0]["title"], str)
recommender.recommend(5, likes={"Heat": 4.5}, ratings={"Ann": {1: 5.0}, "Bob": {2: 1.5}})
recommender.recommend(5, ratings=["ann.zip", "bob.zip"])
recommender.recommend(5, likes=["Heat", 3, found.query], exclude=["Alien"])
recommender.plot_map().savefig("map.png")
recommender.plot_map("map.html")
evaluation = movierec.evaluate("ratings.csv", ["ease", Mine, Mine(power=2.0)], k=[5, 10])
assert_type(evaluation.protocol["users"], int)
assert_type(evaluation.pairs()[0].is_clear, bool)
assert_type(evaluation.results[0].metrics["ndcg"], float)
evaluation.plot(k=5).savefig("plot.png")
check_algorithm(Mine, power=1.5)
"""
WRONG = {
    'recommender.similar("Heat", k="3")': "arg-type",
    "recommender.similarity(3.5, 4)": "arg-type",
    'recommender.card["n_film"]': "typeddict-item",
    'found[0].similarity + "x"': "operator",
    'Mine().set_params(power=["x"])': "arg-type",
    "recommender.nothing()": "attr-defined",
}


def checked(program: str, folder: Path) -> list[str]:
    """Return the errors that mypy finds in a program of a user, outside of this project."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode in (0, 1), run.stdout + run.stderr
    return [line for line in run.stdout.splitlines() if ": error: " in line]


@pytest.mark.slow
def test_a_strictly_typed_program_passes_and_its_mistakes_are_found(tmp_path: Path) -> None:
    errors = checked(PROGRAM + "\n".join(WRONG) + "\n", tmp_path)
    start = PROGRAM.count("\n")
    found = [(int(line.split(":")[1]) - start, line.rsplit("[", 1)[1][:-1]) for line in errors]
    assert found == list(enumerate(WRONG.values(), start=1)), "\n".join(errors)

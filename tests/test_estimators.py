"""Algorithms have the manners of scikit-learn's estimators."""

from __future__ import annotations

import pickle
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils import estimator_checks

from movierec import Algorithm, Recommender, UsageError, evaluate
from movierec.algorithms.als import Als
from movierec.algorithms.ease import Ease
from movierec.algorithms.registry import load
from movierec.data.discover import sample_folder
from movierec.testing import example_data
from tests.networks import all_names, small
from tests.test_testing import Pairs

# Those that are about parameters; others give X and y to fit. Older versions lack some.
CHECKS = [
    name
    for name in (
        *("check_parameters_default_constructible", "check_no_attributes_set_in_init"),
        *("check_get_params_invariance", "check_set_params"),
        *("check_estimator_cloneable", "check_estimator_repr"),
    )
    if hasattr(estimator_checks, name)
]


def made(name: str) -> Algorithm:
    return Pairs(power=0.5) if name == "of one's own" else load(name)(**small(name))


@pytest.mark.parametrize("name", [*all_names(), "of one's own"])
@pytest.mark.parametrize("check", CHECKS)
def test_scikit_learns_own_checks_of_parameters(check: str, name: str) -> None:
    getattr(estimator_checks, check)(name, made(name))


def test_there_are_checks() -> None:
    assert len(CHECKS) >= 4


@pytest.mark.parametrize("name", [*all_names(), "of one's own"])
def test_a_clone_has_the_parameters_and_has_learned_nothing(name: str) -> None:
    original = made(name)
    vars(original)["something_"] = np.zeros(3)
    twin = clone(original)
    assert type(twin) is type(original)
    assert twin is not original
    assert twin.get_params() == original.get_params() == original.parameters()
    assert not hasattr(twin, "something_")


def test_parameters_are_set_all_or_none() -> None:
    algorithm = Als()
    with pytest.raises(UsageError, match='Als has no parameter "factors"'):
        algorithm.set_params(l2=5.0, factors=3)
    assert algorithm.get_params() == Als().get_params()
    assert (
        algorithm.set_params(l2=5.0, n_factors=3).get_params()
        == Als(l2=5.0, n_factors=3).get_params()
    )


def test_what_was_set_is_checked_where_it_is_used() -> None:
    with pytest.raises(UsageError, match="l2 is -1"):
        Recommender.fit(algorithm=Ease().set_params(l2=-1.0))
    with pytest.raises(UsageError, match="l2 is -1"):
        evaluate(sample_folder(), [Ease().set_params(l2=-1.0)])


def test_a_grid_of_scikit_learn_sets_parameters() -> None:
    grid = ParameterGrid({"l2": [1.0, 2.0], "n_factors": [3, 4]})
    found = [clone(Als()).set_params(**chosen) for chosen in grid]
    assert [(each.l2, each.n_factors) for each in found] == [(1, 3), (1, 4), (2, 3), (2, 4)]


def test_an_algorithm_prints_the_parameters_that_are_not_defaults() -> None:
    assert repr(Als(n_factors=8, l2=0.5)) == "Als(n_factors=8, l2=0.5)"
    assert repr(Als()) == "Als()"
    assert repr(Pairs(power=2)) == "Pairs(power=2)"


@pytest.mark.parametrize("again", [deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
@pytest.mark.parametrize("name", ["als", "default", "ease", "item_knn", "transitions", "user_knn"])
def test_a_fitted_algorithm_is_pickled_and_copied(name: str, again: Any) -> None:
    data = example_data()
    fitted = made(name).fit(data)
    scores = fitted.score(data.interactions)
    assert np.array_equal(again(fitted).score(data.interactions), scores)

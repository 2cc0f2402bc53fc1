"""The checks; see :mod:`movierec.testing`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np

from movierec._checks import refusal
from movierec.algorithms._calls import check_needs
from movierec.algorithms.base import (
    Algorithm,
    ParameterValue,
    Range,
    Run,
    TrainingData,
    contributions_of,
    parameters_of,
)
from movierec.algorithms.registry import check_value
from movierec.data.interactions import Interactions
from movierec.errors import DataError
from movierec.testing._helpers import (
    ALL_ITEMS,
    Parameters,
    answers,
    fit,
    is_close,
    is_refused,
    learned_arrays,
    make,
    raises,
    require,
    require_array,
    restored,
)
from movierec.testing.estimators import _is_cloned, _sets_parameters
from movierec.testing.example import (
    N_ITEMS,
    N_USERS,
    UNRATED,
    arrays_of,
    example_data,
    new_users,
    without,
)

Check = Callable[[type[Algorithm], Parameters], None]

_NEEDS = frozenset({"timestamps", "content"})


def check_algorithm(algorithm: type[Algorithm], **parameters: ParameterValue) -> None:
    """Run all checks.

    Parameters
    ----------
    algorithm : type
        A subclass of :class:`movierec.Algorithm`.
    **parameters
        Its parameters in the checks, such as a smaller model than its default; must be valid.

    Raises
    ------
    AssertionError
        If the algorithm breaks the contract; the message says what to change.
    UsageError
        If `algorithm` is no such class.
    """
    if not (isinstance(algorithm, type) and issubclass(algorithm, Algorithm)):
        raise refusal("algorithm", algorithm, "a subclass of movierec.Algorithm")
    for check in CHECKS.values():
        check(algorithm, parameters)


def _is_described(algorithm: type[Algorithm], parameters: Parameters) -> None:
    words = getattr(algorithm, "SIMILARITY", None)
    require(isinstance(words, str) and words, "set SIMILARITY: what similarities measure, in words")
    needs = algorithm.NEEDS
    is_set = isinstance(needs, frozenset | set)
    require(is_set and needs <= _NEEDS, f"NEEDS is {needs!r}: use a frozenset of {sorted(_NEEDS)}")


def _keeps_parameters(algorithm: type[Algorithm], parameters: Parameters) -> None:
    for name, parameter in signature(algorithm).parameters.items():
        require(parameter.kind is Parameter.KEYWORD_ONLY, f"make {name} keyword-only")
        require(parameter.default is not Parameter.empty, f"give {name} a default")
        is_plain = isinstance(parameter.default, bool | int | float | str | None)
        require(is_plain, f"{name}: parameters must be numbers, text, booleans or None")
    given = {**parameters_of(algorithm), **parameters}
    kept = {name: getattr(make(algorithm, parameters), name, None) for name in given}
    require(kept == given, f"keep parameters as given: {given} became {kept}")


def _has_ranges(algorithm: type[Algorithm], parameters: Parameters) -> None:
    hints = get_type_hints(algorithm.__init__, include_extras=True)
    for name in parameters_of(algorithm):
        require(name in hints, f"annotate {name} with its type")
        hint = hints[name]
        kind, *extras = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        ranges = [extra for extra in extras if isinstance(extra, Range)]
        if kind in (int, float):
            require(ranges, f"annotate {name} as Annotated[{kind.__name__}, Range(low, high)]")
        for limits in ranges:
            for value in (limits.low - 1, limits.high + 1):
                require(is_refused(algorithm, name, value), f"{name}={value} is not refused")


def _has_valid_values(algorithm: type[Algorithm], parameters: Parameters) -> None:
    hints = get_type_hints(algorithm.__init__, include_extras=True)
    defaults = parameters_of(algorithm)
    for name in algorithm.GRID:
        require(name in defaults, f"GRID has {name}, which is not a parameter")
    for name, default in defaults.items():
        for value in (default, *algorithm.GRID.get(name, ())):
            require(
                not is_refused(algorithm, name, value)
                and check_value(name, value, hints.get(name, Any)) == value,
                f"{name}={value!r}, the default or a value in GRID, is not valid",
            )


def _declares_needs(algorithm: type[Algorithm], parameters: Parameters) -> None:
    data = example_data()
    for need in _NEEDS - algorithm.NEEDS:
        data = without(need, data)
    try:
        fit(algorithm, parameters, data).score(data.interactions)
    except Exception as error:
        raise AssertionError(
            f"it fails on data that have only what NEEDS declares ({error}): add to NEEDS"
        ) from error
    for need in algorithm.NEEDS:
        lacking = without(need, example_data())
        refuses = raises(DataError, check_needs, make(algorithm, parameters), lacking)
        require(refuses, f"data without {need} must be refused with a DataError")


def _fit_returns_self(algorithm: type[Algorithm], parameters: Parameters) -> None:
    unfitted = make(algorithm, parameters)
    require(unfitted.fit(example_data(), Run()) is unfitted, "fit must return self")


def _scores_all_items(algorithm: type[Algorithm], parameters: Parameters) -> None:
    data = example_data()
    scores = fit(algorithm, parameters, data).score(data.interactions)
    require_array(scores, (N_USERS, N_ITEMS), "score")


def _scores_new_users(algorithm: type[Algorithm], parameters: Parameters) -> None:
    fitted = fit(algorithm, parameters, example_data())
    require_array(fitted.score(new_users()), (2, N_ITEMS), "score, for new users,")
    nobody = new_users().select(np.empty(0, dtype=np.int64))
    require_array(fitted.score(nobody), (2, N_ITEMS), "score, for users without any rating,")


def _scores_users_alone(algorithm: type[Algorithm], parameters: Parameters) -> None:
    users = example_data().interactions
    fitted = fit(algorithm, parameters, example_data())
    alone = fitted.score(users.for_users(np.array([8, 7])))
    require(
        is_close(alone, fitted.score(users)[[8, 7]]),
        "the scores of a user must not depend on the other users in the call",
    )


def _respects_dislikes(algorithm: type[Algorithm], parameters: Parameters) -> None:
    """Require that a lower preference for an item never raises the score of the most similar."""
    fitted = fit(algorithm, parameters, example_data())
    users = example_data().interactions
    near = fitted.similarities(ALL_ITEMS)
    near[ALL_ITEMS, ALL_ITEMS] = -np.inf
    for user in range(0, N_USERS, 7):
        own = users.for_users(np.array([user]))
        for place, item in enumerate(own.items):
            nearest = int(near[item].argmax())
            if near[item, nearest] <= 0 or nearest in own.items:
                continue
            low, lower = (fitted.score(_with(own, place, value))[0] for value in (-0.1, -1.0))
            message = "a lower preference for an item raises the score of the most similar one"
            require(lower[nearest] <= low[nearest] + 1e-5, message)


def _with(users: Interactions, place: int, preference: float) -> Interactions:
    preferences = np.ones(len(users), dtype=np.float32)
    preferences[place] = preference
    return replace(users, ratings=preferences)


def _compares_items(algorithm: type[Algorithm], parameters: Parameters) -> None:
    found = fit(algorithm, parameters, example_data()).similarities(np.array([3, 0, UNRATED]))
    require_array(found, (3, N_ITEMS), "similarities")
    require((found <= 1 + 1e-6).all(), f"similarities must be at most 1, not {found.max()}")


def _compares_items_alone(algorithm: type[Algorithm], parameters: Parameters) -> None:
    fitted = fit(algorithm, parameters, example_data())
    alone = fitted.similarities(np.array([7, 3]))
    require(
        np.allclose(alone, fitted.similarities(ALL_ITEMS)[[7, 3]], rtol=0, atol=1e-6),
        "a row of similarities must not depend on the other items in the call",
    )


def _contributes_for_pairs(algorithm: type[Algorithm], parameters: Parameters) -> None:
    fitted = fit(algorithm, parameters, example_data())
    rated = np.array([4, 2, UNRATED])
    found = contributions_of(fitted, ALL_ITEMS, rated)
    require_array(found, (N_ITEMS, 3), "contributions")
    alone = contributions_of(fitted, ALL_ITEMS[6:7], rated[:1])
    message = "a contribution must not depend on the other items in the call"
    require(is_close(alone, found[6:7, :1]), message)


def _has_plain_state(algorithm: type[Algorithm], parameters: Parameters) -> None:
    fitted = fit(algorithm, parameters, example_data())
    for name, array in [*fitted.state().items(), *learned_arrays(fitted)]:
        is_numbers = isinstance(array, np.ndarray) and array.dtype.kind in "biuf"
        require(is_numbers, f"{name} must be an array of numbers")
        message = f"{name} must be in C order, as it will be read: use np.ascontiguousarray"
        require(array.flags.c_contiguous, message)


def _restores_state(algorithm: type[Algorithm], parameters: Parameters) -> None:
    data = example_data()
    fitted = fit(algorithm, parameters, data)
    advice = "end the names of what is learned with _, or write state and from_state"
    try:
        restored_answers = answers(restored(fitted, data), example_data())
    except Exception as error:
        raise AssertionError(f"from_state gives no fitted algorithm ({error}): {advice}") from error
    for name, expected in answers(fitted, example_data()).items():
        message = f"{name} must be equal to the bit after from_state(state(), parameters())"
        require(np.array_equal(restored_answers[name], expected), message)


def _forgets_earlier_fit(algorithm: type[Algorithm], parameters: Parameters) -> None:
    data = example_data()
    half = data.interactions.select(data.interactions.users < N_USERS // 2)
    refitted = fit(algorithm, parameters, TrainingData(half, data.content))
    answers(refitted, data)  # fills its caches, if it has any
    refitted.fit(data)
    expected = answers(fit(algorithm, parameters, data), data)
    for name, found in answers(refitted, data).items():
        message = f"{name} after a second fit must be those of a new algorithm: drop caches in fit"
        require(np.array_equal(found, expected[name]), message)


def _repeats_itself(algorithm: type[Algorithm], parameters: Parameters) -> None:
    first, second = (
        answers(fit(algorithm, parameters, example_data()), example_data()) for _ in range(2)
    )
    for name, found in first.items():
        message = f"{name} must be equal for equal data: take random numbers from a seed parameter"
        require(np.array_equal(found, second[name]), message)


def _leaves_inputs_alone(algorithm: type[Algorithm], parameters: Parameters) -> None:
    data, untouched = example_data(), example_data()
    items = np.array([3, 0, 7])
    fitted = fit(algorithm, parameters, data)
    fitted.score(data.interactions)
    fitted.similarities(items)
    pairs = zip(arrays_of(data), arrays_of(untouched), strict=True)
    is_same = all(np.array_equal(found, expected) for found, expected in pairs)
    require(is_same and items.tolist() == [3, 0, 7], "fit, score and similarities change an input")


def _orders_by_time(algorithm: type[Algorithm], parameters: Parameters) -> None:
    """Where order matters, it must be that of the timestamps, not that of the rows."""
    if "timestamps" not in algorithm.NEEDS:
        return
    data = example_data()
    shuffled = data.interactions.select(
        np.random.default_rng(2).permutation(len(data.interactions))
    )
    found = fit(algorithm, parameters, TrainingData(shuffled, data.content)).score(shuffled)
    expected = fit(algorithm, parameters, data).score(data.interactions)
    message = "scores must depend on the times, not on the order of rows: use histories"
    require(is_close(found, expected), message)


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.__name__.lstrip("_"): check
        for check in (
            *(_is_described, _keeps_parameters, _has_ranges, _has_valid_values, _declares_needs),
            *(_is_cloned, _sets_parameters),
            *(_fit_returns_self, _scores_all_items, _scores_new_users, _scores_users_alone),
            _respects_dislikes,
            *(_compares_items, _compares_items_alone, _contributes_for_pairs),
            *(_has_plain_state, _restores_state, _forgets_earlier_fit, _repeats_itself),
            *(_leaves_inputs_alone, _orders_by_time),
        )
    }
)
"""Each check by name; it takes the class and parameters, and raises an AssertionError."""

"""Search the parameters of an algorithm: over the values of its grid, or between them by Optuna."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, get_args

from movierec._checks import number, one_of, whole_number
from movierec.errors import UsageError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import Trial, TrialState

    from movierec.evaluation.trials import Trials

Method = Literal["grid", "random", "tpe", "halving"]

N_TRIALS = 50
_LONGEST = 10_000_000.0  # minutes, 19 years
_FACTOR = 3  # of successive halving: each sample has so many times as many people as the last
_N_SAMPLES = 3
_FEWEST = 100  # people of a sample


@dataclass(frozen=True)
class Search:
    """How the parameters of an algorithm are searched.

    Attributes
    ----------
    method : {"grid", "random", "tpe", "halving"}
        The values of the grid, one parameter after the other; or values between them: at random, by
        tree-structured Parzen estimators, or at random with successive halving.
    trials : int, optional
        The most parameter values that are tried, including those of the start.
    minutes : float, optional
        After so much time, no other trial begins.
    """

    method: Method = "grid"
    trials: int | None = None
    minutes: float | None = None


def search_of(tune: bool, method: Any, trials: Any, minutes: Any) -> Search | None:
    """Return how to search, or None if nothing is tuned.

    Parameters
    ----------
    tune : bool
    method, trials, minutes : object
        As in :class:`Search`. Without a method, a budget stands for "tpe". Without a budget, 50
        parameter values are tried; a grid has none, because its values are counted.

    Raises
    ------
    UsageError
        If one of them is not valid, or Optuna is needed and not installed.
    """
    budget = {"trials": trials, "minutes": minutes}
    given = [name for name, value in {"search": method, **budget}.items() if value is not None]
    if not tune:
        if given:
            raise UsageError(f"{given[0]} says how to tune, but nothing is tuned", "add --tune")
        return None
    has_budget = trials is not None or minutes is not None
    default = "tpe" if has_budget else "grid"
    chosen: Any = one_of("search", default if method is None else method, get_args(Method))
    if chosen == "grid":
        if has_budget:
            why = f"{given[-1]} limits a search between the values of the grid, not of them"
            raise UsageError(why, "choose --search tpe, random or halving")
        return Search()
    _refuse_without_optuna(chosen)
    if trials is not None or minutes is None:
        trials = whole_number("trials", N_TRIALS if trials is None else trials, 1)
    if minutes is not None:
        minutes = number("minutes", minutes, 0, _LONGEST)
    return Search(chosen, trials, minutes)


def described_search(search: Search | None) -> dict[str, Any]:
    """Return how parameters were tuned, for the protocol."""
    if search is None:
        return {"tuned": False}
    budget = {"trials": search.trials, "minutes": search.minutes}
    return {"tuned": True, "search": search.method, **budget}


def _refuse_without_optuna(method: str) -> None:
    try:
        import_module("optuna")
    except ImportError as error:
        raise UsageError(
            f'the search "{method}" needs Optuna',
            "pip install optuna, which is in the extra tune; or choose --search grid",
        ) from error


def run_search(
    search: Search,
    grid: Mapping[str, Sequence[Any]],
    trials: Trials,
    seed: int,
    shares: Sequence[float] = (1.0,),
) -> None:
    """Try parameter values, from those of the start on.

    Parameters
    ----------
    search : Search
    grid : mapping of str to sequence
        The values of each parameter.
    trials : Trials
        What measures them, and keeps the best.
    seed : int
        Random seed.
    shares : sequence of float
        For successive halving, the growing shares of the people that it measures; the last is 1.
    """
    if search.method == "grid":
        start = trials.start
        trials.n_expected = 1 + sum(len({*own} - {start[name]}) for name, own in grid.items())
        climb(trials.start, grid, trials.complete)
    else:
        trials.complete(trials.start)
        _draw(search, grid, trials, seed, shares)


def climb(
    best: dict[str, Any],
    grid: Mapping[str, Collection[Any]],
    value_of: Callable[[dict[str, Any]], float],
) -> None:
    """Improve one parameter after the other; among equally good values, the first wins.

    Parameters
    ----------
    best : dict
        The values to start from.
    grid : mapping of str to collection
        The values to try.
    value_of : callable
        Returns how good some values are; higher is better.
    """
    highest = value_of(best)
    for name, values in grid.items():
        current = best[name]  # already measured
        for value in values:
            tried = best | {name: value}
            if value != current and (found := value_of(tried)) > highest:
                best, highest = tried, found


def shares_of(search: Search, n_people: int) -> list[float]:
    """Return the shares of the people that trials measure, ascending; the last is 1.

    Samples of few people say little, so there are none of fewer than 100.

    Parameters
    ----------
    search : Search
    n_people : int
    """
    if search.method != "halving":
        return [1.0]
    shares = [_FACTOR**-step for step in reversed(range(_N_SAMPLES))]
    return [share for share in shares if share == 1 or share * n_people >= _FEWEST]


def _draw(
    search: Search,
    grid: Mapping[str, Sequence[Any]],
    trials: Trials,
    seed: int,
    shares: Sequence[float],
) -> None:
    """Try what Optuna draws; the same for a seed, as far as the figures are the same."""
    import optuna

    distributions = {name: _distribution(values) for name, values in grid.items()}
    size = math.prod(map(_n_values, distributions.values()))
    with _quiet():
        pruner = optuna.pruners.SuccessiveHalvingPruner(1, _FACTOR)
        sampler = _sampler(search.method, seed)
        study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
        while trials.go_on(size):
            trial = study.ask(distributions)
            study.tell(trial, *_outcome(trial, trials, shares))


def _outcome(
    trial: Trial, trials: Trials, shares: Sequence[float]
) -> tuple[float | None, TrialState]:
    """Return the figure of all people; None if it failed, or those of a sample spoke against it."""
    from optuna.trial import TrialState

    for step, share in enumerate(shares[:-1]):
        value = trials.sample(trial.params, share)
        if math.isnan(value):
            return None, TrialState.FAIL
        trial.report(value, _FACTOR**step)
        if trial.should_prune():
            trials.stop(trial.params, share)
            return None, TrialState.PRUNED
    value = trials.complete(trial.params)
    return (None, TrialState.FAIL) if math.isnan(value) else (value, TrialState.COMPLETE)


def _sampler(method: Method, seed: int) -> BaseSampler:
    import optuna

    if method == "tpe":
        return optuna.samplers.TPESampler(seed=seed)
    return optuna.samplers.RandomSampler(seed=seed)


def _distribution(values: Sequence[Any]) -> BaseDistribution:
    """Return what is drawn: numbers from the lowest to the highest, or one of several words.

    The logarithms of numbers are drawn evenly if all are above 0. Numbers are whole if all are.
    """
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    kinds = {type(value) for value in values}
    if not kinds <= {int, float} or len({*values}) == 1:
        return CategoricalDistribution(tuple(values))
    low, high = min(values), max(values)
    if kinds == {int}:
        return IntDistribution(low, high, log=low > 0)
    return FloatDistribution(low, high, log=low > 0)


def _n_values(distribution: Any) -> float:
    if hasattr(distribution, "choices"):
        return len(distribution.choices)
    is_whole = isinstance(distribution.low, int)
    return distribution.high - distribution.low + 1 if is_whole else math.inf


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna from logging what this program tells, and leave its setting as it was."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)

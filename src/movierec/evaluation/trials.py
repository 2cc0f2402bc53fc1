"""The trials of a search: measured once, kept in a file, and told."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

from movierec._util import Progress, no_progress, pluralize
from movierec.errors import MovierecError, OutputError
from movierec.evaluation.names import METRIC_NAMES
from movierec.evaluation.search import Search

Metric = Literal["ndcg", "rmse"]
_MINUTE = 60.0  # seconds


class Tuning(TypedDict):
    """How parameters were chosen.

    Attributes
    ----------
    search : str
        How they were searched: grid, random, tpe or halving.
    trials : int
        How many parameter values were tried.
    stopped_early : int
        How many of them successive halving stopped before all people were measured.
    failed : int
        How many of them the algorithm could not be fitted with.
    metric : {"ndcg", "rmse"}
    start, validation : float
        It, on the training rows that were held out, at the start and for the chosen values.
    parameters : dict
        The chosen values, only of the parameters that were tuned.
    tune_seconds : float
        Time of all trials.
    """

    search: str
    trials: int
    stopped_early: int
    failed: int
    metric: str
    start: float
    validation: float
    parameters: dict[str, Any]
    tune_seconds: float


class Figure(NamedTuple):
    """A figure, and the seconds that it took."""

    value: float
    seconds: float


class Trials:
    """Measures parameter values, each only once, and knows the best of them.

    Parameters
    ----------
    start : dict
        The values of the tuned parameters to start from.
    measure : callable
        Returns the metric for parameters and a share of the people.
    search : Search
        Its budget is kept.
    metric : {"ndcg", "rmse"}
    path : Path, optional
        A file of what was measured before, to which is added what is measured now.
    label : str
        Name of the algorithm, for the progress.
    progress, tell : callable
        As in :func:`movierec.evaluate`.
    """

    def __init__(
        self,
        start: dict[str, Any],
        measure: Callable[[dict[str, Any], float], float],
        search: Search,
        *,
        metric: Metric = "ndcg",
        path: Path | None = None,
        label: str = "",
        progress: Progress = no_progress,
        tell: Callable[[str], object] = lambda line: None,
    ) -> None:
        self.start = start
        self.search = search
        self.metric = metric
        self.completed: list[tuple[dict[str, Any], float]] = []
        self.n_stopped = self.n_failed = 0
        self.n_expected = search.trials  # None: nobody knows
        self._measure = measure
        self._sign = -1.0 if metric == "rmse" else 1.0
        self._path = path
        self._before = {} if path is None else _read(path)
        self._figures: dict[str, Figure] = {}
        self._errors: dict[str, MovierecError] = {}
        self._label, self._progress, self._tell = label, progress, tell
        self._began, self._seconds_before = time.perf_counter(), 0.0

    @property
    def n_trials(self) -> int:
        """How many parameter values were tried."""
        return len(self.completed) + self.n_stopped + self.n_failed

    @property
    def best(self) -> tuple[dict[str, Any], float]:
        """The best parameters, the first among equals, and their figure."""
        return max(self.completed, key=lambda each: self._sign * each[1])

    def go_on(self, n_values: float = math.inf) -> bool:
        """Tell whether there is something left to try, and budget for it.

        Parameters
        ----------
        n_values : float
            How many parameter values there are.
        """
        n_tried = len({key.rpartition("@")[0] for key in self._figures})
        return n_tried < n_values and self._used() < 1

    def _used(self) -> float:
        """Return the used share of the budget."""
        trials, minutes = self.n_expected, self.search.minutes
        seconds = time.perf_counter() - self._began + self._seconds_before
        of_trials = 0.0 if trials is None else self.n_trials / trials
        if minutes is None:
            return of_trials
        return max(of_trials, seconds / (minutes * _MINUTE) if minutes else 1.0)

    def complete(self, parameters: dict[str, Any]) -> float:
        """Return how good parameters are for all people; higher is better. NaN if they fail."""
        figure = self._figure(parameters, 1.0)
        if math.isnan(figure):
            return self._fail(parameters, 1.0)
        self.completed.append((parameters, figure))
        self._say(parameters, 1.0, f"{self._name} {figure:.4f} on validation")
        return self._sign * figure

    def sample(self, parameters: dict[str, Any], share: float) -> float:
        """Return how good parameters are for a share of the people, as :meth:`complete`."""
        figure = self._figure(parameters, share)
        return self._fail(parameters, share) if math.isnan(figure) else self._sign * figure

    def _fail(self, parameters: dict[str, Any], share: float) -> float:
        self.n_failed += 1
        self._say(parameters, share, f"failed: {self._errors[_key(parameters, share)]}")
        return math.nan

    def stop(self, parameters: dict[str, Any], share: float) -> None:
        """Count parameters that are not worth measuring for more people."""
        self.n_stopped += 1
        figure = self._figure(parameters, share)
        people = f"{share:.0%} of the people"
        self._say(parameters, share, f"stopped at {self._name} {figure:.4f} for {people}")

    def outcome(self) -> Tuning:
        """Return which parameters are the best, and tell it."""
        parameters, validation = self.best
        start = self.completed[0][1]
        figures = f"{self._name} {validation:.4f}, {start:.4f} at the start"
        n_trials = pluralize(self.n_trials, "trial")
        self._tell(f"  chosen after {n_trials}: {in_words(parameters)}: {figures}")
        return Tuning(
            search=self.search.method,
            trials=self.n_trials,
            stopped_early=self.n_stopped,
            failed=self.n_failed,
            metric=self.metric,
            start=start,
            validation=validation,
            parameters=parameters,
            tune_seconds=sum(figure.seconds for figure in self._figures.values()),
        )

    @property
    def _name(self) -> str:
        return METRIC_NAMES[self.metric]

    def _figure(self, parameters: dict[str, Any], share: float) -> float:
        key = _key(parameters, share)
        if key in self._figures:
            return self._figures[key].value
        if key in self._before:
            self._seconds_before += self._before[key].seconds
            self._figures[key] = self._before[key]
        else:
            self._show()
            self._figures[key] = self._measured(parameters, share)
        return self._figures[key].value

    def _measured(self, parameters: dict[str, Any], share: float) -> Figure:
        began = time.perf_counter()
        try:
            value = self._measure(parameters, share)
        except MovierecError as error:
            if not self.completed:  # the values to start from
                raise
            self._errors[_key(parameters, share)] = error
            return Figure(math.nan, time.perf_counter() - began)
        found = Figure(value, time.perf_counter() - began)
        if self._path is not None:
            _add(self._path, parameters, share, found)
        return found

    def _show(self) -> None:
        best = f", best {self._name} {self.best[1]:.4f}" if self.completed else ""
        self._progress(f"{self._label}: {self._number(self.n_trials + 1)}{best}", self._used())

    def _number(self, n: int) -> str:
        of = "" if self.n_expected is None else f" of {self.n_expected}"
        return f"trial {n}{of}"

    def _say(self, parameters: dict[str, Any], share: float, what: str) -> None:
        is_best = bool(self.completed) and self.best[0] is parameters
        note = ", the best so far" if is_best and self.n_trials > 1 else ""
        note += ", kept" if _key(parameters, share) in self._before else ""
        self._tell(f"  {self._number(self.n_trials)}: {in_words(parameters)}: {what}{note}")


def in_words(parameters: Mapping[str, Any]) -> str:
    """Return parameters as text for people, numbers to four digits."""
    texts = {
        name: f"{value:.4g}" if isinstance(value, float) else str(value)
        for name, value in parameters.items()
    }
    return ", ".join(f"{name}={text}" for name, text in texts.items()) or "nothing to tune"


def _key(parameters: Mapping[str, Any], share: float) -> str:
    return f"{json.dumps(parameters, sort_keys=True, default=repr)}@{share!r}"


def _add(path: Path, parameters: Mapping[str, Any], share: float, found: Figure) -> None:
    """Add a line; the newline before it ends a line that an interruption cut."""
    record = {"parameters": parameters, "share": share, **found._asdict()}
    line = "\n" + json.dumps(record, default=repr)
    try:
        with path.open("ab") as file:
            file.write(line.encode("utf-8"))
    except OSError as error:
        why = f"cannot write {path}: {error.strerror}"
        raise OutputError(why, "name another folder") from error


def _read(path: Path) -> dict[str, Figure]:
    """Return what was measured before; lines that cannot be read count as missing."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return dict(filter(None, map(_parsed, lines)))


def _parsed(line: str) -> tuple[str, Figure] | None:
    try:
        record = json.loads(line)
        found = Figure(float(record["value"]), float(record["seconds"]))
        key = _key(dict(record["parameters"]), float(record["share"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (key, found) if all(map(math.isfinite, found)) and min(found) >= 0 else None

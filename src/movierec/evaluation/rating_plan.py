"""An evaluation of predicted ratings that is checked and whose data are read, and how it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from movierec._checks import truth, whole_number
from movierec._util import Progress, pluralize
from movierec.algorithms._calls import check_needs
from movierec.algorithms.base import Algorithm, PredictsRatings, TrainingData
from movierec.algorithms.registry import load, names
from movierec.data.dataset import read_movie_file, read_rated
from movierec.errors import DataError, UsageError
from movierec.evaluation.chosen import Settings, checked_settings, created_algorithms
from movierec.evaluation.kept import KeptRuns
from movierec.evaluation.rating_errors import PredictedRows
from movierec.evaluation.rating_outcome import RatingEvaluation, compared
from movierec.evaluation.rating_runs import (
    N_FOLDS,
    Predicted,
    folds,
    predict,
    tuned,
)
from movierec.evaluation.search import Search, described_search, search_of
from movierec.evaluation.tasks import Task, published_task, whole_task
from movierec.evaluation.tuning import with_parameters

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions
    from movierec.data.sources.base import Place
    from movierec.evaluation.protocol import RatingProtocolFacts
    from movierec.evaluation.trials import Tuning

RATING_ALGORITHMS = ("rating_knn", "mf", "bias")


@dataclass(frozen=True, eq=False)
class RatingPlan:
    """An evaluation of predicted ratings that is ready to run.

    Attributes
    ----------
    algorithms : dict of str to Algorithm
        By label.
    settings : mapping of str to mapping
    search : Search, optional
    seed : int
    is_published : bool
        Whether the split is a published one.
    known : Interactions
        All ratings, or the training rows of a published split.
    tasks : sequence of Task
        One for each part that is predicted.
    """

    algorithms: dict[str, Algorithm]
    settings: Settings
    search: Search | None
    seed: int
    is_published: bool
    known: Interactions
    tasks: Sequence[Task]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> RatingPlan:
        """Check the arguments of an evaluation, and read its data.

        Parameters
        ----------
        given : mapping of str to object
            All arguments of :func:`movierec.evaluate_ratings` but `keep`, `progress` and `tell`.

        Raises
        ------
        UsageError, DataError
            As :func:`movierec.evaluate_ratings`.
        """
        settings = checked_settings(given["settings"])
        created = created_algorithms(given["algorithms"], settings)
        _refuse_others(created)
        seed, tune = whole_number("seed", given["seed"], 0), truth("tune", given["tune"])
        search = search_of(tune, given["search"], given["trials"], given["minutes"])
        published = given["train"], given["test"]
        known, tasks = _tasks(given["ratings"], given["movies"], published, seed)
        data = TrainingData.of(tasks[0].train, tasks[0].content)
        for algorithm in created.values():
            check_needs(algorithm, data)
        return cls(created, settings, search, seed, given["ratings"] is None, known, tasks)

    def run(
        self, kept: KeptRuns | None, progress: Progress, tell: Callable[[str], object]
    ) -> RatingEvaluation:
        """Measure everything.

        Parameters
        ----------
        kept : KeptRuns, optional
            Where errors are kept.
        progress, tell : callable
            As in :func:`movierec.evaluate`.

        Raises
        ------
        DataError
            If an algorithm cannot be fitted.
        """
        predicted = {name: self._predicted(name, kept, progress, tell) for name in self.algorithms}
        rows = PredictedRows.of(self.known, self.tasks)
        return compared(cast("RatingProtocolFacts", self._facts(rows)), predicted, rows)

    def _predicted(
        self,
        name: str,
        kept: KeptRuns | None,
        progress: Progress,
        tell: Callable[[str], object],
    ) -> list[Predicted]:
        """Return what an algorithm predicts for each part, of which some may be kept."""
        before = [self._kept(name, task, kept) for task in self.tasks]
        tell(f"{'evaluating' if None in before else 'kept'} {name}")
        first = next(filter(None, before), None)
        tuning = first.tuning if first else self._tuned(name, kept, progress=progress, tell=tell)
        algorithm = with_parameters(self.algorithms[name], tuning["parameters"] if tuning else {})
        found: list[Predicted] = []
        for one, task in zip(before, self.tasks, strict=True):
            found.append(one or self._made(name, algorithm, task, tuning, kept))
            progress(name, len(found) / len(before))
        return found

    def _kept(self, name: str, task: Task, kept: KeptRuns | None) -> Predicted | None:
        return None if kept is None else kept.predicted(self._key(name, task, kept), task)

    def _made(
        self,
        name: str,
        algorithm: Algorithm,
        task: Task,
        tuning: Tuning | None,
        kept: KeptRuns | None,
    ) -> Predicted:
        made = replace(predict(algorithm, task), tuning=tuning)
        if kept is not None:
            kept.put(self._key(name, task, kept), made)
        return made

    def _key(self, name: str, task: Task, kept: KeptRuns) -> str:
        """Return a name that differs where the errors may differ."""
        how = None
        if self.search is not None:  # the first part is drawn by the seed
            how = [asdict(self.search), self.seed, sorted(self.settings.get(name, {}))]
        return kept.key(self.algorithms[name], task, measures="ratings", tuned=how)

    def _tuned(self, name: str, kept: KeptRuns | None, **calls: Any) -> Tuning | None:
        """Return how the parameters of an algorithm are chosen, on the first part."""
        start, task, path = self.algorithms[name], self.tasks[0], None
        if self.search is None:
            return None
        if kept is not None:
            path = kept.trials(kept.key(start, task, validation=["rmse", self.seed]))
        fixed = self.settings.get(name, {})
        return tuned(start, task, self.search, self.seed, fixed, path=path, label=name, **calls)

    def _facts(self, rows: PredictedRows) -> dict[str, Any]:
        """Return how the ratings were split, and how many there were."""
        split = "published" if self.is_published else f"{N_FOLDS} random parts"
        about = {"task": "rating", "split": split, "seed": self.seed}
        counts = {
            "users": len(rows.people),
            "films": self.known.n_items,
            "test_rows": len(rows.users),
            "test_rows_of_new_films": sum(map(_n_of_new_films, self.tasks)),
        }
        if self.is_published:
            counts["training_rows"] = len(self.known)
        return about | described_search(self.search) | counts


def _tasks(
    ratings: Place | None,
    movies: Place | None,
    published: tuple[Place | None, Place | None],
    seed: int,
) -> tuple[Interactions, list[Task]]:
    """Return the known ratings, and a task for each part."""
    train, test = published
    if (ratings is None) == (train is None) or (train is None) != (test is None):
        raise UsageError(
            "name a rating file to split, or a published split",
            "movierec evaluate ratings.csv, or --train train.csv --test test.csv",
        )
    if train is not None and test is not None:
        known = None if movies is None else read_movie_file(movies)
        task = published_task(train, test, None, None, known)
        return task.train, [task]
    assert ratings is not None
    whole = whole_task(*read_rated(ratings, movies))
    if len(whole.train) < N_FOLDS:
        n_ratings = pluralize(len(whole.train), "rating")
        raise DataError(f"{n_ratings} cannot be split into {N_FOLDS} parts", "add some")
    return whole.train, list(folds(whole, seed))


def _refuse_others(algorithms: Mapping[str, Algorithm]) -> None:
    """Refuse what does not predict ratings, with a hint that names those that do."""
    if not algorithms:
        raise UsageError("no algorithm is given", f"such as {', '.join(RATING_ALGORITHMS)}")
    for name, algorithm in algorithms.items():
        if not isinstance(algorithm, PredictsRatings):
            able = [other for other in names() if issubclass(load(other), PredictsRatings)]
            raise UsageError(
                f"{name} does not predict ratings", f"those that do: {', '.join(able)}"
            )


def _n_of_new_films(task: Task) -> int:
    """Return the number of test rows of items without training rows."""
    return int((~np.isin(task.test.items, task.train.items)).sum())

"""Run algorithms on splits, and measure their lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from movierec._util import Progress
from movierec.algorithms.base import Algorithm, Run
from movierec.evaluation.chosen import Settings
from movierec.evaluation.kept import KeptRuns
from movierec.evaluation.others import OtherLists
from movierec.evaluation.results import Measured, Result
from movierec.evaluation.rounds import Round
from movierec.evaluation.runs import Listed, list_items
from movierec.evaluation.scoring import TestSet, measured
from movierec.evaluation.search import Search
from movierec.evaluation.trials import Tuning
from movierec.evaluation.tuning import tuned

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Comparison:
    """How algorithms are compared.

    Attributes
    ----------
    cutoffs : tuple of int
        The lengths of the lists, the main one first.
    settings : mapping of str to mapping
        By algorithm, parameters that differ from the defaults; they are not tuned.
    search : Search, optional
        How the other parameters are tuned. Default: they are not.
    shows_seed : bool
        Whether the seed is told.
    progress, tell : callable
    kept : KeptRuns, optional
        Where lists are kept.
    """

    cutoffs: tuple[int, ...]
    settings: Settings
    search: Search | None
    shows_seed: bool
    progress: Progress
    tell: Tell
    kept: KeptRuns | None = None

    def results(
        self,
        algorithms: Mapping[str, Algorithm],
        others: Mapping[str, OtherLists],
        rounds: Iterable[Round],
    ) -> tuple[list[Result], list[str]]:
        """Run all algorithms on all splits.

        What neither the split nor a seed changes runs once.

        Parameters
        ----------
        algorithms : mapping of str to Algorithm
        others : mapping of str to OtherLists
            Lists of other systems.
        rounds : iterable of Round

        Returns
        -------
        results : list of Result
        notes : list of str
            What a reader should know of the lists of others.
        """
        runs: dict[tuple[str, int], list[Measured]] = {
            (name, k): [] for name in (*algorithms, *others) for k in self.cutoffs
        }
        notes, tests, seed = list[str](), None, 0
        for number, now in enumerate(rounds):
            seed = seed if number else now.seed
            if tests is None or now.task.is_drawn:
                tests = TestSet.of(now.task, max(self.cutoffs))
            tests = replace(tests, seed=now.seed, fold=now.fold)
            for name, algorithm in algorithms.items():
                if number and not (now.task.is_drawn or self._uses_seed(algorithm)):
                    continue  # it would give the same
                self._add(runs, name, self._listed(name, algorithm, now), tests)
            for name, lists in others.items():
                listed = lists.listed(now.task, max(self.cutoffs))
                notes += lists.notes(now.task, listed.ranked)
                self._add(runs, name, listed, tests)
        found = [Result.of(name, each, seed, k) for (name, k), each in runs.items()]
        return found, notes

    def _uses_seed(self, algorithm: Algorithm) -> bool:
        """Tell whether the seed matters to an algorithm, or to the choice of its parameters."""
        return _has_seed(algorithm) or (self.search is not None and bool(algorithm.GRID))

    def _add(
        self,
        runs: Mapping[tuple[str, int], list[Measured]],
        name: str,
        listed: Listed,
        tests: TestSet,
    ) -> None:
        for k in self.cutoffs:
            runs[name, k].append(measured(listed, tests, k))

    def _listed(self, name: str, algorithm: Algorithm, now: Round) -> Listed:
        used, fixed = _seeded(algorithm, now.seed), self.settings.get(name, {})
        if self.kept is None:
            return self._made(name, used, fixed, now)
        k = max(self.cutoffs)
        key = self.kept.key(used, now.task, k=k, tuned=self._how(now, fixed))
        found = self.kept.listed(key, now.task, k)
        if found is None:
            found = self._made(name, used, fixed, now)
            self.kept.put(key, found)
        else:
            self.tell(f"kept {name}" + self._which(now))
        return found

    def _made(
        self, name: str, algorithm: Algorithm, fixed: Mapping[str, Any], now: Round
    ) -> Listed:
        self.tell(f"evaluating {name}" + self._which(now))
        chosen, tuning = self._tuned(name, algorithm, fixed, now)
        run = Run(progress=partial(_progress_of, self.progress, name))
        return replace(list_items(chosen, now.task, max(self.cutoffs), run), tuning=tuning)

    def _how(self, now: Round, fixed: Mapping[str, Any]) -> list[Any] | None:
        """Return what the chosen parameters depend on, apart from the algorithm and the task."""
        if self.search is None:
            return None
        return [asdict(self.search), self.cutoffs[0], now.seed, sorted(fixed)]

    def _tuned(
        self, name: str, algorithm: Algorithm, fixed: Mapping[str, Any], now: Round
    ) -> tuple[Algorithm, Tuning | None]:
        if self.search is None:
            return algorithm, None
        k, path = self.cutoffs[0], None
        if self.kept is not None and algorithm.GRID:
            path = self.kept.trials(self.kept.key(algorithm, now.task, validation=[k, now.seed]))
        calls: dict[str, Any] = {"path": path, "label": name, "tell": self.tell}
        calls |= {"progress": self.progress, "seed": now.seed, "fixed": fixed}
        chosen, trials = tuned(algorithm, now.task, k, self.search, **calls)
        return chosen, None if trials is None else trials.outcome()

    def _which(self, now: Round) -> str:
        seed = f", seed {now.seed}" if self.shows_seed else ""
        return seed + (f", fold {now.fold + 1}" if now.is_fold else "")


def _has_seed(algorithm: Algorithm) -> bool:
    return isinstance(algorithm.parameters().get("seed"), int)


def _seeded(algorithm: Algorithm, seed: int) -> Algorithm:
    """Return an algorithm whose seed is that of the run, or is as far from its own."""
    parameters = algorithm.parameters()
    own = parameters.get("seed")
    if isinstance(own, int):
        parameters["seed"] = own + seed
    return type(algorithm)(**parameters)


def _progress_of(progress: Progress, name: str, stage: str, done: float) -> None:
    progress(f"{name}: {stage}", done)

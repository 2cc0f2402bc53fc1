"""Run algorithms on splits, and measure their lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from movierec._util import Progress
from movierec.algorithms.base import Algorithm, Run
from movierec.evaluation.chosen import Settings
from movierec.evaluation.kept import KeptLists
from movierec.evaluation.others import OtherLists
from movierec.evaluation.results import Measured, Result
from movierec.evaluation.rounds import Round
from movierec.evaluation.runs import Listed, list_items
from movierec.evaluation.scoring import TestSet, measured
from movierec.evaluation.tasks import Task
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
    tune : bool
    shows_seed : bool
        Whether the seed is told.
    progress, tell : callable
    kept : KeptLists, optional
        Where lists are kept.
    """

    cutoffs: tuple[int, ...]
    settings: Settings
    tune: bool
    shows_seed: bool
    progress: Progress
    tell: Tell
    kept: KeptLists | None = None

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
                if number and not (now.task.is_drawn or _has_seed(algorithm)):
                    continue  # it would give the same
                self._add(runs, name, self._listed(name, algorithm, now), tests)
            for name, lists in others.items():
                listed = lists.listed(now.task, max(self.cutoffs))
                notes += lists.notes(now.task, listed.ranked)
                self._add(runs, name, listed, tests)
        found = [Result.of(name, each, seed, k) for (name, k), each in runs.items()]
        return found, notes

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
        how = {"k": k, "tuned": [self.cutoffs[0], now.seed, sorted(fixed)] if self.tune else None}
        key = self.kept.key(used, now.task, **how)
        found = self.kept.get(key, now.task, k)
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
        if self.tune:
            algorithm = _tuned(algorithm, now.task, self.cutoffs[0], now.seed, fixed, self.tell)
        run = Run(progress=partial(_progress_of, self.progress, name))
        return list_items(algorithm, now.task, max(self.cutoffs), run)

    def _which(self, now: Round) -> str:
        seed = f", seed {now.seed}" if self.shows_seed else ""
        return seed + (f", fold {now.fold + 1}" if now.is_fold else "")


def _has_seed(algorithm: Algorithm) -> bool:
    return isinstance(algorithm.parameters().get("seed"), int)


def _seeded(algorithm: Algorithm, seed: int) -> Algorithm:
    """Return an algorithm whose seed is that of the run, or is as far from its own."""
    parameters = algorithm.parameters()
    if _has_seed(algorithm):
        parameters["seed"] += seed
    return type(algorithm)(**parameters)


def _progress_of(progress: Progress, name: str, stage: str, done: float) -> None:
    progress(f"{name}: {stage}", done)


def _tuned(
    algorithm: Algorithm,
    task: Task,
    k: int,
    seed: int,
    fixed: Mapping[str, Any],
    tell: Tell,
) -> Algorithm:
    def tried(parameters: Mapping[str, Any], ndcg: float) -> None:
        words = ", ".join(f"{key}={value}" for key, value in parameters.items())
        tell(f"  {words}: nDCG {ndcg:.4f} on validation")

    if not algorithm.GRID:
        return algorithm
    return tuned(algorithm, task, k, seed, fixed=fixed, tell=tried)

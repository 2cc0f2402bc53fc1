"""An evaluation whose arguments are checked and whose data are read, and how it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from movierec._checks import refusal, truth, values, whole_number
from movierec._util import Progress
from movierec.algorithms._calls import check_needs
from movierec.algorithms.base import Algorithm, TrainingData
from movierec.errors import UsageError
from movierec.evaluation.chosen import (
    BASELINES,
    RANDOM,
    Settings,
    checked_settings,
    created_algorithms,
    private_algorithms,
)
from movierec.evaluation.compare import Comparison
from movierec.evaluation.kept import KeptRuns
from movierec.evaluation.others import OtherLists, labeled, read_lists, refuse_for_several_runs
from movierec.evaluation.outcome import Evaluation, marked
from movierec.evaluation.protocol import LONGEST, EvaluationProtocol, with_preset
from movierec.evaluation.rounds import Published, Round, described, notes_of, rounds
from movierec.evaluation.runs import RandomScorer
from movierec.evaluation.scoring import measure_new_users
from movierec.evaluation.search import Search, described_search, search_of

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions
    from movierec.evaluation.protocol import ProtocolFacts

ALGORITHMS = ("default", "item_knn", "ease")
_MOST_REPEATS = 1000
_OF_SPLIT = (
    *("split", "test_share", "folds", "date", "min_rating", "min_user_ratings", "core"),
    *("ignore_ratings", "n_negatives"),
)
_OF_PROTOCOL = (*_OF_SPLIT, "threshold", "seed", "recency")


@dataclass(frozen=True, eq=False)
class Plan:
    """An evaluation that is ready to run, once.

    Attributes
    ----------
    options : EvaluationProtocol
    preset : str, optional
        Name of the published protocol.
    cutoffs : tuple of int
        The lengths of the lists, the main one first.
    algorithms : dict of str to Algorithm
        With the baselines, by label.
    others : mapping of str to OtherLists
    settings : mapping of str to mapping
    search : Search, optional
    n_seeds : int
    published : tuple of path-like
        See :func:`movierec.evaluation.rounds.rounds`.
    first : Round
        The first split.
    rest : iterator of Round
    """

    options: EvaluationProtocol
    preset: str | None
    cutoffs: tuple[int, ...]
    algorithms: dict[str, Algorithm]
    others: Mapping[str, OtherLists]
    settings: Settings
    search: Search | None
    n_seeds: int
    published: Published
    first: Round
    rest: Iterator[Round]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Plan:
        """Check the arguments of an evaluation, and read its data.

        Parameters
        ----------
        given : mapping of str to object
            All arguments of :func:`movierec.evaluate` but `keep`, `progress` and `tell`.

        Raises
        ------
        UsageError, DataError
            As :func:`movierec.evaluate`.
        """
        preset, settings = given["protocol"], checked_settings(given["settings"])
        options, cutoffs = _protocol_of(given)
        created: dict[str, Algorithm] = {RANDOM: RandomScorer()}
        created |= created_algorithms(given["algorithms"], settings, BASELINES)
        created |= private_algorithms(given["epsilons"])
        others = labeled(read_lists(given["lists"]), list(created))
        tune = truth("tune", given["tune"])
        search = search_of(tune, given["search"], given["trials"], given["minutes"])
        n_seeds = _n_seeds(given["repeats"])
        n_folds = options.folds if options.split == "folds" else 1
        refuse_for_several_runs(others, n_seeds * n_folds)
        published = given["train"], given["test"], given["negatives"]
        splits = rounds(given["ratings"], given["movies"], published, options, n_seeds)
        first = next(splits)
        data = TrainingData.of(first.task.train, first.task.content)
        for algorithm in created.values():
            check_needs(algorithm, data)
        return cls(
            options, preset, cutoffs, created, others, settings, search, n_seeds, published, first,
            splits,
        )  # fmt: skip

    @property
    def known(self) -> Interactions:
        """The ratings by which people are known."""
        return self.first.task.known

    def run(
        self, kept: KeptRuns | None, progress: Progress, tell: Callable[[str], object]
    ) -> Evaluation:
        """Measure everything.

        Parameters
        ----------
        kept : KeptRuns, optional
            Where lists are kept.
        progress, tell : callable
            As in :func:`movierec.evaluate`.

        Raises
        ------
        DataError
            If an algorithm cannot be fitted, or another split measures nobody.
        """
        comparison = Comparison(
            self.cutoffs, self.settings, self.search, self.n_seeds > 1, progress, tell, kept
        )
        splits = chain([self.first], self.rest)
        results, notes = comparison.results(self.algorithms, self.others, splits)
        about = described(self.first.task, self.options, self.published)
        more = {"protocol": self.preset, "cutoffs": list(self.cutoffs), "repeats": self.n_seeds}
        return Evaluation(
            cast("ProtocolFacts", about | more | described_search(self.search)),
            marked(results),
            measure_new_users(self.first.task, self.options.k),
            [*notes_of(self.first.task, self.options, self.published), *notes],
        )


def _protocol_of(given: Mapping[str, Any]) -> tuple[EvaluationProtocol, tuple[int, ...]]:
    """Return how ratings are split and lists measured, and the lengths of the lists."""
    if given["train"] is not None:
        _refuse_to_split(given)
    own = {name: given[name] for name in _OF_PROTOCOL}
    own["k"] = None if given["k"] is None else _cutoffs_of(given["k"])
    fields = with_preset(given["protocol"], own)
    cutoffs = fields.pop("k", (10,))
    return EvaluationProtocol(**fields, k=cutoffs[0]), cutoffs


def _refuse_to_split(given: Mapping[str, Any]) -> None:
    """Refuse what says how to split, beside a published split."""
    for name in (*_OF_SPLIT, "protocol"):
        if given[name] is not None:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"a published split is used as it is, without {option}", "leave it out"
            )


def _n_seeds(repeats: Any) -> int:
    n_seeds = whole_number("repeats", repeats, 1)
    if n_seeds > _MOST_REPEATS:
        raise refusal("repeats", n_seeds, f"at most {_MOST_REPEATS}")
    return n_seeds


def _cutoffs_of(k: Any) -> tuple[int, ...]:
    """Return the lengths of the lists, each once, the main one first."""
    given = values(k) if not isinstance(k, int) else [k]
    if not given:
        raise UsageError("no length of the lists is given", "such as k=10, or k=[5, 10, 20]")
    lengths = tuple(dict.fromkeys(whole_number("k", each, 1) for each in given))
    if max(lengths) > LONGEST:
        raise refusal("k", max(lengths), f"at most {LONGEST}")
    return lengths

"""The outcome of an evaluation."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from movierec._checks import one_of
from movierec.errors import UsageError
from movierec.evaluation import frames
from movierec.evaluation.certainty import Pairs, pairs_of, versus_best
from movierec.evaluation.groups import By, grouped
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.report import html
from movierec.evaluation.tables import latex, markdown, notebook_html

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from movierec.evaluation.protocol import NewUsers, ProtocolFacts
    from movierec.evaluation.results import Measured, Result


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How good the lists of several algorithms are; the result of :func:`movierec.evaluate`.

    Attributes
    ----------
    protocol : dict
        How the ratings were split and the lists measured, and how much there was of each.
    results : list of Result
        For each algorithm, and for each of them for each length of the lists.
    new_users : dict, optional
        The number of people without any known ratings, and how good popular movies are for them.
    notes : list of str
        What a reader should know, a line each.
    """

    protocol: ProtocolFacts
    results: list[Result]
    new_users: NewUsers | None
    notes: list[str]
    METRIC: ClassVar[str] = "ndcg"  # the main one

    @property
    def subject(self) -> str:
        """What was measured, for whom, in a few words."""
        lengths = "/".join(map(str, self.protocol["cutoffs"]))
        return f"lists of {lengths} for {self.protocol['users']:,} people"

    def to_dict(self) -> dict[str, object]:
        """Return all but the lists and the results of each person, as JSON values."""
        return {
            "protocol": self.protocol,
            "results": [result.to_dict() for result in self.results],
            "new_users": self.new_users,
            "notes": self.notes,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each algorithm and k: metrics, the interval of nDCG, and times.

        ``versus_best`` is "best" for the highest nDCG, "tied" where the difference to it is not
        clear, and otherwise empty.
        """
        return frames.results_frame(self.results)

    def per_user(self) -> pd.DataFrame:
        """Return a row for each algorithm, k, run and person, with the metrics of the list."""
        return frames.users_frame(self.results)

    def lists(self) -> pd.DataFrame:
        """Return a row for each listed movie: algorithm, run, userId, rank, movieId, relevant."""
        return frames.lists_frame(self.results)

    def pairs(self, metric: str = "ndcg", k: int | None = None) -> Pairs:
        """Compare every pair of algorithms on the same people, by a paired t-test.

        With several seeds, the variance between seeds is part of the interval.

        Parameters
        ----------
        metric : str
            One that is a mean over people: of what is found, or novelty, diversity, serendipity
            or miscalibration.
        k : int, optional
            Default: the first of the evaluation.

        Returns
        -------
        Pairs
            A list of :class:`Pair`, with p-values that Holm's method corrected for the number of
            pairs.

        Raises
        ------
        UsageError
            If there is no such metric or k.
        """
        chosen = self._of(k)
        runs = {result.algorithm: result.measured for result in chosen}
        one_of("metric", metric, _shared(runs))
        values = {name: [run.per_user[metric] for run in each] for name, each in runs.items()}
        return Pairs(pairs_of(runs, values, chosen[0].k, metric))

    def by(self, what: By, metric: str = "ndcg", k: int | None = None) -> pd.DataFrame:
        """Return who wins for whom: a row for each group and algorithm.

        Parameters
        ----------
        what : {"activity", "fame", "age"}
            Quarters of the people by the number of their known ratings ("activity") or by the days
            from the first to the last of them ("age"); or thirds of the ratings, from the least
            rated movies up, of which only one is to be found ("fame").
        metric : str
            One that is a mean over people; of "fame", one of what is found.
        k : int, optional
            Default: the first of the evaluation.

        Raises
        ------
        UsageError
            If one of them is unknown.
        DataError
            If "age" is asked of ratings without times.
        """
        import pandas as pd

        chosen = self._of(k)
        runs = {result.algorithm: result.measured for result in chosen}
        one_of("metric", metric, tuple(METRICS) if what == "fame" else _shared(runs))
        return pd.DataFrame(grouped(runs, what, chosen[0].k, metric, self.protocol["seed"]))

    def write_users(self, path: str | os.PathLike[str]) -> None:
        """Write :meth:`per_user` as ``.csv``, ``.tsv`` or ``.parquet``.

        Raises
        ------
        UsageError
            If the extension is another one.
        OutputError
            If the file cannot be written.
        """
        frames.write_frame(self.per_user(), path)

    def write_lists(self, path: str | os.PathLike[str]) -> None:
        """Write :meth:`lists` as ``.csv``, ``.tsv``, ``.parquet``, or a TREC run (``.trec``).

        :func:`movierec.evaluate` reads such files as lists.

        Raises
        ------
        UsageError
            If the extension is another one.
        OutputError
            If the file cannot be written.
        """
        frames.write_frame(self.lists(), path)

    def to_markdown(self) -> str:
        """Return a table in Markdown; the best nDCG is bold, ties have ``*``."""
        return markdown({"": self})

    def to_latex(self) -> str:
        """Return the same table in LaTeX, for the package booktabs."""
        return latex({"": self})

    def _repr_html_(self) -> str:
        return notebook_html({"": self})

    def plot(self, k: int | None = None) -> Figure:
        """Return a figure of nDCG, with its 95 % interval, against coverage.

        Parameters
        ----------
        k : int, optional
            Default: the first of the evaluation.

        Returns
        -------
        matplotlib.figure.Figure
            Notebooks show it; ``figure.savefig("plot.png")`` writes it.

        Raises
        ------
        UsageError
            If there is no such k, or matplotlib is not installed.
        """
        from movierec.evaluation.plot import draw

        chosen = self._of(k)
        how = {**self.protocol, "k": chosen[0].k}
        return draw({"protocol": how, "results": [result.to_dict() for result in chosen]})

    def to_html(self, title: str = "Evaluation", by: Sequence[By] = ()) -> str:
        """Return a report: one page that needs no other file, and no network.

        Parameters
        ----------
        title : str
        by : sequence of {"activity", "fame", "age"}
            The groups that it shows.

        Raises
        ------
        UsageError
            If a group is unknown.
        """
        return html(title, {"": self}, by=by)

    def _of(self, k: int | None) -> list[Result]:
        wanted = self.results[0].k if k is None else k
        found = [result for result in self.results if result.k == wanted]
        if not found:
            known = ", ".join(str(k) for k in self.protocol["cutoffs"])
            raise UsageError(f"no lists of {wanted} were measured", f"choose k from {known}")
        return found


def _shared(runs: Mapping[str, Sequence[Measured]]) -> tuple[str, ...]:
    """Return the metrics that every run has for each person."""
    each = [run.per_user for measured in runs.values() for run in measured]
    return tuple(name for name in each[0] if all(name in other for other in each))


def marked(results: Sequence[Result]) -> list[Result]:
    """Return results that say which of them cannot be told from the best.

    Parameters
    ----------
    results : sequence of Result
        Several for each k.
    """
    marks: dict[tuple[str, int], str] = {}
    for k in {result.k for result in results}:
        runs = {result.algorithm: result.measured for result in results if result.k == k}
        marks |= {(name, k): mark for name, mark in _marks(runs, results, k).items()}
    return [replace(each, versus_best=marks[each.algorithm, each.k]) for each in results]


def _marks(
    runs: Mapping[str, Sequence[Measured]], results: Sequence[Result], k: int
) -> dict[str, str]:
    values = {name: [run.per_user["ndcg"] for run in each] for name, each in runs.items()}
    means = {result.algorithm: result.metrics["ndcg"] for result in results if result.k == k}
    return versus_best(means, pairs_of(runs, values, k, "ndcg"))

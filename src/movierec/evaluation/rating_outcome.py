"""The outcome of an evaluation of predicted ratings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from movierec._checks import one_of
from movierec.evaluation import frames
from movierec.evaluation.certainty import Pairs
from movierec.evaluation.groups import By
from movierec.evaluation.rating_errors import RATING_METRICS, Compared, Errors, PredictedRows
from movierec.evaluation.report import html
from movierec.evaluation.results import OF_RUN
from movierec.evaluation.tables import latex, markdown, notebook_html

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from movierec.evaluation.protocol import RatingProtocolFacts
    from movierec.evaluation.rating_runs import Predicted
    from movierec.evaluation.trials import Tuning


@dataclass(frozen=True)
class RatingResult:
    """How well one algorithm predicts ratings.

    Attributes
    ----------
    algorithm : str
    parameters : dict
    metrics : dict of str to float
        ``rmse`` and ``mae``, over all predicted ratings.
    intervals : dict of str to tuple of float
        Their 95 % confidence intervals, over people.
    versus_best : {"best", "tied", ""}
        Whether its RMSE is the lowest, or cannot be told from the lowest.
    fit_seconds, fit_cpu_seconds, query_seconds : float
        Time to fit, by the clock and of all processors together, and to predict; sums over the
        parts.
    tuning : Tuning, optional
        How the parameters were chosen, if they were tuned.
    errors : ndarray of shape (n_rows,), float64
        Predicted minus actual ratings.
    """

    algorithm: str
    parameters: dict[str, Any]
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    versus_best: str
    fit_seconds: float
    fit_cpu_seconds: float
    query_seconds: float
    tuning: Tuning | None
    k: ClassVar[int] = 0  # no lists
    errors: Errors = field(repr=False, compare=False)

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The ``parameters``, ``metrics`` and ``tuning`` of the only run."""
        return [{name: getattr(self, name) for name in OF_RUN}]

    def to_dict(self) -> dict[str, Any]:
        """Return all but the errors, as JSON values."""
        values = {each.name: getattr(self, each.name) for each in fields(self)} | self.metrics
        return {name: value for name, value in values.items() if name not in ("metrics", "errors")}


@dataclass(frozen=True, eq=False)
class RatingEvaluation:
    """How well algorithms predict ratings; the result of :func:`movierec.evaluate_ratings`.

    Attributes
    ----------
    protocol : dict
        How the ratings were split, and how many there were.
    results : list of RatingResult
        For each algorithm.
    rows : PredictedRows
        Whose ratings of what were predicted.
    notes : list of str
        What a reader should know, a line each.
    """

    protocol: RatingProtocolFacts
    results: list[RatingResult]
    rows: PredictedRows = field(repr=False)
    notes: list[str] = field(default_factory=list)
    METRIC: ClassVar[str] = "rmse"  # the main one
    new_users: ClassVar[None] = None  # their ratings are predicted, too

    @property
    def subject(self) -> str:
        """What was measured, for whom, in a few words."""
        return f"predicted ratings of {self.protocol['users']:,} people"

    def to_dict(self) -> dict[str, object]:
        """Return all but the errors, and the differences of RMSE, as JSON values."""
        return {
            "protocol": self.protocol,
            "results": [result.to_dict() for result in self.results],
            "pairs": [dict(pair) for pair in self.pairs()],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each algorithm: RMSE and MAE with their intervals, and times.

        ``versus_best`` is "best" for the lowest RMSE, "tied" where the difference to it is not
        clear, and otherwise empty.
        """
        import pandas as pd

        return pd.DataFrame(_flat(result) for result in self.results)

    def per_user(self) -> pd.DataFrame:
        """Return a row for each algorithm and person: number of ratings, RMSE and MAE of them."""
        import pandas as pd

        return pd.concat([self._people_of(each) for each in self.results], ignore_index=True)

    def pairs(self, metric: str = "rmse") -> Pairs:
        """Compare every pair of algorithms on the same people, by a paired t-test.

        Parameters
        ----------
        metric : {"rmse", "mae"}

        Returns
        -------
        Pairs
            A list of :class:`Pair`, with p-values that Holm's method corrected for the number of
            pairs; their ``k`` is 0.

        Raises
        ------
        UsageError
            If there is no such metric.
        """
        one_of("metric", metric, RATING_METRICS)
        return Pairs(self._compared().pairs(metric))

    def by(self, what: By, metric: str = "rmse") -> pd.DataFrame:
        """Return who is predicted how well: a row for each group and algorithm.

        Parameters
        ----------
        what : {"activity", "fame", "age"}
            Quarters of the people by the number of their known ratings ("activity") or by the days
            from the first to the last of them ("age"); or thirds of the ratings, from the least
            rated movies up ("fame").
        metric : {"rmse", "mae"}

        Raises
        ------
        UsageError
            If one of them is unknown.
        DataError
            If "age" is asked of ratings without times.
        """
        import pandas as pd

        one_of("metric", metric, RATING_METRICS)
        rows = []
        for group, mask in self.rows.groups(what).items():
            compared = self._compared(mask)
            marks = compared.versus_best(metric)
            n_users = len(np.unique(self.rows.users[mask]))
            for name in marks:
                low, high = compared.interval(name, metric)
                about = {"by": what, "group": group, "users": n_users, "algorithm": name}
                values = {metric: compared.metrics(name)[metric], "low": low, "high": high}
                rows.append(about | values | {"versus_best": marks[name]})
        return pd.DataFrame(rows)

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

    def to_markdown(self) -> str:
        """Return a table in Markdown; the best RMSE is bold, ties have ``*``."""
        return markdown({"": self})

    def to_latex(self) -> str:
        """Return the same table in LaTeX, for the package booktabs."""
        return latex({"": self})

    def _repr_html_(self) -> str:
        return notebook_html({"": self})

    def plot(self) -> Figure:
        """Return a figure of RMSE and MAE, with their 95 % intervals.

        Returns
        -------
        matplotlib.figure.Figure
            Notebooks show it; ``figure.savefig("plot.png")`` writes it.

        Raises
        ------
        UsageError
            If matplotlib is not installed.
        """
        from movierec.evaluation.plot import draw_errors

        return draw_errors(self.to_dict())

    def to_html(self, title: str = "Predicted ratings", by: Sequence[By] = ()) -> str:
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
        DataError
            If "age" is asked of ratings without times.
        """
        return html(title, {"": self}, by=by)

    def _compared(self, mask: Any = slice(None)) -> Compared:
        errors = {result.algorithm: result.errors[mask] for result in self.results}
        return Compared(errors, self.rows.users[mask])

    def _people_of(self, result: RatingResult) -> pd.DataFrame:
        import pandas as pd

        people, places = np.unique(self.rows.users, return_inverse=True)
        counts = np.bincount(places)
        return pd.DataFrame(
            {
                "algorithm": result.algorithm,
                "userId": frames.plain_ids(self.rows.user_ids[people]),
                "ratings": counts,
                "rmse": np.sqrt(np.bincount(places, result.errors**2) / counts),
                "mae": np.bincount(places, np.abs(result.errors)) / counts,
            }
        )


def compared(
    protocol: RatingProtocolFacts,
    predicted: Mapping[str, Sequence[Predicted]],
    rows: PredictedRows,
) -> RatingEvaluation:
    """Compare what was predicted.

    Parameters
    ----------
    protocol : dict
    predicted : mapping of str to sequence of Predicted
        By algorithm, for each part.
    rows : PredictedRows
    """
    errors = {name: np.concatenate([part.errors for part in predicted[name]]) for name in predicted}
    found = Compared(errors, rows.users)
    marks = found.versus_best("rmse")
    results = [
        RatingResult(
            name,
            metrics=found.metrics(name),
            intervals={metric: found.interval(name, metric) for metric in RATING_METRICS},
            versus_best=marks[name],
            parameters=each[0].parameters,
            tuning=each[0].tuning,
            errors=errors[name],
            **{time: sum(getattr(part, time) for part in each) for time in frames.TIMES},
        )
        for name, each in predicted.items()
    ]
    return RatingEvaluation(protocol, results, rows)


def _flat(result: RatingResult) -> dict[str, Any]:
    """Return a result as one row."""
    row: dict[str, Any] = {"algorithm": result.algorithm}
    for metric, value in result.metrics.items():
        low, high = result.intervals[metric]
        row |= {metric: value, f"{metric}_low": low, f"{metric}_high": high}
    times = {name: getattr(result, name) for name in frames.TIMES}
    return row | {"versus_best": result.versus_best} | times

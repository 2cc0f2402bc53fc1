"""The figures of a section of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec.evaluation import cells
from movierec.evaluation.certainty import LOWER_IS_BETTER, versus_best
from movierec.evaluation.figures import Dot, dots, lines, points
from movierec.evaluation.groups import By
from movierec.evaluation.names import METRIC_NAMES

if TYPE_CHECKING:
    import pandas as pd

    from movierec.evaluation.tables import AnyResult, Outcome

BY = {
    "activity": "number of known ratings", "fame": "fame of the movies", "age": "age of the account"
}  # fmt: skip


def measure(found: Outcome, metric: str | None = None) -> str:
    """Return what a measure is called, by default the main one."""
    k = found.results[0].k
    return METRIC_NAMES[metric or found.METRIC] + (f"@{k}" if k else "")


def main_figures(found: Outcome) -> str:
    """Return the main measure, and MAE of predicted ratings, or coverage and lengths of lists."""
    figures = [_dots(found, found.METRIC)]
    if "mae" in found.results[0].metrics:
        figures.append(_dots(found, "mae"))
    if "coverage" in found.results[0].metrics:
        figures.append(_coverage(found))
    if len({one.k for one in found.results}) > 1:
        figures.append(_lengths(found))
    return f'<div class="figures">{"".join(figures)}</div>'


def _dots(found: Outcome, metric: str) -> str:
    of_main = {one.algorithm: one for one in _of_main_length(found)}
    values = {name: one.metrics[metric] for name, one in of_main.items()}
    marks = versus_best(values, found.pairs(metric))
    is_error = metric in LOWER_IS_BETTER
    rows = [
        Dot(name, value, *(cells.ends(of_main[name].intervals[metric]) or (value, value)), mark)
        for (name, value), mark in zip(values.items(), marks.values(), strict=True)
    ]
    rows.sort(key=lambda row: row.value if is_error else -row.value)
    name = measure(found, metric)
    words = f"{name}, with its 95 % interval" + ("; lower is better" if is_error else "")
    return _figure(dots(rows, name, from_zero=not is_error), words)


def _coverage(found: Outcome) -> str:
    results, name = _of_main_length(found), measure(found)
    places = {one.algorithm: (one.metrics["coverage"], one.metrics["ndcg"]) for one in results}
    return _figure(
        points(places, "coverage", name),
        f"{name} (up) against coverage (across): the share of the movies in any list",
    )


def _of_main_length(found: Outcome) -> list[AnyResult]:
    return [one for one in found.results if one.k == found.results[0].k]


def _figure(svg: str, words: str) -> str:
    return f"<figure>{svg}<figcaption>{cells.text(words)}</figcaption></figure>"


def _lengths(found: Outcome) -> str:
    cutoffs = sorted({one.k for one in found.results})
    values = {(each.algorithm, each.k): each.metrics["ndcg"] for each in found.results}
    names = dict.fromkeys(each.algorithm for each in found.results)
    series = {name: [values[name, k] for k in cutoffs] for name in names}
    return _figure(lines([str(k) for k in cutoffs], series, "nDCG"), "nDCG by length of the lists")


def group_figure(rows: pd.DataFrame, what: By, metric: str) -> str:
    """Return a measure by groups, a line for each algorithm.

    Parameters
    ----------
    rows : pandas.DataFrame
        See :meth:`movierec.Evaluation.by`.
    what : {"activity", "fame", "age"}
    metric : str
    """
    groups, names = (list(dict.fromkeys(rows[name])) for name in ("group", "algorithm"))
    table = rows.set_index(["algorithm", "group"])
    found = {
        place: (row[metric], cells.ends((row["low"], row["high"])))
        for place, row in table.iterrows()
    }
    known = {name: [found.get((name, group), (None, None)) for group in groups] for name in names}
    series = {name: [value for value, _ in each] for name, each in known.items()}
    bars = {name: [bar for _, bar in each] for name, each in known.items()}
    main = METRIC_NAMES[metric]
    svg = lines(groups, series, main, bars, from_zero=metric not in LOWER_IS_BETTER)
    return _figure(svg, f"{main} by {BY[what]}, with intervals")

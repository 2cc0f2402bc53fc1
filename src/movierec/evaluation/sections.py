"""The section of a report about one data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from movierec.evaluation import cells
from movierec.evaluation.certainty import LOWER_IS_BETTER
from movierec.evaluation.groups import By
from movierec.evaluation.names import METRIC_NAMES
from movierec.evaluation.section_figures import BY, group_figure, main_figures, measure
from movierec.evaluation.trials import in_words

if TYPE_CHECKING:
    import pandas as pd

    from movierec.evaluation.tables import AnyResult, Outcome

_FOUND = {
    "hit_rate": "hit rate", "precision": "precision", "recall": "recall", "mrr": "MRR",
    "map": "MAP", "mae": "MAE",
}  # fmt: skip
_ALIKE = {
    "coverage": "coverage", "gini": "Gini", "novelty": "novelty", "popularity_bias": "popularity",
    "diversity": "diversity", "serendipity": "serendipity", "miscalibration": "miscalibration",
    "ndcg_gap": "gap",
}  # fmt: skip
_CARD = {
    "users": "people measured", "films": "movies", "training_rows": "training ratings",
    "test_rows": "test ratings", "test_rows_of_new_films": "test ratings of new movies",
}  # fmt: skip
_HEADINGS = {"ndcg": "What is found", "rmse": "Errors"}
_FIRST = {"ndcg": "the highest nDCG", "rmse": "the lowest RMSE"}


def introduction(found: Outcome) -> str:
    """Return what the words of the tables mean."""
    return f"""<p class="quiet"><em>Best</em> is {_FIRST[found.METRIC]}; <em>tied</em> is what
cannot be told from it (paired t-test over people, Holm's correction). Intervals are of 95 %. Click
on the head of a column to sort by it.</p>"""


def section(name: str, found: Outcome, by: Sequence[By]) -> Iterator[str]:
    """Yield the parts of a section.

    Parameters
    ----------
    name : str
        Of the data set; may be blank.
    found : Evaluation or RatingEvaluation
    by : sequence of str
        The groups that are shown.
    """
    if name:
        yield f"<h2>{cells.text(name)}</h2>"
    yield _card(found)
    yield _notes(found)
    yield main_figures(found)
    yield f"<h3>{_HEADINGS[found.METRIC]}</h3>" + _found(found)
    if found.results[0].k:
        yield "<h3>What lists are like</h3>" + _alike(found)
    if len({one.algorithm for one in found.results}) > 1:
        yield f"<h3>Differences in {measure(found)}, over the same people</h3>" + _pairs(found)
    yield from _groups({what: found.by(what) for what in by}, found.METRIC)
    yield _tuning(found)
    yield cells.details("Protocol", cells.pairs_of_values(_given(found.protocol)))
    yield cells.details("Parameters", _parameters(found))


def _given(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a protocol says, without what was not asked for."""
    unused = set() if protocol["split"] == "folds" else {"folds"}
    return {
        name: _plain(value)
        for name, value in protocol.items()
        if value is not None and name not in unused
    }


def _plain(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _card(found: Outcome) -> str:
    protocol: Mapping[str, Any] = found.protocol
    there = {name: words for name, words in _CARD.items() if name in protocol}
    facts = [(words, f"{protocol[name]:,}") for name, words in there.items()]
    if found.new_users:
        facts.append(("people without history", f"{found.new_users['users']:,}"))
    facts.append(("split", protocol["split"]))
    shown = "".join(
        f"<div><dt>{cells.text(a)}</dt><dd>{cells.text(b)}</dd></div>" for a, b in facts
    )
    return f'<dl class="card">{shown}</dl>'


def _notes(found: Outcome) -> str:
    items = "".join(f"<li>{cells.text(note)}</li>" for note in found.notes)
    return f'<ul class="notes">{items}</ul>' if items else ""


def _found(found: Outcome) -> str:
    there = [name for name in _FOUND if name in found.results[0].metrics]
    rows = [
        [
            *_label(one), outcome(one, found.METRIC),
            *(cells.number(one.metrics[name], 4) for name in there),
            cells.number(one.fit_seconds, 2),
        ]
        for one in _best_first(found)
    ]  # fmt: skip
    main = METRIC_NAMES[found.METRIC]
    return cells.table(
        [*_labels(found), main, "interval", "<", *(_FOUND[name] for name in there), "fit s"], rows
    )


def _alike(found: Outcome) -> str:
    there = [name for name in _ALIKE if any(name in one.metrics for one in found.results)]
    rows = [
        [*_label(one), *(cells.number(one.metrics.get(name), 4) for name in there)]
        for one in _best_first(found)
    ]
    return cells.table([*_labels(found), *(_ALIKE[name] for name in there)], rows)


def _labels(found: Outcome) -> list[str]:
    """Return the heads of what names a row: the algorithm, and the length of its lists."""
    return ["<algorithm", "k"] if found.results[0].k else ["<algorithm"]


def _label(one: AnyResult) -> list[str]:
    name = cells.word(one.algorithm, one.versus_best)
    return [name, cells.number(one.k, 0)] if one.k else [name]


def _best_first(found: Outcome) -> list[AnyResult]:
    """Return the results by length of the lists, the main one first, and by the main measure."""
    order = list(dict.fromkeys(one.k for one in found.results)).index
    return sorted(found.results, key=lambda one: (order(one.k), cost(one, found.METRIC)))


def cost(one: AnyResult, metric: str) -> float:
    """Return a number that is lower, the better a result is."""
    return one.metrics[metric] if metric in LOWER_IS_BETTER else -one.metrics[metric]


def _pairs(found: Outcome) -> str:
    pairs = found.pairs()
    several = any(pair.n_runs > 1 for pair in pairs)
    header = ["<better", "<than", "by", "interval", "p, corrected", "<"]
    header += ["runs ahead"] if several else []
    rows = [
        [
            cells.word(pair.first), cells.word(pair.second), cells.number(pair.difference, 4),
            cells.interval((pair.low, pair.high)), cells.p_value(pair.p_holm),
            cells.word("clear" if pair.is_clear else "not clear"),
            *([cells.word(f"{pair.runs_ahead}/{pair.n_runs}", is_text=False)] if several else []),
        ]
        for pair in pairs
    ]  # fmt: skip
    return cells.table(header, rows)


def _groups(groups: Mapping[By, pd.DataFrame], metric: str) -> Iterator[str]:
    if groups:
        figures = "".join(group_figure(rows, what, metric) for what, rows in groups.items())
        yield f'<h3>{METRIC_NAMES[metric]} by group</h3><div class="figures">{figures}</div>'
    for what, rows in groups.items():
        yield cells.details(f"Figures by {BY[what]}", _table_of_groups(rows, metric))


def _table_of_groups(rows: pd.DataFrame, metric: str) -> str:
    header = ["<group", "people", "<algorithm", METRIC_NAMES[metric], "interval", "<"]
    body = [
        [
            cells.word(str(row["group"])), cells.number(row["users"], 0),
            cells.word(str(row["algorithm"])), cells.number(row[metric], 4),
            cells.interval((row["low"], row["high"])),
            cells.word(str(row["versus_best"]), str(row["versus_best"])),
        ]
        for row in rows.to_dict("records")
    ]  # fmt: skip
    return cells.table(header, body)


def _tuning(found: Outcome) -> str:
    """Return how the parameters of each run were chosen, if they were."""
    runs = {one.algorithm: one.runs for one in found.results}
    several = any(len(own) > 1 for own in runs.values())
    rows = [
        [
            cells.word(name), *([cells.number(number, 0)] if several else []),
            cells.number(run["tuning"]["trials"], 0),
            cells.number(run["tuning"]["start"], 4), cells.number(run["tuning"]["validation"], 4),
            cells.word(in_words(run["tuning"]["parameters"])),
            cells.number(run["tuning"]["tune_seconds"], 1),
        ]
        for name, own in runs.items()
        for number, run in enumerate(own, 1)
        if run["tuning"]
    ]  # fmt: skip
    if not rows:
        return ""
    header = ["<algorithm", *(["run"] if several else []), "trials", "start", "chosen"]
    header += ["<parameters", "seconds"]
    main, search = METRIC_NAMES[found.METRIC], found.protocol["search"]
    words = f"{main} on held-out training ratings; search: {search}"
    return f'<h3>Tuning</h3><p class="quiet">{cells.text(words)}</p>' + cells.table(header, rows)


def _parameters(found: Outcome) -> str:
    first = {one.algorithm: one.parameters for one in found.results}
    return cells.pairs_of_values(
        {
            name: ", ".join(f"{key}={value}" for key, value in each.items()) or "none"
            for name, each in first.items()
        }
    )


def outcome(one: AnyResult | None, metric: str) -> str:
    """Return three cells: the main measure, its interval, and whether it is the best or tied."""
    if one is None:  # lists of another system for one data set
        return cells.number(None, 4) * 2 + cells.word("")
    mark = cells.word(one.versus_best, one.versus_best)
    return cells.number(one.metrics[metric], 4) + cells.interval(one.intervals[metric]) + mark

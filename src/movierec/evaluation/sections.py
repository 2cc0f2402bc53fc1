"""The section of a report about one data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from movierec.evaluation import cells
from movierec.evaluation.figures import Dot, dots, lines, points
from movierec.evaluation.groups import By
from movierec.evaluation.trials import in_words

if TYPE_CHECKING:
    import pandas as pd

    from movierec.evaluation.outcome import Evaluation
    from movierec.evaluation.results import Result

_FOUND = {
    "hit_rate": "hit rate", "precision": "precision", "recall": "recall", "mrr": "MRR",
    "map": "MAP",
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
_BY = {
    "activity": "number of known ratings", "fame": "fame of the movies to be found",
    "age": "age of the account",
}  # fmt: skip


def section(name: str, found: Evaluation, by: Sequence[By]) -> Iterator[str]:
    """Yield the parts of a section.

    Parameters
    ----------
    name : str
        Of the data set; may be blank.
    found : Evaluation
    by : sequence of str
        The groups that are shown.
    """
    k = found.results[0].k
    if name:
        yield f"<h2>{cells.text(name)}</h2>"
    yield _card(found)
    yield _notes(found)
    yield _figures([result for result in found.results if result.k == k], k)
    yield "<h3>What is found</h3>" + _found(found)
    yield "<h3>What lists are like</h3>" + _alike(found)
    yield f"<h3>Differences in nDCG@{k}, over the same people</h3>" + _pairs(found)
    more = [_lengths(found)] if len(found.protocol["cutoffs"]) > 1 else []
    groups = {what: found.by(what) for what in by}
    more += [_by_group(rows, what) for what, rows in groups.items()]
    yield f'<div class="figures">{"".join(more)}</div>'
    for what, rows in groups.items():
        yield cells.details(f"Figures by {_BY[what]}", _groups(rows))
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


def _card(found: Evaluation) -> str:
    protocol: Mapping[str, Any] = found.protocol
    facts = [(words, f"{protocol[name]:,}") for name, words in _CARD.items()]
    if found.new_users:
        facts.append(("people without history", f"{found.new_users['users']:,}"))
    facts.append(("split", found.protocol["split"]))
    shown = "".join(
        f"<div><dt>{cells.text(a)}</dt><dd>{cells.text(b)}</dd></div>" for a, b in facts
    )
    return f'<dl class="card">{shown}</dl>'


def _notes(found: Evaluation) -> str:
    items = "".join(f"<li>{cells.text(note)}</li>" for note in found.notes)
    return f'<ul class="notes">{items}</ul>' if items else ""


def _figures(results: Sequence[Result], k: int) -> str:
    rows = [
        Dot(one.algorithm, one.metrics["ndcg"], *one.intervals["ndcg"], one.versus_best)
        for one in results
    ]
    places = {one.algorithm: (one.metrics["coverage"], one.metrics["ndcg"]) for one in results}
    left = _figure(dots(rows, f"nDCG@{k}"), f"nDCG@{k}, with its 95 % interval")
    right = _figure(
        points(places, "coverage", f"nDCG@{k}"),
        f"nDCG@{k} (up) against coverage (across): the share of the movies in any list",
    )
    return f'<div class="figures">{left}{right}</div>'


def _figure(svg: str, words: str) -> str:
    return f"<figure>{svg}<figcaption>{cells.text(words)}</figcaption></figure>"


def _lengths(found: Evaluation) -> str:
    cutoffs = sorted(found.protocol["cutoffs"])
    values = {(each.algorithm, each.k): each.metrics["ndcg"] for each in found.results}
    names = dict.fromkeys(each.algorithm for each in found.results)
    series = {name: [values[name, k] for k in cutoffs] for name in names}
    return _figure(lines([str(k) for k in cutoffs], series, "nDCG"), "nDCG by length of the lists")


def _found(found: Evaluation) -> str:
    there = [name for name in _FOUND if name in found.results[0].metrics]
    rows = [
        [
            cells.word(one.algorithm, one.versus_best), cells.number(one.k, 0), outcome(one),
            *(cells.number(one.metrics[name], 4) for name in there),
            cells.number(one.fit_seconds, 2),
        ]
        for one in _best_first(found)
    ]  # fmt: skip
    head = ["<algorithm", "k", "nDCG", "interval", "<", *(_FOUND[name] for name in there), "fit s"]
    return cells.table(head, rows)


def _alike(found: Evaluation) -> str:
    there = [name for name in _ALIKE if any(name in one.metrics for one in found.results)]
    rows = [
        [
            cells.word(one.algorithm, one.versus_best), cells.number(one.k, 0),
            *(cells.number(one.metrics.get(name), 4) for name in there),
        ]
        for one in _best_first(found)
    ]  # fmt: skip
    return cells.table(["<algorithm", "k", *(_ALIKE[name] for name in there)], rows)


def _best_first(found: Evaluation) -> list[Result]:
    """Return the results by length of the lists, the main one first, and by nDCG."""
    order = found.protocol["cutoffs"].index
    return sorted(found.results, key=lambda one: (order(one.k), -one.metrics["ndcg"]))


def _pairs(found: Evaluation) -> str:
    header = ["<better", "<than", "by", "interval", "p, corrected", "<", "runs ahead"]
    rows = [
        [
            cells.word(pair.first), cells.word(pair.second), cells.number(pair.difference, 4),
            cells.interval((pair.low, pair.high)), cells.p_value(pair.p_holm),
            cells.word("clear" if pair.is_clear else "not clear"),
            cells.word(f"{pair.runs_ahead}/{pair.n_runs}", is_text=False),
        ]
        for pair in found.pairs()
    ]  # fmt: skip
    return cells.table(header, rows)


def _by_group(rows: pd.DataFrame, what: By) -> str:
    groups, names = (list(dict.fromkeys(rows[name])) for name in ("group", "algorithm"))
    table = rows.set_index(["algorithm", "group"])
    found = {place: (row.ndcg, (row.low, row.high)) for place, row in table.iterrows()}
    known = {name: [found.get((name, group), (None, None)) for group in groups] for name in names}
    series = {name: [value for value, _ in each] for name, each in known.items()}
    bars = {name: [bar for _, bar in each] for name, each in known.items()}
    return _figure(lines(groups, series, "nDCG", bars), f"nDCG by {_BY[what]}, with intervals")


def _groups(rows: pd.DataFrame) -> str:
    header = ["<group", "people", "<algorithm", "nDCG", "interval", "<"]
    body = [
        [
            cells.word(str(row["group"])), cells.number(row["users"], 0),
            cells.word(str(row["algorithm"])), cells.number(row["ndcg"], 4),
            cells.interval((row["low"], row["high"])),
            cells.word(str(row["versus_best"]), str(row["versus_best"])),
        ]
        for row in rows.to_dict("records")
    ]  # fmt: skip
    return cells.table(header, body)


def _tuning(found: Evaluation) -> str:
    """Return how the parameters of each run were chosen, if they were."""
    runs = {one.algorithm: one.runs for one in found.results}
    rows = [
        [
            cells.word(name), cells.number(number, 0), cells.number(run["tuning"]["trials"], 0),
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
    header = ["<algorithm", "run", "trials", "start", "chosen", "<parameters", "seconds"]
    words = f"nDCG on held-out training ratings; search: {found.protocol['search']}"
    return f'<h3>Tuning</h3><p class="quiet">{cells.text(words)}</p>' + cells.table(header, rows)


def _parameters(found: Evaluation) -> str:
    first = {one.algorithm: one.parameters for one in found.results}
    return cells.pairs_of_values(
        {
            name: ", ".join(f"{key}={value}" for key, value in each.items()) or "none"
            for name, each in first.items()
        }
    )


def outcome(one: Result | None) -> str:
    """Return three cells: nDCG, its interval, and whether it is the best or tied."""
    if one is None:  # lists of another system for one data set
        return cells.number(None, 4) * 2 + cells.word("")
    mark = cells.word(one.versus_best, one.versus_best)
    return cells.number(one.metrics["ndcg"], 4) + cells.interval(one.intervals["ndcg"]) + mark
